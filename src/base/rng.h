/*
 * Seeded random numbers for schedules, names and tests: SplitMix64 (Steele,
 * Lea, Flood 2014). The same seed gives the same sequence on every machine.
 * Nothing secret may come from here; keys and tokens come from OpenSSL.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);

/* Uniform in 0 .. bound - 1; bound > 0. */
uint64_t rng_below(struct rng *r, uint64_t bound);

/* Uniform in [0, 1). */
double rng_unit(struct rng *r);

#endif
