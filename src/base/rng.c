#include "base/rng.h"

#include <assert.h>

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
	uint64_t least, value;

	assert(bound > 0);
	/* Values below 2^64 mod bound would favour the small remainders. */
	least = -bound % bound;
	do {
		value = rng_next(r);
	} while (value < least);
	return value % bound;
}

double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}
