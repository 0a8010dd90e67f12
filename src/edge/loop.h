/*
 * The event loop: libevent's, with time taken once a turn and the turns timed.
 *
 * Invariant: within one turn loop_now() is one value for everything that
 * decides; loop_clock_us() reads the clock anew and is for marks only.
 *
 * A turn begins when its first call back asks loop_now() (every call back that
 * is given straight to libevent does so first) and ends when the loop goes back
 * to ask the kernel for events. Outside loop_run() there are no turns, and
 * loop_now() reads the clock each time.
 */
#ifndef EDGE_LOOP_H
#define EDGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fail.h"

struct event_base;
struct loop;
struct loop_timer;

bool loop_new(struct loop **ret_loop, struct fail *why);
void loop_free(struct loop *l);

/* libevent's base, for the other files of edge/. */
struct event_base *loop_base(struct loop *l);

/*
 * The order of work, as libevent's priorities: of what is ready, the urgent
 * goes first, and the kernel is asked for more of it before anything else. What
 * takes long (a TLS handshake) is heavy and calls loop_yield() at its end, so
 * that no mark of another exchange waits for more than one such piece of work.
 */
enum loop_urgency {
	LOOP_URGENT, /* carries a mark: somebody's clock is running */
	LOOP_NORMAL, /* libevent's default for an event */
	LOOP_HEAVY,
	LOOP_URGENCIES
};

/* Ends the turn after the call back that is running; the rest is not lost. */
void loop_yield(struct loop *l);

/*
 * How long the call back that is running may have waited for its turn: the time
 * since nothing at all was waiting.
 */
int64_t loop_backlog_us(struct loop *l);

/*
 * Runs until loop_stop(), then returns after the current turn; also when no
 * event and no timer is left that could ever wake it.
 */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* The time of this turn. */
struct now loop_now(struct loop *l);

/* CLOCK_MONOTONIC now, in microseconds. */
int64_t loop_clock_us(void);

/* All three clocks now; for programs outside a loop. */
struct now clock_read(void);

/*
 * The longest turn, from waking to going back to sleep, that ended since
 * mark: what our own work may have delayed. mark is from loop_lag_mark(). The
 * turn that is running counts as far as it got.
 */
int64_t loop_lag_mark(struct loop *l);
int64_t loop_lag_since(struct loop *l, int64_t mark);

/* A timer that fires once each time it is set. Owned by the caller. */
struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *ctx),
				  void *ctx);
void loop_timer_free(struct loop_timer *t);
/* At mono_us, at once when that has passed; replaces an earlier setting. */
void loop_timer_set(struct loop_timer *t, int64_t mono_us);
void loop_timer_clear(struct loop_timer *t);

/* Calls on_signal in the loop, not in the signal handler. Until loop_free(). */
void loop_on_signal(struct loop *l, int signal, void (*on_signal)(void *ctx),
		    void *ctx);

#endif
