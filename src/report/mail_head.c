#include "report/mail_head.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* An encoded word has 75 characters at most, with what is around it. */
enum { WORD_MOST = 75 - 12, SHOWN = 400, LINE_MOST = 900 };

static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p >= 0x7f)
			return false;
	}
	/* It would be read as an encoded word. */
	return !strstr(text, "=?");
}

static bool is_literal(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static void encode(struct buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), width = WORD_MOST;

	for (size_t first = 1; left > 0; first = 0) {
		size_t len = text_utf8_len(p, left);
		size_t wide = 0;

		/* Each word is of whole characters. */
		for (size_t i = 0; i < len; i++)
			wide += is_literal(p[i]) ? 1 : 3;
		if (first || width + wide > WORD_MOST) {
			buf_add_text(out, first ? "=?utf-8?Q?"
						: "?=\r\n =?utf-8?Q?");
			width = 0;
		}
		for (size_t i = 0; i < len; i++)
			buf_addf(out, is_literal(p[i]) ? "%c" : "=%02X", p[i]);
		width += wide;
		p += len;
		left -= len;
	}
	buf_add_text(out, "?=");
}

void mail_words(struct buf *out, const char *text)
{
	char shown[SHOWN];

	/* What comes out is valid UTF-8 without control characters. */
	text_printable(shown, sizeof(shown), text, strlen(text));
	if (!shown[0] || is_plain(shown))
		buf_add_text(out, shown);
	else
		encode(out, shown);
}

void mail_date(struct buf *out, int64_t wall_us)
{
	char text[CLOCK_TEXT];

	clock_http(text, wall_us);
	buf_addf(out, "%.*s +0000", (int)(strlen(text) - strlen(" GMT")), text);
}

static void add_atoms(struct buf *out, const char *text)
{
	for (const char *p = text; *p && out->len < LINE_MOST; p++) {
		unsigned char c = (unsigned char)*p;

		buf_add_char(out,
			     is_literal(c) || c == '-' || c == '.' ? *p : '-');
	}
}

void mail_message_id(struct buf *out, const char *id, const char *address)
{
	const char *at = strrchr(address, '@');

	buf_add_char(out, '<');
	add_atoms(out, id);
	buf_add_char(out, '@');
	add_atoms(out, at && at[1] ? at + 1 : "localhost");
	buf_add_char(out, '>');
}
