#include "judge/cusum.h"

#include <limits.h>

#include "support/unit.h"

static struct cusum sum_of(unsigned voters)
{
	struct cusum c;

	cusum_init(&c, 5, 500, 15300, voters);
	return c;
}

static void weights_are_logarithms_in_thousandths(void **state)
{
	struct cusum c = sum_of(1);

	(void)state;
	assert_int_equal(c.yes, 4605); /* ln 100 */
	assert_int_equal(c.no, 688);   /* ln(0.995 / 0.5) */
	cusum_release(&c);
	cusum_init(&c, 5, 100, 15300, 1);
	assert_int_equal(c.yes, 2996); /* ln 20 */
	assert_int_equal(c.no, 100);   /* ln(0.995 / 0.9) */
	cusum_release(&c);
	cusum_init(&c, 1, 999, 15300, 1);
	assert_int_equal(c.yes, 6907); /* ln 999 */
	assert_int_equal(c.no, 6907);
	cusum_release(&c);
}

static void four_in_a_row_alarm(void **state)
{
	struct cusum c = sum_of(1);

	(void)state;
	for (int i = 0; i < 3; i++) {
		cusum_take(&c, 0, true, 10 + i, INT_MAX);
		assert_false(cusum_alarms(&c));
	}
	cusum_take(&c, 0, true, 13, INT_MAX);
	assert_true(cusum_alarms(&c));
	assert_int_equal(c.since_us, 10);
	cusum_release(&c);
}

static void what_goes_well_takes_it_back(void **state)
{
	struct cusum c = sum_of(1);

	(void)state;
	cusum_take(&c, 0, true, 1, INT_MAX);
	for (int i = 0; i < 6; i++)
		cusum_take(&c, 0, false, 2, INT_MAX);
	assert_int_equal(c.sum, 4605 - 6 * 688);
	cusum_take(&c, 0, false, 3, INT_MAX);
	assert_int_equal(c.sum, 0);
	cusum_take(&c, 0, true, 4, INT_MAX);
	assert_int_equal(c.since_us, 4);
	cusum_release(&c);
}

static void nobody_alarms_alone_under_a_cap(void **state)
{
	struct cusum c = sum_of(3);

	(void)state;
	for (int i = 0; i < 1000; i++)
		cusum_take(&c, 1, true, i, 7650);
	assert_int_equal(c.sum, 7650);
	assert_false(cusum_alarms(&c));
	cusum_take(&c, 2, true, 1000, 7650);
	cusum_take(&c, 2, true, 1001, 7650);
	assert_true(cusum_alarms(&c));
	cusum_release(&c);
}

static void the_sum_stops_at_the_threshold(void **state)
{
	struct cusum c = sum_of(1);

	(void)state;
	for (int i = 0; i < 100; i++)
		cusum_take(&c, 0, true, i, INT_MAX);
	assert_int_equal(c.sum, 15300);
	cusum_take(&c, 0, false, 100, INT_MAX);
	assert_false(cusum_alarms(&c));
	cusum_reset(&c);
	assert_int_equal(c.sum, 0);
	assert_int_equal(c.added[0], 0);
	cusum_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_logarithms_in_thousandths),
		cmocka_unit_test(four_in_a_row_alarm),
		cmocka_unit_test(what_goes_well_takes_it_back),
		cmocka_unit_test(nobody_alarms_alone_under_a_cap),
		cmocka_unit_test(the_sum_stops_at_the_threshold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
