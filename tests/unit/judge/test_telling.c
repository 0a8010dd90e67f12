#include "judge/telling.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

#define T0 (INT64_C(1593068000) * US_PER_S)

static const char *const only_a[] = { "ca-a" };

/* Everything; ca-a's major outages, once and never of their end. */
static const struct telling_rule rules[] = {
	{ .least = VERDICT_DEGRADED,
	  .remind_us = US_PER_HOUR,
	  .resolved = true },
	{ .cas = only_a, .ca_count = 1, .least = VERDICT_MAJOR_OUTAGE },
};

static struct telling *fresh(void)
{
	return telling_new(rules, ROWS(rules));
}

static struct incident opened(enum verdict worst)
{
	return (struct incident){ .number = 7, .start_us = T0, .worst = worst };
}

static bool look(struct telling *t, size_t receiver, const char *ca,
		 const struct incident *i, int64_t now_us,
		 struct telling_due *ret_due)
{
	if (!telling_due(t, receiver, ca, i, now_us, ret_due))
		return false;
	telling_done(t, receiver, ca, i->number, ret_due);
	return true;
}

static void said(struct telling *t, size_t receiver, const struct incident *i,
		 int64_t now_us, enum telling_kind kind)
{
	struct telling_due due;

	if (!look(t, receiver, "ca-a", i, now_us, &due) || due.silent)
		fail_msg("nothing is due instead of \"%s\"",
			 telling_kind_name(kind));
	assert_string_equal(telling_kind_name(due.kind),
			    telling_kind_name(kind));
}

static void quiet(struct telling *t, size_t receiver, const struct incident *i,
		  int64_t now_us)
{
	struct telling_due due;

	if (look(t, receiver, "ca-a", i, now_us, &due) && !due.silent)
		fail_msg("\"%s\" is due", telling_kind_name(due.kind));
}

static void an_incident_is_told_from_its_opening_to_its_end(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_DEGRADED);

	(void)state;
	said(t, 0, &i, T0, TELLING_OPENED);
	i.worst = VERDICT_PARTIAL_OUTAGE;
	said(t, 0, &i, T0 + 1, TELLING_ESCALATED);
	i.end_us = T0 + US_PER_MIN;
	said(t, 0, &i, i.end_us, TELLING_RESOLVED);
	i.end_us = 0;
	said(t, 0, &i, T0 + 2 * US_PER_MIN, TELLING_REOPENED);
	i.end_us = T0 + 3 * US_PER_MIN;
	said(t, 0, &i, i.end_us, TELLING_RESOLVED);
	assert_int_equal(telling_known(t, 0, "ca-a", 7)->count, 5);
	telling_free(t);
}

static void nothing_is_told_twice(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_MAJOR_OUTAGE);

	(void)state;
	said(t, 0, &i, T0, TELLING_OPENED);
	quiet(t, 0, &i, T0);
	quiet(t, 0, &i, T0 + US_PER_HOUR - 1);
	i.end_us = T0 + US_PER_HOUR;
	said(t, 0, &i, i.end_us, TELLING_RESOLVED);
	quiet(t, 0, &i, i.end_us + 10 * US_PER_HOUR);
	telling_free(t);
}

static void what_could_not_be_kept_is_due_again(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_MAJOR_OUTAGE);
	struct telling_due due;

	(void)state;
	assert_true(telling_due(t, 0, "ca-a", &i, T0, &due));
	assert_true(telling_due(t, 0, "ca-a", &i, T0, &due));
	assert_null(telling_known(t, 0, "ca-a", 7));
	telling_done(t, 0, "ca-a", 7, &due);
	assert_false(telling_due(t, 0, "ca-a", &i, T0, &due));
	telling_free(t);
}

static void a_restart_repeats_nothing(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_PARTIAL_OUTAGE);
	struct told told;

	(void)state;
	said(t, 0, &i, T0, TELLING_OPENED);
	told = *telling_known(t, 0, "ca-a", 7);
	telling_free(t);

	t = fresh();
	telling_restore(t, 0, "ca-a", 7, &told);
	quiet(t, 0, &i, T0 + US_PER_MIN);
	/* What happened while it was away is told. */
	i.worst = VERDICT_MAJOR_OUTAGE;
	said(t, 0, &i, T0 + US_PER_MIN, TELLING_ESCALATED);
	telling_free(t);
}

