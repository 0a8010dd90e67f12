/*
 * What a scraper reads at /metrics: OpenMetrics 1.0, or the older Prometheus
 * text for one that does not ask for it (`promtool check metrics` reads that
 * one only). They differ in how a counter's family and an info are called.
 *
 * Whoever serves it gathers the facts; nothing is counted here. Every counter
 * and histogram must have been counted since the same moment and never fall
 * while the process lives: a scraper takes a smaller value for a restart.
 */
#ifndef REPORT_OPENMETRICS_H
#define REPORT_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "base/buf.h"
#include "base/hist.h"
#include "measure/stat.h"

/* One (CA, op) with all its exchanges so far: hours or minutes, merged. */
struct metrics_op {
	const char *ca;
	enum op op;
	const struct stat_span *stat;
};

/* One CA with all its issuances so far that have ended. */
struct metrics_ca {
	const char *ca;
	uint64_t issuances[OUTCOMES];
	const struct hist *took;     /* of those that were ok; NULL: none */
	int64_t last_certificate_us; /* wall clock; 0: none yet */
};

enum { METRICS_UNKNOWN = -1 }; /* and the family is left out */

struct metrics {
	const char *version;	      /* of acmeter */
	const struct metrics_op *ops; /* sorted by CA for whoever reads it */
	size_t op_count;
	const struct metrics_ca *cas;
	size_t ca_count;
	int sighted;	     /* 1, 0 (blind) or METRICS_UNKNOWN */
	int64_t loop_lag_us; /* the longest turn lately, or METRICS_UNKNOWN */
	int64_t queued_rows; /* measured, not yet in the database; or ... */
	int64_t lost_rows;   /* dropped because memory was full; or ... */
};

enum metrics_format {
	METRICS_OPENMETRICS,
	METRICS_TEXT, /* Prometheus 0.0.4 */
	METRICS_FORMATS
};

/* By the Accept header, NULL without: OpenMetrics for those who name it. */
enum metrics_format metrics_format_for(const char *accept);

const char *metrics_content_type(enum metrics_format format);

/*
 * Appends the whole exposition. False when it does not fit into out: what is
 * there then must not be served. A (CA, op) costs about 1 kB for each phase
 * that was run.
 *
 * Buckets end at powers of two of a microsecond, where those of struct hist
 * end too, so their counts are exact: a duration of 2^n us and more, which is
 * what the clock's whole microseconds tell, is not in le="2^n us".
 */
bool metrics_print(struct buf *out, const struct metrics *m,
		   enum metrics_format format);

#endif
