#include "judge/statement.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* What it says longer before or after is about something else. */
#define ABOUT_US US_PER_HOUR

const char *status_level_name(enum status_level level)
{
	switch (level) {
	case STATUS_FINE:
		return "operational";
	case STATUS_MAINTENANCE:
		return "maintenance";
	case STATUS_DEGRADED:
		return "degraded";
	case STATUS_PARTIAL:
		return "partial_outage";
	case STATUS_MAJOR:
		return "major_outage";
	case STATUS_LEVELS:
		break;
	}
	return "operational";
}

bool statement_speaks(const struct statement *s)
{
	return s->read_us && s->word.level > STATUS_FINE;
}

/* A notice that was not there before is a new word. */
static bool is_new(const struct statement *s, const struct status_word *word)
{
	return !statement_speaks(s) ||
	       (word->notice[0] && strcmp(word->notice, s->word.notice) != 0 &&
		word->dated_us >= s->word.dated_us);
}

void statement_take(struct statement *s, const struct status_word *word,
		    int64_t read_us)
{
	if (word->level == STATUS_FINE) {
		s->silent_us = read_us;
		s->since_us = 0;
	} else if (is_new(s, word)) {
		s->silent_us = s->read_us;
		s->since_us = read_us;
	}
	s->word = *word;
	s->read_us = read_us;
}

/* The page's own date, where it lies between the two readings. */
static int64_t first_us(int64_t spoke_us, int64_t silent_us, int64_t dated_us)
{
	return dated_us > silent_us && dated_us <= spoke_us ? dated_us
							    : spoke_us;
}

static bool is_about(const struct incident *i, int64_t at_us)
{
	return at_us >= i->start_us - ABOUT_US &&
	       (i->end_us == 0 || at_us <= i->end_us + ABOUT_US);
}

bool incident_hear(struct incident *i, const struct statement *s)
{
	struct incident_word *w = &i->word;
	int64_t silent_us = s->silent_us > w->silent_us ? s->silent_us
							: w->silent_us;

	if (w->spoke_us)
		return false;
	if (!statement_speaks(s)) {
		if (is_about(i, s->read_us))
			w->silent_us = s->read_us;
		return false;
	}
	/* Of another reader, before a restart: it may have known more. */
	if (silent_us >= s->since_us)
		silent_us = s->silent_us;
	if (!is_about(i, first_us(s->since_us, silent_us, s->word.dated_us)))
		return false;
	w->spoke_us = s->since_us;
	w->silent_us = silent_us;
	w->dated_us = s->word.dated_us;
	text_copy(w->text, sizeof(w->text), s->word.text);
	return true;
}

int64_t incident_word_us(const struct incident *i)
{
	const struct incident_word *w = &i->word;

	return w->spoke_us ? first_us(w->spoke_us, w->silent_us, w->dated_us)
			   : 0;
}
