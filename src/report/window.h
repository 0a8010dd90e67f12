/*
 * The last 60 minutes of one station, as another one hears of them: samples
 * and how each CA stands, from which the facts for a page are made.
 *
 * Bounded: at most WINDOW_SAMPLES samples for each CA and operation are held;
 * what is older than the window goes.
 */
#ifndef REPORT_WINDOW_H
#define REPORT_WINDOW_H

#include "report/json_read.h"
#include "report/station.h"

enum {
	WINDOW_SAMPLES = 20000,
	WINDOW_LATEST = 20, /* exchanges that are kept whole */
};
#define WINDOW_US US_PER_HOUR

struct window;

struct window *window_new(void);
void window_free(struct window *w);

/* Everything that was heard is forgotten. */
void window_clear(struct window *w);

/* Which CAs there are, and how the station itself is. */
void window_describe(struct window *w, const struct json_station *s);

/* As it was described last. */
/* Since when, on its clock; 0 when that is not known. */
enum sight window_sight(const struct window *w, int64_t *ret_since_us);

/* Rows of a CA that was not described are passed over. */
void window_exchange(struct window *w, const char *ca,
		     const struct exchange *e);
void window_issuance(struct window *w, const char *ca,
		     const struct issuance *i);

/* Made anew for this moment by the station's clock; NULL before it was
 * described. Valid until the next call. */
const struct station_facts *window_facts(struct window *w, int64_t now_us);

#endif
