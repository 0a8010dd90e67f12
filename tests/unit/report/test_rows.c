#include "report/csv.h"
#include "report/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "report/stat_json.h"
#include "support/pure_markup.h"

#define WHEN_US INT64_C(1795406488123456)

static char kept[] = "a\0b\xff\"\r\n";

/* Everything a row can say, and text that wants to be more than text. */
static struct exchange full_exchange(void)
{
	struct exchange e = {
		.id = 7,
		.issuance = 3,
		.op = OP_NEW_ORDER,
		.attempt = 2,
		.wall_us = WHEN_US,
		.marks = { 100, 300, 900, 1000, 5000, 5200 },
		.outcome = OUTCOME_PROBLEM,
		.status = 429,
		.problem = "=1+1",
		.detail = "say \"hi\",\r\n\xff then",
		.retry_after_us = 5000000,
		.request_id = "-x",
		.remote = { .family = IP_V6, .bytes = { 0x20, 1, 0xd, 0xb8 } },
		.remote_port = 443,
		.http_version = 20,
		.tls_version = "TLSv1.3",
		.cipher = "TLS_AES_128_GCM_SHA256",
		.rtt_us = 1500,
		.lag_us = 6000,
		.kept_body = kept,
		.kept_body_len = sizeof(kept) - 1,
	};

	return e;
}

/* Nothing but a failure before an address was known. */
static struct exchange bare_exchange(void)
{
	struct exchange e = { .id = 8,
			      .op = OP_DIRECTORY,
			      .wall_us = WHEN_US,
			      .marks = MARKS_NONE,
			      .outcome = OUTCOME_DNS,
			      .retry_after_us = -1,
			      .rtt_us = -1 };

	e.marks.done_us = 9;
	return e;
}

static json_t *parse(struct buf *text)
{
	json_error_t error;
	json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES,
				  &error);

	if (!json)
		fail_msg("%s in %s", error.text, text->data);
	buf_clear(text);
	return json;
}

