#include "report/summary.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/pure_markup.h"
#include "support/unit.h"

#define NOW_US (INT64_C(1795406488) * US_PER_S)

enum { STATIONS = 4 };

static const char *const cities[STATIONS] = { "Frankfurt", "Mumbai",
					      "Singapore", "N. Virginia" };
static const char *const names[STATIONS] = { "fra", "bom", "sin", "iad" };

struct world {
	struct series ops[STATIONS][OPS], issuances[STATIONS];
	struct standing_facts standing[STATIONS];
	struct station_ca cas[STATIONS];
	struct station_facts facts[STATIONS];
	struct board_station stations[STATIONS];
	struct board board;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	for (int i = 0; i < STATIONS; i++) {
		w->standing[i] = (struct standing_facts){
			.ca = "local",
			.now_us = NOW_US,
			.from_us = NOW_US - US_PER_HOUR,
			.stale_us = 5 * US_PER_MIN,
			.sight = SIGHT_SIGHTED,
		};
		w->cas[i] = (struct station_ca){ .name = "local",
						 .directory = "https://ca/",
						 .watched = true,
						 .gap_us = US_PER_MIN,
						 .ops = w->ops[i],
						 .issuances = &w->issuances[i],
						 .standing = &w->standing[i] };
		w->facts[i] =
			(struct station_facts){ .name = names[i],
						.version = "1",
						.now_us = NOW_US,
						.sight = SIGHT_SIGHTED,
						.last_us = NOW_US - US_PER_S,
						.fresh_us = US_PER_MIN,
						.cas = &w->cas[i],
						.ca_count = 1 };
		w->stations[i] =
			(struct board_station){ .name = names[i],
						.city = cities[i],
						.country = "",
						.operator= "",
						.facts = &w->facts[i],
						.answer = BOARD_ANSWERS,
						.trouble = "",
						.heard_us = NOW_US };
	}
	w->board = (struct board){ .title = "demo",
				   .note = "",
				   .version = "1",
				   .hub = true,
				   .now_us = NOW_US,
				   .from_us = NOW_US - US_PER_HOUR,
				   .stations = w->stations,
				   .station_count = STATIONS };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < STATIONS; i++)
		series_release(&w->issuances[i]);
	free(w);
	return 0;
}

static void attempt(struct world *w, int station, int64_t ago_s, bool good)
{
	struct issuance i = { .id = 1000 - ago_s,
			      .wall_us = NOW_US - ago_s * US_PER_S,
			      .took_us = (1 + station) * US_PER_S,
			      .outcome = good ? OUTCOME_OK : OUTCOME_PROBLEM,
			      .op = OP_NEW_ORDER,
			      .status = good ? 201 : 500 };
	struct sample s = sample_of_issuance(&i);

	if (!good)
		strcpy(i.problem, "serverInternal");
	series_add(&w->issuances[station], &s);
	standing_take(&w->standing[station], &i);
}

static void all_good(struct world *w)
{
	for (int i = 0; i < STATIONS; i++)
		attempt(w, i, 60 - i, true);
}

static void assert_text(struct world *w, enum summary_state state,
			const char *claim, const char *evidence,
			const char *times)
{
	struct buf out = BUF_INIT(4096);
	struct summary s;

	summary_make(&w->board, "local", &s);
	assert_int_equal(s.state, state);
	summary_claim(&out, &w->board, &s);
	assert_string_equal(buf_text(&out), claim);
	buf_clear(&out);
	summary_evidence(&out, &w->board, &s);
	assert_string_equal(buf_text(&out), evidence);
	buf_clear(&out);
	summary_times(&out, &w->board, &s);
	if (times)
		assert_string_equal(buf_text(&out), times);
	buf_release(&out);
	summary_release(&s);
}

static void all_good_is_said_of_all(void **state)
{
	all_good(*state);
	assert_text(*state, SUMMARY_GOOD, "local issues certificates.",
		    "4 of 4 stations obtained their latest certificate. The "
		    "last good certificate is 53 s old, from N. Virginia.",
		    "Issuance takes 2.00 s (median) and 4.00 s (p95) over the "
		    "last 60 minutes; 4 tried, 0 failed.");
}

