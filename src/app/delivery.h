/*
 * One message on its way to one receiver, whichever way that is. It is tried
 * once; whether to try again is the caller's.
 *
 * What the way needs is read from its files each time: an address, a token or a
 * password may be changed at any moment.
 */
#ifndef APP_DELIVERY_H
#define APP_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "app/roots.h"
#include "edge/http.h"
#include "edge/outbox.h"
#include "measure/notify_config.h"

struct delivery;

/* Borrowed; longer there than the delivery. */
struct delivery_setup {
	struct loop *loop;
	struct http *http;
	struct roots *roots;
	const struct notify_receiver *receiver;
};

struct delivery_end {
	bool good;
	const char *why;	/* a sentence, else */
	int64_t retry_after_us; /* the receiver asks for it; 0: it does not */
};

typedef void delivery_done(void *ctx, const struct delivery_end *end);

/*
 * The message is copied as far as it is needed. The call back comes once, from
 * the loop, never from inside this; it may free the delivery.
 */
struct delivery *delivery_start(const struct delivery_setup *setup,
				const struct outbox_message *message,
				delivery_done *done, void *ctx);

/* Aborts what is on its way, without a call back. */
void delivery_free(struct delivery *d);

#endif
