#include "edge/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/store_folder.h"

enum { MANY = 1500 };

#define T0 INT64_C(1795420800000000) /* an hour begins */

static const struct store_query all = { .ca = STORE_ANY, .op = STORE_ANY };

struct fixture {
	struct store_folder folder;
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));
	struct fail why;

	store_folder_make(&f->folder);
	if (!store_open(f->folder.database, STORE_WRITE, &f->store, &why))
		fail_msg("%s", why.text);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	store_folder_remove(&f->folder);
	free(f);
	return 0;
}

static void open_again(struct fixture *f)
{
	struct fail why;

	store_close(f->store);
	f->store = NULL;
	if (!store_open(f->folder.database, STORE_WRITE, &f->store, &why))
		fail_msg("%s", why.text);
}

static void commit(struct store *s)
{
	struct fail why;

	if (!store_commit(s, &why))
		fail_msg("%s", why.text);
}

/* --- what was read ------------------------------------------------------- */

struct rows {
	struct exchange *exchanges;
	struct issuance *issuances;
	size_t count;
	size_t stop_at; /* 0: never */
};

/* Room for one more of size_bytes each: doubled whenever it is used up. */
static void *one_more(void *rows, size_t count, size_t size_bytes)
{
	if ((count & (count - 1)) != 0)
		return rows;
	return mem_resize(rows, (count ? 2 * count : 1) * size_bytes);
}

static bool take_exchange(void *ctx, const struct exchange *e)
{
	struct rows *rows = ctx;

	rows->exchanges = one_more(rows->exchanges, rows->count, sizeof(*e));
	rows->exchanges[rows->count] = *e;
	rows->exchanges[rows->count].kept_headers =
		e->kept_headers ? mem_dup(e->kept_headers, e->kept_headers_len)
				: NULL;
	rows->exchanges[rows->count].kept_body =
		e->kept_body ? mem_dup(e->kept_body, e->kept_body_len) : NULL;
	rows->count++;
	return rows->count != rows->stop_at;
}

static bool take_issuance(void *ctx, const struct issuance *i)
{
	struct rows *rows = ctx;

	rows->issuances =
		mem_resize(rows->issuances, (rows->count + 1) * sizeof(*i));
	rows->issuances[rows->count++] = *i;
	return rows->count != rows->stop_at;
}

static void release(struct rows *rows)
{
	for (size_t i = 0; rows->exchanges && i < rows->count; i++)
		exchange_release(&rows->exchanges[i]);
	free(rows->exchanges);
	free(rows->issuances);
}

static struct rows exchanges_of(struct store *s, const struct store_query *q)
{
	struct rows rows = { 0 };
	struct fail why;

	if (!store_exchanges(s, q, take_exchange, &rows, &why))
		fail_msg("%s", why.text);
	return rows;
}

static size_t count_of(struct store *s, const struct store_query *q)
{
	struct rows rows = exchanges_of(s, q);

	release(&rows);
	return rows.count;
}

static size_t issuances_of(struct store *s, const struct store_query *q)
{
	struct rows rows = { 0 };
	struct fail why;

	if (!store_issuances(s, q, take_issuance, &rows, &why))
		fail_msg("%s", why.text);
	release(&rows);
	return rows.count;
}

/* --- a good exchange ----------------------------------------------------- */

static struct exchange exchange_at(int64_t wall_us, enum outcome outcome)
{
	return (struct exchange){
		.ca = 1,
		.op = OP_NEW_ORDER,
		.attempt = 1,
		.wall_us = wall_us,
		.marks = { MARK_NONE, MARK_NONE, MARK_NONE, 50, 20000, 20100 },
		.outcome = outcome,
		.status = 201,
		.retry_after_us = -1,
		.rtt_us = -1,
	};
}

static int64_t put(struct store *s, struct exchange e)
{
	store_begin(s);
	store_exchange(s, &e);
	commit(s);
	return e.id;
}

