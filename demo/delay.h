/*
 * How long a way takes, one way: half of the round trip, and a little more that
 * differs from time to time, as on a path with other people's traffic on it.
 *
 * Never less than half of the round trip.
 */
#ifndef DEMO_DELAY_H
#define DEMO_DELAY_H

#include <stdint.h>

#include "base/rng.h"

struct delay {
	int64_t rtt_us;
	struct rng rng;
};

/* Of one piece that leaves now. */
int64_t delay_draw_us(struct delay *d);

#endif