static const char *text_at(json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static json_int_t number_at(json_t *json, const char *name)
{
	assert_true(json_is_integer(json_object_get(json, name)));
	return json_integer_value(json_object_get(json, name));
}

static void an_exchange_is_one_object(void **state)
{
	struct exchange e = full_exchange();
	struct buf out = BUF_INIT(10000);
	json_t *json, *phases;

	(void)state;
	report_exchange_json(&out, &e, "le\"");
	json = parse(&out);
	phases = json_object_get(json, "phases_us");
	assert_string_equal(text_at(json, "ca"), "le\"");
	assert_string_equal(text_at(json, "op"), "newOrder");
	assert_string_equal(text_at(json, "outcome"), "problem");
	assert_string_equal(text_at(json, "started"),
			    "2026-11-23T04:01:28.123456Z");
	assert_string_equal(text_at(json, "detail"),
			    "say \"hi\",\r\n\\xff then");
	assert_string_equal(text_at(json, "body"), "a\\x00b\\xff\"\r\n");
	assert_string_equal(text_at(json, "address"), "2001:db8::");
	assert_string_equal(text_at(json, "http"), "2.0");
	assert_int_equal(number_at(phases, "tls"), 600);
	assert_int_equal(number_at(phases, "wait"), 4000);
	assert_int_equal(number_at(json, "network_us"), 1500);
	assert_int_equal(number_at(json, "server_us"), 2500);
	assert_true(json_is_true(json_object_get(json, "blurred")));
	json_decref(json);
	buf_release(&out);
}

static void what_is_not_known_is_null(void **state)
{
	static const char *const unknown[] = { "issuance",   "status",
					       "problem",    "retry_after_us",
					       "network_us", "address",
					       "port",	     "http",
					       "tls",	     "rtt_us" };
	struct exchange e = bare_exchange();
	struct buf out = BUF_INIT(10000);
	json_t *json;

	(void)state;
	report_exchange_json(&out, &e, "a");
	json = parse(&out);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_true(json_is_null(json_object_get(json, unknown[i])));
	assert_null(json_object_get(json, "body"));
	json_decref(json);
	buf_release(&out);
}

static void statistics_are_one_object(void **state)
{
	struct stat_span *stat = calloc(1, sizeof(*stat));
	struct exchange e = bare_exchange();
	struct buf out = BUF_INIT(10000);
	json_t *json, *total;

	(void)state;
	stat_add(stat, &e);
	e.outcome = OUTCOME_TIMEOUT;
	stat_add(stat, &e);
	e.outcome = OUTCOME_OK;
	for (int i = 1; i <= 10; i++) {
		e.marks.done_us = i;
		stat_add(stat, &e);
	}
	report_stat_json(&out, "a", OP_DIRECTORY, WHEN_US, US_PER_HOUR, stat);
	json = parse(&out);
	assert_int_equal(number_at(json, "n"), 12);
	assert_int_equal(number_at(json, "failed"), 1);
	assert_int_equal(
		number_at(json_object_get(json, "outcomes"), "timeout"), 1);
	total = json_object_get(json_object_get(json, "phases"), "total");
	assert_int_equal(number_at(total, "n"), 10);
	assert_int_equal(number_at(total, "sum_us"), 55);
	assert_int_equal(number_at(total, "p50_us"), 5);
	assert_int_equal(number_at(total, "max_us"), 10);
	/* A phase that was never run is not there. */
	assert_null(json_object_get(json_object_get(json, "phases"), "tls"));
	json_decref(json);
	buf_clear(&out);
	csv_stat_head(&out);
	csv_stat(&out, "a", OP_DIRECTORY, WHEN_US, stat);
	{
		size_t records;

		assert_true(csv_is_well_formed(out.data, out.len, &records));
		assert_int_equal(records, 2);
	}
	free(stat);
	buf_release(&out);
}

static void csv_holds_its_columns_and_no_formula(void **state)
{
	struct exchange full = full_exchange(), bare = bare_exchange();
	struct buf out = BUF_INIT(10000);
	size_t records;

	(void)state;
	csv_exchange_head(&out);
	csv_exchange(&out, &full, "@SUM(A1)");
	csv_exchange(&out, &bare, "plain");
	assert_true(csv_is_well_formed(out.data, out.len, &records));
	assert_int_equal(records, 3);
	assert_non_null(strstr(out.data, ",\"'=1+1\","));
	assert_non_null(strstr(out.data, ",\"'@SUM(A1)\","));
	assert_non_null(strstr(out.data, ",\"'-x\","));
	assert_non_null(
		strstr(out.data, ",\"say \"\"hi\"\",\\x0d\\x0a\\xff then\","));
	assert_non_null(strstr(out.data, "\r\n8,,\"plain\",directory,0,2026-11-"
					 "23T04:01:28.123456Z,dns,,,,,,,,,,,,"
					 "9,,0,0,,,,,"));
	buf_release(&out);
}

static void an_issuance_is_one_object_and_one_row(void **state)
{
	struct issuance i = { .id = 4,
			      .wall_us = WHEN_US,
			      .took_us = 10,
			      .outcome = OUTCOME_OK,
			      .op = OP_CERTIFICATE,
			      .name = "=a.example",
			      .serial = "0a",
			      .issuer = "X, \"Y\"",
			      .not_before_us = WHEN_US,
			      .not_after_us = WHEN_US + US_PER_DAY,
			      .first_validation_us = -1,
			      .valid_after_us = -1,
			      .valid_before_us = 5 };
	struct buf out = BUF_INIT(10000);
	size_t records;
	json_t *json;

	(void)state;
	report_issuance_json(&out, &i, "a");
	json = parse(&out);
	assert_string_equal(text_at(json, "not_after"),
			    "2026-11-24T04:01:28.123456Z");
	assert_int_equal(number_at(json, "valid_before_us"), 5);
	assert_true(json_is_null(json_object_get(json, "valid_after_us")));
	json_decref(json);
	csv_issuance_head(&out);
	csv_issuance(&out, &i, "a");
	/* One that still runs, and has no certificate. */
	i.took_us = -1;
	i.serial[0] = '\0';
	csv_issuance(&out, &i, "a");
	assert_true(csv_is_well_formed(out.data, out.len, &records));
	assert_int_equal(records, 3);
	assert_non_null(strstr(out.data, ",\"'=a.example\","));
	buf_clear(&out);
	report_issuance_json(&out, &i, "a");
	json = parse(&out);
	assert_true(json_is_null(json_object_get(json, "outcome")));
	assert_true(json_is_null(json_object_get(json, "took_us")));
	assert_true(json_is_null(json_object_get(json, "not_after")));
	json_decref(json);
	buf_release(&out);
}

static void samples_and_summaries_agree(void **state)
{
	const struct sample sample = { .id = 5,
				       .wall_us = WHEN_US,
				       .took_us = 77,
				       .outcome = OUTCOME_TLS };
	struct series_summary sum = {
		.n = 1, .failed = 1, .p50_us = -1, .p95_us = -1, .max_us = -1
	};
	struct buf out = BUF_INIT(10000);
	size_t records;
	json_t *json;

	(void)state;
	sum.outcomes[OUTCOME_TLS] = 1;
	buf_add_char(&out, '{');
	report_summary_json(&out, &sum);
	buf_add_char(&out, '}');
	json = parse(&out);
	assert_true(json_is_null(json_object_get(json, "p50_us")));
	assert_int_equal(number_at(json_object_get(json, "outcomes"), "tls"),
			 1);
	json_decref(json);
	report_sample_json(&out, &sample);
	json = parse(&out);
	assert_string_equal(text_at(json, "outcome"), "tls");
	json_decref(json);
	csv_sample_head(&out);
	csv_sample(&out, &sample);
	assert_true(csv_is_well_formed(out.data, out.len, &records));
	assert_string_equal(buf_text(&out),
			    "id,started,took_us,outcome\r\n"
			    "5,2026-11-23T04:01:28.123456Z,77,tls\r\n");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exchange_is_one_object),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(statistics_are_one_object),
		cmocka_unit_test(csv_holds_its_columns_and_no_formula),
		cmocka_unit_test(an_issuance_is_one_object_and_one_row),
		cmocka_unit_test(samples_and_summaries_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