/* --- round trips --------------------------------------------------------- */

static void every_exchange_comes_back_as_it_went_in(void **state)
{
	struct fixture *f = *state;
	struct store_query q = all;
	struct exchange *in = mem_array(MANY, sizeof(*in));
	struct rng rng = { 20261123 };
	struct rows out;

	store_begin(f->store);
	for (unsigned i = 0; i < MANY; i++) {
		in[i] = any_exchange(&rng);
		store_exchange(f->store, &in[i]);
		assert_int_equal(in[i].id, i + 1);
	}
	commit(f->store);
	open_again(f);

	q.with_kept = true;
	out = exchanges_of(f->store, &q);
	assert_int_equal(out.count, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		same_exchange(&in[i], &out.exchanges[i]);
		exchange_release(&in[i]);
	}
	release(&out);
	free(in);
}

static void an_exchange_is_found_with_what_was_kept(void **state)
{
	struct fixture *f = *state;
	struct exchange e = exchange_at(T0, OUTCOME_PROBLEM);
	struct exchange out;
	bool found = false;
	struct fail why;

	e.kept_headers = mem_strdup("HTTP/1.1 500 no\r\n");
	e.kept_headers_len = strlen(e.kept_headers);
	e.kept_body = mem_strdup("");
	e.id = put(f->store, e);
	assert_true(store_exchange_find(f->store, e.id, &out, &found, &why));
	assert_true(found);
	same_exchange(&e, &out);
	exchange_release(&e);
	exchange_release(&out);
	assert_true(store_exchange_find(f->store, 99, &out, &found, &why));
	assert_false(found);
}

static void every_issuance_comes_back_as_it_was_last(void **state)
{
	struct fixture *f = *state;
	struct issuance *in = mem_array(MANY, sizeof(*in));
	struct rng rng = { 8555 };
	struct rows out = { 0 };
	struct fail why;

	for (unsigned round = 0; round < 2; round++) {
		store_begin(f->store);
		for (unsigned i = 0; i < MANY; i++) {
			int64_t id = in[i].id;

			in[i] = any_issuance(&rng);
			in[i].id = id;
			store_issuance(f->store, &in[i]);
			assert_int_equal(in[i].id, i + 1);
		}
		commit(f->store);
	}
	assert_true(store_issuances(f->store, &all, take_issuance, &out, &why));
	assert_int_equal(out.count, MANY);
	for (unsigned i = 0; i < MANY; i++)
		same_issuance(&in[i], &out.issuances[i]);
	release(&out);
	free(in);
}

static bool take_event(void *ctx, enum store_event kind, int64_t wall_us,
		       int64_t until_us, const char *detail)
{
	struct buf *said = ctx;

	buf_addf(said, "%s %lld %lld %s;", store_event_slug(kind),
		 (long long)wall_us, (long long)until_us, detail);
	return true;
}

static void events_come_back(void **state)
{
	struct fixture *f = *state;
	struct buf said = BUF_INIT(4096);
	struct store_query q = all;
	struct fail why;

	store_begin(f->store);
	store_event(f->store, EVENT_START, T0, T0, "");
	store_event(f->store, EVENT_GAP, T0 - 5, T0, "was \xff off");
	store_event(f->store, EVENT_SIGHTED, -1, INT64_MAX, "x");
	commit(f->store);
	assert_true(store_events(f->store, &all, take_event, &said, &why));
	assert_string_equal(buf_text(&said),
			    "start 1795420800000000 1795420800000000 ;"
			    "gap 1795420799999995 1795420800000000 "
			    "was \xff off;"
			    "sighted -1 9223372036854775807 x;");
	buf_clear(&said);
	q.from_us = T0 - 5;
	q.to_us = T0;
	assert_true(store_events(f->store, &q, take_event, &said, &why));
	assert_string_equal(buf_text(&said),
			    "gap 1795420799999995 1795420800000000 "
			    "was \xff off;");
	buf_release(&said);
}

