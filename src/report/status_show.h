/*
 * What the CA's own status page says, shown beside what the stations see: a
 * line for people, a member for programs. Never a part of what is judged.
 */
#ifndef REPORT_STATUS_SHOW_H
#define REPORT_STATUS_SHOW_H

#include "base/buf.h"
#include "judge/incident.h"
#include "report/board.h"

/* A paragraph; nothing for a CA whose status page is not read. */
void status_line(struct buf *out, const struct board *b, const char *ca);

/* The member "status_page" of an object; null where none is read. */
void status_json(struct buf *out, const struct board *b, const char *ca);

/*
 * A sentence on when the page first spoke of an incident, against when it was
 * declared here; plain text. "" as long as nothing is known.
 */
void status_sentence(struct buf *out, const struct board *b,
		     const struct incident *i);

/* "9 min before" or "2 min after" the page; a dash while that is silent. */
void status_lead(struct buf *out, const struct incident *i);

#endif
