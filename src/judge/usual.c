#include "judge/usual.h"

#include "base/clock.h"

enum { SUB_BITS = 3 };

static unsigned bucket_of(int64_t us)
{
	uint32_t value = us >= UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	unsigned shift;

	if (value < (1u << SUB_BITS))
		return value;
	shift = 31u - (unsigned)__builtin_clz(value) - SUB_BITS;
	return ((shift + 1) << SUB_BITS) + ((value >> shift) & 7);
}

static int64_t bucket_end(unsigned i)
{
	unsigned shift;

	if (i < (1u << SUB_BITS))
		return i;
	shift = (i >> SUB_BITS) - 1;
	return (((int64_t)(8 + (i & 7)) + 1) << shift) - 1;
}

static void halve(struct usual *u)
{
	u->n = 0;
	for (unsigned i = 0; i < USUAL_BUCKETS; i++) {
		u->count[i] /= 2;
		u->n += u->count[i];
	}
}

void usual_take(struct usual *u, int64_t us)
{
	u->count[bucket_of(us)]++;
	if (++u->n >= USUAL_MOST)
		halve(u);
}

int64_t usual_p95_us(const struct usual *u)
{
	uint32_t rank = u->n - u->n / 20, seen = 0;

	if (u->n < USUAL_LEAST)
		return -1;
	for (unsigned i = 0; i < USUAL_BUCKETS; i++) {
		seen += u->count[i];
		if (seen >= rank)
			return bucket_end(i);
	}
	return -1;
}

bool usual_is_exceeded(const struct usual *u, int64_t us)
{
	int64_t p95_us = usual_p95_us(u);

	return p95_us >= 0 && us > p95_us + p95_us / 4 &&
	       us > p95_us + 20 * US_PER_MS;
}
