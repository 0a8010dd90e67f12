#include "judge/judge.h"

#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "support/unit.h"

static const int64_t start_us = INT64_C(1593068000) * US_PER_S;

static const struct judge_station four[] = {
	{ "fra", "a" }, { "bom", "b" }, { "sin", "c" }, { "iad", "d" }
};
static const struct judge_station kin[] = { { "fra", "a" },
					    { "ber", "a" },
					    { "sin", "c" },
					    { "iad", "d" },
					    { "bom", "b" } };

static struct judge *judge_of(const struct judge_station *stations, size_t n)
{
	struct judge_rules rules = judge_rules_default();

	return judge_new(&rules, stations, n);
}

static int64_t at(int s)
{
	return start_us + s * US_PER_S;
}

static struct judge_attempt attempt(unsigned station, double at_s, bool good)
{
	struct judge_attempt a = {
		.station = station,
		.started_us = start_us + (int64_t)(at_s * US_PER_S),
		.ended_us = start_us + (int64_t)((at_s + 0.5) * US_PER_S),
		.good = good,
		.server_us = good ? 300 * US_PER_MS : -1,
	};

	if (!good) {
		a.failure_count = 1;
		a.failures[0] = (struct failure){
			.at_us = a.started_us,
			.op = OP_NEW_ACCOUNT,
			.outcome = OUTCOME_PROBLEM,
			.fault = FAULT_CA,
			.status = 500,
			.problem = "serverInternal",
		};
	}
	return a;
}

static enum judge_event play(struct judge *j, unsigned station, double at_s,
			     bool good)
{
	struct judge_attempt a = attempt(station, at_s, good);

	return judge_take(j, &a);
}

static enum judge_event confirm(struct judge *j, unsigned station, double at_s,
				bool good)
{
	struct judge_attempt a = attempt(station, at_s, good);

	a.confirm = true;
	return judge_take(j, &a);
}

/* Everybody well from from_s, an attempt each 30 s, until before to_s. */
static void play_well(struct judge *j, unsigned stations, int from_s, int to_s)
{
	for (int t = from_s; t < to_s; t += 30) {
		for (unsigned i = 0; i < stations; i++)
			assert_int_equal(play(j, i, t + 5 * (int)i, true),
					 JUDGE_NOTHING);
	}
}

static enum verdict verdict(struct judge *j)
{
	struct judge_view v;

	judge_view(j, &v);
	return v.verdict;
}

static void before_anything_nothing_is_known(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	assert_int_equal(verdict(j), VERDICT_UNKNOWN);
	assert_null(judge_incident(j));
	play_well(j, 4, 0, 60);
	assert_int_equal(verdict(j), VERDICT_OPERATIONAL);
	judge_free(j);
}

static void the_third_confirmed_station_declares_a_major_outage(void **state)
{
	struct judge *j = judge_of(four, 4);
	const struct incident *i;

	(void)state;
	play_well(j, 4, 0, 300);
	assert_int_equal(play(j, 0, 301, false), JUDGE_NOTHING);
	assert_true(judge_is_suspect(j, 0));
	assert_int_equal(play(j, 1, 305, false), JUDGE_NOTHING);
	assert_int_equal(confirm(j, 0, 308, false), JUDGE_NOTHING);
	assert_false(judge_is_suspect(j, 0));
	assert_int_equal(play(j, 2, 310, false), JUDGE_NOTHING);
	assert_int_equal(confirm(j, 1, 312, false), JUDGE_NOTHING);
	assert_int_equal(verdict(j), VERDICT_OPERATIONAL);
	assert_int_equal(confirm(j, 2, 317, false), JUDGE_OPENED);
	assert_int_equal(verdict(j), VERDICT_MAJOR_OUTAGE);
	i = judge_incident(j);
	assert_int_equal(i->start_us, start_us + 301 * US_PER_S);
	assert_int_equal(i->declared_us,
			 start_us + 317 * US_PER_S + US_PER_S / 2);
	assert_int_equal(i->end_us, 0);
	assert_int_equal(i->voters, 4);
	assert_false(i->few);
	assert_int_equal(i->worst, VERDICT_MAJOR_OUTAGE);
	assert_int_equal(i->step_count, 1);
	/* What led to it is part of it. */
	assert_int_equal(i->stations[0].failures, 2);
	assert_int_equal(i->stations[0].first_us, start_us + 301 * US_PER_S);
	assert_int_equal(i->stations[2].failures, 2);
	assert_int_equal(i->stations[3].failures, 0);
	assert_int_equal(i->cause_count, 1);
	assert_int_equal(i->causes[0].count, 6);
	assert_int_equal(i->causes[0].stations, 3);
	assert_int_equal(incident_root(i)->first.op, OP_NEW_ACCOUNT);
	judge_free(j);
}