struct stats_seen {
	struct buf text;
	struct stat_span last;
};

static bool take_stat(void *ctx, unsigned ca, enum op op, int64_t start_us,
		      const struct stat_span *stat)
{
	struct stats_seen *seen = ctx;

	buf_addf(&seen->text, "%u %s %lld;", ca, op_name(op),
		 (long long)(start_us - T0) / (long long)US_PER_MIN);
	seen->last = *stat;
	return true;
}

static void expect_stats(struct store *s, enum store_span span,
			 const struct store_query *q, const char *expected)
{
	struct stats_seen seen = { .text = BUF_INIT(4096) };
	struct fail why;

	if (!store_stats(s, span, q, take_stat, &seen, &why))
		fail_msg("%s", why.text);
	assert_string_equal(buf_text(&seen.text), expected);
	buf_release(&seen.text);
}

static void statistics_are_selected_by_time_ca_and_operation(void **state)
{
	struct fixture *f = *state;
	struct exchange e = exchange_at(T0, OUTCOME_OK);
	struct stat_span stat = { .outcomes = { 0 } };
	struct stat_span out;
	struct store_query q = all;
	bool found = false;
	struct fail why;

	stat_add(&stat, &e);
	store_begin(f->store);
	for (int m = 2; m >= -1; m--) {
		store_stat(f->store, STORE_MINUTE, 7, OP_ORDER,
			   T0 + m * US_PER_MIN, &stat);
		store_stat(f->store, STORE_MINUTE, 3, OP_DIRECTORY,
			   T0 + m * US_PER_MIN, &stat);
	}
	stat_add(&stat, &e);
	store_stat(f->store, STORE_MINUTE, 7, OP_ORDER, T0, &stat);
	store_stat(f->store, STORE_HOUR, 1, OP_CONTROL, T0 - US_PER_HOUR,
		   &stat);
	commit(f->store);

	expect_stats(f->store, STORE_MINUTE, &all,
		     "3 directory -1;7 order -1;3 directory 0;7 order 0;"
		     "3 directory 1;7 order 1;3 directory 2;7 order 2;");
	expect_stats(f->store, STORE_HOUR, &all, "1 control -60;");
	q.from_us = T0;
	q.to_us = T0 + 2 * US_PER_MIN;
	q.ca = 7;
	expect_stats(f->store, STORE_MINUTE, &q, "7 order 0;7 order 1;");
	q.from_us = T0 + 1;
	q.latest_first = true;
	q.ca = STORE_ANY;
	expect_stats(f->store, STORE_MINUTE, &q, "7 order 1;3 directory 1;");
	q.to_us = T0 + 2 * US_PER_MIN + 1;
	q.op = OP_ORDER;
	q.limit = 1;
	expect_stats(f->store, STORE_MINUTE, &q, "7 order 2;");

	assert_true(store_stat_find(f->store, STORE_MINUTE, 7, OP_ORDER, T0,
				    &out, &found, &why));
	assert_true(found);
	assert_memory_equal(&out, &stat, sizeof(out));
	assert_true(store_stat_find(f->store, STORE_HOUR, 7, OP_ORDER, T0, &out,
				    &found, &why));
	assert_false(found);
}

static bool take_ca(void *ctx, const struct store_ca_row *row)
{
	buf_addf(ctx, "%u %s %s %d;", row->number, row->name, row->directory,
		 row->is_control);
	return true;
}

