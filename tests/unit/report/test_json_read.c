#include "report/json_read.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "report/json.h"
#include "report/window.h"
#include "support/unit.h"

#define NOW_US (INT64_C(1795406488) * US_PER_S)

static struct exchange exchange(int64_t id, int64_t ago_s)
{
	struct exchange e = { .id = id,
			      .issuance = 3,
			      .op = OP_NEW_ORDER,
			      .attempt = 1,
			      .wall_us = NOW_US - ago_s * US_PER_S,
			      .outcome = OUTCOME_PROBLEM,
			      .status = 500,
			      .problem = "serverInternal",
			      .detail = "<b>\"no\"</b>",
			      .retry_after_us = -1,
			      .remote_port = 443,
			      .http_version = 20,
			      .tls_version = "TLSv1.3",
			      .cipher = "TLS_AES_128_GCM_SHA256",
			      .request_bytes = 700,
			      .header_bytes = 300,
			      .body_bytes = 112,
			      .rtt_us = 900,
			      .lag_us = 310 };

	assert_true(ip_parse("192.0.2.7", &e.remote));
	e.marks = (struct marks){ 2000, 5000, 9000, 9200, 49000, 49150 };
	return e;
}

struct seen {
	struct exchange e;
	struct issuance i;
	char ca[JSON_READ_NAME];
	unsigned n;
};

static bool on_exchange(void *ctx, const char *ca, const struct exchange *e,
			struct fail *why)
{
	struct seen *seen = ctx;

	(void)why;
	seen->e = *e;
	snprintf(seen->ca, sizeof(seen->ca), "%s", ca);
	seen->n++;
	return true;
}

static bool on_issuance(void *ctx, const char *ca, const struct issuance *i,
			struct fail *why)
{
	struct seen *seen = ctx;

	(void)why;
	seen->i = *i;
	snprintf(seen->ca, sizeof(seen->ca), "%s", ca);
	seen->n++;
	return true;
}

static void print_list(struct buf *out, const struct exchange *e)
{
	buf_add_text(out, "{\"station\":\"fra\",\"exchanges\":[");
	report_exchange_json(out, e, "le");
	buf_add_text(out, "],\"next\":7}");
}

static void what_is_written_is_read_again(void **state)
{
	struct exchange e = exchange(7, 60);
	struct buf out = BUF_INIT(10000);
	struct seen seen = { .n = 0 };
	struct fail why;
	int64_t next;
	size_t rows;

	(void)state;
	print_list(&out, &e);
	assert_true(json_read_exchanges(out.data, out.len, "fra", on_exchange,
					&seen, &next, &rows, &why));
	assert_int_equal(rows, 1);
	assert_int_equal(next, 7);
	assert_string_equal(seen.ca, "le");
	assert_int_equal(seen.e.id, 7);
	assert_int_equal(seen.e.issuance, 3);
	assert_int_equal(seen.e.op, OP_NEW_ORDER);
	assert_int_equal(seen.e.wall_us, e.wall_us);
	assert_memory_equal(&seen.e.marks, &e.marks, sizeof(e.marks));
	assert_int_equal(seen.e.outcome, OUTCOME_PROBLEM);
	assert_int_equal(seen.e.status, 500);
	assert_string_equal(seen.e.problem, "serverInternal");
	assert_string_equal(seen.e.detail, "<b>\"no\"</b>");
	assert_true(ip_equal(&seen.e.remote, &e.remote));
	assert_int_equal(seen.e.rtt_us, 900);
	assert_int_equal(seen.e.http_version, 20);
	buf_release(&out);
}

static void an_issuance_is_read_again(void **state)
{
	struct issuance i = { .id = 9,
			      .wall_us = NOW_US,
			      .took_us = 3000000,
			      .waited_us = 2000000,
			      .outcome = OUTCOME_OK,
			      .op = OP_CERTIFICATE,
			      .status = 200,
			      .name = "a.example",
			      .names = 1,
			      .exchanges = 11 };
	struct buf out = BUF_INIT(10000);
	struct ip from = { .family = IP_NONE };
	struct seen seen = { .n = 0 };
	struct fail why;
	int64_t next;
	size_t rows;

	(void)state;
	ip_parse("192.0.2.7", &from);
	for (unsigned k = 0; k < ISSUANCE_REQUESTS + 1; k++)
		issuance_note_request(&i, &from, 1000 + k);
	buf_add_text(&out, "{\"station\":\"fra\",\"issuances\":[");
	report_issuance_json(&out, &i, "le");
	buf_add_text(&out, "],\"next\":9}");
	assert_true(json_read_issuances(out.data, out.len, "fra", on_issuance,
					&seen, &next, &rows, &why));
	assert_int_equal(seen.i.id, 9);
	assert_int_equal(seen.i.took_us, 3000000);
	assert_int_equal(seen.i.waited_us, 2000000);
	assert_int_equal(seen.i.outcome, OUTCOME_OK);
	assert_int_equal(seen.i.op, OP_CERTIFICATE);
	assert_int_equal(seen.i.request_count, ISSUANCE_REQUESTS);
	assert_int_equal(seen.i.requests[1].at_us, 1001);
	assert_true(ip_equal(&seen.i.requests[1].from, &from));
	buf_release(&out);
}