static void who_does_not_answer_is_named_and_not_counted(void **state)
{
	struct world *w = *state;

	all_good(w);
	w->stations[1].answer = BOARD_SILENT;
	w->stations[1].heard_us = NOW_US - 40 * US_PER_S;
	assert_text(w, SUMMARY_GOOD,
		    "local issues certificates, as far as 3 of 4 stations can "
		    "tell.",
		    "3 of 4 stations obtained their latest certificate. Mumbai "
		    "has not answered for 40 s. The last good certificate is "
		    "53 s old, from N. Virginia.",
		    NULL);
}

static void who_lies_is_named(void **state)
{
	struct world *w = *state;

	all_good(w);
	w->stations[2].answer = BOARD_REFUSED;
	w->stations[2].facts = NULL;
	assert_text(w, SUMMARY_GOOD,
		    "local issues certificates, as far as 3 of 4 stations can "
		    "tell.",
		    "3 of 4 stations obtained their latest certificate. "
		    "Singapore says what cannot be true. The last good "
		    "certificate is 53 s old, from N. Virginia.",
		    NULL);
}

static void a_failure_at_some_says_where_and_what(void **state)
{
	struct world *w = *state;

	all_good(w);
	attempt(w, 0, 30, false);
	attempt(w, 1, 20, false);
	assert_text(w, SUMMARY_SOME,
		    "local fails at 2 of 4 stations, at newOrder.",
		    "2 of 4 stations obtained their latest certificate, 2 "
		    "failed to. Since 04:00:58 UTC: problem, status 500, "
		    "serverInternal. The last good certificate is 53 s old, "
		    "from N. Virginia.",
		    "Issuance takes 2.00 s (median) and 4.00 s (p95) over the "
		    "last 60 minutes; 6 tried, 2 failed.");
}

static void a_failure_everywhere_is_said_so(void **state)
{
	struct world *w = *state;

	all_good(w);
	for (int i = 0; i < STATIONS; i++)
		attempt(w, i, 30, false);
	assert_text(w, SUMMARY_ALL,
		    "local fails at all 4 stations that see it, at newOrder.",
		    "0 of 4 stations obtained their latest certificate, 4 "
		    "failed to. Since 04:00:58 UTC: problem, status 500, "
		    "serverInternal. The last good certificate is 53 s old, "
		    "from N. Virginia.",
		    NULL);
}

static void nobody_who_answers_is_unknown(void **state)
{
	struct world *w = *state;

	all_good(w);
	for (int i = 0; i < STATIONS; i++) {
		w->stations[i].answer = BOARD_SILENT;
		w->stations[i].heard_us = NOW_US - 5 * US_PER_MIN;
	}
	assert_text(w, SUMMARY_UNKNOWN, "How local does is not known now.",
		    "0 of 4 stations obtained their latest certificate. "
		    "Frankfurt has not answered for 5 min. Mumbai has not "
		    "answered for 5 min. Singapore has not answered for 5 min. "
		    "1 more cannot tell. The last good certificate is 53 s "
		    "old, from "
		    "N. Virginia.",
		    NULL);
}

static void the_blind_are_unknown(void **state)
{
	struct world *w = *state;

	all_good(w);
	attempt(w, 3, 20, false);
	w->facts[3].sight = w->standing[3].sight = SIGHT_BLIND;
	assert_text(w, SUMMARY_GOOD,
		    "local issues certificates, as far as 3 of 4 stations can "
		    "tell.",
		    "3 of 4 stations obtained their latest certificate. "
		    "N. Virginia is blind: what has nothing to do with the CA "
		    "fails there too. The last good certificate is 53 s old, "
		    "from N. Virginia.",
		    NULL);
}

