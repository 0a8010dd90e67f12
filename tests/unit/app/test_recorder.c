#include "app/recorder.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/store_folder.h"

#define T0 INT64_C(1795420800000000) /* an hour begins */

static const struct store_query all = { .ca = STORE_ANY, .op = STORE_ANY };

struct fixture {
	struct store_folder folder;
	struct store *store;
	struct recorder *recorder;
	struct recorder_limits limits;
	int64_t wall_us;
};

static struct now now_of(const struct fixture *f)
{
	/* The monotonic clock goes on as the test's wall clock does. */
	return (struct now){ .mono_us = f->wall_us - T0,
			     .wall_us = f->wall_us };
}

static void start(struct fixture *f)
{
	struct fail why;

	if (!store_open(f->folder.database, STORE_WRITE, &f->store, &why) ||
	    !recorder_new(f->store, &f->limits, now_of(f), &f->recorder, &why))
		fail_msg("%s", why.text);
}

/* As kill -9 would: no last words. */
static void end(struct fixture *f)
{
	recorder_free(f->recorder);
	store_close(f->store);
	f->recorder = NULL;
	f->store = NULL;
}

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));

	store_folder_make(&f->folder);
	f->limits = RECORDER_LIMITS;
	f->wall_us = T0;
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	end(f);
	store_folder_remove(&f->folder);
	free(f);
	return 0;
}

/* --- what is measured ---------------------------------------------------- */

static struct exchange exchange_of(const struct fixture *f,
				   enum outcome outcome)
{
	return (struct exchange){
		.ca = 1,
		.op = OP_NEW_ORDER,
		.attempt = 1,
		.wall_us = f->wall_us,
		.marks = { MARK_NONE, MARK_NONE, MARK_NONE, 50, 20000, 20100 },
		.outcome = outcome,
		.status = 201,
		.retry_after_us = -1,
		.rtt_us = -1,
	};
}

static struct issuance issuance_of(const struct fixture *f)
{
	return (struct issuance){
		.ca = 1,
		.wall_us = f->wall_us,
		.took_us = -1,
		.first_validation_us = -1,
		.valid_after_us = -1,
		.valid_before_us = -1,
	};
}

/* How many exchanges are written then; 0 when this one waits. */
static uint64_t put(struct fixture *f, enum outcome outcome, struct issuance *i)
{
	struct exchange e = exchange_of(f, outcome);
	uint64_t before = recorder_state(f->recorder)->written;

	if (i)
		i->exchanges++;
	recorder_exchange(f->recorder, &e, i, now_of(f));
	f->wall_us += 30 * US_PER_MS;
	return recorder_state(f->recorder)->written > before
		       ? recorder_state(f->recorder)->written
		       : 0;
}

/* --- what is in the database --------------------------------------------- */

struct seen {
	size_t count;
	int64_t last_id, last_wall_us;
	bool in_order;
	unsigned failed;
	struct issuance issuances[64];
};

static bool see_exchange(void *ctx, const struct exchange *e)
{
	struct seen *seen = ctx;

	seen->in_order = (seen->count == 0 || seen->in_order) &&
			 e->wall_us >= seen->last_wall_us;
	seen->last_id = e->id;
	seen->last_wall_us = e->wall_us;
	seen->failed += e->outcome != OUTCOME_OK;
	seen->count++;
	return true;
}

static bool see_issuance(void *ctx, const struct issuance *i)
{
	struct seen *seen = ctx;

	if (seen->count < 64)
		seen->issuances[seen->count] = *i;
	seen->count++;
	return true;
}

static bool say_event(void *ctx, enum store_event kind, int64_t wall_us,
		      int64_t until_us, const char *detail)
{
	(void)detail;
	buf_addf(ctx, "%s %lld %lld;", store_event_slug(kind),
		 (long long)(wall_us - T0) / (long long)US_PER_MS,
		 (long long)(until_us - T0) / (long long)US_PER_MS);
	return true;
}

