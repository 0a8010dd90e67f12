#include "measure/schedule.h"

#include "support/unit.h"

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
	int64_t next_us;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 1, at(0));
	schedule_hold(&s, US_PER_HOUR);
	next_us = schedule_next_us(&s);
	assert_in_range(next_us, US_PER_HOUR, US_PER_HOUR + 3 * US_PER_S);
	schedule_hold(&s, US_PER_MIN);
	schedule_hold(&s, US_PER_HOUR);
	assert_int_equal(schedule_next_us(&s), next_us);
	assert_false(schedule_take(&s, at(next_us - 1)));
	assert_true(schedule_take(&s, at(next_us)));
}

static void
what_was_held_until_one_instant_does_not_start_together(void **state)
{
	int64_t first_us = -1;
	bool differs = false;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct schedule s;

		schedule_init(&s, &two_a_minute, 1, seed, at(0));
		schedule_hold(&s, US_PER_HOUR);
		differs |= first_us >= 0 && schedule_next_us(&s) != first_us;
		first_us = schedule_next_us(&s);
	}
	assert_true(differs);
}

static void a_confirmation_takes_the_place_of_the_next(void **state)
{
	struct schedule s;
	int64_t next_us, early_us;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 1, at(0));
	assert_true(schedule_take(&s, at(US_PER_MIN)));
	assert_false(schedule_confirms(&s));
	schedule_ended(&s);
	next_us = schedule_next_us(&s);
	schedule_confirm(&s, at(US_PER_MIN + US_PER_S));
	early_us = schedule_next_us(&s);
	assert_in_range(early_us, US_PER_MIN + 6 * US_PER_S,
			US_PER_MIN + 11 * US_PER_S);
	assert_true(schedule_take(&s, at(early_us)));
	assert_true(schedule_confirms(&s));
	schedule_ended(&s);
	assert_true(schedule_next_us(&s) >= next_us + 30 * US_PER_S);
	assert_true(schedule_take(&s, at(schedule_next_us(&s))));
	assert_false(schedule_confirms(&s));
}

static void what_comes_soon_anyway_is_not_confirmed_early(void **state)
{
	const struct config_rate often = { 12, US_PER_MIN };
	struct schedule s;
	int64_t next_us;

	(void)state;
	schedule_init(&s, &often, 1, 1, at(0));
	assert_true(schedule_take(&s, at(US_PER_MIN)));
	schedule_ended(&s);
	next_us = schedule_next_us(&s);
	schedule_confirm(&s, at(US_PER_MIN + US_PER_S));
	assert_int_equal(schedule_next_us(&s), next_us);
	assert_true(schedule_take(&s, at(next_us)));
	assert_false(schedule_confirms(&s));
}

/* What the CA asked for comes first. */
static void a_confirmation_is_held_too(void **state)
{
	struct schedule s;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 1, at(0));
	assert_true(schedule_take(&s, at(US_PER_MIN)));
	schedule_ended(&s);
	schedule_hold(&s, US_PER_HOUR);
	schedule_confirm(&s, at(US_PER_MIN));
	assert_true(schedule_next_us(&s) >= US_PER_HOUR);
}

/* Every other one fails: a stretch holds one more at most, a long one too. */
static void confirmations_do_not_add_up(void **state)
{
	static int64_t starts[20000];
	const int64_t per_us = two_a_minute.per_us;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rng r = { seed };
		struct schedule s;
		size_t n = 0;

		schedule_init(&s, &two_a_minute, 1, seed, at(0));
		while (n < 5000) {
			int64_t now_us = schedule_next_us(&s);

			assert_true(schedule_take(&s, at(now_us)));
			starts[n++] = now_us;
			schedule_ended(&s);
			if (rng_below(&r, 2) && !schedule_confirms(&s))
				schedule_confirm(&s, at(now_us + US_PER_S));
		}
		for (size_t i = 3; i < n; i++)
			assert_true(starts[i] - starts[i - 3] >= per_us);
		for (size_t i = 201; i < n; i++)
			assert_true(starts[i] - starts[i - 201] >=
				    100 * per_us);
	}
}