static void good_news_of_a_minority_is_not_good(void **state)
{
	struct world *w = *state;

	all_good(w);
	w->stations[0].answer = BOARD_NEVER;
	w->stations[0].facts = NULL;
	w->stations[1].answer = BOARD_REFUSED;
	w->stations[1].facts = NULL;
	w->facts[2].last_us = NOW_US - US_PER_HOUR;
	assert_text(w, SUMMARY_PARTLY,
		    "local issues certificates, as far as 1 of 4 stations can "
		    "tell.",
		    "1 of 4 stations obtained their latest certificate. "
		    "Frankfurt has not answered yet. Mumbai says what cannot "
		    "be true. Singapore has no recent result. The last good "
		    "certificate is 53 s old, from N. Virginia.",
		    NULL);
	attempt(w, 3, 20, false);
	assert_text(
		w, SUMMARY_ALL,
		"local fails at the one station that can tell, at newOrder.",
		"0 of 4 stations obtained their latest certificate, 1 "
		"failed to. Since 04:01:08 UTC: problem, status 500, "
		"serverInternal. Frankfurt has not answered yet. Mumbai "
		"says what cannot be true. Singapore has no recent result. "
		"The last good certificate is 53 s old, from N. Virginia.",
		NULL);
}

static void failing_at_some_of_those_who_can_tell(void **state)
{
	struct world *w = *state;

	all_good(w);
	attempt(w, 0, 30, false);
	w->stations[1].answer = BOARD_SILENT;
	assert_text(w, SUMMARY_SOME,
		    "local fails at 1 of the 3 stations that can tell, at "
		    "newOrder.",
		    "2 of 4 stations obtained their latest certificate, 1 "
		    "failed to. Since 04:00:58 UTC: problem, status 500, "
		    "serverInternal. Mumbai has not answered for less than "
		    "1 s. The last good certificate is 53 s old, from N. "
		    "Virginia.",
		    NULL);
}

static void a_failure_of_the_window_is_not_forgotten(void **state)
{
	struct world *w = *state;

	attempt(w, 1, 300, false);
	all_good(w);
	assert_text(w, SUMMARY_MIXED,
		    "local issues certificates, but not every attempt "
		    "succeeds.",
		    "4 of 4 stations obtained their latest certificate. The "
		    "latest failure was 5 min ago from Mumbai, at newOrder: "
		    "problem, status 500, serverInternal. The last good "
		    "certificate is 53 s old, from N. Virginia.",
		    NULL);
}

static void another_clock_makes_nothing_younger(void **state)
{
	struct world *w = *state;

	all_good(w);
	w->stations[3].offset_known = true;
	w->stations[3].offset_us = 20 * US_PER_S;
	assert_text(w, SUMMARY_GOOD, "local issues certificates.",
		    "4 of 4 stations obtained their latest certificate. The "
		    "last good certificate is 55 s old, from Singapore.",
		    NULL);
}

/* What a hub shows last comes from several stations. */
static void the_latest_of_all_stations_are_one_list(void **state)
{
	struct world *w = *state;
	struct exchange e[2] = { { .id = 11, .op = OP_FINALIZE },
				 { .id = 12, .op = OP_NEW_NONCE } };
	const struct board_view view = { .ca = "", .op = -1, .stations = "" };
	struct buf out = BUF_INIT(1 << 20);
	const char *first, *second;

	for (int i = 0; i < 2; i++) {
		e[i].wall_us = NOW_US - (2 - i) * US_PER_S;
		e[i].marks = MARKS_NONE;
		e[i].marks.done_us = 5000;
		w->facts[i].latest = &e[i];
		w->facts[i].latest_count = 1;
	}
	page_part(&out, &w->board, &view);
	assert_true(markup_is_well_formed(out.data, out.len));
	first = strstr(out.data, "href=\"/exchanges/bom/12\"");
	second = strstr(out.data, "href=\"/exchanges/fra/11\"");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	assert_non_null(
		strstr(out.data, "<td data-label=\"station\">Mumbai</td>"));
	buf_release(&out);
}

static void pages_of_any_number_of_stations_are_well_formed(void **state)
{
	struct world *w = *state;
	const struct board_view views[] = {
		{ .ca = "", .op = -1, .stations = "" },
		{ .ca = "local",
		  .op = OP_FINALIZE,
		  .stations = "",
		  .log = true },
		{ .ca = "<none>", .op = -1, .stations = "fra,sin" },
	};
	struct buf out = BUF_INIT(1 << 20);

	all_good(w);
	w->stations[0].placed = true;
	w->stations[0].trouble = "<script>";
	for (size_t n = 0; n <= STATIONS; n++) {
		w->board.station_count = n;
		for (size_t v = 0; v < ROWS(views); v++) {
			buf_clear(&out);
			page_board(&out, &w->board, &views[v]);
			assert_true(markup_is_well_formed(out.data, out.len));
			assert_null(strstr(out.data, "<script>"));
			assert_null(strstr(out.data, "style="));
			assert_null(strstr(out.data, "<none>"));
		}
	}
	buf_clear(&out);
	page_method(&out, &w->board);
	assert_true(markup_is_well_formed(out.data, out.len));
	buf_release(&out);
}

