#include "report/verdict_json.h"

#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "judge/court.h"
#include "report/standing.h"
#include "support/unit.h"

#define NOW_US (INT64_C(1593068003) * US_PER_S + 7)

enum { STATIONS = 3 };

/* Three stations that watch one CA, and what they tried last. */
struct world {
	struct series ops[STATIONS][OPS], issuances;
	struct standing_facts standing;
	struct station_ca cas[STATIONS];
	struct station_facts facts[STATIONS];
	struct board_station stations[STATIONS];
	struct board board;
};

static int set_up(void **state)
{
	static const char *const names[] = { "fra", "bom", "sin" };
	struct world *w = test_calloc(1, sizeof(*w));

	w->standing = (struct standing_facts){ .ca = "le",
					       .stale_us = 5 * US_PER_MIN };
	for (int i = 0; i < STATIONS; i++) {
		w->cas[i] = (struct station_ca){
			.name = "le",
			.directory = "https://ca.example/directory",
			.watched = true,
			.ops = w->ops[i],
			.issuances = &w->issuances,
			.standing = &w->standing,
		};
		/* The clock of each is another. */
		w->facts[i] = (struct station_facts){
			.name = names[i],
			.now_us = NOW_US + i * US_PER_S,
			.sight = SIGHT_SIGHTED,
			.last_us = NOW_US + i * US_PER_S,
			.fresh_us = US_PER_MIN,
			.cas = &w->cas[i],
			.ca_count = 1,
		};
		w->stations[i] = (struct board_station){
			.name = names[i],
			.city = "",
			.facts = &w->facts[i],
			.answer = BOARD_ANSWERS,
		};
	}
	w->board = (struct board){ .title = "t",
				   .now_us = NOW_US,
				   .from_us = NOW_US - US_PER_HOUR,
				   .stations = w->stations,
				   .station_count = STATIONS };
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < STATIONS; i++) {
		for (int op = 0; op < OPS; op++)
			series_release(&w->ops[i][op]);
	}
	series_release(&w->issuances);
	test_free(w);
	return 0;
}

/* A try that ended so many seconds ago, by the station's clock. */
static void add_to(struct world *w, int station, enum op op, int age_s,
		   enum outcome outcome, int64_t issuance)
{
	const struct sample sample = {
		.issuance = issuance,
		.wall_us = w->facts[station].now_us - age_s * US_PER_S,
		.outcome = outcome,
	};

	series_add(&w->ops[station][op], &sample);
}

static void add(struct world *w, int station, enum op op, int age_s,
		enum outcome outcome)
{
	add_to(w, station, op, age_s, outcome, 1);
}

static enum op_state state_of(struct world *w, enum op op)
{
	enum op_state states[OPS];
	int64_t evidence_us;

	board_operations(&w->board, "le", states, &evidence_us);
	return states[op];
}

static void an_operation_fails_where_half_of_the_stations_failed(void **state)
{
	struct world *w = *state;

	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_UNSEEN);
	add(w, 0, OP_NEW_ORDER, 30, OUTCOME_OK);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_WORKS);
	add(w, 1, OP_NEW_ORDER, 20, OUTCOME_PROBLEM);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_FAILS);
	add(w, 2, OP_NEW_ORDER, 10, OUTCOME_OK);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_WORKS);
	/* The latest of each counts. */
	add(w, 0, OP_NEW_ORDER, 5, OUTCOME_TIMEOUT);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_FAILS);
}

static void what_comes_after_a_failure_is_not_known_to_work(void **state)
{
	struct world *w = *state;

	add_to(w, 0, OP_DIRECTORY, 100, OUTCOME_OK, 7);
	add_to(w, 0, OP_NEW_ORDER, 99, OUTCOME_OK, 7);
	add_to(w, 0, OP_FINALIZE, 98, OUTCOME_OK, 7);
	assert_int_equal(state_of(w, OP_FINALIZE), OP_WORKS);
	add_to(w, 0, OP_DIRECTORY, 40, OUTCOME_OK, 8);
	add_to(w, 0, OP_NEW_ORDER, 39, OUTCOME_PROBLEM, 8);
	assert_int_equal(state_of(w, OP_DIRECTORY), OP_WORKS);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_FAILS);
	assert_int_equal(state_of(w, OP_FINALIZE), OP_UNSEEN);
	/* It goes on from there. */
	add_to(w, 0, OP_NEW_ORDER, 20, OUTCOME_OK, 9);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_WORKS);
	assert_int_equal(state_of(w, OP_FINALIZE), OP_WORKS);
}