/* Puts `with` where `what` stands in a good list, and reads it. */
static void refuses(const char *what, const char *with, const char *reason)
{
	struct exchange e = exchange(7, 60);
	struct buf out = BUF_INIT(10000), spoilt = BUF_INIT(10000);
	struct seen seen = { .n = 0 };
	struct fail why = { .code = FAIL_NONE };
	const char *at;
	int64_t next;
	size_t rows;

	print_list(&out, &e);
	at = strstr(out.data, what);
	assert_for(what, at);
	buf_add(&spoilt, out.data, (size_t)(at - out.data));
	buf_add_text(&spoilt, with);
	buf_add_text(&spoilt, at + strlen(what));
	assert_for(with, !json_read_exchanges(spoilt.data, spoilt.len, "fra",
					      on_exchange, &seen, &next, &rows,
					      &why));
	assert_int_equal(why.code, FAIL_PEER);
	assert_for(why.text, strstr(why.text, reason));
	assert_int_equal(seen.n, 0);
	buf_release(&out);
	buf_release(&spoilt);
}

static void what_no_station_writes_is_refused(void **state)
{
	(void)state;
	refuses("{\"station\"", "[\"station\"", "no JSON object");
	refuses("\"fra\"", "\"bom\"", "calls itself \"bom\"");
	refuses("\"fra\"", "7", "\"station\" is not a text");
	refuses("\"exchanges\":[", "\"exchanges\":[7,", "is not");
	refuses("\"next\":7", "\"next\":-1", "\"next\" is not");
	refuses("\"id\":7", "\"id\":0", "\"id\" is not");
	refuses("\"id\":7", "\"id\":\"7\"", "\"id\" is not");
	refuses("\"id\":7", "\"id\":7,\"id\":8", "no JSON object");
	refuses("\"newOrder\"", "\"new<b>\"", "\"op\" is not an operation");
	refuses("\"outcome\":\"problem\"", "\"outcome\":\"fine\"",
		"\"outcome\" is not an outcome");
	refuses("\"ca\":\"le\"", "\"ca\":\"<le>\"", "\"ca\" is not a name");
	refuses("\"status\":500", "\"status\":50000", "\"status\" is not");
	refuses("\"total\":49150", "\"total\":40000", "phases");
	refuses("\"wait\":39800", "\"wait\":-5", "\"wait\" is not");
	refuses("\"192.0.2.7\"", "\"not.an.address\"", "\"address\" is not");
	refuses("\"reused\":false", "\"reused\":0", "\"reused\" is not");
}

static struct json_station station(void)
{
	struct json_station s = { .name = "fra",
				  .version = "1",
				  .now_us = NOW_US,
				  .last_us = NOW_US - US_PER_S,
				  .fresh = true,
				  .sight = SIGHT_SIGHTED,
				  .ca_count = 1 };

	strcpy(s.cas[0].name, "le");
	strcpy(s.cas[0].directory, "https://ca.example/");
	s.cas[0].every_us = 30 * US_PER_S;
	return s;
}

static void a_window_shows_what_it_heard_and_lets_go(void **state)
{
	struct window *w = window_new();
	struct json_station s = station();
	const struct station_facts *f;

	(void)state;
	assert_null(window_facts(w, NOW_US));
	window_describe(w, &s);
	for (int64_t id = 1; id <= 100; id++) {
		struct exchange e = exchange(id, 6000 - 60 * id);
		struct issuance i = { .id = id,
				      .wall_us = e.wall_us,
				      .took_us = US_PER_S,
				      .outcome = OUTCOME_OK };

		window_exchange(w, "le", &e);
		window_exchange(w, "another", &e);
		window_issuance(w, "le", &i);
	}
	f = window_facts(w, NOW_US);
	assert_non_null(f);
	assert_int_equal(f->ca_count, 1);
	/* Of those that started at 5940, 5880 ... 0 s ago. */
	assert_int_equal(f->cas[0].ops[OP_NEW_ORDER].count, 61);
	assert_int_equal(f->cas[0].issuances->count, 61);
	assert_int_equal(standing_of(f->cas[0].standing), STANDING_GOOD);
	assert_true(station_is_fresh(f));
	/* Some are kept whole, the newest first. */
	assert_int_equal(f->latest_count, WINDOW_LATEST);
	assert_int_equal(f->latest[0].id, 100);
	assert_int_equal(f->latest[WINDOW_LATEST - 1].id, 101 - WINDOW_LATEST);
	assert_ptr_equal(station_ca_find(f, f->latest[0].ca), &f->cas[0]);
	f = window_facts(w, NOW_US + 2 * US_PER_HOUR);
	assert_int_equal(f->cas[0].issuances->count, 0);
	assert_int_equal(standing_of(f->cas[0].standing), STANDING_UNKNOWN);
	window_clear(w);
	assert_null(window_facts(w, NOW_US));
	window_free(w);
}

