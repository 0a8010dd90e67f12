/*
 * The latest attempts of all stations: when an incident is declared, what led
 * to it is evidence too.
 */
#ifndef JUDGE_RECENT_H
#define JUDGE_RECENT_H

#include "judge/incident.h"

enum { RECENT_ATTEMPTS = 256, ATTEMPT_FAILURES = 3 };

/* Stations with the same operator have one voice; "" is nobody's. */
struct judge_station {
	const char *name, *operator;
};

/* One attempt to obtain a certificate, when it has ended. */
struct judge_attempt {
	unsigned station;
	int64_t started_us, ended_us; /* wall clock, corrected to one clock */
	bool confirm;		      /* asked for because one had failed */
	bool good;	   /* complete, as far as it was meant to go */
	int64_t server_us; /* the CA's part of it; -1 unknown */
	unsigned bad_row;  /* the judge's: failed ones in a row with it */
	/* In the order in which they happened; none of a good one. */
	struct failure failures[ATTEMPT_FAILURES];
	size_t failure_count;
};

/* The first that is held against the CA, or NULL. */
const struct failure *attempt_root(const struct judge_attempt *a);

struct recent {
	struct judge_attempt ring[RECENT_ATTEMPTS];
	size_t count; /* taken so far */
};

void recent_take(struct recent *r, const struct judge_attempt *a);

/* failure_locate() in those of this station. */
void recent_locate(struct recent *r, unsigned station, const struct failure *f);

/* An attempt into the incident's record of its station and of its causes. */
void incident_write(struct incident *i, const struct judge_attempt *a);

/* Those that started at or after from_us. */
void recent_write(const struct recent *r, struct incident *i, int64_t from_us);

#endif
