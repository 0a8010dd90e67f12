#include "measure/clockwatch.h"

#include "support/unit.h"

static const struct {
	int64_t mono_us, boot_us, wall_us; /* how far each went */
	int64_t sizes[CLOCKWATCH_EVENTS];  /* 0: not reported */
} cases[] = {
	/* A second, as expected; a slewed clock; a slow turn. */
	{ US_PER_S, US_PER_S, US_PER_S, { 0 } },
	{ US_PER_S, US_PER_S, US_PER_S + 500, { 0 } },
	{ 3 * US_PER_S, 3 * US_PER_S, 3 * US_PER_S, { 0 } },
	/* An hour's sleep. */
	{ US_PER_S,
	  US_PER_HOUR + US_PER_S,
	  US_PER_HOUR + US_PER_S,
	  { [CLOCKWATCH_SUSPEND] = US_PER_HOUR } },
	/* The clock is set forward, and back. */
	{ US_PER_S,
	  US_PER_S,
	  US_PER_HOUR + US_PER_S,
	  { [CLOCKWATCH_STEP] = US_PER_HOUR } },
	{ US_PER_S,
	  US_PER_S,
	  -US_PER_HOUR + US_PER_S,
	  { [CLOCKWATCH_STEP] = -US_PER_HOUR } },
	/* Stopped for a minute. */
	{ 61 * US_PER_S,
	  61 * US_PER_S,
	  61 * US_PER_S,
	  { [CLOCKWATCH_STALL] = US_PER_MIN } },
	/* A sleep after which the clock was found to be wrong. */
	{ US_PER_S,
	  11 * US_PER_S,
	  5 * US_PER_S,
	  { [CLOCKWATCH_SUSPEND] = 10 * US_PER_S,
	    [CLOCKWATCH_STEP] = -6 * US_PER_S } },
};

static void what_the_clocks_did_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct now now = { 1, 2, INT64_C(1750000000) * US_PER_S };
		struct clockwatch_event events[CLOCKWATCH_EVENTS];
		int64_t was_us = now.wall_us;
		unsigned count, told = 0;
		struct clockwatch w;

		clockwatch_init(&w, now);
		now.mono_us += cases[i].mono_us;
		now.boot_us += cases[i].boot_us;
		now.wall_us += cases[i].wall_us;
		count = clockwatch_see(&w, now, US_PER_S, events);
		for (unsigned kind = 0; kind < CLOCKWATCH_EVENTS; kind++) {
			if (!cases[i].sizes[kind])
				continue;
			assert_true(told < count);
			assert_int_equal(events[told].kind, kind);
			assert_int_equal(events[told].size_us,
					 cases[i].sizes[kind]);
			assert_int_equal(events[told].from_wall_us, was_us);
			assert_int_equal(events[told].to_wall_us, now.wall_us);
			told++;
		}
		assert_int_equal(told, count);
	}
}

static void it_is_told_once(void **state)
{
	struct clockwatch_event events[CLOCKWATCH_EVENTS];
	struct now now = { 0, 0, 0 };
	struct clockwatch w;

	(void)state;
	clockwatch_init(&w, now);
	now.wall_us += US_PER_DAY;
	assert_int_equal(clockwatch_see(&w, now, 0, events), 1);
	assert_int_equal(clockwatch_see(&w, now, 0, events), 0);
}

static void a_clock_that_is_slewed_for_hours_is_followed(void **state)
{
	struct clockwatch_event events[CLOCKWATCH_EVENTS];
	struct now now = { 0, 0, 0 };
	struct clockwatch w;

	(void)state;
	clockwatch_init(&w, now);
	/* 500 ppm, the most that the kernel slews by; 7.2 s in four hours. */
	for (int i = 0; i < 4 * 3600; i++) {
		now.mono_us += US_PER_S;
		now.boot_us += US_PER_S;
		now.wall_us += US_PER_S + 500;
		assert_int_equal(clockwatch_see(&w, now, US_PER_S, events), 0);
	}
}

static void the_limits_themselves_are_not_reported(void **state)
{
	static const struct {
		int64_t mono_us, boot_us, wall_us;
		unsigned events;
	} rows[] = {
		{ US_PER_S, 2 * US_PER_S, 2 * US_PER_S, 0 },
		{ US_PER_S, 2 * US_PER_S + 1, 2 * US_PER_S + 1, 1 },
		{ US_PER_S, US_PER_S, 1500000, 0 },
		{ US_PER_S, US_PER_S, 1500001, 1 },
		{ US_PER_S, US_PER_S, 500000, 0 },
		{ US_PER_S, US_PER_S, 499999, 1 },
		{ 3 * US_PER_S, 3 * US_PER_S, 3 * US_PER_S, 0 },
		{ 3 * US_PER_S + 1, 3 * US_PER_S + 1, 3 * US_PER_S + 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct clockwatch_event events[CLOCKWATCH_EVENTS];
		struct now now = { 0, 0, 0 };
		struct clockwatch w;

		clockwatch_init(&w, now);
		now = (struct now){ rows[i].mono_us, rows[i].boot_us,
				    rows[i].wall_us };
		assert_int_equal(clockwatch_see(&w, now, US_PER_S, events),
				 rows[i].events);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_clocks_did_is_told),
		cmocka_unit_test(it_is_told_once),
		cmocka_unit_test(a_clock_that_is_slewed_for_hours_is_followed),
		cmocka_unit_test(the_limits_themselves_are_not_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
