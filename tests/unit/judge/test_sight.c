#include "judge/sight.h"

#include "support/unit.h"

static struct now at_s(int64_t s)
{
	return (struct now){ .mono_us = s * US_PER_S };
}

static void nothing_known_is_unknown(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 0, 30 * US_PER_S);
	assert_int_equal(sight_now(&w, at_s(0)), SIGHT_UNKNOWN);
	sight_init(&w, 3, 30 * US_PER_S);
	assert_int_equal(sight_now(&w, at_s(0)), SIGHT_UNKNOWN);
}

static void the_first_result_counts_at_once(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 3, 30 * US_PER_S);
	sight_result(&w, 0, true, at_s(1));
	assert_int_equal(sight_now(&w, at_s(1)), SIGHT_SIGHTED);
	sight_init(&w, 3, 30 * US_PER_S);
	sight_result(&w, 0, false, at_s(1));
	assert_int_equal(sight_now(&w, at_s(1)), SIGHT_BLIND);
}

static void one_failing_control_of_three_blinds_nobody(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 3, 30 * US_PER_S);
	for (int round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 3; i++)
			sight_result(&w, i, i != 1, at_s(30 * round + i));
		assert_int_equal(sight_now(&w, at_s(30 * round + 3)),
				 SIGHT_SIGHTED);
	}
}

static void most_failing_twice_in_a_row_is_blind(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 3, 30 * US_PER_S);
	for (unsigned i = 0; i < 3; i++)
		sight_result(&w, i, true, at_s(i));
	sight_result(&w, 0, false, at_s(30));
	assert_int_equal(sight_now(&w, at_s(30)), SIGHT_SIGHTED);
	sight_result(&w, 1, false, at_s(31));
	assert_int_equal(sight_now(&w, at_s(31)), SIGHT_SIGHTED);
	sight_result(&w, 2, false, at_s(32));
	assert_int_equal(sight_now(&w, at_s(32)), SIGHT_BLIND);
	/* And it sees again by the same rule. */
	sight_result(&w, 0, true, at_s(60));
	assert_int_equal(sight_now(&w, at_s(60)), SIGHT_BLIND);
	sight_result(&w, 1, true, at_s(61));
	assert_int_equal(sight_now(&w, at_s(61)), SIGHT_BLIND);
	sight_result(&w, 2, true, at_s(62));
	assert_int_equal(sight_now(&w, at_s(62)), SIGHT_SIGHTED);
}

static void old_results_are_forgotten(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 2, 30 * US_PER_S);
	sight_result(&w, 0, true, at_s(0));
	assert_int_equal(sight_now(&w, at_s(90)), SIGHT_SIGHTED);
	assert_int_equal(sight_now(&w, at_s(91)), SIGHT_UNKNOWN);
	/* After silence the next result is a first one again. */
	sight_result(&w, 1, false, at_s(200));
	assert_int_equal(sight_now(&w, at_s(200)), SIGHT_BLIND);
}

static void one_control_alone_needs_two_results_to_change_its_mind(void **state)
{
	static const struct {
		bool good;
		enum sight sight; /* after it */
	} rows[] = {
		{ true, SIGHT_SIGHTED }, { false, SIGHT_SIGHTED },
		{ true, SIGHT_SIGHTED }, { false, SIGHT_SIGHTED },
		{ false, SIGHT_BLIND },	 { true, SIGHT_BLIND },
		{ false, SIGHT_BLIND },	 { true, SIGHT_BLIND },
		{ true, SIGHT_SIGHTED },
	};
	struct sight_watch w;

	(void)state;
	sight_init(&w, 1, 30 * US_PER_S);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct now now = at_s(30 * (int64_t)i);

		sight_result(&w, 0, rows[i].good, now);
		assert_int_equal(sight_now(&w, now), rows[i].sight);
	}
}

static void half_of_them_failing_is_no_majority(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 4, 30 * US_PER_S);
	for (int round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 4; i++)
			sight_result(&w, i, i >= 2, at_s(30 * round + i));
	}
	assert_int_equal(sight_now(&w, at_s(150)), SIGHT_SIGHTED);
}

static void a_control_that_is_not_asked_has_no_vote(void **state)
{
	struct sight_watch w;

	(void)state;
	sight_init(&w, 3, 30 * US_PER_S);
	for (unsigned i = 0; i < 3; i++)
		sight_result(&w, i, true, at_s(0));
	/* Two were good long ago; the third fails now. */
	sight_result(&w, 2, false, at_s(60));
	sight_result(&w, 2, false, at_s(91));
	sight_result(&w, 2, false, at_s(121));
	assert_int_equal(sight_now(&w, at_s(121)), SIGHT_BLIND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known_is_unknown),
		cmocka_unit_test(the_first_result_counts_at_once),
		cmocka_unit_test(one_failing_control_of_three_blinds_nobody),
		cmocka_unit_test(most_failing_twice_in_a_row_is_blind),
		cmocka_unit_test(old_results_are_forgotten),
		cmocka_unit_test(
			one_control_alone_needs_two_results_to_change_its_mind),
		cmocka_unit_test(half_of_them_failing_is_no_majority),
		cmocka_unit_test(a_control_that_is_not_asked_has_no_vote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
