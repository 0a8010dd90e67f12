#include "report/status_show.h"

#include <string.h>

#include "base/text.h"
#include "judge/statement.h"
#include "report/html.h"
#include "report/json_write.h"
#include "report/words.h"

enum { SHOWN = 2 * INCIDENT_DETAIL, TROUBLE = 300, LINE = 4096 };

static void quote(struct buf *out, const char *text)
{
	char shown[SHOWN];

	text_printable(shown, sizeof(shown), text, strlen(text));
	buf_addf(out, "\xe2\x80\x9c%s\xe2\x80\x9d", shown);
}

/* What it said when it was read last. */
static void add_said(struct buf *out, const struct statement *s)
{
	const struct status_word *w = &s->word;

	if (w->text[0])
		quote(out, w->text);
	else
		buf_add_text(out, w->level == STATUS_FINE
					  ? "nothing is wrong"
					  : status_level_name(w->level));
	if (w->notices > 1)
		buf_addf(out, " and %u more", w->notices - 1);
}

static void add_line(struct buf *out, const struct board *b,
		     const struct board_status *status)
{
	const struct statement *s = status->statement;
	char age[WORDS], at[WORDS], trouble[TROUBLE];

	text_printable(trouble, sizeof(trouble), status->trouble,
		       strlen(status->trouble));
	words_age(age, b->now_us - s->read_us);
	words_time(at, s->read_us, b->now_us);
	if (!s->read_us && !trouble[0]) {
		buf_add_text(out, " has not been read yet.");
	} else if (!s->read_us) {
		buf_addf(out, " has not been readable so far: %s.", trouble);
	} else if (trouble[0]) {
		buf_addf(out,
			 " has not been readable since %s: %s. It said: ", at,
			 trouble);
		add_said(out, s);
		buf_add_char(out, '.');
	} else {
		buf_add_text(out, " says: ");
		add_said(out, s);
		buf_addf(out, " (read %s ago", age);
		if (statement_speaks(s)) {
			words_age(age, b->now_us - s->since_us);
			buf_addf(out, ", and so for %s", age);
		}
		buf_add_text(out, ").");
	}
}

void status_line(struct buf *out, const struct board *b, const char *ca)
{
	const struct board_status *status = board_status_find(b, ca);
	struct buf text = BUF_INIT(LINE);

	if (!status)
		return;
	buf_add_text(out, "<p id=\"own\" class=\"note\">");
	if (status->page[0]) {
		buf_add_text(out, "<a rel=\"noreferrer\"");
		html_attr(out, "href", status->page);
		buf_add_text(out, ">The CA\xe2\x80\x99s own status page</a>");
	} else {
		buf_add_text(out, "The CA\xe2\x80\x99s own status page");
	}
	add_line(&text, b, status);
	html_text(out, buf_text(&text));
	buf_add_text(out, "</p>");
	buf_release(&text);
}

void status_json(struct buf *out, const struct board *b, const char *ca)
{
	const struct board_status *status = board_status_find(b, ca);
	const struct statement *s = status ? status->statement : NULL;

	json_name(out, "status_page");
	if (!s) {
		buf_add_text(out, "null");
		return;
	}
	buf_add_char(out, '{');
	json_text(out, "page", status->page);
	json_text(out, "says",
		  s->read_us ? status_level_name(s->word.level) : NULL);
	json_text(out, "words", s->word.text);
	json_known_time(out, "read", s->read_us);
	json_known_time(out, "since", s->since_us);
	json_known_time(out, "dated", s->word.dated_us);
	json_text(out, "trouble", status->trouble);
	buf_add_char(out, '}');
}

static void add_lead(struct buf *out, int64_t lead_us, const char *before,
		     const char *after)
{
	char age[WORDS];

	words_age(age, lead_us < 0 ? -lead_us : lead_us);
	buf_addf(out, "%s %s", age, lead_us < 0 ? after : before);
}

void status_sentence(struct buf *out, const struct board *b,
		     const struct incident *i)
{
	const struct incident_word *w = &i->word;
	int64_t first_us = incident_word_us(i);
	char at[WORDS];

	if (!first_us && w->silent_us) {
		words_time(at, w->silent_us, b->now_us);
		buf_addf(out,
			 "The CA\xe2\x80\x99s own status page had said nothing "
			 "of it when it was read at %s. ",
			 at);
	}
	if (!first_us)
		return;
	words_time(at, first_us, b->now_us);
	buf_addf(out,
		 "The CA\xe2\x80\x99s own status page first spoke at %s%s, ",
		 at,
		 w->silent_us || first_us == w->dated_us ? "" : " or before");
	add_lead(out, first_us - i->declared_us, "after it was declared here",
		 "before it was declared here");
	if (w->text[0]) {
		buf_add_text(out, ": ");
		quote(out, w->text);
	}
	buf_add_text(out, ". ");
}

void status_lead(struct buf *out, const struct incident *i)
{
	int64_t first_us = incident_word_us(i);

	if (first_us)
		add_lead(out, first_us - i->declared_us, "before", "after");
	else
		buf_add_text(out, "\xe2\x80\x93");
}
