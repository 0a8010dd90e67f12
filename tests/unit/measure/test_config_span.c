#include "measure/config_span.h"

#include "base/clock.h"
#include "support/unit.h"

#define T0 (INT64_C(1593068013) * US_PER_S) /* 2020-06-25T06:53:33Z */

static void one_time_is_its_second_and_two_are_a_stretch(void **state)
{
	static const struct {
		const char *text;
		int64_t from_us, until_us;
	} good[] = {
		{ "2020-06-25T06:53:33Z", T0, T0 + US_PER_S },
		{ "2020-06-25T06:53:33Z/2020-06-25T06:54:33Z", T0,
		  T0 + US_PER_MIN },
		{ "../2020-06-25T06:53:33Z", INT64_MIN, T0 },
		{ "2020-06-25T06:53:33Z/..", T0, INT64_MAX },
		{ "../..", INT64_MIN, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(good); i++) {
		struct config_span s;

		assert_for(good[i].text, config_span_parse(good[i].text, &s));
		assert_for(good[i].text, s.from_us == good[i].from_us);
		assert_for(good[i].text, s.until_us == good[i].until_us);
	}
}

static void what_is_no_stretch_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"..",
		"../",
		"06:53:33",
		"2020-06-25T06:53:33Z/2020-06-25T06:53:33Z",
		"2020-06-25T06:53:33Z/2020-06-25T06:53:32Z",
		"2020-06-25T06:53:33Z/../..",
		"2020-06-25T06:53:33Z 2020-06-25T06:54:33Z",
		"2020-06-25T06:53:33.00000000000000000000000000000000000000000"
		"0000000000000000000000Z/..",
	};
	struct config_span s = { 1, 2 };

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_for(bad[i], !config_span_parse(bad[i], &s));
	assert_true(s.from_us == 1 && s.until_us == 2);
}

static void its_end_is_not_in_it(void **state)
{
	const struct config_span s = { 10, 20 };

	(void)state;
	assert_false(config_span_holds(&s, 9));
	assert_true(config_span_holds(&s, 10));
	assert_true(config_span_holds(&s, 19));
	assert_false(config_span_holds(&s, 20));
	assert_true(config_span_is_closed(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_time_is_its_second_and_two_are_a_stretch),
		cmocka_unit_test(what_is_no_stretch_is_refused),
		cmocka_unit_test(its_end_is_not_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
