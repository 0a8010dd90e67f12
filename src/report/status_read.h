/*
 * The CA's own status page, as programs read it: one answer of it into one
 * word. What it is made of is somebody else's, and nothing is repaired.
 */
#ifndef REPORT_STATUS_READ_H
#define REPORT_STATUS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "judge/statement.h"

enum { STATUS_READ_BYTES = 1024 * 1024 };

/* Names of components that count, as the page writes them; none: all do. */
struct status_parts {
	char *const *names;
	size_t count;
};

/*
 * status.io's /1.0/status/ID. FAIL_PEER, FAIL_LIMIT; FAIL_INPUT when it has no
 * component of one of the names.
 */
bool status_read_io(const char *text, size_t len,
		    const struct status_parts *parts,
		    struct status_word *ret_word, struct fail *why);

/*
 * Statuspage's /api/v2/summary.json, or /api/v2/incidents/unresolved.json,
 * which has no list of components to look for a name in.
 */
bool status_read_page(const char *text, size_t len,
		      const struct status_parts *parts,
		      struct status_word *ret_word, struct fail *why);

/* --- feeds -------------------------------------------------------------- */

enum { FEED_ENTRIES = 50, FEED_TEXT = 4096 };

/* An entry of an RSS or Atom feed, which edge/feed reads. */
struct feed_entry {
	char id[STATUS_NOTICE];
	char title[INCIDENT_DETAIL];
	char text[FEED_TEXT]; /* with its markup */
	int64_t dated_us;     /* when it was put there; 0 unknown */
};

/*
 * A feed does not say how things are now, only what was written. An entry is
 * over when the first state that it names, the newest being written first, is
 * Resolved, Completed or Postmortem; without any it counts for a day.
 */
void status_of_feed(const struct feed_entry *entries, size_t count,
		    const struct status_parts *parts, int64_t now_us,
		    struct status_word *ret_word);

#endif
