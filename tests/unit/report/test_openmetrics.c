#include "report/openmetrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"

enum { OUT_MOST = 4 * 1024 * 1024 };

/* Facts of two CAs, one with a name that no CA can have. */
struct facts {
	struct stat_span spans[3];
	struct metrics_op ops[3];
	struct hist took;
	struct metrics_ca cas[2];
	struct metrics m;
};

#define HOSTILE "a\\b\"c\nd\xff\xc3\xa9"

static struct facts *make_facts(void)
{
	struct facts *f = mem_zalloc(sizeof(*f));

	f->spans[0].outcomes[OUTCOME_OK] = 3;
	f->spans[0].outcomes[OUTCOME_TIMEOUT] = 1;
	hist_add(&f->spans[0].phases[PHASE_WAIT], 1023);
	hist_add(&f->spans[0].phases[PHASE_WAIT], 1024);
	hist_add(&f->spans[0].phases[PHASE_WAIT], INT64_C(200000000));
	f->spans[2].outcomes[OUTCOME_PROBLEM] = UINT64_MAX;
	f->ops[0] = (struct metrics_op){ "pebble", OP_DIRECTORY, &f->spans[0] };
	f->ops[1] = (struct metrics_op){ "pebble", OP_NEW_NONCE, &f->spans[1] };
	f->ops[2] = (struct metrics_op){ HOSTILE, OP_NEW_ORDER, &f->spans[2] };
	hist_add(&f->took, 1500000);
	f->cas[0].ca = "pebble";
	f->cas[0].issuances[OUTCOME_OK] = 1;
	f->cas[0].took = &f->took;
	f->cas[0].last_certificate_us = INT64_C(1700000000250000);
	f->cas[1].ca = HOSTILE;
	f->m = (struct metrics){ .version = "0.1.0",
				 .ops = f->ops,
				 .op_count = 3,
				 .cas = f->cas,
				 .ca_count = 2,
				 .sighted = 1,
				 .loop_lag_us = 420,
				 .queued_rows = 0,
				 .lost_rows = 7 };
	return f;
}

static char *print(const struct metrics *m, enum metrics_format format)
{
	struct buf out = BUF_INIT(OUT_MOST);

	assert_true(metrics_print(&out, m, format));
	return buf_take(&out);
}

static void has_line(const char *text, const char *line)
{
	char framed[512];
	char first[512];

	snprintf(framed, sizeof(framed), "\n%s\n", line);
	snprintf(first, sizeof(first), "%s\n", line);
	if (!strstr(text, framed) && !text_starts(text, first))
		fail_msg("not there: %s", line);
}

static void each_fact_is_a_line(void **state)
{
	static const char *const lines[] = {
		"# TYPE acmeter_build info",
		"acmeter_build_info{version=\"0.1.0\"} 1",
		"# TYPE acmeter_exchanges counter",
		"acmeter_exchanges_total{ca=\"pebble\",op=\"directory\","
		"outcome=\"ok\"} 3",
		"acmeter_exchanges_total{ca=\"pebble\",op=\"directory\","
		"outcome=\"timeout\"} 1",
		"acmeter_exchanges_total{ca=\"pebble\",op=\"newNonce\","
		"outcome=\"ok\"} 0",
		"# UNIT acmeter_exchange_duration_seconds seconds",
		"acmeter_issuances_total{ca=\"pebble\",outcome=\"ok\"} 1",
		"acmeter_issuance_duration_seconds_count{ca=\"pebble\"} 1",
		"acmeter_issuance_duration_seconds_sum{ca=\"pebble\"} 1.5",
		"acmeter_issuance_duration_seconds_bucket{ca=\"pebble\","
		"le=\"1.048576\"} 0",
		"acmeter_issuance_duration_seconds_bucket{ca=\"pebble\","
		"le=\"2.097152\"} 1",
		"acmeter_last_certificate_timestamp_seconds{ca=\"pebble\"} "
		"1700000000.25",
		"acmeter_station_sighted 1",
		"acmeter_loop_lag_seconds 0.00042",
		"acmeter_store_queued_rows 0",
		"acmeter_store_lost_rows_total 7",
	};
	struct facts *f = make_facts();
	char *text = print(&f->m, METRICS_OPENMETRICS);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		has_line(text, lines[i]);
	free(text);
	free(f);
}

static void buckets_count_exactly_at_powers_of_two(void **state)
{
#define WAIT "{ca=\"pebble\",op=\"directory\",phase=\"wait\""
#define NAME "acmeter_exchange_duration_seconds"
	static const char *const lines[] = {
		NAME "_bucket" WAIT ",le=\"0.001024\"} 1",
		NAME "_bucket" WAIT ",le=\"0.002048\"} 2",
		NAME "_bucket" WAIT ",le=\"134.217728\"} 2",
		NAME "_bucket" WAIT ",le=\"+Inf\"} 3",
		NAME "_count" WAIT "} 3",
		NAME "_sum" WAIT "} 200.002047",
	};
	struct facts *f = make_facts();
	char *text = print(&f->m, METRICS_OPENMETRICS);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		has_line(text, lines[i]);
	assert_null(strstr(text, "phase=\"dns\""));
	free(text);
	free(f);
}

static void labels_cannot_break_out(void **state)
{
	struct facts *f = make_facts();
	char *text = print(&f->m, METRICS_OPENMETRICS);

	(void)state;
	has_line(text, "acmeter_exchanges_total{ca=\"a\\\\b\\\"c\\nd"
		       "\xef\xbf\xbd\xc3\xa9\",op=\"newOrder\","
		       "outcome=\"problem\"} 18446744073709551615");
	assert_null(strstr(text, "\nd"));
	free(text);
	free(f);
}

