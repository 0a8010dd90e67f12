#include "report/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "report/board.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/page.h"
#include "support/pure_markup.h"

#define NOW_US (INT64_C(1795406488) * US_PER_S)
#define HOSTILE "</title><script>alert(\"1\")</script>'&\x01\xff"

/* Two CAs, the second is called and answers as badly as it can be. */
struct world {
	struct series ops[2][OPS];
	struct series issuances[2];
	struct standing_facts standing[2];
	struct station_ca cas[2];
	struct exchange latest[2];
	struct station_event event;
	struct station_facts facts;
};

static void add(struct series *s, int64_t ago_s, int64_t took_us,
		enum outcome outcome)
{
	const struct sample sample = { .id = (int64_t)s->count + 1,
				       .wall_us = NOW_US - ago_s * US_PER_S,
				       .took_us = took_us,
				       .outcome = outcome };

	series_add(s, &sample);
}

static struct issuance issuance(int64_t ago_s, enum outcome outcome)
{
	struct issuance i = { .id = 1,
			      .wall_us = NOW_US - ago_s * US_PER_S,
			      .took_us = US_PER_S,
			      .outcome = outcome,
			      .op = OP_NEW_ORDER };

	return i;
}

static void describe(struct world *w, int n, const char *name)
{
	w->standing[n] = (struct standing_facts){
		.ca = name,
		.now_us = NOW_US,
		.from_us = NOW_US - US_PER_HOUR,
		.stale_us = 5 * US_PER_MIN,
		.sight = SIGHT_SIGHTED,
	};
	w->cas[n] = (struct station_ca){
		.number = (unsigned)n + 1,
		.name = name,
		.directory = "https://ca.example/" HOSTILE,
		.watched = true,
		.every_us = 30 * US_PER_S,
		.gap_us = 2 * US_PER_MIN,
		.ops = w->ops[n],
		.issuances = &w->issuances[n],
		.standing = &w->standing[n],
	};
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	describe(w, 0, "good");
	describe(w, 1, HOSTILE);
	w->latest[0] = (struct exchange){ .id = 7,
					  .ca = 2,
					  .op = OP_NEW_ORDER,
					  .wall_us = NOW_US - US_PER_S,
					  .outcome = OUTCOME_PROBLEM,
					  .status = 500 };
	w->latest[0].marks = MARKS_NONE;
	w->latest[0].marks.done_us = 1234;
	strcpy(w->latest[0].problem, HOSTILE);
	strcpy(w->latest[0].detail, HOSTILE);
	w->latest[1] = w->latest[0];
	w->latest[1].ca = 99;
	w->event = (struct station_event){ .kind = "gap",
					   .wall_us = NOW_US - US_PER_HOUR,
					   .until_us = NOW_US - US_PER_MIN,
					   .detail = HOSTILE };
	w->facts = (struct station_facts){
		.name = "fra",
		.place = { .city = HOSTILE, .note = HOSTILE },
		.version = "1.2.3",
		.now_us = NOW_US,
		.from_us = NOW_US - US_PER_HOUR,
		.sight = SIGHT_SIGHTED,
		.last_us = NOW_US - US_PER_S,
		.fresh_us = US_PER_MIN,
		.cas = w->cas,
		.ca_count = 2,
		.latest = w->latest,
		.latest_count = 2,
		.events = &w->event,
		.event_count = 1,
	};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (int n = 0; n < 2; n++) {
		for (unsigned op = 0; op < OPS; op++)
			series_release(&w->ops[n][op]);
		series_release(&w->issuances[n]);
	}
	free(w);
	return 0;
}

static struct buf page(const struct world *w)
{
	struct buf out = BUF_INIT(1 << 20);

	const struct board_station station = {
		.name = "fra",
		.city = HOSTILE,
		.country = "",
		.operator= "",
		.facts = &w->facts,
		.answer = BOARD_ANSWERS,
		.trouble = "",
		.heard_us = NOW_US,
	};
	const struct board board = { .title = HOSTILE,
				     .note = HOSTILE,
				     .version = "1.2.3",
				     .now_us = NOW_US,
				     .from_us = NOW_US - US_PER_HOUR,
				     .stations = &station,
				     .station_count = 1 };
	const struct board_view view = { .ca = "", .op = -1, .stations = "" };

	page_board(&out, &board, &view);
	assert_false(out.full);
	assert_true(markup_is_well_formed(out.data, out.len));
	assert_null(strstr(out.data, "<script>"));
	assert_null(strstr(out.data, "style="));
	return out;
}

static void assert_says(const struct world *w, const char *words)
{
	struct buf out = page(w);

	if (!strstr(out.data, words))
		fail_msg("\"%s\" is not on the page", words);
	buf_release(&out);
}

