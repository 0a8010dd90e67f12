#include "base/rng.h"

#include "support/unit.h"

/* The first values of SplitMix64 from seed 1234567, as published. */
static void the_sequence_is_that_of_splitmix64(void **state)
{
	static const uint64_t values[] = {
		UINT64_C(6457827717110365317),	UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423),	UINT64_C(4593380528125082431),
		UINT64_C(16408922859458223821),
	};
	struct rng r = { 1234567 };

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++)
		assert_true(rng_next(&r) == values[i]);
}

static void below_is_below_and_even(void **state)
{
	static const uint64_t bounds[] = { 1,
					   2,
					   3,
					   10,
					   1000,
					   UINT64_C(1) << 63,
					   (UINT64_C(1) << 63) + 1,
					   UINT64_MAX };
	struct rng r = { 1 };
	unsigned seen[6] = { 0 };

	(void)state;
	for (size_t i = 0; i < ROWS(bounds); i++) {
		for (int n = 0; n < 1000; n++)
			assert_true(rng_below(&r, bounds[i]) < bounds[i]);
	}
	for (int n = 0; n < 60000; n++)
		seen[rng_below(&r, 6)]++;
	/* 10000 each; five standard deviations are 456. */
	for (int i = 0; i < 6; i++)
		assert_in_range(seen[i], 9500, 10500);
}

static void the_unit_is_half_open_and_even(void **state)
{
	struct rng r = { 2 };
	double sum = 0;

	(void)state;
	for (int n = 0; n < 100000; n++) {
		double u = rng_unit(&r);

		assert_true(u >= 0 && u < 1);
		sum += u;
	}
	assert_true(sum > 49500 && sum < 50500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sequence_is_that_of_splitmix64),
		cmocka_unit_test(below_is_below_and_even),
		cmocka_unit_test(the_unit_is_half_open_and_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
