#include "judge/usual.h"

#include "base/clock.h"
#include "base/rng.h"
#include "support/unit.h"

static void little_is_not_usual_yet(void **state)
{
	struct usual u = { 0 };

	(void)state;
	for (int i = 0; i < USUAL_LEAST - 1; i++)
		usual_take(&u, 1000);
	assert_int_equal(usual_p95_us(&u), -1);
	assert_false(usual_is_exceeded(&u, 60 * US_PER_S));
	usual_take(&u, 1000);
	assert_in_range(usual_p95_us(&u), 1000, 1130);
}

static void the_percentile_is_off_by_a_bucket_at_most(void **state)
{
	static const int64_t sizes[] = {
		0, 5, 9, 1000, 123456, 30 * US_PER_S, INT64_C(4294967295)
	};

	(void)state;
	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct usual u = { 0 };
		int64_t p95_us;

		for (int n = 0; n < 200; n++)
			usual_take(&u, sizes[i]);
		p95_us = usual_p95_us(&u);
		assert_true(p95_us >= sizes[i]);
		assert_true(p95_us <= sizes[i] + sizes[i] / 8 + 1);
	}
}

static void five_in_a_hundred_lie_above_it(void **state)
{
	struct usual u = { 0 };
	struct rng rng = { 3 };
	unsigned above = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		usual_take(&u, (int64_t)rng_below(&rng, US_PER_S));
	for (int i = 0; i < 10000; i++)
		above += (int64_t)rng_below(&rng, US_PER_S) > usual_p95_us(&u);
	assert_true(above <= 600);
}

static void exceeded_is_clearly_more(void **state)
{
	struct usual u = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		usual_take(&u, 300 * US_PER_MS);
	assert_false(usual_is_exceeded(&u, 300 * US_PER_MS));
	assert_false(usual_is_exceeded(&u, 360 * US_PER_MS));
	assert_true(usual_is_exceeded(&u, 440 * US_PER_MS));
	u = (struct usual){ 0 };
	for (int i = 0; i < 1000; i++)
		usual_take(&u, US_PER_MS);
	/* Five times a millisecond is still nothing to anybody. */
	assert_false(usual_is_exceeded(&u, 5 * US_PER_MS));
	assert_true(usual_is_exceeded(&u, 30 * US_PER_MS));
}

static void it_forgets_after_a_week_or_two(void **state)
{
	struct usual u = { 0 };

	(void)state;
	for (int i = 0; i < USUAL_MOST; i++)
		usual_take(&u, US_PER_S);
	assert_int_equal(u.n, USUAL_MOST / 2);
	for (int week = 0; week < 6; week++) {
		for (int i = 0; i < USUAL_MOST; i++)
			usual_take(&u, 2 * US_PER_S);
	}
	assert_true(usual_p95_us(&u) >= 2 * US_PER_S);
	assert_true(u.n <= USUAL_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_is_not_usual_yet),
		cmocka_unit_test(the_percentile_is_off_by_a_bucket_at_most),
		cmocka_unit_test(five_in_a_hundred_lie_above_it),
		cmocka_unit_test(exceeded_is_clearly_more),
		cmocka_unit_test(it_forgets_after_a_week_or_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
