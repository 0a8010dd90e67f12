#include "judge/script.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

#define T0 (INT64_C(1593064800) * US_PER_S) /* 2020-06-25T06:00:00Z */

static char fra[] = "fra", bom[] = "bom", le[] = "le", alpn[] = "alpn";
static struct scenario_station stations[] = { { .name = fra },
					      { .name = bom } };
static struct scenario_ca cas[] = { { .name = le }, { .name = alpn } };

static struct scenario scenario_of(struct scenario_act *acts, size_t count)
{
	return (struct scenario){ .seed = 7,
				  .cas = cas,
				  .ca_count = 2,
				  .stations = stations,
				  .station_count = 2,
				  .acts = acts,
				  .act_count = count };
}

static struct scenario_act act_of(enum act_answer answer)
{
	return (struct scenario_act){ .during = { T0, T0 + US_PER_HOUR },
				      .percent = 100,
				      .answer = answer,
				      .status = 500 };
}

static struct script_ask ask_at(int64_t at_us)
{
	return (struct script_ask){ .op = OP_NEW_ORDER, .at_us = at_us };
}

static bool is_hit(const struct scenario *s, struct script_ask ask)
{
	return script_ask(s, &ask).act != NULL;
}

static void an_act_is_for_its_time_and_for_whom_it_is_meant(void **state)
{
	struct scenario_act act = act_of(ACT_REFUSED);
	struct scenario s = scenario_of(&act, 1);
	struct script_ask ask = ask_at(T0);
	char *name = stations[0].name;

	(void)state;
	assert_false(is_hit(&s, ask_at(T0 - 1)));
	assert_true(is_hit(&s, ask_at(T0)));
	assert_false(is_hit(&s, ask_at(T0 + US_PER_HOUR)));
	act.stations = &name;
	act.station_count = 1;
	act.station_bits = 2;
	assert_false(is_hit(&s, ask));
	ask.station = 1;
	assert_true(is_hit(&s, ask));
	act.op_count = 1;
	act.op_bits = 1u << OP_DIRECTORY;
	assert_false(is_hit(&s, ask));
	ask.op = OP_DIRECTORY;
	assert_true(is_hit(&s, ask));
	act.ca_count = 1;
	act.ca_bits = 2;
	assert_false(is_hit(&s, ask));
	ask.ca = 1;
	assert_true(is_hit(&s, ask));
}

static void what_comes_every_hour_lasts_for_its_time(void **state)
{
	struct scenario_act act = act_of(ACT_PROBLEM);
	struct scenario s = scenario_of(&act, 1);

	(void)state;
	act.during.until_us = T0 + US_PER_DAY;
	act.every_us = US_PER_HOUR;
	act.lasts_us = 2 * US_PER_MIN;
	for (int hour = 0; hour < 24; hour++) {
		int64_t us = T0 + hour * US_PER_HOUR;

		assert_true(is_hit(&s, ask_at(us)));
		assert_true(is_hit(&s, ask_at(us + 119 * US_PER_S)));
		assert_false(is_hit(&s, ask_at(us + 120 * US_PER_S)));
		assert_false(is_hit(&s, ask_at(us + 59 * US_PER_MIN)));
	}
}

static void a_share_is_of_requests_or_of_attempts(void **state)
{
	struct scenario_act act = act_of(ACT_PROBLEM);
	struct scenario s = scenario_of(&act, 1);
	unsigned requests = 0, attempts = 0, mixed = 0;

	(void)state;
	act.percent = 30;
	for (act.of = SHARE_OF_REQUESTS; act.of <= SHARE_OF_ATTEMPTS;
	     act.of++) {
		for (unsigned n = 0; n < 1000; n++) {
			struct script_ask ask = ask_at(T0);
			unsigned hits = 0;

			ask.attempt = n;
			for (ask.request = 0; ask.request < 10; ask.request++)
				hits += is_hit(&s, ask);
			if (act.of == SHARE_OF_REQUESTS) {
				requests += hits;
			} else {
				attempts += hits == 10;
				mixed += hits > 0 && hits < 10;
			}
		}
	}
	assert_in_range(requests, 2800, 3200);
	assert_in_range(attempts, 250, 350);
	assert_int_equal(mixed, 0);
}