static void assert_silent(const struct world *w, const char *words)
{
	struct buf out = page(w);

	if (strstr(out.data, words))
		fail_msg("\"%s\" is on the page", words);
	buf_release(&out);
}

static void foreign_text_stays_text(void **state)
{
	struct world *w = *state;

	assert_says(w, "&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)"
		       "&lt;/script&gt;&#39;&amp;\\x01\\xff");
}

static void text_is_escaped_and_printable(void **state)
{
	struct buf out = BUF_INIT(1000);

	(void)state;
	html_text(&out, "a<b>&\"'\n\xe2\x80\xae\xc3\xa4");
	assert_string_equal(buf_text(&out),
			    "a&lt;b&gt;&amp;&quot;&#39;\\x0a\\xe2\\x80\\xae"
			    "\xc3\xa4");
	buf_clear(&out);
	html_attr(&out, "title", "\" onload=\"x");
	assert_string_equal(buf_text(&out), " title=\"&quot; onload=&quot;x\"");
	buf_release(&out);
}

static void nothing_measured_is_not_good(void **state)
{
	struct world *w = *state;

	assert_says(w, "How good does is not known now.");
	assert_says(w, "This station has no recent result. No good "
		       "certificate is known.");
	assert_silent(w, "lead good");
	w->facts.ca_count = 0;
	assert_says(w, "No CA has been measured yet.");
}

static void a_good_last_hour_is_good(void **state)
{
	struct world *w = *state;
	struct issuance i = issuance(60, OUTCOME_OK);

	standing_take(&w->standing[0], &i);
	add(&w->issuances[0], 60, US_PER_S, OUTCOME_OK);
	assert_says(w, "class=\"lead good\"");
	assert_says(w, "good issues certificates.</h1>");
	assert_says(w, "The last good certificate is 59 s old.");
	assert_says(w, "Issuance takes 1.00 s (median) and 1.00 s (p95) over "
		       "the last 60 minutes; 1 tried, 0 failed.");
}

static void old_good_news_is_no_news(void **state)
{
	struct world *w = *state;
	struct issuance i = issuance(600, OUTCOME_OK);

	standing_take(&w->standing[0], &i);
	assert_silent(w, "lead good");
	assert_says(w, "The last good certificate is 9 min old.");
	i = issuance(60, OUTCOME_OK);
	standing_take(&w->standing[0], &i);
	assert_says(w, "lead good");
	w->facts.last_us = NOW_US - 10 * US_PER_MIN;
	assert_silent(w, "lead good");
}

static void a_blind_station_calls_nothing_good_or_bad(void **state)
{
	struct world *w = *state;
	struct issuance i = issuance(60, OUTCOME_TIMEOUT);

	standing_take(&w->standing[0], &i);
	w->standing[0].sight = SIGHT_BLIND;
	w->facts.sight = SIGHT_BLIND;
	assert_says(w, "This station is blind: what has nothing to do with "
		       "the CA fails there too.");
	assert_silent(w, "lead failing");
}

static void failures_in_a_row_are_counted_from_the_last_good(void **state)
{
	struct world *w = *state;
	struct issuance good = issuance(300, OUTCOME_OK);
	struct issuance first = issuance(200, OUTCOME_TIMEOUT);
	struct issuance ours = issuance(150, OUTCOME_SELF);
	struct issuance last = issuance(100, OUTCOME_PROBLEM);

	last.status = 500;
	strcpy(last.problem, "serverInternal");
	standing_take(&w->standing[0], &good);
	standing_take(&w->standing[0], &first);
	standing_take(&w->standing[0], &ours);
	standing_take(&w->standing[0], &last);
	assert_int_equal(standing_of(&w->standing[0]), STANDING_FAILING);
	assert_says(w, "good fails, at newOrder.</h1>");
	assert_says(w, "Since 03:58:08 UTC: problem, status 500, "
		       "serverInternal. The last good certificate is 4 min "
		       "old.");
	standing_take(&w->standing[0], &good);
	assert_int_equal(standing_of(&w->standing[0]), STANDING_MIXED);
	assert_says(w, "good issues certificates, but not every attempt "
		       "succeeds.");
}

static void our_own_failure_is_not_the_cas(void **state)
{
	struct world *w = *state;
	struct issuance ours = issuance(100, OUTCOME_SELF);

	standing_take(&w->standing[0], &ours);
	assert_int_equal(standing_of(&w->standing[0]), STANDING_UNKNOWN);
	assert_says(w, "How good does is not known now.");
	assert_silent(w, "lead failing");
}

