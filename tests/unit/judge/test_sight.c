#include "judge/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known_is_unknown),
		cmocka_unit_test(the_first_result_counts_at_once),
		cmocka_unit_test(one_failing_control_of_three_blinds_nobody),
		cmocka_unit_test(most_failing_twice_in_a_row_is_blind),
		cmocka_unit_test(old_results_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
