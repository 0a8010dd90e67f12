#include "judge/statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "judge/court.h"
#include "support/unit.h"

#define START_US (INT64_C(1593068000) * US_PER_S)

static int64_t at(int s)
{
	return START_US + s * US_PER_S;
}

static void hear(struct statement *s, int second, enum status_level level,
		 const char *notice, int64_t dated_us)
{
	struct status_word word = { .level = level, .dated_us = dated_us };

	strcpy(word.notice, notice);
	strcpy(word.text, "Outage");
	statement_take(s, &word, at(second));
}

static struct incident incident_at(int start, int declared, int end)
{
	return (struct incident){ .start_us = at(start),
				  .declared_us = at(declared),
				  .end_us = end ? at(end) : 0 };
}

static void the_first_word_lies_between_two_readings(void **state)
{
	struct incident i = incident_at(0, 39, 0);
	struct statement s = { .read_us = 0 };

	(void)state;
	assert_false(incident_hear(&i, &s));
	hear(&s, 600, STATUS_FINE, "", 0);
	assert_false(incident_hear(&i, &s));
	assert_true(i.word.silent_us == at(600));
	assert_true(incident_word_us(&i) == 0);
	hear(&s, 660, STATUS_MAJOR, "a", 0);
	assert_true(incident_hear(&i, &s));
	assert_true(i.word.spoke_us == at(660));
	assert_true(i.word.silent_us == at(600));
	assert_true(incident_word_us(&i) == at(660));
	assert_string_equal(i.word.text, "Outage");
	/* Once: what it says later is not its first word. */
	hear(&s, 720, STATUS_MAJOR, "b", at(700));
	assert_false(incident_hear(&i, &s));
	assert_true(i.word.spoke_us == at(660));
}

static void its_own_date_is_taken_where_it_can_be_true(void **state)
{
	static const struct {
		int dated, first;
	} rows[] = { { 640, 640 }, { 660, 660 }, { 600, 660 }, { 661, 660 } };

	(void)state;
	for (size_t k = 0; k < ROWS(rows); k++) {
		struct incident i = incident_at(0, 39, 0);
		struct statement s = { .read_us = 0 };

		hear(&s, 600, STATUS_FINE, "", 0);
		hear(&s, 660, STATUS_DEGRADED, "a", at(rows[k].dated));
		assert_true(incident_hear(&i, &s));
		assert_true(incident_word_us(&i) == at(rows[k].first));
	}
}

static void what_it_said_long_before_is_about_something_else(void **state)
{
	struct incident i = incident_at(0, 39, 0);
	struct statement s = { .read_us = 0 };

	(void)state;
	hear(&s, -9000, STATUS_FINE, "", 0);
	hear(&s, -8000, STATUS_DEGRADED, "old", at(-8001));
	hear(&s, 60, STATUS_DEGRADED, "old", at(-8001));
	assert_false(incident_hear(&i, &s));
	/* A notice that was not there is a word. */
	hear(&s, 120, STATUS_DEGRADED, "new", at(100));
	assert_true(incident_hear(&i, &s));
	assert_true(i.word.silent_us == at(60));
	assert_true(incident_word_us(&i) == at(100));
	/* That it goes away again is none. */
	hear(&s, 180, STATUS_DEGRADED, "old", at(-8001));
	assert_true(s.since_us == at(120));
}

static void a_word_may_come_before_us_and_after_the_end(void **state)
{
	struct statement s = { .read_us = 0 };
	struct incident i = incident_at(0, 39, 300);

	(void)state;
	hear(&s, 290, STATUS_FINE, "", 0);
	hear(&s, 900, STATUS_MAINTENANCE, "a", 0);
	assert_true(incident_hear(&i, &s));
	i = incident_at(-8000, -7990, -7000);
	assert_false(incident_hear(&i, &s));
	i = incident_at(1000, 1039, 0);
	assert_true(incident_hear(&i, &s));
	assert_true(incident_word_us(&i) < i.declared_us);
}

