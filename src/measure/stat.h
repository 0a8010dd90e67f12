/*
 * Statistics of one (CA, operation) over one span of time: an hour, or a
 * minute of the last sixty.
 *
 * Counts by outcome and a histogram for each phase. Merging is adding; the
 * same exchanges in any order give the same bytes, so an hour can be
 * recomputed from what is stored and compared.
 */
#ifndef MEASURE_STAT_H
#define MEASURE_STAT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/hist.h"
#include "measure/exchange.h"

struct stat_span {
	uint64_t outcomes[OUTCOMES];
	/*
	 * Durations of exchanges with outcome ok, each phase that was run:
	 * how long a failure took to fail is not latency.
	 */
	struct hist phases[PHASES];
};

void stat_add(struct stat_span *s, const struct exchange *e);
void stat_merge(struct stat_span *into, const struct stat_span *from);

/* Exchanges of any outcome; those that count against the CA. */
uint64_t stat_count(const struct stat_span *s);
uint64_t stat_failed(const struct stat_span *s);

/*
 * Canonical bytes: a version, the outcomes up to the last that occurred, then
 * the histograms, of which an empty one is a single byte. Outcomes that are
 * added later do not change what was written before.
 */
bool stat_encode(const struct stat_span *s, struct buf *out);

/*
 * FAIL_CORRUPT for bytes that stat_encode() does not write, FAIL_NEWER for a
 * later version: what is decoded encodes to the same bytes again.
 */
bool stat_decode(struct stat_span *ret_s, const void *data, size_t len,
		 struct fail *why);

#endif