/* What may befall a schedule in a day, at random. */
static int64_t mishap(struct schedule *s, struct rng *r, int64_t now_us)
{
	switch (rng_below(r, 200)) {
	case 0: /* asleep, and told so */
		now_us += (int64_t)rng_below(r, 2 * US_PER_HOUR);
		schedule_paused(s, at(now_us));
		return now_us;
	case 1: /* the loop stood still, and nobody noticed */
		return now_us + (int64_t)rng_below(r, 10 * US_PER_MIN);
	case 2:
		schedule_hold(s, now_us + (int64_t)rng_below(r, US_PER_HOUR));
		return now_us;
	default: /* a turn of the loop that comes a little late */
		return now_us + (int64_t)rng_below(r, 20 * US_PER_MS);
	}
}

static void no_day_however_disturbed_exceeds_the_rate(void **state)
{
	static const struct config_rate rates[] = {
		{ 1, US_PER_S },     { 2, US_PER_MIN },
		{ 30, US_PER_HOUR }, { 7, 60 * US_PER_S },
		{ 300, US_PER_DAY }, { 5, 7 * US_PER_DAY },
	};
	static int64_t starts[100000];

	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		const struct config_rate *rate = &rates[seed % ROWS(rates)];
		struct rng r = { seed };
		int64_t now_us = (int64_t)rng_below(&r, US_PER_DAY);
		int64_t end_us = now_us + US_PER_DAY;
		struct schedule s;
		size_t n = 0;

		schedule_init(&s, rate, 1, seed, at(now_us));
		while (now_us < end_us) {
			if (schedule_next_us(&s) > now_us)
				now_us = schedule_next_us(&s);
			now_us = mishap(&s, &r, now_us);
			if (!schedule_take(&s, at(now_us)))
				continue;
			starts[n++] = now_us;
			schedule_ended(&s);
		}
		for (size_t i = rate->count; i < n; i++)
			assert_true(starts[i] - starts[i - rate->count] >=
				    rate->per_us);
	}
}

static void an_undisturbed_day_uses_the_rate(void **state)
{
	static const struct config_rate rates[] = {
		{ 1, US_PER_S },
		{ 2, US_PER_MIN },
		{ 30, US_PER_MIN },
		{ 90, US_PER_HOUR },
	};
	static int64_t starts[100000];

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		const struct config_rate *rate = &rates[seed % ROWS(rates)];
		size_t possible =
			(size_t)(US_PER_DAY / rate->per_us) * rate->count;
		struct schedule s;
		size_t n;

		schedule_init(&s, rate, 1, seed, at(0));
		n = play(&s, 0, US_PER_DAY, 1000, starts, ROWS(starts));
		/* 1 / 1.05 of it, less chance and the first start. */
		assert_in_range(n, possible * 948 / 1000, possible);
	}
}

static void starts_do_not_gather_on_whole_minutes(void **state)
{
	static int64_t starts[20000];
	unsigned tenths[10] = { 0 };
	struct schedule s;
	size_t n;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 3, at(0));
	n = play(&s, 0, 6 * US_PER_DAY, 1000, starts, ROWS(starts));
	for (size_t i = 0; i < n; i++)
		tenths[starts[i] % US_PER_MIN * 10 / US_PER_MIN]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], n / 10 * 8 / 10, n / 10 * 12 / 10);
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

static void the_first_failure_of_the_ca_is_confirmed_and_no_other(void **state)
{
	static const struct config_rate one_a_minute = { 1, US_PER_MIN };
	static const struct {
		enum outcome outcome;
		bool confirmed;
	} ends[] = {
		{ OUTCOME_OK, false },	      { OUTCOME_SELF, false },
		{ OUTCOME_TIMEOUT, true },    { OUTCOME_PROBLEM, false },
		{ OUTCOME_DNS, false },	      { OUTCOME_PROBLEM, false },
		{ OUTCOME_OK, false },	      { OUTCOME_RATE_LIMITED, false },
		{ OUTCOME_HTTP_ERROR, true },
	};
	struct schedule s;

	(void)state;
	schedule_init(&s, &one_a_minute, 1, 1, at(1));
	for (size_t i = 0; i < ROWS(ends); i++) {
		int64_t us = schedule_next_us(&s);

		assert_true(schedule_take(&s, at(us)));
		schedule_take_outcome(&s, ends[i].outcome, -1, at(us));
		assert_int_equal(schedule_next_us(&s) <= us + 10 * US_PER_S,
				 ends[i].confirmed);
	}
}