static void a_running_issuance_says_nothing(void **state)
{
	struct world *w = *state;
	struct issuance running = issuance(10, OUTCOME_OK);

	running.took_us = -1;
	standing_take(&w->standing[0], &running);
	assert_int_equal(standing_of(&w->standing[0]), STANDING_UNKNOWN);
	assert_int_equal(w->standing[0].ended, 0);
}

/* --- charts ------------------------------------------------------------- */

static struct buf chart(const struct series *s)
{
	const struct chart_line line = { .series = s,
					 .gap_us = 2 * US_PER_MIN };
	const struct chart c = { .number = 3,
				 .title = "newOrder at " HOSTILE,
				 .lines = &line,
				 .line_count = 1,
				 .from_us = NOW_US - US_PER_HOUR,
				 .to_us = NOW_US };
	struct buf out = BUF_INIT(1 << 20);

	chart_print(&out, &c);
	assert_false(out.full);
	assert_true(markup_is_well_formed(out.data, out.len));
	return out;
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

/* The d="..." of the first path of a class. */
static const char *path_of(const struct buf *out, const char *class)
{
	static char d[1 << 16];
	char head[64];
	const char *at;

	snprintf(head, sizeof(head), "<path class=\"%s\" d=\"", class);
	at = strstr(buf_text(out), head);
	if (!at)
		return "";
	at += strlen(head);
	snprintf(d, sizeof(d), "%.*s", (int)strcspn(at, "\""), at);
	return d;
}

static void an_empty_chart_is_hatched_and_says_so(void **state)
{
	const struct series none = { .count = 0 };
	struct buf out = chart(&none);

	(void)state;
	assert_non_null(strstr(out.data, "nothing measured</text>"));
	assert_non_null(strstr(out.data, "0 measured, 0 failed; 1 stretch in "
					 "which nothing was measured"));
	assert_int_equal(count(out.data, "class=\"gap\""), 1);
	assert_string_equal(path_of(&out, "dots s0"), "");
	assert_string_equal(path_of(&out, "median s0"), "");
	buf_release(&out);
}

static void samples_become_dots_crosses_and_rings(void **state)
{
	struct series s = { .count = 0 };
	struct buf out;

	(void)state;
	for (int i = 3590; i > 0; i -= 60)
		add(&s, i, 40 * US_PER_MS, OUTCOME_OK);
	add(&s, 5, 10 * US_PER_S, OUTCOME_TIMEOUT);
	add(&s, 4, 1, OUTCOME_SELF);
	out = chart(&s);
	assert_int_equal(count(path_of(&out, "dots s0"), "m-2 0"), 60);
	assert_int_equal(count(path_of(&out, "failed"), "M"), 1);
	assert_int_equal(count(path_of(&out, "other"), "M"), 1);
	assert_int_equal(count(out.data, "class=\"gap\""), 0);
	/* One unbroken line. */
	assert_int_equal(count(path_of(&out, "median s0"), "M"), 1);
	assert_non_null(strstr(out.data,
			       "62 measured, 1 failed, 1 not by the "
			       "CA's fault; median 40 ms, p95 40 ms"));
	buf_release(&out);
	series_release(&s);
}

static void no_line_leads_over_a_gap(void **state)
{
	struct series s = { .count = 0 };
	struct buf out;

	(void)state;
	for (int i = 3590; i > 0; i -= 30) {
		if (i < 1000 || i > 2000)
			add(&s, i, 40 * US_PER_MS, OUTCOME_OK);
	}
	out = chart(&s);
	assert_int_equal(count(out.data, "class=\"gap\""), 1);
	assert_int_equal(count(path_of(&out, "median s0"), "M"), 2);
	buf_release(&out);
	series_release(&s);
}

static void what_is_far_out_is_counted_and_not_hidden(void **state)
{
	struct series s = { .count = 0 };
	struct buf out;

	(void)state;
	for (int i = 3590; i > 0; i -= 30)
		add(&s, i, (i == 590 ? 900 : 10) * US_PER_MS, OUTCOME_OK);
	out = chart(&s);
	assert_non_null(strstr(out.data, "; 1 above the scale"));
	assert_int_equal(count(path_of(&out, "above"), "M"), 1);
	buf_release(&out);
	series_release(&s);
}

static void a_table_says_the_same_as_the_chart(void **state)
{
	struct series s = { .count = 0 };
	struct chart_line lines[CHART_STYLES + 1];
	struct chart c = { .lines = lines,
			   .line_count = 2,
			   .from_us = NOW_US - US_PER_HOUR,
			   .to_us = NOW_US };
	struct buf out = BUF_INIT(1 << 20);

	(void)state;
	for (size_t i = 0; i < CHART_STYLES + 1; i++)
		lines[i] = (struct chart_line){ .name = "<b>", .series = &s };
	for (int i = 30; i > 0; i--)
		add(&s, i, i * 100 * US_PER_MS, OUTCOME_OK);
	add(&s, 5, 10 * US_PER_S, OUTCOME_TIMEOUT);
	chart_table(&out, &c);
	assert_true(markup_is_well_formed(out.data, out.len));
	assert_null(strstr(out.data, "<b>"));
	assert_int_equal(count(out.data, "1.50 s <small>p95 2.90 s, n 31"), 2);
	assert_int_equal(count(out.data, "\xc3\x97 1 failed"), 2);
	/* Twelve or thirteen rows; where nobody measured, a dash. */
	assert_in_range(count(out.data, "<tr><th scope=\"row\">"), 12, 13);
	assert_in_range(count(out.data, ">\xe2\x80\x93</td>"), 22, 24);
	buf_clear(&out);
	c.line_count = CHART_STYLES + 1;
	chart_table(&out, &c);
	assert_int_equal(count(out.data, "<th scope=\"col\">all stations<"), 1);
	assert_int_equal(count(out.data, "n 279"), 1);
	buf_release(&out);
	series_release(&s);
}

static void a_chart_bears_any_number(void **state)
{
	static const int64_t odd[] = { 0, 1, -5, INT64_MAX / 2, INT64_MAX };
	struct series s = { .count = 0 };
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		add(&s, (int64_t)i * 60 + 1, odd[i], OUTCOME_OK);
		out = chart(&s);
		buf_release(&out);
	}
	series_release(&s);
}

