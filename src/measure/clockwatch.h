/*
 * Notices what would make measured times lie: the machine slept, the wall
 * clock was moved, this process stood still.
 *
 * It is shown the three clocks again and again and compares how far each went.
 */
#ifndef MEASURE_CLOCKWATCH_H
#define MEASURE_CLOCKWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum clockwatch_kind {
	CLOCKWATCH_SUSPEND, /* CLOCK_BOOTTIME ran, CLOCK_MONOTONIC did not */
	CLOCKWATCH_STEP,    /* the wall clock went otherwise than the others */
	CLOCKWATCH_STALL,   /* we were looked at much later than expected */
	CLOCKWATCH_EVENTS
};

struct clockwatch_event {
	enum clockwatch_kind kind;
	int64_t size_us;      /* negative: the wall clock went back */
	int64_t from_wall_us; /* when all was last seen to be well */
	int64_t to_wall_us;   /* now; before from when the clock went back */
};

struct clockwatch {
	struct now last;
};

void clockwatch_init(struct clockwatch *w, struct now now);

/*
 * What happened since the last call, which was meant to be expected_us ago.
 * Reported: a sleep over 1 s, a step over 500 ms, a stall over 2 s. Slewing
 * stays below that between two calls and is followed.
 */
unsigned
clockwatch_see(struct clockwatch *w, struct now now, int64_t expected_us,
	       struct clockwatch_event ret_events[static CLOCKWATCH_EVENTS]);

#endif