static void two_good_ones_at_a_majority_end_it(void **state)
{
	struct judge *j = judge_of(four, 4);
	const struct incident *i;
	int t;

	(void)state;
	play_well(j, 4, 0, 300);
	for (t = 300; t < 900; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			play(j, s, t + 5 * (int)s, false);
	}
	i = judge_incident(j);
	assert_non_null(i);
	assert_int_equal(verdict(j), VERDICT_MAJOR_OUTAGE);
	for (unsigned s = 0; s < 4; s++)
		assert_int_not_equal(play(j, s, t + 5 * (int)s, true),
				     JUDGE_CLOSED);
	assert_int_equal(i->good_us, start_us + 900 * US_PER_S + US_PER_S / 2);
	assert_int_not_equal(play(j, 0, 930, true), JUDGE_CLOSED);
	assert_int_not_equal(play(j, 1, 935, true), JUDGE_CLOSED);
	assert_int_equal(play(j, 2, 940, true), JUDGE_CLOSED);
	assert_int_equal(i->end_us, start_us + 940 * US_PER_S + US_PER_S / 2);
	assert_int_equal(verdict(j), VERDICT_OPERATIONAL);
	judge_free(j);
}

static void what_begins_within_five_minutes_is_the_same(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	play_well(j, 4, 0, 60);
	for (int t = 60; t < 120; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			play(j, s, t + 5 * (int)s, false);
	}
	for (int t = 120; t < 240; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			play(j, s, t + 5 * (int)s, true);
	}
	assert_int_not_equal(judge_incident(j)->end_us, 0);
	play(j, 0, 240, false);
	play(j, 1, 245, false);
	play(j, 0, 270, false);
	assert_int_equal(play(j, 1, 275, false), JUDGE_REOPENED);
	assert_true(judge_incident(j)->number > 0);
	assert_int_equal(judge_incident(j)->start_us, start_us + 60 * US_PER_S);
	assert_int_equal(judge_incident(j)->end_us, 0);
	judge_free(j);
}

static void what_begins_later_is_another(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	for (int t = 0; t < 4000; t += 30) {
		bool good = !(t >= 60 && t < 180) && !(t >= 3000 && t < 3120);

		for (unsigned s = 0; s < 4; s++)
			play(j, s, t + 5 * (int)s, good);
	}
	assert_int_equal(judge_incident(j)->number,
			 judge_incident(j)->start_us / US_PER_S);
	assert_int_not_equal(judge_incident(j)->end_us, 0);
	assert_int_equal(judge_incident(j)->start_us,
			 start_us + 3000 * US_PER_S);
	judge_free(j);
}

static void one_station_alone_among_four_declares_nothing(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	for (int t = 0; t < 86400; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			assert_int_equal(play(j, s, t + 5 * (int)s, s != 2),
					 JUDGE_NOTHING);
	}
	assert_int_equal(verdict(j), VERDICT_OPERATIONAL);
	judge_free(j);
}

static void two_stations_of_one_operator_have_one_voice(void **state)
{
	struct judge *j = judge_of(kin, 5);
	struct judge_view v;

	(void)state;
	for (int t = 0; t < 7200; t += 30) {
		for (unsigned s = 0; s < 5; s++)
			assert_int_equal(play(j, s, t + 5 * (int)s, s > 1),
					 JUDGE_NOTHING);
	}
	judge_view(j, &v);
	assert_int_equal(v.voices, 4);
	assert_int_equal(v.failing, 1);
	assert_int_equal(v.verdict, VERDICT_OPERATIONAL);
	judge_free(j);
}