/* The first reading after a start: it may have spoken for long. */
static void before_the_first_reading_nothing_is_known(void **state)
{
	struct incident i = incident_at(0, 39, 0);
	struct statement s = { .read_us = 0 };

	(void)state;
	hear(&s, 600, STATUS_MAJOR, "a", at(-50000));
	assert_false(incident_hear(&i, &s));
	memset(&s, 0, sizeof(s));
	/* An earlier reader, whose last word is kept, knew that it was silent.
	 */
	i.word.silent_us = at(540);
	hear(&s, 600, STATUS_MAJOR, "a", 0);
	assert_true(incident_hear(&i, &s));
	assert_true(i.word.silent_us == at(540));
}

/* --- in a court --------------------------------------------------------- */

static void attempt(struct court *c, unsigned station, int second, bool good)
{
	struct issuance i = { .id = second + 10000,
			      .wall_us = at(second),
			      .took_us = US_PER_S,
			      .op = OP_NEW_ORDER,
			      .outcome = good ? OUTCOME_OK : OUTCOME_PROBLEM,
			      .status = good ? 201 : 500 };

	court_look(c, at(second + 1));
	court_issuance(c, station, "le", &i, 0);
}

static void no_verdict_depends_on_it(void **state)
{
	static const struct judge_station three[] = { { "a", "a" },
						      { "b", "b" },
						      { "c", "c" } };
	const struct court_setup setup = { .rules = judge_rules_default(),
					   .stations = three,
					   .station_count = 3,
					   .history_us = US_PER_HOUR };
	struct court *c = court_new(&setup), *deaf = court_new(&setup);
	struct statement s = { .read_us = 0 };
	const struct incident *list[COURT_INCIDENTS];
	struct judge_view one, other;

	(void)state;
	court_begin(c, at(-600));
	court_begin(deaf, at(-600));
	for (unsigned k = 0; k < 3; k++) {
		court_sight(c, k, SIGHT_SIGHTED, at(-600));
		court_sight(deaf, k, SIGHT_SIGHTED, at(-600));
	}
	hear(&s, -599, STATUS_MAJOR, "a", 0);
	for (int second = -500; second < 1200; second += 10) {
		bool good = second < 0 || second > 600;

		attempt(c, (unsigned)((second + 500) / 10 % 3), second, good);
		attempt(deaf, (unsigned)((second + 500) / 10 % 3), second,
			good);
		court_hear(c, "le", &s);
		court_hear(c, "other", &s);
		assert_true(court_view(c, "le", &one));
		assert_true(court_view(deaf, "le", &other));
		assert_int_equal(one.verdict, other.verdict);
		assert_int_equal(one.failing, other.failing);
	}
	assert_int_equal(court_incidents(c, "le", list), 1);
	assert_true(list[0]->end_us > 0);
	assert_true(list[0]->word.spoke_us == at(-599));
	assert_int_equal(court_incidents(deaf, "le", list), 1);
	assert_true(list[0]->word.spoke_us == 0);
	/* It is over, and the page speaks late: both of its copies hear. */
	hear(&s, 1190, STATUS_FINE, "", 0);
	court_hear(deaf, "le", &s);
	hear(&s, 1200, STATUS_MAJOR, "b", 0);
	assert_true(court_hear(deaf, "le", &s));
	assert_false(court_hear(deaf, "le", &s));
	assert_int_equal(court_incidents(deaf, "le", list), 1);
	assert_true(list[0]->word.spoke_us == at(1200));
	court_free(c);
	court_free(deaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_lies_between_two_readings),
		cmocka_unit_test(its_own_date_is_taken_where_it_can_be_true),
		cmocka_unit_test(
			what_it_said_long_before_is_about_something_else),
		cmocka_unit_test(a_word_may_come_before_us_and_after_the_end),
		cmocka_unit_test(before_the_first_reading_nothing_is_known),
		cmocka_unit_test(no_verdict_depends_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
