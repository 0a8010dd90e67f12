/*
 * What was judged, for people: the sentence while something is wrong, the list
 * of incidents, and the page that takes one apart.
 */
#ifndef REPORT_PAGE_INCIDENT_H
#define REPORT_PAGE_INCIDENT_H

#include "base/buf.h"
#include "judge/court.h"
#include "report/board.h"

/*
 * The lead of the page while an incident is open, with the class and shape of
 * its verdict; false, and nothing written, while none is.
 */
bool incident_lead(struct buf *out, const struct board *b, const char *ca);

/* How what is judged is shown: of a verdict. */
struct incident_look {
	const char *words, *shape, *class;
};

/* NULL while no incident is open. */
const struct incident_look *incident_look(const struct board *b,
					  const char *ca);

/* A section with the latest incidents; nothing without a court. */
void page_incidents(struct buf *out, const struct board *b, const char *ca);

/* "/incidents/CA/NUMBER" */
void page_incident(struct buf *out, const struct board *b, const char *ca,
		   const struct incident *i);

#endif