static void the_blind_have_no_voice(void **state)
{
	struct judge *j = judge_of(four, 4);
	struct judge_view v;

	(void)state;
	play_well(j, 4, 0, 60);
	for (unsigned s = 0; s < 3; s++)
		judge_sight(j, s, SIGHT_BLIND, start_us + 60 * US_PER_S);
	for (int t = 60; t < 600; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			assert_int_equal(play(j, s, t + 5 * (int)s, s == 3),
					 JUDGE_NOTHING);
	}
	judge_view(j, &v);
	assert_int_equal(v.voices, 1);
	assert_true(v.few);
	assert_int_equal(v.verdict, VERDICT_OPERATIONAL);
	judge_sight(j, 3, SIGHT_BLIND, start_us + 600 * US_PER_S);
	assert_int_equal(verdict(j), VERDICT_UNKNOWN);
	judge_free(j);
}

static void our_own_faults_are_no_evidence(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	play_well(j, 4, 0, 60);
	for (int t = 60; t < 240; t += 30) {
		for (unsigned s = 0; s < 4; s++) {
			struct judge_attempt a =
				attempt(s, t + 5 * (int)s, false);

			a.failures[0].outcome = OUTCOME_RATE_LIMITED;
			a.failures[0].fault = FAULT_OURS;
			a.failures[0].status = 429;
			assert_int_equal(judge_take(j, &a), JUDGE_NOTHING);
		}
	}
	/* Nor are they a reason to call it well. */
	assert_int_equal(verdict(j), VERDICT_OPERATIONAL);
	judge_look(j, start_us + 600 * US_PER_S);
	assert_int_equal(verdict(j), VERDICT_UNKNOWN);
	judge_free(j);
}

static void silence_is_unknown_not_well(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	play_well(j, 4, 0, 60);
	judge_look(j, start_us + 200 * US_PER_S);
	assert_int_equal(verdict(j), VERDICT_OPERATIONAL);
	judge_look(j, start_us + 1000 * US_PER_S);
	assert_int_equal(verdict(j), VERDICT_UNKNOWN);
	judge_free(j);
}

static void a_station_alone_judges_and_says_so(void **state)
{
	struct judge *j = judge_of(four, 1);
	struct judge_view v;

	(void)state;
	play_well(j, 1, 0, 60);
	play(j, 0, 60, false);
	/* Its own network may be gone: its controls are to tell first. */
	assert_int_equal(confirm(j, 0, 67, false), JUDGE_NOTHING);
	assert_int_equal(judge_look(j, at(119)), JUDGE_NOTHING);
	assert_int_equal(judge_look(j, at(120)), JUDGE_OPENED);
	judge_view(j, &v);
	assert_int_equal(v.verdict, VERDICT_MAJOR_OUTAGE);
	assert_true(v.few);
	assert_true(v.incident->few);
	play(j, 0, 130, true);
	play(j, 0, 160, true);
	play(j, 0, 190, true);
	assert_int_not_equal(judge_incident(j)->end_us, 0);
	judge_free(j);
}

static void a_station_alone_waits_for_its_controls(void **state)
{
	struct judge *j = judge_of(four, 1);

	(void)state;
	play_well(j, 1, 0, 60);
	play(j, 0, 60, false);
	confirm(j, 0, 67, false);
	assert_int_equal(judge_sight(j, 0, SIGHT_BLIND, at(95)), JUDGE_NOTHING);
	assert_int_equal(judge_look(j, at(130)), JUDGE_NOTHING);
	assert_null(judge_incident(j));
	judge_free(j);
}

static void a_third_of_all_failing_is_a_partial_outage(void **state)
{
	struct judge *j = judge_of(four, 4);
	struct rng rng = { 1 };
	int opened_s = 0;

	(void)state;
	play_well(j, 4, 0, 3600);
	for (int t = 3600; t < 5400; t += 30) {
		for (unsigned s = 0; s < 4; s++) {
			bool good = rng_below(&rng, 3) != 0;

			if (play(j, s, t + 5 * (int)s, good) == JUDGE_OPENED)
				opened_s = t;
		}
	}
	assert_int_not_equal(opened_s, 0);
	assert_true(judge_incident(j)->number > 0);
	assert_int_equal(judge_incident(j)->end_us, 0);
	assert_in_range(verdict(j), VERDICT_PARTIAL_OUTAGE,
			VERDICT_MAJOR_OUTAGE);
	judge_free(j);
}