static void a_summary_is_exact(void **state)
{
	struct series s = { .count = 0 };
	struct series_summary sum;

	(void)state;
	for (int i = 1; i <= 20; i++)
		add(&s, 21 - i, i * 10, OUTCOME_OK);
	add(&s, 1, 999999, OUTCOME_TIMEOUT);
	add(&s, 1, 999999, OUTCOME_UNREACHABLE);
	add(&s, 1, 999999, OUTCOME_RATE_LIMITED);
	add(&s, 9000, 1, OUTCOME_OK);
	series_summarise(&s, NOW_US - US_PER_HOUR, NOW_US, &sum);
	assert_int_equal(sum.n, 23);
	assert_int_equal(sum.failed, 1);
	assert_int_equal(sum.other, 2);
	assert_int_equal(sum.p50_us, 100);
	assert_int_equal(sum.p95_us, 190);
	assert_int_equal(sum.max_us, 200);
	series_release(&s);
}

/* --- messages and the station's JSON ------------------------------------ */

static void a_message_is_a_page_of_its_own(void **state)
{
	struct buf out = BUF_INIT(10000);

	(void)state;
	page_message(&out, 404, "no <b>such</b> page");
	assert_true(markup_is_well_formed(out.data, out.len));
	assert_non_null(strstr(out.data, "no &lt;b&gt;such"));
	assert_non_null(strstr(out.data, "<title>404 Not Found</title>"));
	buf_release(&out);
}

static void health_is_bad_when_nothing_comes_any_more(void **state)
{
	struct world *w = *state;
	struct buf out = BUF_INIT(10000);

	assert_true(report_health_json(&out, &w->facts));
	assert_non_null(strstr(out.data, "\"status\":\"ok\",\"reasons\":[]"));
	buf_clear(&out);
	w->facts.last_us = NOW_US - 3 * US_PER_MIN;
	assert_false(report_health_json(&out, &w->facts));
	assert_non_null(strstr(out.data, "[\"nothing has been measured for 3 "
					 "min\"]"));
	buf_clear(&out);
	w->facts.last_us = 0;
	assert_false(report_health_json(&out, &w->facts));
	assert_non_null(strstr(out.data, "\"last\":null"));
	buf_release(&out);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(foreign_text_stays_text),
		test(nothing_measured_is_not_good),
		test(a_good_last_hour_is_good),
		test(old_good_news_is_no_news),
		test(a_blind_station_calls_nothing_good_or_bad),
		test(failures_in_a_row_are_counted_from_the_last_good),
		test(our_own_failure_is_not_the_cas),
		test(a_running_issuance_says_nothing),
		test(health_is_bad_when_nothing_comes_any_more),
		cmocka_unit_test(text_is_escaped_and_printable),
		cmocka_unit_test(an_empty_chart_is_hatched_and_says_so),
		cmocka_unit_test(samples_become_dots_crosses_and_rings),
		cmocka_unit_test(no_line_leads_over_a_gap),
		cmocka_unit_test(what_is_far_out_is_counted_and_not_hidden),
		cmocka_unit_test(a_table_says_the_same_as_the_chart),
		cmocka_unit_test(a_chart_bears_any_number),
		cmocka_unit_test(a_summary_is_exact),
		cmocka_unit_test(a_message_is_a_page_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
