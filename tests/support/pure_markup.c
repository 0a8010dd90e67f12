#include "support/pure_markup.h"

#include <string.h>

#include "base/text.h"

enum { DEPTH = 64, NAME = 32 };

struct reader {
	const char *at, *end;
	char open[DEPTH][NAME];
	size_t depth;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
	       (c >= '0' && c <= '9');
}

static bool read_name(struct reader *r, char name[static NAME])
{
	size_t len = 0;

	while (r->at < r->end && is_letter(*r->at) && len + 1 < NAME)
		name[len++] = *r->at++;
	name[len] = '\0';
	return len > 0;
}

static bool take(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool read_entity(struct reader *r)
{
	return take(r, "&lt;") || take(r, "&gt;") || take(r, "&amp;") ||
	       take(r, "&quot;") || take(r, "&#39;");
}

static bool read_character(struct reader *r)
{
	unsigned char c = (unsigned char)*r->at;
	size_t len;

	if (c == '&')
		return read_entity(r);
	len = text_utf8_len((const unsigned char *)r->at,
			    (size_t)(r->end - r->at));
	if (len == 0 || (c < 0x20 && c != '\n') || c == 0x7f || c == '<' ||
	    c == '>')
		return false;
	r->at += len;
	return true;
}

static bool read_attribute(struct reader *r)
{
	char name[NAME];

	if (!read_name(r, name) || !take(r, "=\""))
		return false;
	while (r->at < r->end && *r->at != '"') {
		if (!read_character(r))
			return false;
	}
	return take(r, "\"");
}

/* Behind "<". */
static bool read_tag(struct reader *r)
{
	char name[NAME];

	if (take(r, "/")) {
		if (!read_name(r, name) || r->depth == 0 ||
		    strcmp(name, r->open[r->depth - 1]) != 0)
			return false;
		r->depth--;
		return take(r, ">");
	}
	if (!read_name(r, name))
		return false;
	while (take(r, " ")) {
		if (!read_attribute(r))
			return false;
	}
	if (take(r, "/>"))
		return true;
	if (r->depth == DEPTH || !take(r, ">"))
		return false;
	memcpy(r->open[r->depth++], name, NAME);
	return true;
}

bool markup_is_well_formed(const char *text, size_t len)
{
	struct reader r = { .at = text, .end = text + len };

	if (take(&r, "<!DOCTYPE html>"))
		(void)take(&r, "\n");
	while (r.at < r.end) {
		if (take(&r, "<")) {
			if (!read_tag(&r))
				return false;
		} else if (!read_character(&r)) {
			return false;
		}
	}
	return r.depth == 0;
}

/* Reads one field; *ret_last when the record ends behind it. */
static bool read_field(struct reader *r, bool *ret_last)
{
	if (take(r, "\"")) {
		while (r->at < r->end) {
			if (take(r, "\"\""))
				continue;
			if (*r->at == '"')
				break;
			r->at++;
		}
		if (!take(r, "\""))
			return false;
	} else {
		while (r->at < r->end && !strchr("\",\r\n", *r->at))
			r->at++;
	}
	*ret_last = take(r, "\r\n");
	return *ret_last || take(r, ",");
}

bool csv_is_well_formed(const char *text, size_t len, size_t *ret_records)
{
	struct reader r = { .at = text, .end = text + len };
	size_t records = 0, fields = 0, expected = 0;

	while (r.at < r.end) {
		bool last;

		if (!read_field(&r, &last))
			return false;
		fields++;
		if (!last)
			continue;
		if (records++ == 0)
			expected = fields;
		if (fields != expected)
			return false;
		fields = 0;
	}
	*ret_records = records;
	return fields == 0;
}
