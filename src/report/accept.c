#include "report/accept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { SPECIFIC_NONE, SPECIFIC_ANY, SPECIFIC_KIND, SPECIFIC_TYPE };

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes outer space away. */
static void trim(const char **text, size_t *len)
{
	while (*len && is_space((*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len && is_space((*text)[*len - 1]))
		(*len)--;
}

/* How closely a range names the type; SPECIFIC_NONE: not at all. */
static int specific(const char *range, size_t len, const char *type)
{
	const char *slash = strchr(type, '/');
	size_t kind_len = slash ? (size_t)(slash - type) : 0;

	if (len == 3 && memcmp(range, "*/*", 3) == 0)
		return SPECIFIC_ANY;
	if (len == strlen(type) && strncasecmp(range, type, len) == 0)
		return SPECIFIC_TYPE;
	if (slash && len == kind_len + 2 && range[len - 1] == '*' &&
	    strncasecmp(range, type, kind_len + 1) == 0)
		return SPECIFIC_KIND;
	return SPECIFIC_NONE;
}

/* "0.25" as 250; what is no qvalue counts as 1000. */
static int qvalue(const char *text, size_t len)
{
	int value = 0, unit = 100;

	if (len == 0 || len > 5 || (text[0] != '0' && text[0] != '1') ||
	    (len > 1 && text[1] != '.'))
		return 1000;
	value = (text[0] - '0') * 1000;
	for (size_t i = 2; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 1000;
		value += (text[i] - '0') * unit;
		unit /= 10;
	}
	return value > 1000 ? 1000 : value;
}

/* The q of one range with its parameters; other parameters are passed over. */
static int range_q(const char *params, size_t len)
{
	while (len) {
		const char *next = memchr(params, ';', len);
		size_t one = next ? (size_t)(next - params) : len;
		const char *text = params;
		size_t text_len = one;

		trim(&text, &text_len);
		if (text_len > 2 && (text[0] == 'q' || text[0] == 'Q') &&
		    text[1] == '=')
			return qvalue(text + 2, text_len - 2);
		if (!next)
			break;
		params += one + 1;
		len -= one + 1;
	}
	return 1000;
}

int accept_per_mille(const char *accept, const char *type)
{
	int best = SPECIFIC_NONE, q = 0;
	bool named = false;

	while (*accept) {
		size_t len = strcspn(accept, ",");
		const char *semicolon = memchr(accept, ';', len);
		const char *range = accept;
		size_t range_len = semicolon ? (size_t)(semicolon - accept)
					     : len;
		int how;

		trim(&range, &range_len);
		named = named || memchr(range, '/', range_len);
		how = specific(range, range_len, type);
		if (how > best) {
			best = how;
			q = semicolon ? range_q(semicolon + 1,
						len - (size_t)(semicolon + 1 -
							       accept))
				      : 1000;
		}
		accept += len;
		if (*accept)
			accept++;
	}
	return named ? q : -1;
}
