/*
 * Incidents and verdicts as JSON: what programs read, and what a hub keeps.
 */
#ifndef REPORT_INCIDENT_JSON_H
#define REPORT_INCIDENT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"
#include "judge/court.h"
#include "report/board.h"

/* One object; names are those of the judge's stations, in its order. */
void incident_json(struct buf *out, const char *ca, const struct incident *i,
		   const char *const *names, size_t name_count);

/*
 * Reads one again for these stations; those that are none of them any more are
 * left out. ret_ca has COURT_NAME bytes. Release with incident_release().
 */
bool incident_read(const char *text, size_t len, const char *const *names,
		   size_t name_count, char *ret_ca, struct incident *ret_i,
		   struct fail *why);

/* One object with its root cause alone. */
void incident_brief_json(struct buf *out, const struct incident *i);

/* What the board's court knows of the CA: /api/v1/incidents. */
void board_incidents_json(struct buf *out, const struct board *b,
			  const char *ca);

#endif
