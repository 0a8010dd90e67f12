#include "report/html.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/words.h"

enum {
	TEXT_MAX = 4096,
	SHOWN_MAX = 4 * TEXT_MAX + 1, /* a byte may become \xNN */
};

void html_text(struct buf *out, const char *text)
{
	char shown[SHOWN_MAX];

	text_printable(shown, sizeof(shown), text, strnlen(text, TEXT_MAX));
	for (const char *p = shown; *p; p++) {
		switch (*p) {
		case '<':
			buf_add_text(out, "&lt;");
			break;
		case '>':
			buf_add_text(out, "&gt;");
			break;
		case '&':
			buf_add_text(out, "&amp;");
			break;
		case '"':
			buf_add_text(out, "&quot;");
			break;
		case '\'':
			buf_add_text(out, "&#39;");
			break;
		default: /* of a char */
			buf_add_char(out, *p);
			break;
		}
	}
}

void html_attr(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, " %s=\"", name);
	html_text(out, value);
	buf_add_char(out, '"');
}

void html_element(struct buf *out, const char *tag, const char *text)
{
	buf_addf(out, "<%s>", tag);
	html_text(out, text);
	buf_addf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void html_time(struct buf *out, int64_t wall_us, int64_t now_us)
{
	char machine[CLOCK_TEXT], person[WORDS];

	clock_rfc3339(machine, wall_us);
	words_time(person, wall_us, now_us);
	buf_add_text(out, "<time");
	html_attr(out, "datetime", machine);
	buf_add_char(out, '>');
	html_text(out, person);
	buf_add_text(out, "</time>");
}
