/*
 * The rows of the JSON objects as CSV (RFC 4180): CRLF, one header line, quotes
 * where they are needed. The columns have the names of the JSON fields.
 *
 * What is not known is an empty field. Foreign text has its control characters
 * as \xNN, and an apostrophe is put in front of one that a spreadsheet would
 * take for a formula (it begins with = + - @ or a tab).
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include "base/buf.h"
#include "measure/exchange.h"
#include "measure/issuance.h"
#include "measure/stat.h"
#include "report/series.h"

void csv_exchange_head(struct buf *out);
void csv_exchange(struct buf *out, const struct exchange *e, const char *ca);

void csv_issuance_head(struct buf *out);
void csv_issuance(struct buf *out, const struct issuance *i, const char *ca);

/* For each phase: how many, p50, p95 and the greatest. */
void csv_stat_head(struct buf *out);
void csv_stat(struct buf *out, const char *ca, enum op op, int64_t start_us,
	      const struct stat_span *stat);

void csv_sample_head(struct buf *out);
void csv_sample(struct buf *out, const struct sample *sample);

#endif