static void a_ca_keeps_its_number(void **state)
{
	struct fixture *f = *state;
	struct buf said = BUF_INIT(4096);
	struct fail why;

	store_begin(f->store);
	assert_int_equal(store_ca(f->store, "a", "https://a/", false), 1);
	assert_int_equal(store_ca(f->store, "b", "https://b/", false), 2);
	assert_int_equal(store_ca(f->store, "a", "https://x/", true), 3);
	commit(f->store);
	open_again(f);
	store_begin(f->store);
	assert_int_equal(store_ca(f->store, "b", "https://b/2", false), 2);
	assert_int_equal(store_ca(f->store, "a", "https://a/", false), 1);
	commit(f->store);
	assert_true(store_cas(f->store, take_ca, &said, &why));
	assert_string_equal(buf_text(&said), "1 a https://a/ 0;"
					     "2 b https://b/2 0;"
					     "3 a https://x/ 1;");
	buf_release(&said);
}

/* --- queries ------------------------------------------------------------- */

static void exchanges_are_selected_by_everything_a_query_has(void **state)
{
	struct fixture *f = *state;
	struct exchange e;
	struct issuance i = { .ca = 2, .took_us = -1 };
	struct store_query q = all;
	struct rows rows;

	store_begin(f->store);
	store_issuance(f->store, &i);
	for (int n = 0; n < 1000; n++) {
		e = exchange_at(T0 + n, n % 100 ? OUTCOME_OK : OUTCOME_CLOSED);
		e.ca = n % 2 ? 1 : 2;
		e.op = n % 5 ? OP_ORDER : OP_CHALLENGE;
		e.issuance = n / 10 == 3 && n % 2 == 0 ? i.id : 0;
		store_exchange(f->store, &e);
	}
	commit(f->store);

	assert_int_equal(count_of(f->store, &q), 1000);
	q.after = 990;
	assert_int_equal(count_of(f->store, &q), 10);
	q.after = INT64_MAX;
	assert_int_equal(count_of(f->store, &q), 0);
	q = all;
	q.ca = 2;
	assert_int_equal(count_of(f->store, &q), 500);
	q.op = OP_CHALLENGE;
	assert_int_equal(count_of(f->store, &q), 100);
	q.failed_only = true;
	assert_int_equal(count_of(f->store, &q), 10);
	q = all;
	q.issuance = i.id;
	assert_int_equal(count_of(f->store, &q), 5);
	q.issuance = 77;
	assert_int_equal(count_of(f->store, &q), 0);
	q = all;
	q.latest_first = true;
	q.limit = 3;
	q.failed_only = true;
	rows = exchanges_of(f->store, &q);
	assert_int_equal(rows.count, 3);
	assert_int_equal(rows.exchanges[0].id, 901);
	assert_int_equal(rows.exchanges[2].id, 701);
	release(&rows);
	q = all;
	q.to_us = T0 + 300;
	q.from_us = T0 + 200;
	q.latest_first = true;
	rows = exchanges_of(f->store, &q);
	assert_int_equal(rows.count, 100);
	assert_int_equal(rows.exchanges[0].id, 300);
	assert_int_equal(rows.exchanges[99].id, 201);
	release(&rows);
	rows = (struct rows){ .stop_at = 7 };
	assert_true(store_exchanges(f->store, &q, take_exchange, &rows, NULL));
	assert_int_equal(rows.count, 7);
	release(&rows);
}

/* The wall clock jumps hither and thither while ids rise. */
static void times_are_found_however_the_clock_jumped(void **state)
{
	enum { ROWS = 3000 };
	static int64_t times[ROWS];
	struct fixture *f = *state;
	struct rng rng = { 4 };
	int64_t wall_us = T0;

	store_begin(f->store);
	for (int n = 0; n < ROWS; n++) {
		wall_us += (int64_t)rng_below(&rng, 2 * US_PER_S);
		if (rng_below(&rng, 200) == 0)
			wall_us += ((int64_t)rng_below(&rng, 20) - 10) *
				   US_PER_MIN;
		times[n] = wall_us;
		struct exchange e = exchange_at(
			wall_us, rng_below(&rng, 9) ? OUTCOME_OK : OUTCOME_TLS);
		store_exchange(f->store, &e);
	}
	commit(f->store);
	for (int round = 0; round < 50; round++) {
		struct store_query q = all;
		struct rows rows;
		size_t n = 0;

		q.from_us = T0 - US_PER_MIN +
			    (int64_t)rng_below(&rng, 60 * US_PER_MIN);
		q.to_us = q.from_us + (int64_t)rng_below(&rng, 9 * US_PER_MIN);
		rows = exchanges_of(f->store, &q);
		for (int i = 0; i < ROWS; i++) {
			if (times[i] < q.from_us || times[i] >= q.to_us)
				continue;
			assert_true(n < rows.count);
			assert_int_equal(rows.exchanges[n++].id, i + 1);
		}
		assert_int_equal(n, rows.count);
		release(&rows);
	}
}

