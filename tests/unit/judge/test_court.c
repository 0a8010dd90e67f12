#include "judge/court.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "support/unit.h"

#define START_US (INT64_C(1593068000) * US_PER_S)

enum { STATIONS = 4 };

static const struct judge_station four[STATIONS] = {
	{ "fra", "a" }, { "bom", "b" }, { "sin", "c" }, { "iad", "d" }
};

struct room {
	struct court *court;
	int64_t next_id[STATIONS], next_exchange[STATIONS];
	char events[512]; /* one letter each */
	size_t event_count;
	int64_t offsets_us[STATIONS];
};

static void happened(void *ctx, const char *ca, enum judge_event event,
		     const struct incident *i)
{
	static const char letters[] = ".orxc";
	struct room *r = ctx;

	assert_string_equal(ca, "le");
	assert_non_null(i);
	assert_true(r->event_count < sizeof(r->events) - 1);
	r->events[r->event_count++] = letters[event];
	r->events[r->event_count] = '\0';
}

static void open_court(struct room *r)
{
	r->court = court_new(&(struct court_setup){
		.rules = judge_rules_default(),
		.stations = four,
		.station_count = STATIONS,
		.history_us = US_PER_HOUR,
		.happened = happened,
		.ctx = r,
	});
}

static int set_up(void **state)
{
	struct room *r = test_calloc(1, sizeof(*r));

	open_court(r);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct room *r = *state;

	court_free(r->court);
	test_free(r);
	return 0;
}

static int64_t at(double s)
{
	return START_US + (int64_t)(s * 1e6);
}

static struct issuance issuance_of(struct room *r, unsigned station, double s,
				   enum outcome outcome)
{
	return (struct issuance){
		.id = ++r->next_id[station],
		.wall_us = at(s) + r->offsets_us[station],
		.took_us = US_PER_S / 2,
		.outcome = outcome,
		.op = OP_NEW_ACCOUNT,
		.status = outcome == OUTCOME_PROBLEM ? 500 : 201,
		.problem = "",
	};
}

/* A whole attempt, as a station tells it. */
static void tell(struct room *r, unsigned station, double s,
		 enum outcome outcome)
{
	struct issuance i = issuance_of(r, station, s, outcome);
	struct exchange e = {
		.id = ++r->next_exchange[station],
		.issuance = i.id,
		.op = OP_NEW_ACCOUNT,
		.wall_us = i.wall_us,
		.marks = MARKS_NONE,
		.rtt_us = -1,
		.outcome = outcome,
		.status = i.status,
		.problem = "serverInternal",
		.detail = "failed to select one blockedKeys",
	};

	if (outcome != OUTCOME_OK)
		text_copy(i.problem, sizeof(i.problem), e.problem);
	court_look(r->court, at(s));
	court_exchange(r->court, station, "le", &e, r->offsets_us[station]);
	court_issuance(r->court, station, "le", &i, r->offsets_us[station]);
}

/* Rounds of a minute, all stations in each, `outcome` for all. */
static void tell_rounds(struct room *r, double from_s, int rounds,
			enum outcome outcome)
{
	for (int n = 0; n < rounds; n++) {
		for (unsigned k = 0; k < STATIONS; k++)
			tell(r, k, from_s + n * 60 + k * 10, outcome);
	}
}

static enum verdict verdict(struct room *r)
{
	struct judge_view view;

	assert_true(court_view(r->court, "le", &view));
	return view.verdict;
}

