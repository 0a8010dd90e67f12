#include "report/json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

static json_t *parse(struct buf *out)
{
	json_error_t error;
	json_t *json =
		json_loads(buf_text(out), JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: %s", error.text, buf_text(out));
	assert_null(strchr(buf_text(out), '\n'));
	buf_release(out);
	return json;
}

static json_t *exchange_json(const struct exchange *e)
{
	struct buf out = BUF_INIT(1 << 20);

	report_exchange_json(&out, e, "ca");
	return parse(&out);
}

static int64_t number(const json_t *json, const char *name)
{
	const json_t *value = json_object_get(json, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static const char *text(const json_t *json, const char *name)
{
	const json_t *value = json_object_get(json, name);

	assert_true(json_is_string(value));
	return json_string_value(value);
}

static void an_exchange_is_told_with_its_phases(void **state)
{
	const struct exchange e = {
		.id = 7,
		.issuance = 3,
		.op = OP_NEW_ORDER,
		.attempt = 2,
		.wall_us = INT64_C(1750000000123456),
		.marks = { 10, 30, 60, 70, 1070, 1100 },
		.status = 201,
		.retry_after_us = -1,
		.rtt_us = 200,
		.http_version = 11,
		.tls_version = "TLSv1.3",
	};
	json_t *json = exchange_json(&e);
	const json_t *phases = json_object_get(json, "phases_us");

	(void)state;
	assert_int_equal(number(json, "id"), 7);
	assert_int_equal(number(json, "attempt"), 2);
	assert_string_equal(text(json, "op"), "newOrder");
	assert_string_equal(text(json, "outcome"), "ok");
	assert_string_equal(text(json, "started"),
			    "2025-06-15T15:06:40.123456Z");
	assert_string_equal(text(json, "http"), "1.1");
	assert_int_equal(number(phases, "dns"), 10);
	assert_int_equal(number(phases, "connect"), 20);
	assert_int_equal(number(phases, "tls"), 30);
	assert_int_equal(number(phases, "send"), 10);
	assert_int_equal(number(phases, "wait"), 1000);
	assert_int_equal(number(phases, "receive"), 30);
	assert_int_equal(number(phases, "total"), 1100);
	assert_int_equal(number(json, "network_us"), 200);
	assert_int_equal(number(json, "server_us"), 800);
	json_decref(json);
}

static void what_is_not_known_is_null(void **state)
{
	static const char *const names[] = {
		"issuance",	  "status",	"problem",   "detail",
		"retry_after_us", "address",	"family",    "port",
		"http",		  "tls",	"cipher",    "rtt_us",
		"request_id",	  "network_us", "server_us",
	};
	const struct exchange e = { .outcome = OUTCOME_REFUSED,
				    .marks = MARKS_NONE,
				    .retry_after_us = -1,
				    .rtt_us = -1 };
	json_t *json = exchange_json(&e);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(json_is_null(json_object_get(json, names[i])));
	assert_null(json_object_get(json, "body"));
	json_decref(json);
}

static void hostile_text_stays_text(void **state)
{
	static const char body[] = "<script>\"\\\n\x01\xff\xc3\xa4\0end";
	struct exchange e = { .marks = MARKS_NONE,
			      .kept_body = mem_dup(body, sizeof(body) - 1),
			      .kept_body_len = sizeof(body) - 1 };
	json_t *json;

	(void)state;
	text_copy(e.detail, sizeof(e.detail), "\"},{\"x\":\"</script>");
	json = exchange_json(&e);
	assert_string_equal(text(json, "detail"), "\"},{\"x\":\"</script>");
	assert_int_equal(json_string_length(json_object_get(json, "body")),
			 /* The \xff and the NUL take four characters each. */
			 sizeof(body) - 1 + 6);
	json_decref(json);
	exchange_release(&e);
}

static void any_bytes_make_valid_json(void **state)
{
	struct rng rng = { 1 };

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct exchange e = { .marks = MARKS_NONE };
		size_t len = rng_below(&rng, 200);

		e.kept_body = mem_zalloc(len + 1);
		e.kept_body_len = len;
		for (size_t i = 0; i < len; i++)
			e.kept_body[i] = (char)rng_next(&rng);
		for (size_t i = 0; i < 60; i++)
			e.problem[i] = (char)(1 + rng_below(&rng, 255));
		json_decref(exchange_json(&e));
		exchange_release(&e);
	}
}

static void an_issuance_that_runs_has_no_outcome(void **state)
{
	struct issuance i = { .id = 1,
			      .took_us = -1,
			      .first_validation_us = -1,
			      .valid_after_us = -1,
			      .valid_before_us = -1 };
	struct buf out = BUF_INIT(4096);
	json_t *json;

	(void)state;
	report_issuance_json(&out, &i, "ca");
	json = parse(&out);
	assert_true(json_is_null(json_object_get(json, "outcome")));
	assert_true(json_is_null(json_object_get(json, "took_us")));
	assert_true(json_is_null(json_object_get(json, "serial")));
	assert_true(json_is_null(json_object_get(json, "not_after")));
	json_decref(json);
	i.took_us = 5;
	text_copy(i.serial, sizeof(i.serial), "0a");
	report_issuance_json(&out, &i, "ca");
	json = parse(&out);
	assert_string_equal(text(json, "outcome"), "ok");
	assert_string_equal(text(json, "not_after"),
			    "1970-01-01T00:00:00.000000Z");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exchange_is_told_with_its_phases),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(any_bytes_make_valid_json),
		cmocka_unit_test(an_issuance_that_runs_has_no_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
