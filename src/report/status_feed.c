/*
 * What the entries of a feed say together; the other half of status_read.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/status_read.h"

#define COUNTS_US US_PER_DAY /* an entry that names no state */

/* As status pages write them, and so with a capital. */
static const struct {
	const char *word;
	enum status_level level;
} states[] = {
	{ "Investigating", STATUS_DEGRADED },
	{ "Identified", STATUS_DEGRADED },
	{ "Monitoring", STATUS_DEGRADED },
	{ "Update", STATUS_DEGRADED },
	{ "In progress", STATUS_MAINTENANCE },
	{ "In Progress", STATUS_MAINTENANCE },
	{ "Verifying", STATUS_MAINTENANCE },
	{ "Scheduled", STATUS_FINE },
	{ "Resolved", STATUS_FINE },
	{ "Completed", STATUS_FINE },
	{ "Postmortem", STATUS_FINE },
};
enum { STATES = sizeof(states) / sizeof(states[0]) };

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The word by itself, not as a part of another. */
static const char *find_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = strstr(text, word); p; p = strstr(p + 1, word)) {
		if ((p == text || !is_letter(p[-1])) && !is_letter(p[len]))
			return p;
	}
	return NULL;
}

/* The one that is named first; STATES without any. */
static size_t first_state(const char *text)
{
	const char *first = NULL;
	size_t found = STATES;

	for (size_t i = 0; i < STATES; i++) {
		const char *p = find_word(text, states[i].word);

		if (p && (!first || p < first)) {
			first = p;
			found = i;
		}
	}
	return found;
}

static bool concerns(const struct feed_entry *e,
		     const struct status_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (strcasestr(e->title, parts->names[i]) ||
		    strcasestr(e->text, parts->names[i]))
			return true;
	}
	return parts->count == 0;
}

static enum status_level level_of(const struct feed_entry *e, int64_t now_us)
{
	size_t state = first_state(e->title);

	if (state == STATES)
		state = first_state(e->text);
	if (state < STATES)
		return states[state].level;
	return e->dated_us && now_us - e->dated_us < COUNTS_US ? STATUS_DEGRADED
							       : STATUS_FINE;
}

void status_of_feed(const struct feed_entry *entries, size_t count,
		    const struct status_parts *parts, int64_t now_us,
		    struct status_word *ret_word)
{
	struct status_word w = { .level = STATUS_FINE };

	for (size_t i = 0; i < count; i++) {
		const struct feed_entry *e = &entries[i];
		enum status_level level = level_of(e, now_us);

		if (level == STATUS_FINE || !concerns(e, parts))
			continue;
		if (level > w.level)
			w.level = level;
		if (w.notices++ && e->dated_us <= w.dated_us)
			continue;
		w.dated_us = e->dated_us;
		text_copy(w.notice, sizeof(w.notice), e->id);
		text_copy(w.text, sizeof(w.text), e->title);
	}
	*ret_word = w;
}
