/*
 * Statistics as JSON: those of an hour, and those of a series of samples.
 */
#ifndef REPORT_STAT_JSON_H
#define REPORT_STAT_JSON_H

#include "base/buf.h"
#include "measure/stat.h"
#include "report/series.h"

/* One object: counts by outcome, and for each phase that was run n, sum,
 * least, greatest, p50, p95 and p99. */
void report_stat_json(struct buf *out, const char *ca, enum op op,
		      int64_t start_us, int64_t span_us,
		      const struct stat_span *stat);

/* The members n, failed, other, outcomes, p50_us, p95_us, max_us. */
void report_summary_json(struct buf *out, const struct series_summary *sum);

void report_sample_json(struct buf *out, const struct sample *sample);

#endif
