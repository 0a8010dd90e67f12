#include "judge/hurry.h"

#include <string.h>

#include "base/clock.h"
#include "judge/script.h"
#include "support/unit.h"

#define T0 (INT64_C(1593064800) * US_PER_S) /* 2020-06-25T06:00:00Z */
#define BEGIN (INT64_C(1764000000) * US_PER_S)

static char fra[] = "fra";

struct fixture {
	struct scenario_outage outage;
	struct scenario_station station;
	struct scenario_act act;
	struct scenario_page page;
	struct scenario s;
};

static struct scenario *fixture_init(struct fixture *f)
{
	*f = (struct fixture){
		.outage = { .during = { T0 + US_PER_MIN, INT64_MAX } },
		.station = { .name = fra,
			     .rate = { 2, US_PER_MIN },
			     .path_us = 90 * US_PER_MS,
			     .present = { INT64_MIN, INT64_MAX },
			     .network = &f->outage,
			     .network_count = 1 },
		.act = { .during = { T0 + US_PER_HOUR, T0 + 2 * US_PER_HOUR },
			 .percent = 100,
			 .answer = ACT_PROBLEM,
			 .retry_after_us = 60 * US_PER_S,
			 .delay_us = 3 * US_PER_S },
		.page = { .during = { T0 + US_PER_HOUR, INT64_MAX } },
	};
	f->s = (struct scenario){ .during = { T0, T0 + 3 * US_PER_HOUR },
				  .stations = &f->station,
				  .station_count = 1,
				  .acts = &f->act,
				  .act_count = 1,
				  .pages = &f->page,
				  .page_count = 1 };
	return &f->s;
}

static void what_happens_comes_sooner_and_takes_as_long(void **state)
{
	struct fixture f;
	struct scenario *s = fixture_init(&f);

	(void)state;
	assert_true(scenario_hurry(s, 10, BEGIN, NULL));
	assert_true(s->during.from_us == BEGIN);
	assert_true(s->during.until_us == BEGIN + 18 * US_PER_MIN);
	assert_true(f.act.during.from_us == BEGIN + 6 * US_PER_MIN);
	assert_true(f.act.during.until_us == BEGIN + 12 * US_PER_MIN);
	assert_true(f.page.during.from_us == BEGIN + 6 * US_PER_MIN);
	assert_true(f.outage.during.from_us == BEGIN + 6 * US_PER_S);
	assert_int_equal(f.station.rate.count, 20);
	assert_true(f.act.retry_after_us == 6 * US_PER_S);
	assert_true(f.act.delay_us == 3 * US_PER_S);
	assert_true(f.station.path_us == 90 * US_PER_MS);
}

static void an_open_end_stays_open(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(scenario_hurry(fixture_init(&f), 10, BEGIN, NULL));
	assert_true(f.station.present.from_us == INT64_MIN);
	assert_true(f.station.present.until_us == INT64_MAX);
	assert_true(f.page.during.until_us == INT64_MAX);
}

static void a_retry_after_is_a_second_at_least(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(scenario_hurry(fixture_init(&f), 500, BEGIN, NULL));
	assert_true(f.act.retry_after_us == US_PER_S);
}

/* Of an hour its first ten minutes: now of six minutes the first. */
static void what_comes_again_comes_at_the_same_places(void **state)
{
	struct fixture f;
	struct scenario *s = fixture_init(&f);
	struct script_ask ask = { .op = OP_NEW_ORDER };

	(void)state;
	f.act.during = (struct config_span){ INT64_MIN, INT64_MAX };
	f.act.every_us = US_PER_HOUR;
	f.act.lasts_us = 10 * US_PER_MIN;
	assert_true(scenario_hurry(s, 10, BEGIN + 7 * US_PER_S, NULL));
	for (int64_t at_us = 0; at_us < 180 * US_PER_MIN;
	     at_us += 5 * US_PER_MIN) {
		ask.at_us = s->during.from_us + at_us / 10;
		assert_true((script_ask(s, &ask).act != NULL) ==
			    (at_us % US_PER_HOUR < 10 * US_PER_MIN));
	}
}

static void a_rate_that_no_station_takes_is_refused(void **state)
{
	struct fixture f;
	struct fail why;

	(void)state;
	assert_true(scenario_hurry(fixture_init(&f), 500, BEGIN, &why));
	assert_false(scenario_hurry(fixture_init(&f), 501, BEGIN, &why));
	assert_non_null(strstr(why.text, "station fra: 501 times its rate"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_happens_comes_sooner_and_takes_as_long),
		cmocka_unit_test(an_open_end_stays_open),
		cmocka_unit_test(a_retry_after_is_a_second_at_least),
		cmocka_unit_test(what_comes_again_comes_at_the_same_places),
		cmocka_unit_test(a_rate_that_no_station_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