static void what_is_open_is_reminded_of(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_DEGRADED);

	(void)state;
	said(t, 0, &i, T0, TELLING_OPENED);
	i.worst = VERDICT_MAJOR_OUTAGE;
	said(t, 0, &i, T0 + 30 * US_PER_MIN, TELLING_ESCALATED);
	/* Counted from the last word. */
	quiet(t, 0, &i, T0 + US_PER_HOUR);
	said(t, 0, &i, T0 + 90 * US_PER_MIN, TELLING_REMINDER);
	quiet(t, 0, &i, T0 + 91 * US_PER_MIN);
	/* The clock was set back. */
	quiet(t, 0, &i, T0 + 80 * US_PER_MIN);
	said(t, 0, &i, T0 - 3 * US_PER_DAY, TELLING_REMINDER);
	telling_free(t);
}

static void a_receiver_hears_of_what_it_asked_for(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_PARTIAL_OUTAGE);
	struct telling_due due;

	(void)state;
	quiet(t, 1, &i, T0);
	i.worst = VERDICT_MAJOR_OUTAGE;
	assert_false(telling_due(t, 1, "ca-b", &i, T0, &due));
	said(t, 1, &i, T0, TELLING_OPENED);
	quiet(t, 1, &i, T0 + 100 * US_PER_DAY);
	i.end_us = T0 + 101 * US_PER_DAY;
	quiet(t, 1, &i, i.end_us);
	/* It never heard of the end, and so not that it goes on. */
	i.end_us = 0;
	quiet(t, 1, &i, T0 + 101 * US_PER_DAY + 1);
	assert_false(telling_known(t, 1, "ca-a", 7)->over);
	telling_free(t);
}

static void what_was_never_told_does_not_end(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_MAJOR_OUTAGE);

	(void)state;
	i.end_us = T0 + US_PER_MIN;
	quiet(t, 0, &i, i.end_us);
	assert_null(telling_known(t, 0, "ca-a", 7));
	telling_free(t);
}

static void incidents_do_not_mix(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_MAJOR_OUTAGE);
	struct telling_due due;

	(void)state;
	said(t, 0, &i, T0, TELLING_OPENED);
	assert_true(look(t, 0, "ca-b", &i, T0, &due));
	i.number = 8;
	said(t, 0, &i, T0, TELLING_OPENED);
	telling_free(t);
}

static void what_ended_long_ago_is_forgotten(void **state)
{
	struct telling *t = fresh();
	struct incident i = opened(VERDICT_MAJOR_OUTAGE);

	(void)state;
	said(t, 0, &i, T0, TELLING_OPENED);
	said(t, 1, &i, T0, TELLING_OPENED);
	i.end_us = T0 + US_PER_MIN;
	said(t, 0, &i, i.end_us, TELLING_RESOLVED);
	telling_forget(t, i.end_us);
	assert_non_null(telling_known(t, 0, "ca-a", 7));
	telling_forget(t, i.end_us + 1);
	assert_null(telling_known(t, 0, "ca-a", 7));
	assert_non_null(telling_known(t, 1, "ca-a", 7));
	telling_free(t);
}

static void retries_wait_longer_up_to_an_end(void **state)
{
	(void)state;
	assert_int_equal(telling_retry_us(1), 5 * US_PER_S);
	assert_int_equal(telling_retry_us(2), 10 * US_PER_S);
	assert_int_equal(telling_retry_us(8), 640 * US_PER_S);
	assert_int_equal(telling_retry_us(9), 15 * US_PER_MIN);
	assert_int_equal(telling_retry_us(UINT32_MAX), 15 * US_PER_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_incident_is_told_from_its_opening_to_its_end),
		cmocka_unit_test(nothing_is_told_twice),
		cmocka_unit_test(what_could_not_be_kept_is_due_again),
		cmocka_unit_test(a_restart_repeats_nothing),
		cmocka_unit_test(what_is_open_is_reminded_of),
		cmocka_unit_test(a_receiver_hears_of_what_it_asked_for),
		cmocka_unit_test(what_was_never_told_does_not_end),
		cmocka_unit_test(incidents_do_not_mix),
		cmocka_unit_test(what_ended_long_ago_is_forgotten),
		cmocka_unit_test(retries_wait_longer_up_to_an_end),
	};

	return cmocka_run_group_tests_name("judge/telling", tests, NULL, NULL);
}
