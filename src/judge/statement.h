/*
 * What the CA says of itself, on its own status page: heard, kept beside what
 * was judged, and never a part of any verdict.
 *
 * A page is read now and then. So its first word on something came after the
 * last reading that did not have it, and no later than the first that had:
 * both are kept.
 */
#ifndef JUDGE_STATEMENT_H
#define JUDGE_STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/incident.h"

/* In the order of how bad it is. */
enum status_level {
	STATUS_FINE,
	STATUS_MAINTENANCE, /* planned, and going on */
	STATUS_DEGRADED,
	STATUS_PARTIAL,
	STATUS_MAJOR,
	STATUS_LEVELS
};

/* "operational", "maintenance", "degraded", ...: served as JSON. */
const char *status_level_name(enum status_level level);

enum { STATUS_NOTICE = 128 };

/* One reading of a page. */
struct status_word {
	enum status_level level;
	unsigned notices;	    /* that are open */
	char notice[STATUS_NOTICE]; /* which the newest of them is; or "" */
	char text[INCIDENT_DETAIL]; /* its title, else the page's own word */
	int64_t dated_us;	    /* its date by the page; 0 without */
};

/* What it has said since when, over several readings. */
struct statement {
	struct status_word word; /* the latest */
	int64_t read_us;	 /* when; 0: never */
	int64_t since_us;  /* speaking of trouble: the first reading of it */
	int64_t silent_us; /* the latest reading that had none of it; 0 none */
};

/* A word above STATUS_FINE. */
bool statement_speaks(const struct statement *s);

/* Another reading; times do not fall. */
void statement_take(struct statement *s, const struct status_word *word,
		    int64_t read_us);

/*
 * Keeps in the incident when the page first spoke, if that can be about it:
 * from an hour before its start to an hour after its end. True when that is
 * news.
 */
bool incident_hear(struct incident *i, const struct statement *s);

/* When it spoke: by its own date where that can be true; 0: it did not. */
int64_t incident_word_us(const struct incident *i);

#endif
