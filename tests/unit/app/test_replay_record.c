#include "app/replay_record.h"

#include <string.h>

#include "base/clock.h"
#include "edge/scenario_file.h"
#include "judge/play.h"
#include "support/store_folder.h"
#include "support/unit.h"

#define T0 (INT64_C(1593064800) * US_PER_S) /* 2020-06-25T06:00:00Z */

/* One station and its CA, which fails from 07:00 to 07:20. */
static const char text[] =
	"title: x\n"
	"during: 2020-06-25T06:00:00Z/2020-06-25T08:00:00Z\n"
	"cas: [{ name: le }]\n"
	"stations: [{ name: fra }]\n"
	"acts: [{ during: 2020-06-25T07:00:00Z/2020-06-25T07:20:00Z,\n"
	"         ops: [newOrder], answer: problem, detail: no }]\n"
	"expect: []\n";

struct recorded {
	struct store_folder folder;
	struct store *store;
	int64_t issuance, row; /* the play's number, and the store's */
};

static void begin_issuance(struct recorded *r, int64_t number)
{
	struct issuance i = { .ca = 1, .took_us = -1 };

	if (r->issuance == number)
		return;
	store_issuance(r->store, &i);
	r->issuance = number;
	r->row = i.id;
}

static void on_exchange(void *ctx, size_t station, size_t ca,
			const struct exchange *e)
{
	struct recorded *r = ctx;
	struct exchange copy = *e;

	(void)station;
	(void)ca;
	begin_issuance(r, e->issuance);
	copy.issuance = r->row;
	store_exchange(r->store, &copy);
}

static void on_issuance(void *ctx, size_t station, size_t ca,
			const struct issuance *i)
{
	struct recorded *r = ctx;
	struct issuance copy = *i;

	(void)station;
	(void)ca;
	begin_issuance(r, i->id);
	copy.id = r->row;
	store_issuance(r->store, &copy);
}

/* The play's own incident, and the record of its rows. */
static void record(struct recorded *r, struct incident *ret_i)
{
	const struct play_watch_rows rows = { on_exchange, on_issuance, r };
	const struct incident *list[COURT_INCIDENTS];
	struct scenario *s;
	struct play *p;
	struct fail why;

	store_folder_make(&r->folder);
	if (!scenario_load_text("t", text, strlen(text), &s, &why) ||
	    !store_open(r->folder.database, STORE_WRITE, &r->store, &why))
		fail_msg("%s", why.text);
	store_begin(r->store);
	assert_int_equal(store_ca(r->store, "le", "https://le/", false), 1);
	p = play_new(s, &rows);
	if (!store_commit(r->store, &why))
		fail_msg("%s", why.text);
	store_close(r->store);
	assert_int_equal(court_incidents(play_court(p), "le", list), 1);
	*ret_i = *list[0];
	ret_i->stations = NULL;
	play_free(p);
	scenario_release(s);
	free(s);
}

static struct court *judge(const struct recorded *r, int64_t from_us,
			   int64_t until_us, struct judge_rules rules,
			   struct replay_record_count *ret_count)
{
	const struct replay_record_setup setup = {
		.path = r->folder.database,
		.during = { from_us, until_us },
		.rules = rules,
		.station = "fra",
	};
	struct fail why;
	struct court *c = replay_record(&setup, ret_count, &why);

	if (!c)
		fail_msg("%s", why.text);
	return c;
}

static void a_record_is_judged_as_it_was(void **state)
{
	const struct incident *list[COURT_INCIDENTS];
	struct replay_record_count count;
	struct recorded r = { 0 };
	struct incident was;
	struct court *c;

	(void)state;
	record(&r, &was);
	c = judge(&r, T0, T0 + 2 * US_PER_HOUR, judge_rules_default(), &count);
	assert_in_range(count.attempts, 110, 121);
	assert_int_equal(court_incidents(c, "le", list), 1);
	assert_true(list[0]->start_us == was.start_us);
	assert_in_range(list[0]->declared_us, was.declared_us - US_PER_S,
			was.declared_us + US_PER_S);
	assert_in_range(list[0]->end_us, was.end_us - US_PER_S,
			was.end_us + US_PER_S);
	assert_int_equal(list[0]->failures, was.failures);
	assert_int_equal(list[0]->cause_count, 1);
	assert_true(list[0]->causes[0].first.exchange > 0);
	court_free(c);
	store_folder_remove(&r.folder);
}

static void only_what_is_asked_for_is_judged_by_the_rules_given(void **state)
{
	const struct incident *list[COURT_INCIDENTS];
	struct judge_rules rules = judge_rules_default();
	struct replay_record_count count;
	struct recorded r = { 0 };
	struct incident was;
	struct court *c;

	(void)state;
	record(&r, &was);
	c = judge(&r, T0, T0 + US_PER_HOUR, rules, &count);
	assert_int_equal(court_incidents(c, "le", list), 0);
	court_free(c);
	/* Still open where it is cut. */
	c = judge(&r, T0, T0 + 70 * US_PER_MIN, rules, &count);
	assert_int_equal(court_incidents(c, "le", list), 1);
	assert_true(list[0]->end_us == 0);
	court_free(c);
	/* Who needs 90 good ones in a row is not well so soon. */
	rules.good_row = 90;
	c = judge(&r, T0, T0 + 2 * US_PER_HOUR, rules, &count);
	assert_int_equal(court_incidents(c, "le", list), 1);
	assert_true(list[0]->end_us == 0);
	court_free(c);
	store_folder_remove(&r.folder);
}

static void what_failed_while_blind_is_not_held_against_the_ca(void **state)
{
	const struct incident *list[COURT_INCIDENTS];
	struct replay_record_count count;
	struct recorded r = { 0 };
	struct incident was;
	struct court *c;
	struct fail why;

	(void)state;
	record(&r, &was);
	assert_true(store_open(r.folder.database, STORE_WRITE, &r.store, &why));
	store_begin(r.store);
	store_event(r.store, EVENT_BLIND, T0 + 50 * US_PER_MIN,
		    T0 + 50 * US_PER_MIN, "");
	store_event(r.store, EVENT_SIGHTED, T0 + 90 * US_PER_MIN,
		    T0 + 90 * US_PER_MIN, "");
	assert_true(store_commit(r.store, &why));
	store_close(r.store);
	c = judge(&r, T0 + 55 * US_PER_MIN, T0 + 2 * US_PER_HOUR,
		  judge_rules_default(), &count);
	assert_int_equal(court_incidents(c, "le", list), 0);
	court_free(c);
	store_folder_remove(&r.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_judged_as_it_was),
		cmocka_unit_test(
			only_what_is_asked_for_is_judged_by_the_rules_given),
		cmocka_unit_test(
			what_failed_while_blind_is_not_held_against_the_ca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
