/*
 * A histogram of durations that can be merged without loss.
 *
 * Log-linear: 32 buckets to each power of two, so a bucket is at most 1/32 of
 * its value wide and a quantile is off by at most 1.6 %. The arithmetic is in
 * integers: the same samples in any order, added here or merged, give the same
 * bytes on every machine. n, sum, min and max are exact. Quantiles are read
 * from merged counts; they are never averaged.
 */
#ifndef BASE_HIST_H
#define BASE_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"

enum {
	HIST_SUB_BITS = 5,
	HIST_BUCKETS = (32 - HIST_SUB_BITS + 1) << HIST_SUB_BITS,
};

struct hist {
	uint64_t n;
	uint64_t sum_us;
	uint32_t min_us, max_us;      /* 0 when n is 0 */
	uint32_t count[HIST_BUCKETS]; /* saturates */
};

/* Values below 0 count as 0, above 2^32 - 1 us (71 min) as that. */
void hist_add(struct hist *h, int64_t us);

void hist_merge(struct hist *into, const struct hist *from);

/*
 * The value of rank ceil(n * per_mille / 1000), rank 1 for 0: min for the
 * first rank and max for the last, which are known exactly; between them the
 * middle of the value's bucket, kept within min..max. -1 when empty. per_mille
 * 0..1000.
 */
int64_t hist_quantile_us(const struct hist *h, unsigned per_mille);

/* How many samples lie in buckets that end at or below us. */
uint64_t hist_count_to(const struct hist *h, int64_t us);

/*
 * Canonical bytes: varints n, sum, min, max, then (gap, count) for each used
 * bucket. n alone when empty.
 */
bool hist_encode(const struct hist *h, struct buf *out);

/*
 * Reads what hist_encode wrote at *pos and moves *pos behind it. FAIL_CORRUPT,
 * with nothing moved, for bytes that it never writes: what is decoded encodes
 * to the same bytes again.
 */
bool hist_decode(struct hist *ret_h, const unsigned char **pos,
		 const unsigned char *end, struct fail *why);

/* First and last value of bucket i, both inclusive. */
uint32_t hist_bucket_low(unsigned i);
uint32_t hist_bucket_high(unsigned i);

#endif
