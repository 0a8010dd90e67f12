#include "acme/problem.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "support/unit.h"

#define NEW "urn:ietf:params:acme:error:"

static void a_problem_is_read(void **state)
{
	static const struct {
		const char *body, *type, *detail;
		unsigned subproblems;
	} rows[] = {
		{ "{\"type\":\"" NEW "badNonce\",\"detail\":\"JWS has an "
		  "invalid anti-replay nonce\",\"status\":400}",
		  "badNonce", "JWS has an invalid anti-replay nonce", 0 },
		{ "{\"type\":\"urn:acme:error:serverInternal\",\"detail\":"
		  "\"down\"}",
		  "serverInternal", "down", 0 },
		{ "{\"type\":\"about:blank\",\"title\":\"x\"}", "about:blank",
		  "", 0 },
		{ "{\"type\":\"https://ca.example/errors/slow\"}",
		  "https://ca.example/errors/slow", "", 0 },
		{ "{\"type\":\"" NEW "\"}", "", "", 0 },
		{ "{\"type\":\"URN:ietf:params:acme:error:dns\"}",
		  "URN:ietf:params:acme:error:dns", "", 0 },
		{ "{\"detail\":\"only words\"}", "", "only words", 0 },
		{ "{\"status\":503}", "", "", 0 },
		{ "{\"type\":7,\"detail\":\"x\"}", "", "x", 0 },
		{ "{\"type\":\"" NEW "dns\",\"detail\":[\"x\"]}", "dns", "",
		  0 },
		{ "{\"detail\":\"a\\u001b[31mb\\nc\\u202ed\"}", "",
		  "a\\x1b[31mb\\x0ac\\xe2\\x80\\xaed", 0 },
		{ "{\"type\":\"\\u0007\"}", "\\x07", "", 0 },
		{ "{\"detail\":\"gr\\u00fc\\u00df\"}", "", "gr\xc3\xbc\xc3\x9f",
		  0 },
		{ "{\"detail\":\"x\",\"subproblems\":{}}", "", "x", 0 },
		{ "{\"detail\":\"x\",\"subproblems\":[]}", "", "x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct problem p;

		assert_for(rows[i].body,
			   problem_parse(rows[i].body, strlen(rows[i].body),
					 &p));
		assert_string_equal(p.type, rows[i].type);
		assert_string_equal(p.detail, rows[i].detail);
		assert_int_equal(p.subproblems, rows[i].subproblems);
	}
}

static void subproblems_follow_the_detail(void **state)
{
	static const struct {
		const char *subproblems, *detail;
		unsigned count;
	} rows[] = {
		{ "[{\"type\":\"" NEW "dns\",\"detail\":\"no such host\","
		  "\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}}]",
		  "both failed; a.example: dns: no such host", 1 },
		{ "[{\"type\":\"" NEW "caa\"},{\"detail\":\"alone\"}]",
		  "both failed; caa; alone", 2 },
		{ "[{\"type\":\"urn:acme:error:tls\"},{\"type\":\"a\"},"
		  "{\"type\":\"b\"},{\"type\":\"c\"},{\"type\":\"d\"}]",
		  "both failed; tls; a; b; and 2 more", 5 },
		{ "[{\"identifier\":{\"value\":\"x\\u001b\"},\"detail\":"
		  "\"\\u0007\"}]",
		  "both failed; x\\x1b: \\x07", 1 },
		{ "[1,\"two\",{\"type\":3,\"identifier\":4}]", "both failed",
		  3 },
	};
	char body[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct problem p;
		int len = snprintf(body, sizeof(body),
				   "{\"detail\":\"both failed\","
				   "\"subproblems\":%s}",
				   rows[i].subproblems);

		assert_for(body, problem_parse(body, (size_t)len, &p));
		assert_string_equal(p.detail, rows[i].detail);
		assert_int_equal(p.subproblems, rows[i].count);
	}
}

static void what_is_no_problem_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"null",
		"7",
		"\"type\"",
		"[]",
		"[{\"type\":\"x\"}]",
		"{}",
		"{\"title\":\"x\"}",
		/* An order or an authorization: status in words. */
		"{\"status\":\"pending\",\"identifiers\":[]}",
		"{\"type\":null,\"detail\":null,\"status\":null}",
		"{\"type\":\"x\",\"type\":\"y\"}",
		"{\"type\":\"x\"",
		"<html><h1>503 Service Unavailable</h1></html>",
		"{\"type\":\"a\\u0000b\"}",
	};
	struct problem untouched = { .type = "before", .subproblems = 9 };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct problem p = untouched;

		assert_for(rows[i],
			   !problem_parse(rows[i], strlen(rows[i]), &p));
		assert_memory_equal(&p, &untouched, sizeof(p));
	}
}

static void too_much_and_too_deep_is_refused(void **state)
{
	static char body[70000];
	struct problem p;
	size_t len;

	(void)state;
	memset(body, ' ', sizeof(body));
	memcpy(body, "{\"type\":\"x\"}", 12);
	assert_true(problem_parse(body, 65536, &p));
	assert_false(problem_parse(body, 65537, &p));

	/* The object itself is the first level. */
	for (unsigned levels = 15; levels <= 16; levels++) {
		len = (size_t)sprintf(body, "{\"type\":\"x\",\"y\":");
		memset(body + len, '[', levels);
		memset(body + len + levels, ']', levels);
		len += 2 * levels;
		body[len++] = '}';
		assert_true(problem_parse(body, len, &p) == (levels == 15));
	}
}

static void long_texts_are_cut_at_a_whole_character(void **state)
{
	static char body[8192];
	struct problem p;
	size_t len = (size_t)sprintf(body, "{\"type\":\"");

	(void)state;
	for (int i = 0; i < 100; i++)
		len += (size_t)sprintf(body + len, "\xe2\x82\xac");
	len += (size_t)sprintf(body + len, "\",\"detail\":\"x");
	for (int i = 0; i < 1000; i++)
		len += (size_t)sprintf(body + len, "\xc3\xa4");
	len += (size_t)sprintf(body + len,
			       "\",\"subproblems\":[{\"type\":\"tail\"}]}");
	assert_true(problem_parse(body, len, &p));
	assert_int_equal(strlen(p.type), 63);
	assert_int_equal(strlen(p.detail), 511);
	for (size_t i = 0; i < 511;) {
		size_t step =
			text_utf8_len((unsigned char *)p.detail + i, 511 - i);

		assert_true(step > 0);
		i += step;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_is_read),
		cmocka_unit_test(subproblems_follow_the_detail),
		cmocka_unit_test(what_is_no_problem_is_refused),
		cmocka_unit_test(too_much_and_too_deep_is_refused),
		cmocka_unit_test(long_texts_are_cut_at_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