static void an_outage_is_declared_with_its_evidence(void **state)
{
	struct room *r = *state;
	const struct incident *i, *list[COURT_INCIDENTS];
	struct judge_view view;

	assert_false(court_view(r->court, "le", &view));
	court_begin(r->court, at(0));
	tell_rounds(r, 0, 5, OUTCOME_OK);
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	assert_int_equal(court_incidents(r->court, "le", list), 0);
	tell_rounds(r, 300, 2, OUTCOME_PROBLEM);
	assert_int_equal(verdict(r), VERDICT_MAJOR_OUTAGE);
	assert_string_equal(r->events, "ox");
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	i = list[0];
	assert_int_equal(i->start_us, at(300));
	assert_int_equal(i->number, at(300) / US_PER_S);
	assert_ptr_equal(court_incident(r->court, "le", i->number), i);
	assert_null(court_incident(r->court, "le", 1));
	assert_null(court_incident(r->court, "other", i->number));
	assert_int_equal(incident_root(i)->first.op, OP_NEW_ACCOUNT);
	assert_int_equal(incident_root(i)->first.exchange, 6);
	assert_string_equal(incident_root(i)->first.problem, "serverInternal");
	assert_int_equal(incident_root(i)->stations, 4);
	tell_rounds(r, 420, 3, OUTCOME_OK);
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	assert_string_equal(r->events, "oxc");
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_true(list[0]->end_us > at(420));
}

/* Each on its own clock, hours apart. */
static void clocks_are_corrected(void **state)
{
	struct room *r = *state;

	for (unsigned k = 0; k < STATIONS; k++)
		r->offsets_us[k] = (int64_t)k * US_PER_HOUR;
	an_outage_is_declared_with_its_evidence(state);
}

static void what_is_told_again_is_judged_once(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];
	struct issuance i;

	court_begin(r->court, at(0));
	tell_rounds(r, 0, 3, OUTCOME_OK);
	for (unsigned k = 0; k < 2; k++) {
		i = issuance_of(r, k, 200 + k, OUTCOME_TIMEOUT);
		for (int again = 0; again < 5; again++)
			court_issuance(r->court, k, "le", &i, 0);
	}
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	/* A record that was begun anew counts from 1. */
	for (unsigned k = 0; k < STATIONS; k++) {
		r->next_id[k] = 0;
		tell(r, k, 220 + k, OUTCOME_TIMEOUT);
	}
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->failures, 6);
}

static void what_still_runs_and_what_is_ours_is_no_evidence(void **state)
{
	struct room *r = *state;
	struct issuance i;

	court_begin(r->court, at(0));
	tell_rounds(r, 0, 3, OUTCOME_OK);
	tell_rounds(r, 200, 3, OUTCOME_RATE_LIMITED);
	for (unsigned k = 0; k < STATIONS; k++) {
		i = issuance_of(r, k, 400, OUTCOME_TIMEOUT);
		i.took_us = -1;
		court_issuance(r->court, k, "le", &i, 0);
	}
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	assert_int_equal(r->event_count, 0);
}

/* A wrong certificate comes in an exchange that was well. */
static void what_decided_is_a_cause_too(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];

	court_begin(r->court, at(0));
	for (unsigned k = 0; k < STATIONS; k++) {
		for (int n = 0; n < 2; n++) {
			struct issuance i = issuance_of(
				r, k, 10 * n + k, OUTCOME_BAD_CERTIFICATE);

			court_look(r->court, i.wall_us);
			i.op = OP_CERTIFICATE;
			court_issuance(r->court, k, "le", &i, 0);
		}
	}
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(incident_root(list[0])->first.outcome,
			 OUTCOME_BAD_CERTIFICATE);
	assert_int_equal(incident_root(list[0])->first.exchange, 0);
}

/* The lists of exchanges and of issuances are asked for one after the other. */
static void an_exchange_may_come_after_its_issuance(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];

	court_begin(r->court, at(0));
	for (unsigned k = 0; k < STATIONS; k++) {
		for (int n = 0; n < 2; n++) {
			struct issuance i =
				issuance_of(r, k, 10 * n + k, OUTCOME_PROBLEM);
			struct exchange e = {
				.id = 70 + n,
				.issuance = i.id,
				.op = OP_NEW_ACCOUNT,
				.wall_us = i.wall_us + 1000,
				.marks = MARKS_NONE,
				.outcome = OUTCOME_PROBLEM,
				.status = 500,
			};

			court_issuance(r->court, k, "le", &i, 0);
			court_exchange(r->court, k, "le", &e, 0);
		}
	}
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->stations[3].first.exchange, 70);
	assert_int_equal(list[0]->stations[3].failures, 2);
	assert_int_equal(list[0]->cause_count, 1);
}

