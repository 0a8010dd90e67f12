/*
 * When the next issuance of one CA may start.
 *
 * Invariant: between two starts lies at least per_us / count, so that no
 * stretch of per_us ever holds more than count starts. To that comes up to a
 * tenth at random, which keeps stations and CAs from falling into step; the
 * mean is 95 % of the rate. Nothing is caught up with: a start that was
 * missed is missed. A confirmation comes early, in the place of the next start:
 * then a stretch may hold one more, and the one behind it one less.
 */
#ifndef MEASURE_SCHEDULE_H
#define MEASURE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "base/clock.h"
#include "base/rng.h"
#include "measure/config.h"

#define SCHEDULE_NEVER INT64_MAX

struct schedule {
	struct rng rng;
	int64_t spacing_us;
	unsigned concurrent, running;
	int64_t next_us;  /* mono */
	int64_t hold_us;  /* mono; 0 when nothing is held */
	int64_t early_us; /* mono: one comes early; 0: none does */
	bool asked;	  /* that one, by others; it confirms nothing */
	bool confirms;	  /* what was started last does */
	bool failing;	  /* the latest failed, and it is the CA's fault */
};

/* The first start lies at random within one spacing from now. */
void schedule_init(struct schedule *s, const struct config_rate *rate,
		   unsigned concurrent, uint64_t seed, struct now now);

/*
 * When schedule_take() will be true, on the monotonic clock; SCHEDULE_NEVER
 * while as many run as may.
 */
int64_t schedule_next_us(const struct schedule *s);

/* True: start one now. It counts until schedule_ended(). */
bool schedule_take(struct schedule *s, struct now now);

/*
 * What schedule_take() started last came early, to confirm a failure of its
 * own: what was chosen by that says nothing of how often it fails. Not so what
 * others asked for.
 */
bool schedule_confirms(const struct schedule *s);

/*
 * One has failed: the next start comes 5 to 10 s from now, unless it would not
 * be later anyway.
 */
void schedule_confirm(struct schedule *s, struct now now);

/*
 * Somebody else has seen one fail: the next start comes within eight seconds,
 * unless it would not be later anyway, or one that came early is not made up
 * for yet: then it is as it was. However often it is asked for, no more start
 * than the rate allows, and one.
 */
void schedule_look(struct schedule *s, struct now now);
void schedule_ended(struct schedule *s);

/*
 * The same, and what follows from how it ended: the first in a row that failed
 * by the CA's fault is confirmed, and a Retry-After is kept, up to a day.
 * retry_after_us: -1 without.
 */
void schedule_take_outcome(struct schedule *s, enum outcome outcome,
			   int64_t retry_after_us, struct now now);

/*
 * Nothing starts before until_us, nor all at once then: a tenth of a spacing,
 * at random, comes on top, for a Retry-After may name the same instant to
 * everybody. An earlier hold is not shortened.
 */
void schedule_hold(struct schedule *s, int64_t until_us);

/*
 * The machine slept or stood still: what became due meanwhile starts at
 * random within one spacing, not at once with everybody else's.
 */
void schedule_paused(struct schedule *s, struct now now);

#endif
