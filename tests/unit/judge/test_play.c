#include "judge/play.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

#define T0 (INT64_C(1593064800) * US_PER_S) /* 2020-06-25T06:00:00Z */

enum { STATIONS = 4 };

static char names[STATIONS][4] = { "fra", "bom", "sin", "iad" };
static char none[] = "", type[] = "serverInternal", words[] = "\"no\" \\ way";
static char le[] = "le", major[] = "major_outage";

/* A scenario that a test then changes. */
struct stage {
	struct scenario s;
	struct scenario_ca ca;
	struct scenario_station stations[STATIONS];
	struct scenario_act act;
	struct scenario_outage outage;
	struct scenario_incident expect;
	uint64_t exchanges, issuances, refused;
};

static void set_up(struct stage *g)
{
	*g = (struct stage){ .ca = { .name = le } };
	g->s = (struct scenario){ .seed = 3,
				  .during = { T0, T0 + 2 * US_PER_HOUR },
				  .rules = judge_rules_default(),
				  .cas = &g->ca,
				  .ca_count = 1,
				  .stations = g->stations,
				  .station_count = STATIONS };
	for (int i = 0; i < STATIONS; i++)
		g->stations[i] = (struct scenario_station){
			.name = names[i],
			.operator= names[i],
			.rate = { 1, US_PER_MIN },
			.path_us = 40 * US_PER_MS,
			.present = { INT64_MIN, INT64_MAX },
		};
	g->act = (struct scenario_act){
		.during = { T0 + US_PER_HOUR, T0 + 80 * US_PER_MIN },
		.percent = 100,
		.op_count = 1,
		.op_bits = 1u << OP_NEW_ORDER,
		.answer = ACT_PROBLEM,
		.status = 500,
		.type = type,
		.detail = words,
		.follows = none,
	};
	g->expect = (struct scenario_incident){
		.ca = le,
		.worst = major,
		.start = { T0 + US_PER_HOUR, T0 + 61 * US_PER_MIN },
		.declared = { T0 + US_PER_HOUR, T0 + 62 * US_PER_MIN },
		.end = { T0 + 80 * US_PER_MIN, T0 + 85 * US_PER_MIN },
		.good = { INT64_MIN, INT64_MAX },
	};
}

static void on_exchange(void *ctx, size_t station, size_t ca,
			const struct exchange *e)
{
	struct stage *g = ctx;

	assert_true(station < STATIONS && ca == 0);
	assert_true(marks_in_order(&e->marks));
	g->exchanges++;
	g->refused += e->outcome == OUTCOME_PROBLEM;
	if (e->outcome == OUTCOME_PROBLEM)
		assert_string_equal(e->detail, words);
}

static void on_issuance(void *ctx, size_t station, size_t ca,
			const struct issuance *i)
{
	struct stage *g = ctx;

	assert_true(station < STATIONS && ca == 0);
	assert_true(i->took_us >= 0 && i->exchanges > 0);
	g->issuances++;
}

static struct play *play(struct stage *g)
{
	const struct play_watch_rows rows = { on_exchange, on_issuance, g };

	return play_new(&g->s, &rows);
}

/* Ends the test unless the play is as expected. */
static void play_as_expected(struct stage *g)
{
	struct buf out = BUF_INIT(4096);
	struct play *p = play(g);

	if (!play_differences(p, &out))
		fail_msg("%s", buf_text(&out));
	play_free(p);
	buf_release(&out);
}

static void a_ca_that_is_well_gives_certificates_at_the_rate(void **state)
{
	struct stage g;
	struct play_count count;
	struct play *p;

	(void)state;
	set_up(&g);
	p = play(&g);
	count = play_count(p, 0);
	assert_in_range(count.attempts, 4 * 120 * 93 / 100, 4 * 120);
	assert_int_equal(count.good, count.attempts);
	assert_int_equal(count.confirmations, 0);
	assert_int_equal(g.issuances, count.attempts);
	assert_int_equal(g.exchanges, count.exchanges);
	play_free(p);
	play_as_expected(&g);
}

static void an_outage_is_found_with_its_words(void **state)
{
	struct stage g;
	struct play *p;
	const struct incident *list[COURT_INCIDENTS];

	(void)state;
	set_up(&g);
	g.s.acts = &g.act;
	g.s.act_count = 1;
	g.s.expect = &g.expect;
	g.s.expect_count = 1;
	p = play(&g);
	assert_int_equal(court_incidents(play_court(p), "le", list), 1);
	assert_string_equal(incident_root(list[0])->first.detail, words);
	assert_int_equal(play_count(p, 0).confirmations, STATIONS);
	assert_in_range(g.refused, 60, 90);
	play_free(p);
	play_as_expected(&g);
}