/* One row is enough to say "in a week"; nobody's clock follows it. */
static void no_row_moves_the_clock(void **state)
{
	struct room *r = *state;

	court_begin(r->court, at(0));
	tell_rounds(r, 0, 3, OUTCOME_OK);
	for (int n = 0; n < 3; n++) {
		struct issuance i = issuance_of(r, 0, 200, OUTCOME_TIMEOUT);

		i.took_us = 7 * US_PER_DAY;
		court_issuance(r->court, 0, "le", &i, 0);
	}
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	tell_rounds(r, 210, 3, OUTCOME_PROBLEM);
	assert_int_equal(verdict(r), VERDICT_MAJOR_OUTAGE);
}

/* The host's clock was ahead, and is set right. */
static void a_clock_may_be_set_back(void **state)
{
	struct room *r = *state;

	court_begin(r->court, at(86400));
	tell_rounds(r, 86400, 3, OUTCOME_OK);
	tell_rounds(r, 0, 3, OUTCOME_OK);
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	tell_rounds(r, 180, 3, OUTCOME_PROBLEM);
	assert_int_equal(verdict(r), VERDICT_MAJOR_OUTAGE);
}

/* An exchange from 1970 in an attempt of now. */
static void a_failure_lies_within_its_attempt(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];

	court_begin(r->court, at(0));
	for (unsigned k = 0; k < STATIONS; k++) {
		for (int n = 0; n < 2; n++) {
			struct issuance i =
				issuance_of(r, k, 10 * n + k, OUTCOME_PROBLEM);
			struct exchange e = {
				.id = 70 + n,
				.issuance = i.id,
				.op = OP_NEW_ACCOUNT,
				.wall_us = 1,
				.marks = MARKS_NONE,
				.outcome = OUTCOME_PROBLEM,
				.status = 500,
			};

			court_look(r->court, i.wall_us);
			court_exchange(r->court, k, "le", &e, 0);
			court_issuance(r->court, k, "le", &i, 0);
		}
	}
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->causes[0].first.at_us, at(0));
	assert_true(list[0]->causes[0].last_us >= at(0));
}

/* The history of all stations, one after the other, as a hub hears it. */
static void tell_history(struct room *r, double from_s, double to_s,
			 double bad_from_s, double bad_to_s)
{
	for (unsigned k = 0; k < STATIONS; k++) {
		for (double s = from_s + k * 10; s < to_s; s += 60)
			tell(r, k, s,
			     s >= bad_from_s && s < bad_to_s ? OUTCOME_PROBLEM
							     : OUTCOME_OK);
	}
}

static void a_start_finds_what_was_there(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];

	tell_history(r, 0, 3600, 600, 1200);
	assert_int_equal(r->event_count, 0);
	court_begin(r->court, at(3600));
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	assert_int_equal(r->event_count, 0);
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->start_us, at(600));
	assert_in_range(list[0]->end_us, at(1200), at(1400));
}

static void an_outage_of_now_is_said_at_the_start(void **state)
{
	struct room *r = *state;

	tell_history(r, 0, 3600, 3000, 9999);
	court_begin(r->court, at(3600));
	assert_int_equal(verdict(r), VERDICT_MAJOR_OUTAGE);
	assert_string_equal(r->events, "o");
}

/* A copy that somebody else may take. */
static struct incident copy_of(const struct incident *i)
{
	struct incident copy = *i;

	copy.stations = mem_array(i->station_count, sizeof(*copy.stations));
	memcpy(copy.stations, i->stations,
	       i->station_count * sizeof(*copy.stations));
	return copy;
}

