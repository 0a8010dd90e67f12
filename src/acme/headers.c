#include "acme/headers.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Whether the line begins with this field name and a colon. */
static bool is_field(const char *line, size_t len, const char *name)
{
	size_t i = 0;

	while (i < len && name[i] && lower(line[i]) == lower(name[i]))
		i++;
	return !name[i] && i < len && line[i] == ':';
}

bool headers_find(const char *block, size_t len, const char *name, unsigned nth,
		  const char **ret_value, size_t *ret_len)
{
	const char *end = block ? block + len : block;
	const char *next;

	for (const char *line = block; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;
		const char *value;

		next = newline ? newline + 1 : end;
		if (!is_field(line, (size_t)(stop - line), name) || nth-- > 0)
			continue;
		value = line + strlen(name) + 1;
		if (stop > value && stop[-1] == '\r')
			stop--;
		while (value < stop && is_space(*value))
			value++;
		while (stop > value && is_space(stop[-1]))
			stop--;
		*ret_value = value;
		*ret_len = (size_t)(stop - value);
		return true;
	}
	return false;
}

bool headers_copy(const char *block, size_t len, const char *name, char *dst,
		  size_t size_bytes)
{
	const char *value;
	size_t value_len;

	dst[0] = '\0';
	if (!headers_find(block, len, name, 0, &value, &value_len) ||
	    value_len >= size_bytes)
		return false;
	for (size_t i = 0; i < value_len; i++) {
		if (value[i] < ' ' || value[i] > '~')
			return false;
	}
	memcpy(dst, value, value_len);
	dst[value_len] = '\0';
	return true;
}

void headers_media_type(const char *block, size_t len, char *dst,
			size_t size_bytes)
{
	char value[256];
	size_t end;

	dst[0] = '\0';
	if (!headers_copy(block, len, "content-type", value, sizeof(value)))
		return;
	end = strcspn(value, "; \t");
	if (end >= size_bytes)
		return;
	for (size_t i = 0; i < end; i++)
		dst[i] = lower(value[i]);
	dst[end] = '\0';
}

int64_t headers_retry_after_us(const char *block, size_t len, int64_t wall_us,
			       int64_t cap_us)
{
	char value[64];
	uint64_t seconds;
	int64_t at_us, us;

	if (!headers_copy(block, len, "retry-after", value, sizeof(value)))
		return -1;
	if (value[0] && value[strspn(value, "0123456789")] == '\0')
		us = text_to_u64(value, (uint64_t)(INT64_MAX / US_PER_S),
				 &seconds)
			     ? (int64_t)seconds * US_PER_S
			     : cap_us;
	else if (clock_from_http(value, &at_us))
		us = at_us > wall_us ? at_us - wall_us : 0;
	else
		return -1;
	return us > cap_us ? cap_us : us;
}

int64_t headers_date_us(const char *block, size_t len)
{
	char value[64];
	int64_t at_us;

	if (!headers_copy(block, len, "date", value, sizeof(value)) ||
	    !clock_from_http(value, &at_us))
		return -1;
	return at_us;
}

/* Reads one link-value at *pos: its target, and whether rel has the word. */
struct link_reader {
	const char *pos, *end;
	const char *target;
	size_t target_len;
	bool matches;
};

static void skip_space(struct link_reader *r)
{
	while (r->pos < r->end && is_space(*r->pos))
		r->pos++;
}

/* The first bytes of text are the word, whatever the case. */
static bool same_word(const char *text, const char *word)
{
	while (*word && lower(*text) == lower(*word)) {
		text++;
		word++;
	}
	return !*word;
}

/* One of the words of a rel parameter, which are parted by spaces. */
static bool has_word(const char *list, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	for (size_t i = 0; i < len;) {
		size_t end = i;

		while (end < len && !is_space(list[end]))
			end++;
		if (end - i == word_len && same_word(list + i, word))
			return true;
		i = end + 1;
	}
	return false;
}

/* The value of a parameter, quoted or a token; without escapes. */
static void read_value(struct link_reader *r, const char **ret_value,
		       size_t *ret_len)
{
	const char *from = r->pos;

	if (r->pos < r->end && *r->pos == '"') {
		const char *close =
			memchr(r->pos + 1, '"', (size_t)(r->end - r->pos - 1));

		*ret_value = from + 1;
		*ret_len = (size_t)((close ? close : r->end) - from - 1);
		r->pos = close ? close + 1 : r->end;
		return;
	}
	while (r->pos < r->end && *r->pos != ';' && *r->pos != ',' &&
	       !is_space(*r->pos))
		r->pos++;
	*ret_value = from;
	*ret_len = (size_t)(r->pos - from);
}

static void read_parameter(struct link_reader *r, const char *relation)
{
	const char *name = r->pos;
	const char *value;
	size_t name_len, value_len;

	while (r->pos < r->end && !strchr("=;, \t", *r->pos))
		r->pos++;
	name_len = (size_t)(r->pos - name);
	skip_space(r);
	if (r->pos >= r->end || *r->pos != '=')
		return;
	r->pos++;
	skip_space(r);
	read_value(r, &value, &value_len);
	if (name_len == 3 && lower(name[0]) == 'r' && lower(name[1]) == 'e' &&
	    lower(name[2]) == 'l' && has_word(value, value_len, relation))
		r->matches = true;
}

static bool read_link(struct link_reader *r, const char *relation)
{
	const char *close;

	while (r->pos < r->end && (is_space(*r->pos) || *r->pos == ','))
		r->pos++;
	if (r->pos >= r->end || *r->pos != '<')
		return false;
	close = memchr(r->pos, '>', (size_t)(r->end - r->pos));
	if (!close)
		return false;
	r->target = r->pos + 1;
	r->target_len = (size_t)(close - r->pos - 1);
	r->matches = false;
	r->pos = close + 1;
	for (;;) {
		skip_space(r);
		if (r->pos >= r->end || *r->pos != ';')
			return true;
		r->pos++;
		skip_space(r);
		read_parameter(r, relation);
	}
}

bool headers_link(const char *block, size_t len, const char *relation,
		  unsigned nth, char *dst, size_t size_bytes)
{
	struct link_reader r;
	const char *value;
	size_t value_len;

	for (unsigned i = 0;
	     headers_find(block, len, "link", i, &value, &value_len); i++) {
		r = (struct link_reader){ .pos = value,
					  .end = value + value_len };
		while (read_link(&r, relation)) {
			if (!r.matches || nth-- > 0)
				continue;
			if (r.target_len >= size_bytes ||
			    memchr(r.target, '\0', r.target_len))
				return false;
			memcpy(dst, r.target, r.target_len);
			dst[r.target_len] = '\0';
			return true;
		}
	}
	return false;
}

bool headers_request_id(const char *block, size_t len, char *dst,
			size_t size_bytes)
{
	/* No standard names it: servers' own first, then those of CDNs. */
	static const char *const names[] = {
		"x-request-id",	       "request-id", "x-correlation-id",
		"x-amzn-requestid",    "cf-ray",     "x-amz-cf-id",
		"x-akamai-request-id",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (headers_copy(block, len, names[i], dst, size_bytes) &&
		    dst[0])
			return true;
	}
	dst[0] = '\0';
	return false;
}

bool headers_nonce(const char *block, size_t len, char *dst, size_t size_bytes)
{
	if (!headers_copy(block, len, "replay-nonce", dst, size_bytes))
		return false;
	if (dst[0] &&
	    dst[strspn(dst, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
			    "xyz0123456789-_")] == '\0')
		return true;
	dst[0] = '\0';
	return false;
}