static void a_retry_after_is_kept_up_to_a_day(void **state)
{
	static const struct config_rate one_a_minute = { 1, US_PER_MIN };
	struct schedule s;

	(void)state;
	schedule_init(&s, &one_a_minute, 1, 1, at(1));
	assert_true(schedule_take(&s, at(US_PER_MIN)));
	schedule_take_outcome(&s, OUTCOME_RATE_LIMITED, 400 * US_PER_DAY,
			      at(US_PER_MIN));
	assert_in_range(schedule_next_us(&s), US_PER_DAY,
			US_PER_DAY + 2 * US_PER_MIN);
}

/* However often it is asked for, it comes soon, and never more than allowed. */
static void a_look_takes_the_place_of_the_next_and_adds_nothing(void **state)
{
	const int64_t spacing_us = 30 * US_PER_S;
	int64_t starts[2000];
	struct schedule s;
	int64_t now_us = 0;
	size_t n = 0;

	(void)state;
	schedule_init(&s, &two_a_minute, 1, 3, at(0));
	while (schedule_next_us(&s) > now_us)
		now_us += US_PER_S;
	assert_true(schedule_take(&s, at(now_us)));
	schedule_ended(&s);
	schedule_look(&s, at(now_us));
	assert_true(schedule_next_us(&s) <= now_us + 8 * US_PER_S);
	now_us += 8 * US_PER_S;
	assert_true(schedule_take(&s, at(now_us)));
	assert_false(schedule_confirms(&s));
	schedule_ended(&s);
	schedule_look(&s, at(now_us));
	assert_true(schedule_next_us(&s) > now_us + spacing_us);
	/* Asked each second for hours: one more than the rate, in any hour. */
	for (int64_t end_us = now_us + 4 * US_PER_HOUR; now_us < end_us;
	     now_us += US_PER_S) {
		schedule_look(&s, at(now_us));
		if (schedule_next_us(&s) > now_us)
			continue;
		assert_true(schedule_take(&s, at(now_us)));
		schedule_ended(&s);
		starts[n++] = now_us;
	}
	assert_true(n > 120);
	for (size_t i = 121; i < n; i++)
		assert_true(starts[i] - starts[i - 121] >= US_PER_HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_first_failure_of_the_ca_is_confirmed_and_no_other),
		cmocka_unit_test(a_retry_after_is_kept_up_to_a_day),
		cmocka_unit_test(no_window_holds_more_than_the_rate),
		cmocka_unit_test(
			the_first_start_lies_within_one_spacing_and_differs),
		cmocka_unit_test(the_same_seed_gives_the_same_starts),
		cmocka_unit_test(not_more_run_at_once_than_asked_for),
		cmocka_unit_test(a_hold_is_kept_and_not_shortened),
		cmocka_unit_test(a_pause_is_not_caught_up_with),
		cmocka_unit_test(
			what_was_held_until_one_instant_does_not_start_together),
		cmocka_unit_test(a_confirmation_takes_the_place_of_the_next),
		cmocka_unit_test(what_comes_soon_anyway_is_not_confirmed_early),
		cmocka_unit_test(a_confirmation_is_held_too),
		cmocka_unit_test(confirmations_do_not_add_up),
		cmocka_unit_test(
			a_look_takes_the_place_of_the_next_and_adds_nothing),
		cmocka_unit_test(no_day_however_disturbed_exceeds_the_rate),
		cmocka_unit_test(an_undisturbed_day_uses_the_rate),
		cmocka_unit_test(starts_do_not_gather_on_whole_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