/* A hub that ends and comes back does not say it twice. */
static void an_incident_survives_a_restart(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];
	struct incident kept;
	int64_t declared_us;

	court_begin(r->court, at(0));
	tell_rounds(r, 0, 5, OUTCOME_OK);
	tell_rounds(r, 300, 3, OUTCOME_PROBLEM);
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	kept = copy_of(list[0]);
	declared_us = kept.declared_us;
	court_free(r->court);
	memset(r, 0, sizeof(*r));
	open_court(r);
	court_restore(r->court, "le", &kept);
	assert_null(kept.stations);
	/* The history begins in the middle of it. */
	tell_history(r, 360, 600, 0, 9999);
	court_begin(r->court, at(600));
	assert_string_equal(r->events, "o");
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->start_us, at(300));
	assert_int_equal(list[0]->number, at(300) / US_PER_S);
	assert_int_equal(list[0]->declared_us, declared_us);
	assert_int_equal(list[0]->end_us, 0);
	tell_rounds(r, 660, 3, OUTCOME_OK);
	assert_string_equal(r->events, "oxc"); /* partial on its way out */
	assert_int_equal(court_incidents(r->court, "le", list), 1);
}

/* Nobody was there for hours: it is not known when it ended. */
static void one_that_was_open_long_ago_is_closed(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];
	struct incident old = {
		.number = 5,
		.start_us = at(-9000),
		.declared_us = at(-8900),
		.worst = VERDICT_MAJOR_OUTAGE,
		.station_count = STATIONS,
		.stations = mem_array(STATIONS, sizeof(*old.stations)),
	};

	old.stations[2].last_us = at(-8000);
	court_restore(r->court, "le", &old);
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->end_us, 0);
	tell_history(r, 0, 600, 9999, 0);
	court_begin(r->court, at(600));
	assert_int_equal(r->event_count, 0);
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->end_us, at(-8000));
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
}

/* The stations are asked a moment too late for the history. */
static void what_was_open_goes_on_when_they_answer_late(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];
	struct incident old = {
		.number = 5,
		.start_us = at(-100),
		.declared_us = at(-60),
		.worst = VERDICT_MAJOR_OUTAGE,
		.station_count = STATIONS,
		.stations = mem_array(STATIONS, sizeof(*old.stations)),
	};

	old.stations[2].last_us = at(-10);
	court_restore(r->court, "le", &old);
	court_begin(r->court, at(0));
	tell_rounds(r, 5, 2, OUTCOME_PROBLEM);
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->number, 5);
	assert_int_equal(list[0]->start_us, at(-100));
	assert_int_equal(r->events[0], 'r');
}

/* The day's record of a station that was cut off for a while. */
static void a_blind_stretch_of_the_history_is_no_incident(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];

	for (unsigned k = 0; k < STATIONS; k++) {
		court_sight(r->court, k, SIGHT_BLIND, at(590));
		court_sight(r->court, k, SIGHT_SIGHTED, at(1210));
	}
	tell_history(r, 0, 3600, 600, 1200);
	court_begin(r->court, at(3600));
	assert_int_equal(court_incidents(r->court, "le", list), 0);
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	tell_rounds(r, 3610, 2, OUTCOME_PROBLEM);
	assert_int_equal(verdict(r), VERDICT_MAJOR_OUTAGE);
}

/* The hub could not reach it while it was blind, and hears of it now. */
static void what_failed_before_it_saw_again_is_no_evidence(void **state)
{
	struct room *r = *state;

	court_begin(r->court, at(0));
	for (unsigned k = 0; k < STATIONS; k++)
		court_sight(r->court, k, SIGHT_SIGHTED, at(-600));
	tell_rounds(r, 0, 3, OUTCOME_OK);
	court_look(r->court, at(400));
	for (unsigned k = 0; k < STATIONS; k++) {
		court_sight(r->court, k, SIGHT_SIGHTED, at(390));
		for (int s = 200; s < 390; s += 30) {
			struct issuance i =
				issuance_of(r, k, s, OUTCOME_TIMEOUT);

			court_issuance(r->court, k, "le", &i, 0);
		}
	}
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	assert_string_equal(r->events, "");
	/* What fails from there on is. */
	tell_rounds(r, 400, 2, OUTCOME_PROBLEM);
	assert_int_equal(verdict(r), VERDICT_MAJOR_OUTAGE);
}