static void what_a_station_says_of_its_place_is_read_again(void **state)
{
	const struct station_facts f = {
		.name = "fra",
		.version = "1",
		.now_us = NOW_US,
		.place = { .city = "Frankfurt",
			   .country = "DE",
			   .operator= "AS64496 <Example>",
			   .note = "One of two.",
			   .known = true,
			   .latitude = 50.11,
			   .longitude = -8.68 },
	};
	struct buf text = BUF_INIT(64 * 1024);
	struct json_station s;
	struct fail why;

	(void)state;
	report_station_json(&text, &f);
	assert_for(buf_text(&text),
		   json_read_station(buf_text(&text), text.len, &s, &why));
	assert_string_equal(s.city, "Frankfurt");
	assert_string_equal(s.country, "DE");
	assert_string_equal(s.operator, "AS64496 <Example>");
	assert_string_equal(s.note, "One of two.");
	assert_true(s.placed);
	assert_true(s.latitude == 50.11 && s.longitude == -8.68);
	buf_release(&text);
}

static void a_place_that_no_configuration_takes_is_refused(void **state)
{
	static const struct {
		const char *place, *sentence;
	} rows[] = {
		{ "", NULL },
		{ ",\"city\":null,\"latitude\":null", NULL },
		{ ",\"latitude\":-90,\"longitude\":180.0", NULL },
		{ ",\"city\":7", "\"city\" is not a short text" },
		{ ",\"city\":\"a\\u001b[2J\"", "\"city\" is not" },
		{ ",\"note\":\"a\\u202eb\"", "\"note\" is not" },
		{ ",\"city\":\"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde\"",
		  "\"city\" is not" },
		{ ",\"country\":\"D\"", "\"country\" is not two capital" },
		{ ",\"country\":\"<b\"", "\"country\" is not" },
		{ ",\"country\":\"DEU\"", "\"country\" is not" },
		{ ",\"latitude\":1", "\"latitude\" is not beside" },
		{ ",\"latitude\":1,\"longitude\":\"2\"", "\"longitude\"" },
		{ ",\"latitude\":90.5,\"longitude\":2", "\"latitude\"" },
		{ ",\"latitude\":1e400,\"longitude\":2", "no JSON" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct json_station s;
		struct fail why = { FAIL_NONE, "" };
		char text[512];
		bool taken;

		snprintf(text, sizeof(text),
			 "{\"station\":\"fra\",\"version\":\"1\",\"now\":"
			 "\"2026-11-23T13:10:02Z\",\"started\":null,"
			 "\"last\":null,\"fresh\":true,\"sight\":\"sighted\","
			 "\"cas\":[]%s}",
			 rows[i].place);
		taken = json_read_station(text, strlen(text), &s, &why);
		assert_for(text, taken == !rows[i].sentence);
		if (rows[i].sentence)
			assert_for(why.text,
				   strstr(why.text, rows[i].sentence));
	}
}

static void a_window_holds_no_more_than_it_may(void **state)
{
	struct window *w = window_new();
	struct json_station s = station();

	(void)state;
	window_describe(w, &s);
	for (int64_t id = 1; id <= 3 * WINDOW_SAMPLES; id++) {
		struct exchange e = exchange(id, 10);

		window_exchange(w, "le", &e);
	}
	assert_true(window_facts(w, NOW_US)->cas[0].ops[OP_NEW_ORDER].count <=
		    WINDOW_SAMPLES);
	window_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(an_issuance_is_read_again),
		cmocka_unit_test(what_no_station_writes_is_refused),
		cmocka_unit_test(
			what_a_station_says_of_its_place_is_read_again),
		cmocka_unit_test(
			a_place_that_no_configuration_takes_is_refused),
		cmocka_unit_test(a_window_shows_what_it_heard_and_lets_go),
		cmocka_unit_test(a_window_holds_no_more_than_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