static void what_is_drawn_does_not_depend_on_the_order_of_stations(void **state)
{
	struct scenario_act act = act_of(ACT_PROBLEM);
	struct scenario s = scenario_of(&act, 1);
	struct scenario_station turned[] = { stations[1], stations[0] };
	struct scenario other = s;

	(void)state;
	act.percent = 50;
	other.stations = turned;
	for (unsigned n = 0; n < 500; n++) {
		struct script_ask ask = ask_at(T0), same;

		ask.attempt = n;
		same = ask;
		same.station = 1;
		assert_int_equal(is_hit(&s, ask), is_hit(&other, same));
	}
}

static void delays_add_up_and_may_creep(void **state)
{
	struct scenario_act acts[] = { act_of(ACT_USUAL), act_of(ACT_USUAL),
				       act_of(ACT_PROBLEM) };
	struct scenario s = scenario_of(acts, 3);
	struct script_ask ask = ask_at(T0 + US_PER_HOUR / 2);
	struct script_answer a;

	(void)state;
	acts[0].delay_us = US_PER_S;
	acts[0].creeps = true;
	acts[1].delay_us = US_PER_S;
	acts[1].delay_most_us = 2 * US_PER_S;
	a = script_ask(&s, &ask);
	assert_ptr_equal(a.act, &acts[2]);
	assert_in_range(a.delay_us, 3 * US_PER_S / 2, 5 * US_PER_S / 2);
	acts[1].delay_us = acts[1].delay_most_us = 0;
	assert_int_equal(script_ask(&s, &ask).delay_us, US_PER_S / 2);
}

static void what_follows_needs_its_failure(void **state)
{
	struct scenario_act act = act_of(ACT_PROBLEM);
	struct scenario s = scenario_of(&act, 1);
	struct script_ask ask = ask_at(T0);
	enum op op;

	(void)state;
	act.op_count = 1;
	act.op_bits = 1u << OP_NEW_ORDER;
	act.follows_bit = 1u << OP_NEW_ACCOUNT;
	assert_false(is_hit(&s, ask));
	assert_null(script_follows(&s, &ask, &op));
	ask.failed = 1u << OP_NEW_ACCOUNT;
	assert_true(is_hit(&s, ask));
	assert_ptr_equal(script_follows(&s, &ask, &op), &act);
	assert_int_equal(op, OP_NEW_ORDER);
}

static void a_station_loses_its_network_and_its_clock_jumps(void **state)
{
	struct scenario_outage gone = { .during = { T0, T0 + US_PER_MIN } };
	struct scenario_clock jumps[] = {
		{ .at = { T0, T0 + 1 }, .forward_us = US_PER_HOUR },
		{ .at = { T0 + US_PER_MIN, INT64_MAX }, .back_us = US_PER_MIN },
	};
	const struct scenario_station t = { .network = &gone,
					    .network_count = 1,
					    .clock = jumps,
					    .clock_count = 2 };

	(void)state;
	assert_null(script_outage(&t, T0 - 1));
	assert_ptr_equal(script_outage(&t, T0), &gone);
	assert_null(script_outage(&t, T0 + US_PER_MIN));
	assert_int_equal(script_offset_us(&t, T0 - 1), 0);
	assert_int_equal(script_offset_us(&t, T0), US_PER_HOUR);
	assert_int_equal(script_offset_us(&t, T0 + US_PER_HOUR),
			 59 * US_PER_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_act_is_for_its_time_and_for_whom_it_is_meant),
		cmocka_unit_test(what_comes_every_hour_lasts_for_its_time),
		cmocka_unit_test(a_share_is_of_requests_or_of_attempts),
		cmocka_unit_test(
			what_is_drawn_does_not_depend_on_the_order_of_stations),
		cmocka_unit_test(delays_add_up_and_may_creep),
		cmocka_unit_test(what_follows_needs_its_failure),
		cmocka_unit_test(
			a_station_loses_its_network_and_its_clock_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
