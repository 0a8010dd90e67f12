/*
 * Who is told of incidents, at work: what is due is written into the outbox,
 * and what is in the outbox is sent, for each receiver one message at a time
 * and in a time of its own. One that fails or hangs delays no other.
 */
#ifndef APP_NOTIFIER_H
#define APP_NOTIFIER_H

#include <stdbool.h>

#include "app/roots.h"
#include "base/buf.h"
#include "edge/http.h"
#include "judge/court.h"
#include "measure/hub_config.h"

struct notifier;

/* Borrowed; longer there than the notifier. */
struct notifier_setup {
	struct loop *loop;
	struct http *http;
	struct roots *roots;
	const struct hub_config *config;
};

/* *ret_notifier is NULL when there is nobody to tell. */
bool notifier_new(const struct notifier_setup *setup,
		  struct notifier **ret_notifier, struct fail *why);

/* What is on its way is aborted; it is in the outbox, and told again. */
void notifier_free(struct notifier *n);

/* Once a second or so, from when the court has begun; n may be NULL. */
void notifier_look(struct notifier *n, struct court *court);

/* What was sent and what waits, for /metrics; n may be NULL. */
void notifier_metrics(struct notifier *n, struct buf *out);

#endif