static void issuances_are_selected_by_time_and_outcome(void **state)
{
	struct fixture *f = *state;
	struct store_query q = all;

	store_begin(f->store);
	for (int n = 0; n < 100; n++) {
		struct issuance i = {
			.ca = 1 + n % 2,
			.op = OP_FINALIZE,
			.wall_us = T0 + n * US_PER_S,
			.outcome = n % 10 ? OUTCOME_OK : OUTCOME_PROBLEM,
		};

		store_issuance(f->store, &i);
	}
	commit(f->store);
	assert_int_equal(issuances_of(f->store, &q), 100);
	q.from_us = T0 + 20 * US_PER_S;
	q.to_us = T0 + 40 * US_PER_S;
	assert_int_equal(issuances_of(f->store, &q), 20);
	q.failed_only = true;
	assert_int_equal(issuances_of(f->store, &q), 2);
	q.ca = 2;
	assert_int_equal(issuances_of(f->store, &q), 0);
	q = all;
	q.after = 95;
	assert_int_equal(issuances_of(f->store, &q), 5);
	q.limit = 2;
	assert_int_equal(issuances_of(f->store, &q), 2);
}

/* --- transactions -------------------------------------------------------- */

static void a_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct exchange e = exchange_at(T0, OUTCOME_OK);
	struct issuance i = { .took_us = -1 };
	int64_t last_us = -1;

	store_begin(f->store);
	store_issuance(f->store, &i);
	store_exchange(f->store, &e);
	store_event(f->store, EVENT_START, T0, T0, "");
	store_rollback(f->store);
	assert_int_equal(count_of(f->store, &all), 0);
	assert_int_equal(issuances_of(f->store, &all), 0);
	assert_true(store_last_us(f->store, &last_us, NULL));
	assert_int_equal(last_us, 0);
}

static void a_transaction_keeps_its_first_failure(void **state)
{
	struct fixture *f = *state;
	struct exchange e = exchange_at(T0, OUTCOME_OK);
	struct stat_span stat = { .outcomes = { 0 } };
	struct fail why;

	store_begin(f->store);
	store_exchange(f->store, &e);
	store_stat(f->store, STORE_HOUR, 1U << 30, OP_ORDER, T0, &stat);
	store_event(f->store, EVENT_START, T0, T0, "");
	assert_int_equal(store_ca(f->store, "a", "b", false), 0);
	assert_false(store_commit(f->store, &why));
	assert_int_equal(why.code, FAIL_OURS);
	assert_non_null(strstr(why.text, "cannot be stored"));
	assert_int_equal(count_of(f->store, &all), 0);
	/* And the next one is free of it. */
	assert_int_equal(put(f->store, e), 1);
}

static void an_id_is_never_given_twice(void **state)
{
	struct fixture *f = *state;
	bool more = true;
	int64_t id;

	for (int n = 0; n < 10; n++)
		id = put(f->store, exchange_at(T0, OUTCOME_OK));
	store_begin(f->store);
	store_expire(f->store, T0 + 1, T0 + 1, T0, 1000, &more);
	commit(f->store);
	assert_false(more);
	assert_int_equal(count_of(f->store, &all), 0);
	assert_true(put(f->store, exchange_at(T0, OUTCOME_OK)) > id);
	open_again(f);
	assert_int_equal(put(f->store, exchange_at(T0, OUTCOME_OK)), id + 2);
}

