/*
 * How long something usually takes at one station: a histogram that forgets,
 * and its 95th percentile.
 *
 * Eight buckets to an octave; when 20,160 samples are in it (a week at two a
 * minute) all counts are halved. A change that comes in within a day is
 * therefore seen against the week before it.
 */
#ifndef JUDGE_USUAL_H
#define JUDGE_USUAL_H

#include <stdbool.h>
#include <stdint.h>

enum { USUAL_BUCKETS = 8 * 33, USUAL_LEAST = 100, USUAL_MOST = 20160 };

struct usual {
	uint32_t n;
	uint16_t count[USUAL_BUCKETS];
};

/* us >= 0; more than 2^32 counts as that. */
void usual_take(struct usual *u, int64_t us);

/* The upper end of the bucket of the 95th percentile; -1 below 100 samples. */
int64_t usual_p95_us(const struct usual *u);

/*
 * Clearly slower than usual: over the 95th percentile by a quarter of it and
 * by 20 ms, below which nobody notices. False while the usual is not known.
 */
bool usual_is_exceeded(const struct usual *u, int64_t us);

#endif
