#include "acme/json_guard.h"

#include <jansson.h>
#include <string.h>

#include "support/unit.h"

static bool loads(const char *text, size_t len, size_t max_bytes,
		  unsigned max_depth, struct fail *why)
{
	struct json_t *json = NULL;
	bool good =
		json_guarded_load(text, len, max_bytes, max_depth, &json, why);

	assert_true(good == (json != NULL));
	json_decref(json);
	return good;
}

static void json_within_the_limits_is_read(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		" {\"a\":[1,2,{\"b\":null}]}\r\n",
		"\"a string\"",
		"7",
		"null",
		/* Brackets inside strings nest nothing. */
		"{\"a\":\"[[[[[[[[{{{{{{\",\"b\":\"\\\"[[[[[[[[\\\\\"}",
		"[[],[],[],[],[],[]]",
		"[[[[]]]]",
		"{\"a\":\"\\u00e4\\ud83d\\ude00\"}",
	};
	struct fail why;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_for(rows[i],
			   loads(rows[i], strlen(rows[i]), 64, 4, &why));
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "", "not JSON" },
		{ " ", "not JSON" },
		{ "{", "not JSON" },
		{ "{\"a\":1}{\"b\":2}", "not JSON" },
		{ "{\"a\":1} x", "not JSON" },
		{ "{\"a\":1,}", "line 1" },
		{ "{'a':1}", "not JSON" },
		{ "{\"a\":\n\nx}", "line 3" },
		{ "{\"a\":1,\"a\":2}", "duplicate" },
		{ "{\"a\":{\"b\":1,\"b\":2}}", "duplicate" },
		{ "{\"a\":\"\\u0000\"}", "not JSON" },
		{ "{\"\\u0000\":1}", "not JSON" },
		{ "{\"a\":\"\\ud800\"}", "not JSON" },
		{ "{\"a\":\"\xff\"}", "not JSON" },
		{ "{\"a\":\"\x01\"}", "not JSON" },
		{ "{\"a\":1e999}", "not JSON" },
		{ "{\"a\":99999999999999999999}", "not JSON" },
		{ "]]]]]]", "not JSON" },
		{ "]][", "not JSON" },
		{ "<html><body>502</body></html>", "looks like HTML" },
		{ "\r\n <!DOCTYPE html>", "looks like HTML" },
		{ "\"[[[[[[[", "not JSON" },
		{ "\"\\", "not JSON" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct fail why = { .code = FAIL_NONE };

		assert_for(rows[i].text,
			   !loads(rows[i].text, strlen(rows[i].text), 64, 4,
				  &why));
		assert_int_equal(why.code, FAIL_PEER);
		if (!strstr(why.text, rows[i].sentence))
			fail_msg("\"%s\" gave: %s", rows[i].text, why.text);
	}
	assert_false(loads("{", 1, 64, 4, NULL));
}

static void bytes_after_a_nul_are_not_overlooked(void **state)
{
	struct fail why;

	(void)state;
	assert_false(loads("{}\0{}", 5, 64, 4, &why));
	assert_false(loads("\0", 1, 64, 4, &why));
	assert_false(loads("{\"a\":\"b\0c\"}", 11, 64, 4, &why));
}

static void size_and_depth_are_refused_before_anything_is_built(void **state)
{
	static char deep[200001];
	struct fail why;

	(void)state;
	assert_true(loads("[1,2,3]", 7, 7, 1, &why));
	assert_false(loads("[1,2,3]", 7, 6, 1, &why));
	assert_int_equal(why.code, FAIL_LIMIT);
	assert_non_null(strstr(why.text, "at most 6"));

	assert_true(loads("[{\"a\":[]}]", 10, 64, 3, &why));
	assert_false(loads("[{\"a\":[]}]", 10, 64, 2, &why));
	assert_int_equal(why.code, FAIL_LIMIT);
	assert_non_null(strstr(why.text, "deeper than 2"));

	/* Deeper than a parser that recurses could survive. */
	memset(deep, '[', sizeof(deep) - 1);
	assert_false(loads(deep, sizeof(deep) - 1, sizeof(deep), 16, &why));
	assert_int_equal(why.code, FAIL_LIMIT);
	/* A closing bracket too many does not hide the next ones. */
	assert_false(loads("]]]][[[[[", 9, 64, 4, &why));
	assert_int_equal(why.code, FAIL_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_within_the_limits_is_read),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(bytes_after_a_nul_are_not_overlooked),
		cmocka_unit_test(
			size_and_depth_are_refused_before_anything_is_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
