/*
 * The judges of all CAs: rows of the record go in, as stations tell them, and
 * come out as verdicts and incidents. Pure: it is told the time.
 *
 * A row is judged once, however often it is told. What is told before
 * court_begin() is history: it waits, and is judged in the order of its time,
 * so that a start leaves behind what having been there would have, as far as
 * the history goes. The clock is whoever's tells the time, never a row's.
 */
#ifndef JUDGE_COURT_H
#define JUDGE_COURT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/judge.h"
#include "judge/past.h"
#include "measure/exchange.h"
#include "measure/issuance.h"

enum {
	COURT_CAS = 64,			  /* more than these are not judged */
	COURT_NAME = 64,		  /* of a CA */
	COURT_INCIDENTS = PAST_INCIDENTS, /* the latest of each CA */
};

struct court;

struct court_setup {
	struct judge_rules rules;
	const struct judge_station *stations; /* copied */
	size_t station_count;
	int64_t history_us;	    /* so far back it goes; older is left out */
	bool only_failed_exchanges; /* are told of it: what took long is not
				     * known */
	/*
	 * Something happened: i is the incident it is about; NULL for who
	 * only looks at what is known in the end. Not called for
	 * what court_begin() finds in the history, except JUDGE_OPENED for
	 * what is still open then.
	 */
	void (*happened)(void *ctx, const char *ca, enum judge_event event,
			 const struct incident *i);
	void *ctx;
};

struct court *court_new(const struct court_setup *setup);
void court_free(struct court *c);

/*
 * An incident of the past, from where such are kept; before court_begin().
 * Takes what it owns. One that was open is closed at the beginning, at the last
 * moment that it speaks of, unless the history goes on with it.
 */
void court_restore(struct court *c, const char *ca, struct incident *i);

/*
 * offset_us: the station's clock less ours. The exchanges of an issuance are
 * to be told before it, as far as they are known.
 */
void court_exchange(struct court *c, unsigned station, const char *ca,
		    const struct exchange *e, int64_t offset_us);
void court_issuance(struct court *c, unsigned station, const char *ca,
		    const struct issuance *i, int64_t offset_us);
/*
 * Whether it sees, and since when; 0 when that is not known. What failed there
 * before it saw again is no evidence, for it may be told afterwards.
 */
void court_sight(struct court *c, unsigned station, enum sight sight,
		 int64_t since_us);

/* The history is complete. */
void court_begin(struct court *c, int64_t now_us);

/*
 * What the CA's own status page says, for the latest incident: true when that
 * keeps it now as its first word. No verdict depends on it.
 */
bool court_hear(struct court *c, const char *ca, const struct statement *s);

/* Time went on: voices fall silent. */
void court_look(struct court *c, int64_t now_us);

/* False while nothing is known of that CA. */
bool court_view(struct court *c, const char *ca, struct judge_view *ret_view);

/* Its incidents, the latest first; how many. Valid until the next call. */
size_t court_incidents(struct court *c, const char *ca,
		       const struct incident *list[COURT_INCIDENTS]);

/* The one with this number, or NULL. */
const struct incident *court_incident(struct court *c, const char *ca,
				      uint64_t number);

/* The names of the CAs; how many. */
size_t court_cas(struct court *c, const char *names[COURT_CAS]);

#endif
