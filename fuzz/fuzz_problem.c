/*
 * JSON within limits, and problem documents: whatever the body, what comes out
 * is short and may be shown.
 */
#include "fuzz.h"

#include <jansson.h>

#include "acme/json_guard.h"
#include "acme/problem.h"

enum { MOST_BYTES = 4096, MOST_DEPTH = 8 };

static unsigned depth_of(const json_t *json)
{
	unsigned deepest = 0;
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach (json, i, value) {
		unsigned depth = depth_of(value);

		deepest = depth > deepest ? depth : deepest;
	}
	/* The iterators of jansson take no const. */
	json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
		unsigned depth = depth_of(value);

		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + (json_is_array(json) || json_is_object(json));
}

static void guard(const char *text, size_t len)
{
	struct fail why = { .code = FAIL_NONE };
	json_t *json;

	if (json_guarded_load(text, len, MOST_BYTES, MOST_DEPTH, &json, &why)) {
		CLAIM(len <= MOST_BYTES && depth_of(json) <= MOST_DEPTH);
		json_decref(json);
		return;
	}
	CLAIM(why.code == FAIL_LIMIT || why.code == FAIL_PEER);
	CLAIM(why.text[0] && fuzz_is_printable(why.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len);
	struct problem p;

	guard(text, len);
	if (problem_parse(text, len, &p)) {
		CLAIM(strlen(p.type) < sizeof(p.type));
		CLAIM(strlen(p.detail) < sizeof(p.detail));
		CLAIM(fuzz_is_printable(p.type));
		CLAIM(fuzz_is_printable(p.detail));
		CLAIM(p.subproblems <= len);
	}
	free(text);
	return 0;
}
