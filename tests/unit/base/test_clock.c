#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

/* The next day, by the rule of the calendar alone. */
static void step_day(struct civil *c)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = c->year % 4 == 0 &&
		    (c->year % 100 != 0 || c->year % 400 == 0);

	c->weekday = (c->weekday + 1) % 7;
	if (++c->day <= days[c->month - 1] + (c->month == 2 && leap))
		return;
	c->day = 1;
	if (++c->month <= 12)
		return;
	c->month = 1;
	c->year++;
}

static void every_day_of_a_millennium_is_the_calendars(void **state)
{
	struct civil c = { .year = 1600, .month = 1, .day = 1, .weekday = 5 };
	int64_t us = civil_to_us(&c);

	(void)state;
	for (; c.year < 2600; us += US_PER_DAY) {
		struct civil is = civil_from_us(us);
		struct civil last = civil_from_us(us + US_PER_DAY - 1);

		assert_int_equal(is.year, c.year);
		assert_int_equal(is.month, c.month);
		assert_int_equal(is.day, c.day);
		assert_int_equal(is.weekday, c.weekday);
		assert_int_equal(is.hour + is.minute + is.second + is.us, 0);
		assert_int_equal(last.day, c.day);
		assert_int_equal(last.hour, 23);
		assert_int_equal(last.us, 999999);
		assert_true(civil_to_us(&c) == us);
		step_day(&c);
	}
}

static void known_instants_are_printed(void **state)
{
	static const struct {
		int64_t us;
		const char *rfc3339, *rfc3339_us, *http;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z",
		  "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z",
		  "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ 784111777 * US_PER_S, "1994-11-06T08:49:37Z",
		  "1994-11-06T08:49:37.000000Z",
		  "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782400 * US_PER_S + 123456, "2000-02-29T00:00:00Z",
		  "2000-02-29T00:00:00.123456Z",
		  "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 4107542400 * US_PER_S, "2100-03-01T00:00:00Z",
		  "2100-03-01T00:00:00.000000Z",
		  "Mon, 01 Mar 2100 00:00:00 GMT" },
		{ 253402300799 * US_PER_S, "9999-12-31T23:59:59Z",
		  "9999-12-31T23:59:59.000000Z",
		  "Fri, 31 Dec 9999 23:59:59 GMT" },
	};
	char text[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		clock_rfc3339(text, rows[i].us);
		assert_string_equal(text, rows[i].rfc3339);
		clock_rfc3339_us(text, rows[i].us);
		assert_string_equal(text, rows[i].rfc3339_us);
		clock_http(text, rows[i].us);
		assert_string_equal(text, rows[i].http);
	}
}

static void what_is_printed_is_read_again(void **state)
{
	/* From the year 0 to 9999. */
	const int64_t from_us = -62167219200 * US_PER_S;
	const int64_t to_us = 253402300800 * US_PER_S;
	struct rng r = { 12 };
	char text[CLOCK_TEXT];

	(void)state;
	print_message("seed 12\n");
	for (int i = 0; i < 20000; i++) {
		int64_t us = from_us + (int64_t)rng_below(
					       &r, (uint64_t)(to_us - from_us));
		int64_t whole_us = clock_floor(us, US_PER_S);
		struct civil c = civil_from_us(us);
		int64_t back;

		assert_true(civil_to_us(&c) == us);
		clock_rfc3339_us(text, us);
		assert_true(clock_from_rfc3339(text, &back));
		assert_true(back == us);
		clock_rfc3339(text, us);
		assert_true(clock_from_rfc3339(text, &back));
		assert_true(back == whole_us);
		clock_http(text, us);
		assert_true(clock_from_http(text, &back));
		assert_true(back == whole_us);
	}
}

static void the_ends_of_time_still_compute(void **state)
{
	static const int64_t ends[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX - 1,
					INT64_MAX };
	char text[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < ROWS(ends); i++) {
		struct civil c = civil_from_us(ends[i]);

		assert_in_range(c.month, 1, 12);
		assert_in_range(c.day, 1, 31);
		assert_in_range(c.hour, 0, 23);
		assert_in_range(c.us, 0, 999999);
		assert_in_range(c.weekday, 0, 6);
		assert_int_equal(c.year, ends[i] < 0 ? -290308 : 294247);
		clock_rfc3339_us(text, ends[i]);
		assert_true(strlen(text) < CLOCK_TEXT);
		clock_http(text, ends[i]);
	}
}

