/*
 * The counters of /metrics: every exchange and issuance since a moment shortly
 * before this process began, each counted once.
 *
 * Invariant: nothing counted is ever taken back, so that a scraper sees
 * counters that rise, and a restart as one.
 */
#ifndef APP_WEB_TALLY_H
#define APP_WEB_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "edge/store.h"
#include "report/openmetrics.h"
#include "report/station.h"

struct web_tally;

/* Counting begins with what started at from_us. */
struct web_tally *web_tally_new(int64_t from_us);
void web_tally_free(struct web_tally *t);

/*
 * Counts what has come since the last call, at most some thousand rows;
 * *ret_more when there is more.
 */
bool web_tally_read(struct web_tally *t, struct store *store, bool *ret_more,
		    struct fail *why);

bool web_tally_print(const struct web_tally *t, const struct station_facts *f,
		     enum metrics_format format, struct buf *out);

#endif