static void the_last_moment_is_that_of_the_newest_rows(void **state)
{
	struct fixture *f = *state;
	struct issuance i = { .wall_us = T0 - 5, .took_us = -1 };
	int64_t last_us;

	put(f->store, exchange_at(T0 + 9 * US_PER_DAY, OUTCOME_OK));
	put(f->store, exchange_at(T0, OUTCOME_OK));
	assert_true(store_last_us(f->store, &last_us, NULL));
	assert_int_equal(last_us, T0 + 20100);
	store_begin(f->store);
	store_issuance(f->store, &i);
	commit(f->store);
	assert_true(store_last_us(f->store, &last_us, NULL));
	assert_int_equal(last_us, T0 + 20100);
	store_begin(f->store);
	i.took_us = 30005;
	store_issuance(f->store, &i);
	commit(f->store);
	assert_true(store_last_us(f->store, &last_us, NULL));
	assert_int_equal(last_us, T0 + 30000);
	store_begin(f->store);
	store_event(f->store, EVENT_GAP, T0, T0 + 40000, "");
	commit(f->store);
	assert_true(store_last_us(f->store, &last_us, NULL));
	assert_int_equal(last_us, T0 + 40000);
}

static void what_a_crash_left_running_is_ended(void **state)
{
	struct fixture *f = *state;
	struct issuance started = { .wall_us = T0 - 100, .took_us = -1 };
	struct issuance bare = { .wall_us = T0, .took_us = -1 };
	struct issuance done = { .wall_us = T0, .took_us = 7 };
	struct exchange e = exchange_at(T0, OUTCOME_OK);
	struct rows rows = { 0 };
	unsigned count = 99;

	store_begin(f->store);
	store_issuance(f->store, &started);
	store_issuance(f->store, &bare);
	store_issuance(f->store, &done);
	e.issuance = started.id;
	store_exchange(f->store, &e);
	store_close_interrupted(f->store, &count);
	commit(f->store);
	assert_int_equal(count, 2);
	assert_true(
		store_issuances(f->store, &all, take_issuance, &rows, NULL));
	assert_int_equal(rows.issuances[0].outcome, OUTCOME_INTERRUPTED);
	assert_int_equal(rows.issuances[0].took_us, 20200);
	assert_int_equal(rows.issuances[1].outcome, OUTCOME_INTERRUPTED);
	assert_int_equal(rows.issuances[1].took_us, 0);
	assert_int_equal(rows.issuances[2].outcome, OUTCOME_OK);
	assert_int_equal(rows.issuances[2].took_us, 7);
	release(&rows);
	store_begin(f->store);
	store_close_interrupted(f->store, &count);
	commit(f->store);
	assert_int_equal(count, 0);
}

/* --- retention ----------------------------------------------------------- */

/* An issuance of ten exchanges, the last of which may fail. */
static void put_issuance(struct store *s, int64_t wall_us, bool failed)
{
	struct issuance i = {
		.wall_us = wall_us,
		.took_us = 10,
		.outcome = failed ? OUTCOME_CLOSED : OUTCOME_OK,
	};

	store_begin(s);
	store_issuance(s, &i);
	for (int n = 0; n < 10; n++) {
		struct exchange e = exchange_at(
			wall_us + n,
			failed && n == 9 ? OUTCOME_CLOSED : OUTCOME_OK);

		e.issuance = i.id;
		if (e.outcome != OUTCOME_OK)
			e.kept_body = mem_strdup("what it said");
		e.kept_body_len = e.kept_body ? 12 : 0;
		store_exchange(s, &e);
		exchange_release(&e);
	}
	commit(s);
}