static struct seen exchanges_in(struct store *s, int64_t issuance)
{
	struct store_query q = all;
	struct seen seen = { .count = 0 };
	struct fail why;

	q.issuance = issuance;
	if (!store_exchanges(s, &q, see_exchange, &seen, &why))
		fail_msg("%s", why.text);
	return seen;
}

static struct seen issuances_in(struct store *s)
{
	struct seen seen = { .count = 0 };
	struct fail why;

	if (!store_issuances(s, &all, see_issuance, &seen, &why))
		fail_msg("%s", why.text);
	return seen;
}

static void expect_events(struct store *s, const char *expected)
{
	struct buf said = BUF_INIT(4096);
	struct fail why;

	if (!store_events(s, &all, say_event, &said, &why))
		fail_msg("%s", why.text);
	assert_string_equal(buf_text(&said), expected);
	buf_release(&said);
}

static void everything_adds_up(struct store *s)
{
	assert_true(stats_are_a_recount(s, STORE_HOUR, 0) > 0);
	assert_true(stats_are_a_recount(s, STORE_MINUTE, 0) > 0);
}

/* --- starting and stopping ----------------------------------------------- */

static void the_first_start_is_an_event(void **state)
{
	struct fixture *f = *state;

	expect_events(f->store, "start 0 0;");
	assert_int_equal(recorder_state(f->recorder)->waiting, 0);
}

static void a_gap_lies_between_the_last_row_and_the_next_start(void **state)
{
	struct fixture *f = *state;

	f->wall_us = T0 + 1000 * US_PER_MS;
	put(f, OUTCOME_OK, NULL);
	end(f);
	f->wall_us = T0 + 5000 * US_PER_MS;
	start(f);
	expect_events(f->store, "start 0 0;gap 1020 5000;start 5000 5000;");
	f->wall_us = T0 + 6000 * US_PER_MS;
	recorder_stop(f->recorder, now_of(f));
	assert_int_equal(recorder_state(f->recorder)->waiting, 0);
	end(f);
	f->wall_us = T0 + 7000 * US_PER_MS;
	start(f);
	expect_events(f->store, "start 0 0;gap 1020 5000;start 5000 5000;"
				"stop 6000 6000;gap 6000 7000;"
				"start 7000 7000;");
}

static void a_clock_behind_the_database_is_an_event_and_no_gap(void **state)
{
	struct fixture *f = *state;

	end(f);
	f->wall_us = T0 - US_PER_S;
	start(f);
	expect_events(f->store, "start 0 0;clock -1000 -1000;"
				"start -1000 -1000;");
}

static void what_was_running_is_interrupted(void **state)
{
	struct fixture *f = *state;
	struct issuance i = issuance_of(f);
	struct seen seen;

	recorder_issuance_start(f->recorder, &i, now_of(f));
	put(f, OUTCOME_OK, &i);
	end(f);
	f->wall_us = T0 + US_PER_MIN;
	start(f);
	seen = issuances_in(f->store);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.issuances[0].outcome, OUTCOME_INTERRUPTED);
	assert_int_equal(seen.issuances[0].took_us, 20100);
}

/* --- writing ------------------------------------------------------------- */

static void an_issuance_and_its_exchanges_are_written_at_once(void **state)
{
	struct fixture *f = *state;
	struct issuance i = issuance_of(f);
	struct seen seen;

	recorder_issuance_start(f->recorder, &i, now_of(f));
	assert_int_equal(i.id, 1);
	for (int n = 1; n <= 5; n++) {
		assert_int_equal(put(f, OUTCOME_OK, &i), n);
		seen = issuances_in(f->store);
		assert_int_equal(seen.issuances[0].exchanges, n);
		assert_int_equal(seen.issuances[0].took_us, -1);
	}
	i.took_us = 12345;
	i.outcome = OUTCOME_VALIDATION;
	recorder_issuance_end(f->recorder, &i, now_of(f));
	assert_int_equal(put(f, OUTCOME_OK, NULL), 6);
	seen = issuances_in(f->store);
	assert_int_equal(seen.count, 1);
	same_issuance(&seen.issuances[0], &i);
	assert_int_equal(exchanges_in(f->store, i.id).count, 5);
	assert_int_equal(exchanges_in(f->store, 0).count, 6);
	assert_int_equal(recorder_state(f->recorder)->written, 6);
}

