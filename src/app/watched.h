/*
 * One CA as the prober watches it: its account, its roots, its schedule, and
 * the issuances that run.
 */
#ifndef APP_WATCHED_H
#define APP_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "app/recorder.h"
#include "app/roots.h"
#include "edge/http.h"
#include "edge/loop.h"
#include "edge/responder.h"
#include "measure/config.h"

/* What the watched CAs of a prober share; borrowed, outlives them. */
struct watched_shared {
	struct loop *loop;
	struct http *http;
	struct responder *responder; /* NULL when every CA is shallow */
	struct recorder *recorder;
	struct roots *roots;
	const struct config *config;
	uint64_t seed;
	/* Called when an issuance has ended. */
	void (*ended)(void *ctx);
	void *ctx;
};

struct watched;

/* Reads the keys and roots of a CA; nothing is asked yet. */
bool watched_new(const struct watched_shared *shared,
		 const struct config_ca *config, unsigned number,
		 struct watched **ret_watched, struct fail *why);
/* No issuance may run. */
void watched_free(struct watched *w);

/* Issuances start by the schedule from now on. */
void watched_start(struct watched *w);

/* No further one starts. */
void watched_stop(struct watched *w);

/* What runs is ended, as interrupted. */
void watched_interrupt(struct watched *w);

unsigned watched_running(const struct watched *w);

/* Another station saw it fail: the next start comes soon (schedule_look()). */
void watched_look(struct watched *w);

/* The machine slept or stood still: nothing is caught up with. */
void watched_paused(struct watched *w);

#endif