static void what_is_not_as_expected_is_told(void **state)
{
	static const char *const lines[] = {
		"le, incident 1: worst: found major_outage, expected degraded",
		"le, incident 1: start: found 2020-06-25T07:00:",
		"le, incident 1: end: found 2020-06-25T07:2",
		"le, incident 1: causes: found newOrder problem 500 "
		"serverInternal, expected none",
		"le, incident 1: stations: found fra, bom, sin, iad, expected "
		"bom",
		"le, incident 1: lead over the status page: found no word",
		"le, incident 2: it: found none, expected major_outage",
	};
	static char degraded[] = "degraded";
	struct buf out = BUF_INIT(4096);
	struct scenario_incident expect[2];
	struct scenario_cause cause;
	char *bom = names[1];
	struct stage g;
	struct play *p;

	(void)state;
	set_up(&g);
	g.s.acts = &g.act;
	g.s.act_count = 1;
	expect[0] = expect[1] = g.expect;
	expect[0].worst = degraded;
	expect[0].start = expect[0].end = (struct config_span){ T0, T0 + 1 };
	expect[0].causes = &cause;
	expect[0].stations = &bom;
	expect[0].station_count = 1;
	expect[0].lead_us = US_PER_S;
	g.s.expect = expect;
	g.s.expect_count = 2;
	p = play(&g);
	assert_false(play_differences(p, &out));
	for (size_t i = 0; i < ROWS(lines); i++)
		assert_for(lines[i], strstr(buf_text(&out), lines[i]) != NULL);
	play_free(p);
	buf_release(&out);
}

static void what_a_hub_cannot_hear_it_hears_afterwards(void **state)
{
	struct stage g;
	struct play *p;

	(void)state;
	set_up(&g);
	g.outage = (struct scenario_outage){
		.during = { T0 + US_PER_HOUR, T0 + 70 * US_PER_MIN },
		.fails = LOSS_SILENCE,
		.controls = true,
	};
	for (int i = 0; i < STATIONS; i++) {
		g.stations[i].network = &g.outage;
		g.stations[i].network_count = 1;
	}
	p = play(&g);
	/* All fail, all are blind, nobody can tell: no incident. */
	assert_true(play_count(p, 0).good < play_count(p, 0).attempts - 30);
	play_free(p);
	play_as_expected(&g);
}

static void orders_that_stay_in_processing_run_out_of_time(void **state)
{
	struct stage g;

	(void)state;
	set_up(&g);
	g.act.op_bits = 1u << OP_FINALIZE | 1u << OP_ORDER;
	g.act.answer = ACT_PROCESSING;
	g.s.acts = &g.act;
	g.s.act_count = 1;
	g.expect.declared.until_us = T0 + 66 * US_PER_MIN;
	g.expect.start.from_us = T0 + 58 * US_PER_MIN;
	g.s.expect = &g.expect;
	g.s.expect_count = 1;
	play_as_expected(&g);
}

static void the_status_page_is_late_early_or_silent(void **state)
{
	struct scenario_page pages[] = {
		{ .during = { T0, T0 + US_PER_HOUR } },
		{ .during = { T0 + 65 * US_PER_MIN, INT64_MAX } },
	};
	struct scenario s = { .pages = pages, .page_count = 2 };
	int64_t us = 0;

	(void)state;
	assert_true(scenario_page_us(&s, T0 + 61 * US_PER_MIN,
				     T0 + 80 * US_PER_MIN, &us));
	assert_true(us == T0 + 65 * US_PER_MIN);
	assert_true(scenario_page_us(&s, T0 + 59 * US_PER_MIN,
				     T0 + 80 * US_PER_MIN, &us));
	assert_true(us == T0);
	s.page_count = 1;
	assert_false(scenario_page_us(&s, T0 + US_PER_HOUR,
				      T0 + 80 * US_PER_MIN, &us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_ca_that_is_well_gives_certificates_at_the_rate),
		cmocka_unit_test(an_outage_is_found_with_its_words),
		cmocka_unit_test(what_is_not_as_expected_is_told),
		cmocka_unit_test(what_a_hub_cannot_hear_it_hears_afterwards),
		cmocka_unit_test(
			orders_that_stay_in_processing_run_out_of_time),
		cmocka_unit_test(the_status_page_is_late_early_or_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