static void called(void *count)
{
	++*(unsigned *)count;
}

/* The same recorder, with time for healthy rows to gather. */
static void start_lingering(struct fixture *f, unsigned *calls)
{
	end(f);
	f->limits.linger_us = 250 * US_PER_MS;
	f->limits.lingers = called;
	f->limits.ctx = calls;
	start(f);
}

static void healthy_rows_linger_and_are_written_together(void **state)
{
	struct fixture *f = *state;
	struct issuance i = issuance_of(f);
	unsigned calls = 0;

	start_lingering(f, &calls);
	recorder_issuance_start(f->recorder, &i, now_of(f));
	assert_int_equal(calls, 1);
	assert_int_equal(put(f, OUTCOME_OK, &i), 0);
	assert_int_equal(put(f, OUTCOME_OK, &i), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(recorder_tick(f->recorder, now_of(f)),
			 190 * US_PER_MS);
	assert_int_equal(exchanges_in(f->store, 0).count, 0);
	f->wall_us += 190 * US_PER_MS;
	assert_int_equal(recorder_tick(f->recorder, now_of(f)), US_PER_MIN);
	assert_int_equal(exchanges_in(f->store, 1).count, 2);
	assert_int_equal(recorder_state(f->recorder)->waiting, 0);
	put(f, OUTCOME_OK, &i);
	assert_int_equal(calls, 2);
	everything_adds_up(f->store);
}

static void a_failure_takes_with_it_what_lingers(void **state)
{
	struct fixture *f = *state;
	unsigned calls = 0;

	start_lingering(f, &calls);
	for (int n = 1; n <= 4; n++)
		assert_int_equal(put(f, OUTCOME_OK, NULL), 0);
	assert_int_equal(put(f, OUTCOME_CLOSED, NULL), 5);
	assert_int_equal(exchanges_in(f->store, 0).count, 5);
	assert_true(exchanges_in(f->store, 0).in_order);
	put(f, OUTCOME_OK, NULL);
	recorder_event(f->recorder, EVENT_CONFIG, f->wall_us, f->wall_us, "",
		       now_of(f));
	assert_int_equal(exchanges_in(f->store, 0).count, 6);
	/* A transaction is full before the time is over. */
	for (int n = 1; n <= 16; n++)
		put(f, OUTCOME_OK, NULL);
	assert_true(exchanges_in(f->store, 0).count >= 22);
	put(f, OUTCOME_OK, NULL);
	recorder_stop(f->recorder, now_of(f));
	assert_int_equal(exchanges_in(f->store, 0).count, 23);
	everything_adds_up(f->store);
}

/* Restarts, and a clock that jumps over the borders of minutes and hours. */
static void hours_and_minutes_equal_a_recount(void **state)
{
	struct fixture *f = *state;
	struct rng rng = { 99 };

	for (int n = 0; n < 1500; n++) {
		struct exchange e = exchange_of(
			f, rng_below(&rng, 6)
				   ? OUTCOME_OK
				   : (enum outcome)rng_below(&rng, OUTCOMES));

		e.ca = 1 + (unsigned)rng_below(&rng, 2);
		e.op = (enum op)rng_below(&rng, 3);
		e.marks.done_us += (int64_t)rng_below(&rng, 2000000);
		recorder_exchange(f->recorder, &e, NULL, now_of(f));
		f->wall_us += (int64_t)rng_below(&rng, 10 * US_PER_S);
		if (rng_below(&rng, 30) == 0)
			f->wall_us += ((int64_t)rng_below(&rng, 120) - 60) *
				      US_PER_MIN;
		if (rng_below(&rng, 100) == 0) {
			end(f);
			start(f);
		}
	}
	everything_adds_up(f->store);
}

static void statistics_that_cannot_be_read_are_counted_again(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db;

	for (int n = 0; n < 10; n++)
		put(f, OUTCOME_OK, NULL);
	end(f);
	assert_int_equal(sqlite3_open(f->folder.database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "UPDATE hour SET stat = x'0102030405';"
				      "UPDATE minute SET stat = x''",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	start(f);
	put(f, OUTCOME_OK, NULL);
	assert_int_equal(exchanges_in(f->store, 0).count, 11);
	everything_adds_up(f->store);
}

/* --- trouble ------------------------------------------------------------- */

/* Somebody else holds the database. */
static struct store *lock(struct fixture *f)
{
	struct store *other;
	struct fail why;

	if (!store_open(f->folder.database, STORE_WRITE, &other, &why))
		fail_msg("%s", why.text);
	store_begin(other);
	return other;
}

static void unlock(struct store *other)
{
	store_rollback(other);
	store_close(other);
}

/* Until all is written; how many calls it took. */
static unsigned tick_until_written(struct fixture *f)
{
	unsigned calls = 0;

	while (recorder_state(f->recorder)->waiting > 0) {
		f->wall_us += recorder_tick(f->recorder, now_of(f));
		assert_true(++calls < 1000);
	}
	return calls;
}

static void rows_wait_while_the_database_is_locked(void **state)
{
	struct fixture *f = *state;
	struct issuance before = issuance_of(f);
	struct issuance i;
	struct store *other;
	struct seen seen;

	recorder_issuance_start(f->recorder, &before, now_of(f));
	f->wall_us = T0 + US_PER_S;
	other = lock(f);
	i = issuance_of(f);
	recorder_issuance_start(f->recorder, &i, now_of(f));
	assert_true(i.id < 0);
	for (int n = 0; n < 10; n++)
		assert_int_equal(put(f, OUTCOME_OK, n % 2 ? &i : &before), 0);
	recorder_issuance_end(f->recorder, &before, now_of(f));
	assert_int_equal(recorder_state(f->recorder)->waiting, 12);
	assert_true(recorder_state(f->recorder)->failing);
	assert_int_equal(recorder_state(f->recorder)->failing_us,
			 T0 + US_PER_S);
	assert_non_null(strstr(recorder_state(f->recorder)->last.text,
			       "another program is writing"));
	unlock(other);

	/* Not at once: the next try is some seconds away. */
	assert_true(recorder_tick(f->recorder, now_of(f)) > US_PER_S);
	assert_int_equal(recorder_state(f->recorder)->waiting, 12);
	f->wall_us = T0 + 10 * US_PER_S;
	tick_until_written(f);
	assert_false(recorder_state(f->recorder)->failing);
	expect_events(f->store, "start 0 0;disk 1000 10000;");
	seen = exchanges_in(f->store, 0);
	assert_int_equal(seen.count, 10);
	assert_true(seen.in_order);
	put(f, OUTCOME_OK, &i);
	assert_int_equal(i.id, 2);
	assert_int_equal(exchanges_in(f->store, 1).count, 5);
	assert_int_equal(exchanges_in(f->store, 2).count, 6);
	everything_adds_up(f->store);
}

static void when_memory_is_full_the_oldest_healthy_rows_go_first(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	struct seen seen;

	end(f);
	f->limits.rows = 50;
	start(f);
	other = lock(f);
	for (int n = 0; n < 200; n++)
		put(f, n % 10 ? OUTCOME_OK : OUTCOME_CLOSED, NULL);
	assert_int_equal(recorder_state(f->recorder)->waiting, 50);
	assert_int_equal(recorder_state(f->recorder)->lost, 150);
	unlock(other);
	f->wall_us = T0 + 20 * US_PER_S;
	tick_until_written(f);
	seen = exchanges_in(f->store, 0);
	assert_int_equal(seen.count, 50);
	assert_int_equal(seen.failed, 20);
	assert_true(seen.in_order);
	/* The youngest given up is number 165: thirty healthy ones stayed. */
	expect_events(f->store, "start 0 0;start 0 0;disk 0 20000;"
				"lost 30 4980;");
	everything_adds_up(f->store);
}

static void the_memory_is_bounded_in_bytes_too(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	end(f);
	f->limits.bytes = 1 << 20;
	start(f);
	other = lock(f);
	for (int n = 0; n < 100; n++) {
		struct exchange e = exchange_of(f, OUTCOME_PROBLEM);

		e.kept_body = mem_zalloc(EXCHANGE_KEPT_MAX);
		e.kept_body_len = EXCHANGE_KEPT_MAX;
		recorder_exchange(f->recorder, &e, NULL, now_of(f));
		exchange_release(&e);
	}
	assert_in_range(recorder_state(f->recorder)->waiting, 10, 16);
	unlock(other);
	f->wall_us += 10 * US_PER_S;
	tick_until_written(f);
	everything_adds_up(f->store);
}

/* Even an issuance whose beginning was given up gets one row, and its end. */
static void an_issuance_survives_the_loss_of_its_rows(void **state)
{
	struct fixture *f = *state;
	struct issuance i = issuance_of(f);
	struct store *other;
	struct seen seen;

	end(f);
	f->limits.rows = 2;
	start(f);
	other = lock(f);
	recorder_issuance_start(f->recorder, &i, now_of(f));
	for (int n = 0; n < 5; n++)
		put(f, OUTCOME_CLOSED, &i);
	i.took_us = 7;
	recorder_issuance_end(f->recorder, &i, now_of(f));
	unlock(other);
	f->wall_us += 10 * US_PER_S;
	tick_until_written(f);
	seen = issuances_in(f->store);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.issuances[0].took_us, 7);
	assert_int_equal(seen.issuances[0].exchanges, 5);
}

static void a_row_that_can_never_be_written_is_given_up_alone(void **state)
{
	struct fixture *f = *state;
	struct exchange bad = exchange_of(f, OUTCOME_OK);
	struct store *other = lock(f);

	for (int n = 0; n < 30; n++)
		put(f, OUTCOME_OK, NULL);
	bad.ca = 1U << 30;
	recorder_exchange(f->recorder, &bad, NULL, now_of(f));
	for (int n = 0; n < 30; n++)
		put(f, OUTCOME_OK, NULL);
	unlock(other);
	f->wall_us += 10 * US_PER_S;
	tick_until_written(f);
	assert_int_equal(exchanges_in(f->store, 0).count, 60);
	assert_int_equal(recorder_state(f->recorder)->lost, 1);
	everything_adds_up(f->store);
}

static void stopping_tells_what_found_no_place(void **state)
{
	struct fixture *f = *state;
	struct store *other = lock(f);

	put(f, OUTCOME_OK, NULL);
	recorder_stop(f->recorder, now_of(f));
	assert_int_equal(recorder_state(f->recorder)->waiting, 2);
	unlock(other);
}

static void *unlock_soon(void *other)
{
	usleep(300000);
	unlock(other);
	return NULL;
}

/* Another program has the database for longer than measuring would wait. */
static void stopping_waits_for_a_lock_that_goes(void **state)
{
	struct fixture *f = *state;
	struct store *other = lock(f);
	pthread_t thread;

	put(f, OUTCOME_OK, NULL);
	assert_int_equal(recorder_state(f->recorder)->waiting, 1);
	assert_int_equal(pthread_create(&thread, NULL, unlock_soon, other), 0);
	recorder_stop(f->recorder, now_of(f));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(recorder_state(f->recorder)->waiting, 0);
	everything_adds_up(f->store);
}

/* No file may grow past what it is: writing ends with EFBIG, as with ENOSPC. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_survived_and_told(void **state)
{
	struct fixture *f = *state;
	unsigned written = 0;

	signal(SIGXFSZ, SIG_IGN);
	limit_files(1024 * 1024);
	while (!recorder_state(f->recorder)->failing) {
		written += put(f, OUTCOME_OK, NULL) != 0;
		assert_true(written < 1000);
	}
	assert_true(written > 10);
	assert_int_equal(recorder_state(f->recorder)->last.code, FAIL_FULL);
	for (int n = 0; n < 299; n++)
		put(f, OUTCOME_OK, NULL);
	assert_int_equal(recorder_state(f->recorder)->waiting, 300);
	assert_int_equal(exchanges_in(f->store, 0).count, written);
	limit_files(RLIM_INFINITY);
	f->wall_us += 10 * US_PER_S;
	assert_true(tick_until_written(f) >= 3);
	assert_true(exchanges_in(f->store, 0).in_order);
	assert_int_equal(exchanges_in(f->store, 0).count, written + 300);
	assert_int_equal(recorder_state(f->recorder)->lost, 0);
	everything_adds_up(f->store);
}

static void expired_rows_go_a_little_at_a_time(void **state)
{
	struct fixture *f = *state;
	unsigned calls = 0;

	for (int n = 0; n < 1000; n++)
		put(f, n % 10 ? OUTCOME_OK : OUTCOME_CLOSED, NULL);
	assert_int_equal(recorder_expire(f->recorder, now_of(f)), US_PER_MIN);
	assert_int_equal(exchanges_in(f->store, 0).count, 1000);
	f->wall_us += 91 * US_PER_DAY;
	while (recorder_expire(f->recorder, now_of(f)) < US_PER_MIN)
		calls++;
	assert_in_range(calls, 9, 12);
	assert_int_equal(exchanges_in(f->store, 0).count, 100);
	f->wall_us += 2 * 365 * US_PER_DAY;
	while (recorder_expire(f->recorder, now_of(f)) < US_PER_MIN)
		calls++;
	assert_int_equal(exchanges_in(f->store, 0).count, 0);
}

static void a_number_of_a_ca_is_asked_for_at_the_start(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	unsigned number = 0;
	struct fail why;

	assert_true(recorder_ca(f->recorder, "a", "https://a/", false, &number,
				&why));
	assert_int_equal(number, 1);
	other = lock(f);
	assert_false(recorder_ca(f->recorder, "b", "https://b/", false, &number,
				 &why));
	assert_int_equal(number, 1);
	unlock(other);
	recorder_rest(f->recorder);
	assert_true(recorder_ca(f->recorder, "b", "https://b/", false, &number,
				&why));
	assert_int_equal(number, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_first_start_is_an_event),
		TEST(a_gap_lies_between_the_last_row_and_the_next_start),
		TEST(a_clock_behind_the_database_is_an_event_and_no_gap),
		TEST(what_was_running_is_interrupted),
		TEST(an_issuance_and_its_exchanges_are_written_at_once),
		TEST(healthy_rows_linger_and_are_written_together),
		TEST(a_failure_takes_with_it_what_lingers),
		TEST(hours_and_minutes_equal_a_recount),
		TEST(statistics_that_cannot_be_read_are_counted_again),
		TEST(rows_wait_while_the_database_is_locked),
		TEST(when_memory_is_full_the_oldest_healthy_rows_go_first),
		TEST(the_memory_is_bounded_in_bytes_too),
		TEST(an_issuance_survives_the_loss_of_its_rows),
		TEST(a_row_that_can_never_be_written_is_given_up_alone),
		TEST(stopping_tells_what_found_no_place),
		TEST(stopping_waits_for_a_lock_that_goes),
		TEST(a_full_disk_is_survived_and_told),
		TEST(expired_rows_go_a_little_at_a_time),
		TEST(a_number_of_a_ca_is_asked_for_at_the_start),
	};

	return cmocka_run_group_tests_name("app/recorder", tests, NULL, NULL);
}