static void what_fails_after_a_failure_is_its_consequence(void **state)
{
	struct judge *j = judge_of(four, 4);
	const struct incident *i;

	(void)state;
	play_well(j, 4, 0, 60);
	for (int t = 60; t < 120; t += 30) {
		for (unsigned s = 0; s < 4; s++) {
			struct judge_attempt a =
				attempt(s, t + 5 * (int)s, false);

			a.failures[1] = a.failures[0];
			a.failures[1].op = OP_NEW_ORDER;
			a.failures[1].status = 400;
			strcpy(a.failures[1].problem, "malformed");
			strcpy(a.failures[1].detail, "No Key ID in JWS header");
			a.failure_count = 2;
			judge_take(j, &a);
		}
	}
	i = judge_incident(j);
	assert_int_equal(i->cause_count, 2);
	assert_int_equal(incident_root(i)->first.op, OP_NEW_ACCOUNT);
	assert_false(i->causes[0].consequence);
	assert_true(i->causes[1].consequence);
	assert_int_equal(i->causes[1].first.op, OP_NEW_ORDER);
	assert_int_equal(i->causes[1].stations, 4);
	judge_free(j);
}

static void slower_than_usual_everywhere_is_degraded(void **state)
{
	struct judge *j = judge_of(four, 4);
	struct rng rng = { 7 };
	enum verdict worst = VERDICT_UNKNOWN;

	(void)state;
	for (int t = 0; t < 86400 + 3600; t += 30) {
		for (unsigned s = 0; s < 4; s++) {
			struct judge_attempt a =
				attempt(s, t + 5 * (int)s, true);

			a.server_us = (200 + (int64_t)rng_below(&rng, 200)) *
				      US_PER_MS * (t >= 86400 ? 3 : 1);
			judge_take(j, &a);
			if (t < 86400)
				assert_int_equal(verdict(j),
						 VERDICT_OPERATIONAL);
			else if (verdict(j) > worst)
				worst = verdict(j);
		}
	}
	assert_int_equal(worst, VERDICT_DEGRADED);
	assert_true(judge_incident(j)->slow);
	judge_free(j);
}

static void a_lone_failing_station_keeps_nothing_open(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	for (int t = 0; t < 1200; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			play(j, s, t + 5 * (int)s,
			     t < 60 || (t >= 300 && s != 3));
	}
	assert_true(judge_incident(j)->number > 0);
	assert_int_not_equal(judge_incident(j)->end_us, 0);
	judge_free(j);
}

/* Its trouble is its own: the incident of all has not begun with it. */
static void one_that_failed_alone_for_long_backdates_nothing(void **state)
{
	struct judge *j = judge_of(four, 4);

	(void)state;
	for (int t = 0; t < 3600; t += 30) {
		for (unsigned s = 0; s < 4; s++)
			play(j, s, t + 5 * (int)s,
			     t < 60 || (s != 3 && t < 3000));
	}
	assert_true(judge_incident(j)->number > 0);
	assert_int_equal(judge_incident(j)->start_us,
			 start_us + 3000 * US_PER_S);
	judge_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_anything_nothing_is_known),
		cmocka_unit_test(
			the_third_confirmed_station_declares_a_major_outage),
		cmocka_unit_test(two_good_ones_at_a_majority_end_it),
		cmocka_unit_test(what_begins_within_five_minutes_is_the_same),
		cmocka_unit_test(what_begins_later_is_another),
		cmocka_unit_test(one_station_alone_among_four_declares_nothing),
		cmocka_unit_test(two_stations_of_one_operator_have_one_voice),
		cmocka_unit_test(the_blind_have_no_voice),
		cmocka_unit_test(our_own_faults_are_no_evidence),
		cmocka_unit_test(silence_is_unknown_not_well),
		cmocka_unit_test(a_station_alone_judges_and_says_so),
		cmocka_unit_test(a_station_alone_waits_for_its_controls),
		cmocka_unit_test(a_third_of_all_failing_is_a_partial_outage),
		cmocka_unit_test(what_fails_after_a_failure_is_its_consequence),
		cmocka_unit_test(slower_than_usual_everywhere_is_degraded),
		cmocka_unit_test(a_lone_failing_station_keeps_nothing_open),
		cmocka_unit_test(
			one_that_failed_alone_for_long_backdates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
