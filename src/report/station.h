/*
 * What is known of a station at one moment: the one thing that the page, the
 * station's JSON and the health check are made of. Whoever serves them gathers
 * it; nothing here is owned.
 */
#ifndef REPORT_STATION_H
#define REPORT_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "judge/sight.h"
#include "measure/exchange.h"
#include "report/series.h"
#include "report/standing.h"

/* Where it stands, as it says itself; a text is "" or NULL without. */
struct station_place {
	const char *city, *country, *operator;
	const char *note;	    /* for everybody who reads */
	bool known;		    /* its coordinates: */
	double latitude, longitude; /* degrees, north and east */
};

struct station_event {
	const char *kind; /* its stored word */
	int64_t wall_us, until_us;
	const char *detail;
};

/* One CA, or one control, as it was measured in the window. */
struct station_ca {
	unsigned number; /* in the store */
	const char *name, *directory;
	bool is_control;
	bool watched; /* it is in the configuration */
	bool shallow;
	int64_t every_us;	  /* between two starts, at most */
	int64_t gap_us;		  /* so long without a sample is a gap */
	const struct series *ops; /* OPS of them */
	const struct series *issuances;
	const struct standing_facts *standing; /* of a CA */
};

struct station_facts {
	const char *name, *version;
	struct station_place place;
	int64_t now_us;
	int64_t from_us; /* start of the window; it ends now */
	bool cut;	 /* more was measured than is looked at */
	enum sight sight;
	int64_t sight_since_us; /* 0 when it is not known */
	int64_t started_us;	/* the prober's latest start; 0 unknown */
	int64_t last_us;	/* the latest word of the prober; 0: none */
	int64_t fresh_us;	/* so old it may be */
	const struct station_ca *cas;
	size_t ca_count;
	const struct exchange *latest; /* the newest first */
	size_t latest_count;
	const struct station_event *events; /* the newest first */
	size_t event_count;
};

/* The CA with this number, or NULL. */
const struct station_ca *station_ca_find(const struct station_facts *f,
					 unsigned number);

/* The prober has said something lately. */
bool station_is_fresh(const struct station_facts *f);

void report_station_json(struct buf *out, const struct station_facts *f);

/* What /healthz answers; true is 200, false is 503. */
bool report_health_json(struct buf *out, const struct station_facts *f);

#endif