static void what_is_unknown_is_left_out(void **state)
{
	struct metrics m = { .version = "x",
			     .sighted = METRICS_UNKNOWN,
			     .loop_lag_us = METRICS_UNKNOWN,
			     .queued_rows = METRICS_UNKNOWN,
			     .lost_rows = METRICS_UNKNOWN };
	char *text = print(&m, METRICS_OPENMETRICS);

	(void)state;
	assert_null(strstr(text, "acmeter_station_sighted"));
	assert_null(strstr(text, "acmeter_loop_lag"));
	assert_null(strstr(text, "acmeter_store"));
	m.sighted = 0;
	free(text);
	text = print(&m, METRICS_OPENMETRICS);
	has_line(text, "acmeter_station_sighted 0");
	free(text);
}

/* The rules of OpenMetrics 1.0 that a scraper stumbles over. */
static void families_stand_together_and_an_end_is_marked(void **state)
{
	struct facts *f = make_facts();
	char *text = print(&f->m, METRICS_OPENMETRICS), *rest = text, *line;
	char family[128] = "", seen[64][128];
	size_t families = 0, len = strlen(text);

	(void)state;
	assert_true(len > 6 && strcmp(text + len - 6, "# EOF\n") == 0);
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "# TYPE %127s", family) == 1) {
			for (size_t i = 0; i < families; i++)
				assert_string_not_equal(seen[i], family);
			text_copy(seen[families++], 128, family);
		} else if (line[0] != '#' && line[0]) {
			assert_true(text_starts(line, family));
		}
	}
	assert_int_equal(families, 10);
	free(text);
	free(f);
}

static void what_does_not_fit_is_not_served(void **state)
{
	struct facts *f = make_facts();
	struct buf out = BUF_INIT(1000);

	(void)state;
	assert_false(metrics_print(&out, &f->m, METRICS_OPENMETRICS));
	buf_release(&out);
	free(f);
}

static void the_format_is_what_the_scraper_accepts(void **state)
{
	(void)state;
	assert_int_equal(metrics_format_for(NULL), METRICS_TEXT);
	assert_int_equal(metrics_format_for("*/*"), METRICS_TEXT);
	assert_int_equal(metrics_format_for("text/plain;version=0.0.4"),
			 METRICS_TEXT);
	assert_int_equal(metrics_format_for(
				 "application/openmetrics-text;version=1.0.0,"
				 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
			 METRICS_OPENMETRICS);
	assert_string_equal(metrics_content_type(METRICS_OPENMETRICS),
			    "application/openmetrics-text; version=1.0.0; "
			    "charset=utf-8");
	assert_string_equal(metrics_content_type(METRICS_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8");
}

/* 127 when there is no such program. */
static int feed(const char *command, const char *text)
{
	FILE *pipe = popen(command, "w");
	int status;

	assert_non_null(pipe);
	fputs(text, pipe);
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Skips when the tool that judges is not there. */
static void judged(const char *command, enum metrics_format format)
{
	struct facts *f = make_facts();
	char *text = print(&f->m, format);
	int status = feed(command, text);

	free(text);
	free(f);
	if (status == 127)
		skip();
	assert_int_equal(status, 0);
}

static void promtool_has_nothing_to_say(void **state)
{
	(void)state;
	judged("PATH=$PATH:" ACMETER_SOURCE "/build/tools "
	       "promtool check metrics",
	       METRICS_TEXT);
}

/* promtool reads the older text only; this parser holds to OpenMetrics 1.0. */
static void a_strict_parser_of_openmetrics_reads_it(void **state)
{
	(void)state;
	judged("PATH=/usr/bin:$PATH python3 -c '"
	       "import sys\n"
	       "try:\n"
	       " from prometheus_client.openmetrics import parser\n"
	       "except ImportError:\n"
	       " sys.exit(127)\n"
	       "text = sys.stdin.buffer.read().decode()\n"
	       "f = list(parser.text_string_to_metric_families(text))\n"
	       "assert len(f) == 10, f\n"
	       "'",
	       METRICS_OPENMETRICS);
}

/* Every family is in docs/metrics.md, with its type. */
static void the_page_of_metrics_names_every_family(void **state)
{
	struct facts *f = make_facts();
	char *text = print(&f->m, METRICS_OPENMETRICS), *rest = text, *line;
	char *page = mem_zalloc(OUT_MOST);
	FILE *file = fopen(ACMETER_SOURCE "/docs/metrics.md", "r");

	(void)state;
	assert_non_null(file);
	assert_true(fread(page, 1, OUT_MOST - 1, file) > 0);
	fclose(file);
	while ((line = strsep(&rest, "\n"))) {
		char name[128], kind[32], row[256];

		if (sscanf(line, "# TYPE %127s %31s", name, kind) != 2)
			continue;
		snprintf(row, sizeof(row), "\n| `%s` | %s |", name, kind);
		if (!strstr(page, row))
			fail_msg("not in docs/metrics.md: %s %s", name, kind);
	}
	free(page);
	free(text);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fact_is_a_line),
		cmocka_unit_test(buckets_count_exactly_at_powers_of_two),
		cmocka_unit_test(labels_cannot_break_out),
		cmocka_unit_test(what_is_unknown_is_left_out),
		cmocka_unit_test(families_stand_together_and_an_end_is_marked),
		cmocka_unit_test(what_does_not_fit_is_not_served),
		cmocka_unit_test(the_format_is_what_the_scraper_accepts),
		cmocka_unit_test(the_page_of_metrics_names_every_family),
		cmocka_unit_test(promtool_has_nothing_to_say),
		cmocka_unit_test(a_strict_parser_of_openmetrics_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
