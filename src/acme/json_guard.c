#include "acme/json_guard.h"

#include <jansson.h>

/* The deepest nesting of brackets outside strings. */
static unsigned depth_of(const char *text, size_t len)
{
	unsigned depth = 0, deepest = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
		} else if (text[i] == '"') {
			in_string = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static const char *looks_like(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == ' ' || text[i] == '\t' ||
			   text[i] == '\r' || text[i] == '\n'))
		i++;
	return i < len && text[i] == '<' ? ", it looks like HTML" : "";
}

bool json_guarded_load(const char *text, size_t len, size_t max_bytes,
		       unsigned max_depth, struct json_t **ret_json,
		       struct fail *why)
{
	json_error_t error;
	json_t *json;

	if (len > max_bytes)
		return fail_set(why, FAIL_LIMIT,
				"%zu bytes of JSON, at most %zu are read", len,
				max_bytes);
	if (depth_of(text, len) > max_depth)
		return fail_set(why, FAIL_LIMIT,
				"the JSON is nested deeper than %u levels",
				max_depth);
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
			  &error);
	if (!json)
		return fail_set(why, FAIL_PEER,
				"the answer is not JSON%s: %s (line %d, column "
				"%d)",
				looks_like(text, len), error.text, error.line,
				error.column);
	*ret_json = json;
	return true;
}