static void samples_say_what_failed_and_how_they_are_drawn(void **state)
{
	struct world *w = *state;
	const struct board_view view = { .ca = "local",
					 .op = -1,
					 .stations = "sin" };
	struct buf out = BUF_INIT(1 << 16);

	attempt(w, 2, 60, true);
	attempt(w, 2, 30, false);
	board_series_json(&out, &w->board, &view);
	assert_non_null(
		strstr(out.data, "\"place\":\"Singapore\",\"style\":2"));
	assert_non_null(strstr(out.data, "000,\"ok\",null,null,0,null,null]"));
	assert_non_null(strstr(
		out.data, "000,\"problem\",null,null,0,500,\"newOrder\"]"));
	assert_non_null(strstr(out.data, "\"against_ca\":[\"refused\","));
	assert_null(strstr(out.data, "\"self\""));
	buf_release(&out);
}

static void an_exchange_is_shown_with_what_was_kept(void **state)
{
	static char headers[] = "HTTP/1.1 500\r\nX: <b>\0</b>\r\n";
	static char body[] = "<html><script>alert(1)</script>";
	struct world *w = *state;
	struct exchange e = { .id = 7,
			      .op = OP_NEW_ORDER,
			      .wall_us = NOW_US,
			      .outcome = OUTCOME_PROBLEM,
			      .status = 500,
			      .marks = MARKS_NONE,
			      .kept_headers = headers,
			      .kept_headers_len = sizeof(headers) - 1,
			      .kept_body = body,
			      .kept_body_len = sizeof(body) - 1 };
	struct buf out = BUF_INIT(1 << 20);

	e.marks.done_us = 5000;
	page_issuance(&out, &w->board, 1, "local", NULL, &e, 1, 7);
	assert_true(markup_is_well_formed(out.data, out.len));
	assert_null(strstr(out.data, "<script>"));
	assert_non_null(strstr(out.data, "X: &lt;b&gt;\\x00&lt;/b&gt;\n"));
	assert_non_null(strstr(out.data, "&lt;script&gt;alert(1)"));
	assert_non_null(strstr(out.data, "seen from Mumbai"));
	buf_release(&out);
}

static void an_issuance_shows_where_the_ca_came_from(void **state)
{
	struct world *w = *state;
	struct issuance i = { .id = 3, .took_us = 5000, .validations = 20 };
	struct buf out = BUF_INIT(1 << 20);
	struct ip from;

	page_issuance(&out, &w->board, 1, "local", &i, NULL, 0, 0);
	assert_null(strstr(out.data, "Validation requests"));
	buf_clear(&out);
	ip_parse("2001:db8::7", &from);
	issuance_note_request(&i, &from, 1500);
	page_issuance(&out, &w->board, 1, "local", &i, NULL, 0, 0);
	assert_true(markup_is_well_formed(out.data, out.len));
	assert_non_null(strstr(out.data, ">2001:db8::7<"));
	assert_non_null(strstr(out.data, "And 19 more"));
	buf_release(&out);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(all_good_is_said_of_all),
		test(who_does_not_answer_is_named_and_not_counted),
		test(who_lies_is_named),
		test(a_failure_at_some_says_where_and_what),
		test(a_failure_everywhere_is_said_so),
		test(nobody_who_answers_is_unknown),
		test(the_blind_are_unknown),
		test(good_news_of_a_minority_is_not_good),
		test(failing_at_some_of_those_who_can_tell),
		test(a_failure_of_the_window_is_not_forgotten),
		test(another_clock_makes_nothing_younger),
		test(the_latest_of_all_stations_are_one_list),
		test(pages_of_any_number_of_stations_are_well_formed),
		test(samples_say_what_failed_and_how_they_are_drawn),
		test(an_exchange_is_shown_with_what_was_kept),
		test(an_issuance_shows_where_the_ca_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