/* Rows from long before what was asked for. */
static void the_history_has_an_end(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];

	tell_history(r, -90000, -80000, -86000, -85000);
	tell_history(r, 0, 600, 9999, 0);
	court_begin(r->court, at(600));
	assert_int_equal(court_incidents(r->court, "le", list), 0);
}

/* Counts that were kept, and rows that are told again. */
static void a_restart_counts_nothing_twice(void **state)
{
	struct room *r = *state;
	const struct incident *list[COURT_INCIDENTS];
	struct incident kept;
	uint64_t attempts;

	court_begin(r->court, at(0));
	tell_rounds(r, 0, 5, OUTCOME_OK);
	tell_rounds(r, 300, 20, OUTCOME_PROBLEM);
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	kept = copy_of(list[0]);
	attempts = kept.attempts;
	court_free(r->court);
	memset(r, 0, sizeof(*r));
	open_court(r);
	court_restore(r->court, "le", &kept);
	tell_history(r, 600, 1500, 0, 9999);
	court_begin(r->court, at(1500));
	assert_int_equal(court_incidents(r->court, "le", list), 1);
	assert_int_equal(list[0]->attempts, attempts);
}

static void silence_is_unknown(void **state)
{
	struct room *r = *state;

	court_begin(r->court, at(0));
	tell_rounds(r, 0, 3, OUTCOME_OK);
	court_look(r->court, at(200));
	assert_int_equal(verdict(r), VERDICT_OPERATIONAL);
	court_look(r->court, at(600));
	assert_int_equal(verdict(r), VERDICT_UNKNOWN);
}

/* A hostile station names CAs without end. */
static void there_is_an_end_to_cas(void **state)
{
	struct room *r = *state;
	struct issuance i = issuance_of(r, 0, 1, OUTCOME_OK);
	const char *names[COURT_CAS];
	struct judge_view view;
	char name[200];

	court_begin(r->court, at(0));
	for (int n = 0; n < 1000; n++) {
		snprintf(name, sizeof(name), "ca-%d", n);
		i.id++;
		court_issuance(r->court, 0, name, &i, 0);
	}
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	i.id++;
	court_issuance(r->court, 0, name, &i, 0);
	i.id++;
	court_issuance(r->court, 0, "", &i, 0);
	assert_int_equal(court_cas(r->court, names), 16);
	assert_true(court_view(r->court, "ca-15", &view));
	assert_false(court_view(r->court, "ca-16", &view));
	/* The others' are judged nevertheless. */
	tell(r, 1, 60, OUTCOME_OK);
	assert_true(court_view(r->court, "le", &view));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_outage_is_declared_with_its_evidence),
		TEST(clocks_are_corrected),
		TEST(what_is_told_again_is_judged_once),
		TEST(what_still_runs_and_what_is_ours_is_no_evidence),
		TEST(what_decided_is_a_cause_too),
		TEST(an_exchange_may_come_after_its_issuance),
		TEST(a_start_finds_what_was_there),
		TEST(an_outage_of_now_is_said_at_the_start),
		TEST(an_incident_survives_a_restart),
		TEST(one_that_was_open_long_ago_is_closed),
		TEST(no_row_moves_the_clock),
		TEST(a_clock_may_be_set_back),
		TEST(a_failure_lies_within_its_attempt),
		TEST(what_was_open_goes_on_when_they_answer_late),
		TEST(a_blind_stretch_of_the_history_is_no_incident),
		TEST(what_failed_before_it_saw_again_is_no_evidence),
		TEST(the_history_has_an_end),
		TEST(a_restart_counts_nothing_twice),
		TEST(silence_is_unknown),
		TEST(there_is_an_end_to_cas),
	};

	return cmocka_run_group_tests_name("judge/court", tests, NULL, NULL);
}
