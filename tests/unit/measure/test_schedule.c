#include "measure/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct config_rate two_a_minute = { 2, 60 * US_PER_S };

static struct now at(int64_t us)
{
	return (struct now){ .mono_us = us, .boot_us = us, .wall_us = us };
}

/* Starts over `length_us` when each issuance takes took_us; the count. */
static size_t play(struct schedule *s, int64_t from_us, int64_t length_us,
		   int64_t took_us, int64_t *ret_starts, size_t room)
{
	int64_t now_us = from_us;
	size_t count = 0;

	while (now_us < from_us + length_us) {
		int64_t next_us = schedule_next_us(s);

		assert_true(next_us != SCHEDULE_NEVER);
		if (next_us > now_us)
			now_us = next_us;
		assert_true(schedule_take(s, at(now_us)));
		assert_true(count < room);
		ret_starts[count++] = now_us;
		now_us += took_us;
		schedule_ended(s);
	}
	return count;
}

static void no_window_holds_more_than_the_rate(void **state)
{
	static const struct config_rate rates[] = {
		{ 2, 60 * US_PER_S },
		{ 7, US_PER_S },
		{ 300, 3 * US_PER_HOUR },
		{ 1, US_PER_DAY },
	};
	static int64_t starts[1 << 17];

	(void)state;
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			int64_t length_us =
				2000 * rates[r].per_us / rates[r].count;
			struct schedule s;
			size_t n;

			schedule_init(&s, &rates[r], 1, seed, at(500));
			n = play(&s, 500, length_us, 1000, starts, 1 << 17);
			for (size_t i = rates[r].count; i < n; i++)
				assert_true(
					starts[i] -
						starts[i - rates[r].count] >=
					rates[r].per_us);
			/* And nearly all of it is used. */
			assert_true(n >= 2000 * 94 / 100);
		}
	}
}

static void the_first_start_lies_within_one_spacing_and_differs(void **state)
{
	int64_t first = -1;
	bool differs = false;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct schedule s;

		schedule_init(&s, &two_a_minute, 1, seed, at(1000));
		assert_in_range(schedule_next_us(&s), 1000,
				1000 + 30 * US_PER_S);
		differs |= first >= 0 && schedule_next_us(&s) != first;
		first = schedule_next_us(&s);
	}
	assert_true(differs);
}

static void the_same_seed_gives_the_same_starts(void **state)
{
	int64_t a[64], b[64];
	struct schedule s;
	size_t n;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 42, at(0));
	n = play(&s, 0, 10 * US_PER_MIN, 5, a, 64);
	schedule_init(&s, &two_a_minute, 1, 42, at(0));
	assert_int_equal(play(&s, 0, 10 * US_PER_MIN, 5, b, 64), n);
	assert_memory_equal(a, b, n * sizeof(*a));
}

static void not_more_run_at_once_than_asked_for(void **state)
{
	struct schedule s;

	(void)state;
	schedule_init(&s, &two_a_minute, 2, 1, at(0));
	assert_true(schedule_take(&s, at(US_PER_HOUR)));
	assert_true(schedule_take(&s, at(2 * US_PER_HOUR)));
	assert_int_equal(schedule_next_us(&s), SCHEDULE_NEVER);
	assert_false(schedule_take(&s, at(3 * US_PER_HOUR)));
	schedule_ended(&s);
	assert_true(schedule_take(&s, at(3 * US_PER_HOUR)));
}

static void a_hold_is_kept_and_not_shortened(void **state)
{
	struct schedule s;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 1, at(0));
	schedule_hold(&s, US_PER_HOUR);
	schedule_hold(&s, US_PER_MIN);
	assert_int_equal(schedule_next_us(&s), US_PER_HOUR);
	assert_false(schedule_take(&s, at(US_PER_HOUR - 1)));
	assert_true(schedule_take(&s, at(US_PER_HOUR)));
}

static void a_pause_is_not_caught_up_with(void **state)
{
	int64_t starts[64];
	struct schedule s;
	size_t n;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 7, at(0));
	play(&s, 0, 5 * US_PER_MIN, 5, starts, 64);
	schedule_paused(&s, at(US_PER_DAY));
	assert_in_range(schedule_next_us(&s), US_PER_DAY,
			US_PER_DAY + 30 * US_PER_S);
	n = play(&s, US_PER_DAY, 10 * US_PER_MIN, 5, starts, 64);
	assert_true(n <= 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_window_holds_more_than_the_rate),
		cmocka_unit_test(
			the_first_start_lies_within_one_spacing_and_differs),
		cmocka_unit_test(the_same_seed_gives_the_same_starts),
		cmocka_unit_test(not_more_run_at_once_than_asked_for),
		cmocka_unit_test(a_hold_is_kept_and_not_shortened),
		cmocka_unit_test(a_pause_is_not_caught_up_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