static void our_own_failures_and_old_tries_tell_nothing(void **state)
{
	struct world *w = *state;

	add(w, 0, OP_NEW_ORDER, 301, OUTCOME_PROBLEM);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_UNSEEN);
	add(w, 0, OP_NEW_ORDER, 100, OUTCOME_OK);
	add(w, 0, OP_NEW_ORDER, 50, OUTCOME_RATE_LIMITED);
	add(w, 0, OP_NEW_ORDER, 40, OUTCOME_UNREACHABLE);
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_WORKS);
	w->facts[0].sight = SIGHT_BLIND;
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_UNSEEN);
	w->facts[0].sight = SIGHT_SIGHTED;
	w->stations[0].answer = BOARD_SILENT;
	assert_int_equal(state_of(w, OP_NEW_ORDER), OP_UNSEEN);
	add(w, 1, OP_CONTROL, 4, OUTCOME_OK);
	assert_int_equal(state_of(w, OP_CONTROL), OP_UNSEEN);
}

static json_t *answer(struct world *w)
{
	struct buf out = BUF_INIT(1 << 16);
	json_t *json;

	board_verdict_json(&out, &w->board, "le");
	json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	buf_release(&out);
	return json;
}

static void evidence_has_a_time_and_an_age(void **state)
{
	struct world *w = *state;
	json_t *json = answer(w);

	assert_true(json_is_null(json_object_get(json, "evidence")));
	assert_true(json_is_null(json_object_get(json, "evidence_age")));
	json_decref(json);
	add(w, 2, OP_DIRECTORY, 63, OUTCOME_OK);
	add(w, 1, OP_NEW_NONCE, 70, OUTCOME_PROBLEM);
	json = answer(w);
	assert_string_equal(
		json_string_value(json_object_get(json, "directory")),
		"https://ca.example/directory");
	/* By our clock, and as of a multiple of five seconds. */
	assert_string_equal(json_string_value(json_object_get(json, "as_of")),
			    "2020-06-25T06:53:20.000000Z");
	assert_string_equal(
		json_string_value(json_object_get(json, "evidence")),
		"2020-06-25T06:52:20.000000Z");
	assert_int_equal(
		json_integer_value(json_object_get(json, "evidence_age")), 60);
	json_decref(json);
}

static void it_is_the_same_for_five_seconds(void **state)
{
	struct world *w = *state;
	struct buf one = BUF_INIT(1 << 16), other = BUF_INIT(1 << 16);

	add(w, 0, OP_DIRECTORY, 10, OUTCOME_OK);
	board_verdict_json(&one, &w->board, "le");
	w->board.now_us += US_PER_S;
	for (int i = 0; i < STATIONS; i++)
		w->facts[i].now_us += US_PER_S;
	board_verdict_json(&other, &w->board, "le");
	assert_string_equal(buf_text(&one), buf_text(&other));
	buf_clear(&other);
	w->board.now_us += US_PER_S;
	board_verdict_json(&other, &w->board, "le");
	assert_string_not_equal(buf_text(&one), buf_text(&other));
	buf_release(&one);
	buf_release(&other);
}

static void waiting_is_advised_only_where_it_helps(void **state)
{
	(void)state;
	assert_int_equal(verdict_retry_after_s(VERDICT_MAJOR_OUTAGE), 300);
	assert_int_equal(verdict_retry_after_s(VERDICT_PARTIAL_OUTAGE), 60);
	assert_int_equal(verdict_retry_after_s(VERDICT_DEGRADED), -1);
	assert_int_equal(verdict_retry_after_s(VERDICT_OPERATIONAL), -1);
	assert_int_equal(verdict_retry_after_s(VERDICT_UNKNOWN), -1);
}

static void a_ca_is_known_by_those_who_watch_it(void **state)
{
	struct world *w = *state;
	struct buf out = BUF_INIT(1 << 16);

	assert_true(board_knows(&w->board, "le"));
	assert_false(board_knows(&w->board, "other"));
	board_cas_json(&out, &w->board);
	assert_non_null(strstr(buf_text(&out),
			       "\"cas\":[{\"ca\":\"le\",\"directory\":"
			       "\"https://ca.example/directory\",\"verdict\":"
			       "\"unknown\""));
	buf_clear(&out);
	/* Before any station was heard nobody can say that. */
	for (int i = 0; i < STATIONS; i++)
		w->stations[i].facts = NULL;
	assert_true(board_knows(&w->board, "other"));
	board_cas_json(&out, &w->board);
	assert_non_null(strstr(buf_text(&out), "\"cas\":[]}"));
	buf_release(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_operation_fails_where_half_of_the_stations_failed),
		TEST(what_comes_after_a_failure_is_not_known_to_work),
		TEST(our_own_failures_and_old_tries_tell_nothing),
		TEST(evidence_has_a_time_and_an_age),
		TEST(it_is_the_same_for_five_seconds),
		TEST(waiting_is_advised_only_where_it_helps),
		TEST(a_ca_is_known_by_those_who_watch_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