static unsigned expire_all(struct store *s, int64_t ok_us, int64_t failed_us,
			   unsigned rows)
{
	unsigned calls = 0;
	bool more = true;

	for (; more; calls++) {
		size_t before = count_of(s, &all);

		store_begin(s);
		store_expire(s, ok_us, failed_us, T0 + 2 * US_PER_MIN, rows,
			     &more);
		commit(s);
		assert_true(before - count_of(s, &all) <= rows);
		assert_true(calls < 10000);
	}
	return calls;
}

static void retention_deletes_in_batches_and_keeps_failures_longer(void **state)
{
	struct fixture *f = *state;
	struct stat_span stat = { .outcomes = { 0 } };
	struct store_query failed = all;
	struct rows rows;

	failed.failed_only = true;
	failed.with_kept = true;
	for (int n = 0; n < 100; n++)
		put_issuance(f->store, T0 + n * US_PER_S, n % 10 == 0);
	store_begin(f->store);
	for (int m = 0; m < 5; m++)
		store_stat(f->store, STORE_MINUTE, 1, OP_ORDER,
			   T0 + m * US_PER_MIN, &stat);
	commit(f->store);

	/* Sixty issuances are old; the failed exchanges of six stay. */
	assert_true(expire_all(f->store, T0 + 60 * US_PER_S, T0, 7) >= 80);
	assert_int_equal(count_of(f->store, &all), 400 + 6);
	rows = exchanges_of(f->store, &failed);
	assert_int_equal(rows.count, 10);
	assert_string_equal(rows.exchanges[0].kept_body, "what it said");
	release(&rows);
	assert_int_equal(issuances_of(f->store, &all), 40 + 6);
	expect_stats(f->store, STORE_MINUTE, &all,
		     "1 order 2;1 order 3;1 order 4;");

	/* Nothing new became old. */
	assert_int_equal(expire_all(f->store, T0 + 60 * US_PER_S, T0, 7), 1);

	expire_all(f->store, T0 + 60 * US_PER_S, T0 + 60 * US_PER_S, 1000);
	assert_int_equal(count_of(f->store, &all), 400);
	assert_int_equal(issuances_of(f->store, &all), 40);
	expire_all(f->store, T0 + US_PER_DAY, T0 + US_PER_DAY, 100);
	assert_int_equal(count_of(f->store, &all), 0);
	assert_int_equal(issuances_of(f->store, &all), 0);
}

static void retention_is_right_when_the_clock_had_jumped(void **state)
{
	struct fixture *f = *state;
	struct rng rng = { 11 };
	size_t kept = 0;

	for (int n = 0; n < 1500; n++) {
		int64_t wall_us = T0 + (int64_t)rng_below(&rng, US_PER_DAY);

		kept += wall_us >= T0 + US_PER_HOUR;
		put(f->store, exchange_at(wall_us, OUTCOME_OK));
	}
	expire_all(f->store, T0 + US_PER_HOUR, T0, 50);
	assert_int_equal(count_of(f->store, &all), kept);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_exchange_comes_back_as_it_went_in),
		TEST(an_exchange_is_found_with_what_was_kept),
		TEST(every_issuance_comes_back_as_it_was_last),
		TEST(events_come_back),
		TEST(statistics_are_selected_by_time_ca_and_operation),
		TEST(a_ca_keeps_its_number),
		TEST(exchanges_are_selected_by_everything_a_query_has),
		TEST(times_are_found_however_the_clock_jumped),
		TEST(issuances_are_selected_by_time_and_outcome),
		TEST(a_rollback_leaves_nothing),
		TEST(a_transaction_keeps_its_first_failure),
		TEST(an_id_is_never_given_twice),
		TEST(the_last_moment_is_that_of_the_newest_rows),
		TEST(what_a_crash_left_running_is_ended),
		TEST(retention_deletes_in_batches_and_keeps_failures_longer),
		TEST(retention_is_right_when_the_clock_had_jumped),
	};

	return cmocka_run_group_tests_name("edge/store", tests, NULL, NULL);
}
