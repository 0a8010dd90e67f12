/*
 * What is recorded, as JSON: one object for each row, on one line.
 *
 * Times are RFC 3339 in UTC with microseconds; durations are integers in
 * microseconds and their names end in _us; what is not known or did not happen
 * is null. Text of a CA is escaped; NUL and what is no UTF-8 is shown as \xNN.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "base/buf.h"
#include "measure/exchange.h"
#include "measure/issuance.h"

/* Headers and body of a failed exchange are added when it has them. */
void report_exchange_json(struct buf *out, const struct exchange *e,
			  const char *ca);

void report_issuance_json(struct buf *out, const struct issuance *i,
			  const char *ca);

#endif