static void rfc3339_is_read_with_offset_and_fraction(void **state)
{
	static const struct {
		const char *text, *same;
	} rows[] = {
		{ "2026-11-23T06:01:28Z", "2026-11-23T06:01:28.000000Z" },
		{ "2026-11-23t06:01:28z", "2026-11-23T06:01:28.000000Z" },
		{ "2026-11-23 06:01:28Z", "2026-11-23T06:01:28.000000Z" },
		{ "2026-11-23T06:01:28.5Z", "2026-11-23T06:01:28.500000Z" },
		{ "2026-11-23T06:01:28.000001Z",
		  "2026-11-23T06:01:28.000001Z" },
		{ "2026-11-23T06:01:28.9999999999999Z",
		  "2026-11-23T06:01:28.999999Z" },
		{ "2026-11-23T06:01:28+01:30", "2026-11-23T04:31:28.000000Z" },
		{ "2026-11-23T23:01:28-05:00", "2026-11-24T04:01:28.000000Z" },
		{ "2026-11-23T06:01:28-00:00", "2026-11-23T06:01:28.000000Z" },
		{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z" },
		{ "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z" },
		{ "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z" },
	};
	char text[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t us;

		assert_for(rows[i].text, clock_from_rfc3339(rows[i].text, &us));
		clock_rfc3339_us(text, us);
		assert_string_equal(text, rows[i].same);
	}
}

static void bad_dates_are_refused(void **state)
{
	static const char *const rfc3339[] = {
		"",
		"2026",
		"2026-11-23",
		"2026-11-23T06:01:28",
		"2026-11-23T06:01Z",
		"2026-11-23T06:01:28.Z",
		"2026-11-23T06:01:28,5Z",
		"2026-11-23T06:01:28Zx",
		"2026-11-23T06:01:28Z ",
		" 2026-11-23T06:01:28Z",
		"2026-11-23_06:01:28Z",
		"2026-11-23T06:01:28+0100",
		"2026-11-23T06:01:28+24:00",
		"2026-11-23T06:01:28+01:60",
		"2026-11-23T06:01:28+1:00",
		"2026-11-23T24:00:00Z",
		"2026-11-23T06:60:00Z",
		"2026-11-23T06:00:61Z",
		"2026-00-23T06:01:28Z",
		"2026-13-23T06:01:28Z",
		"2026-11-00T06:01:28Z",
		"2026-11-31T06:01:28Z",
		"2026-02-29T06:01:28Z",
		"1900-02-29T00:00:00Z",
		"26-11-23T06:01:28Z",
		"20261123T060128Z",
		"-026-11-23T06:01:28Z",
		"2026-1-23T06:01:28Z",
	};
	static const char *const http[] = {
		"",
		"Sun",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun 06 Nov 1994 08:49:37 GMT",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
	};
	int64_t us = 77;

	(void)state;
	for (size_t i = 0; i < ROWS(rfc3339); i++)
		assert_for(rfc3339[i], !clock_from_rfc3339(rfc3339[i], &us));
	for (size_t i = 0; i < ROWS(http); i++)
		assert_for(http[i], !clock_from_http(http[i], &us));
	assert_int_equal(us, 77);
}

static void the_dates_of_feeds_are_read(void **state)
{
	static const struct {
		const char *text, *utc;
	} rows[] = {
		{ "Thu, 25 Jun 2020 07:04:00 GMT", "2020-06-25T07:04:00Z" },
		{ "Thu, 25 Jun 2020 07:04:00 +0000", "2020-06-25T07:04:00Z" },
		{ "Thu, 25 Jun 2020 09:04:30 +0200", "2020-06-25T07:04:30Z" },
		{ "24 Jun 2020 23:34 -0730", "2020-06-25T07:04:00Z" },
		{ "Fri, 5 Jun 2020 07:04:00 UT", "2020-06-05T07:04:00Z" },
	};
	static const char *const bad[] = {
		"",
		"Thu 25 Jun 2020 07:04:00 GMT",
		"Thu, 25 Jun 2020 07:04:00 EST",
		"25 Jun 20 07:04:00 GMT",
		"31 Jun 2020 07:04:00 GMT",
		"25 Jun 2020 07:04:00 +2400",
		"25 Jun 2020 07:04:00 GMT x",
		"25 Jun 2020 07:04:00",
	};
	char text[CLOCK_TEXT];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_for(rows[i].text, clock_from_mail(rows[i].text, &us));
		clock_rfc3339(text, us);
		assert_string_equal(text, rows[i].utc);
	}
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_for(bad[i], !clock_from_mail(bad[i], &us));
}

static void a_span_begins_at_or_before_what_it_holds(void **state)
{
	static const struct {
		int64_t us, span_us, floor_us;
	} rows[] = {
		{ 0, US_PER_MIN, 0 },
		{ 1, US_PER_MIN, 0 },
		{ US_PER_MIN - 1, US_PER_MIN, 0 },
		{ US_PER_MIN, US_PER_MIN, US_PER_MIN },
		{ -1, US_PER_MIN, -US_PER_MIN },
		{ -US_PER_MIN, US_PER_MIN, -US_PER_MIN },
		{ -US_PER_MIN - 1, US_PER_MIN, -2 * US_PER_MIN },
		{ 90 * US_PER_MIN, US_PER_HOUR, US_PER_HOUR },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_true(clock_floor(rows[i].us, rows[i].span_us) ==
			    rows[i].floor_us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_a_millennium_is_the_calendars),
		cmocka_unit_test(known_instants_are_printed),
		cmocka_unit_test(what_is_printed_is_read_again),
		cmocka_unit_test(the_ends_of_time_still_compute),
		cmocka_unit_test(rfc3339_is_read_with_offset_and_fraction),
		cmocka_unit_test(bad_dates_are_refused),
		cmocka_unit_test(the_dates_of_feeds_are_read),
		cmocka_unit_test(a_span_begins_at_or_before_what_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
