#include "measure/stat.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

/* Spans are large: one of each is enough, and cleared before use. */
struct spans {
	struct stat_span a, b, c;
};

static int make_spans(void **state)
{
	*state = calloc(1, sizeof(struct spans));
	return *state ? 0 : -1;
}

static int free_spans(void **state)
{
	free(*state);
	return 0;
}

static struct exchange exchange_of(enum outcome outcome, struct marks marks)
{
	return (struct exchange){ .outcome = outcome, .marks = marks };
}

/* Any outcome, durations up to a minute, now and then a reused connection. */
static struct exchange random_exchange(struct rng *r)
{
	struct marks m = MARKS_NONE;
	int64_t at_us = 0;

	if (rng_below(r, 3) > 0) {
		m.dns_us = at_us += (int64_t)rng_below(r, 10000);
		m.connect_us = at_us += (int64_t)rng_below(r, 300000);
		m.tls_us = at_us += (int64_t)rng_below(r, 300000);
	}
	m.sent_us = at_us += (int64_t)rng_below(r, 200);
	m.first_us = at_us += (int64_t)rng_below(r, 60000000);
	m.done_us = at_us + (int64_t)rng_below(r, 5000);
	return exchange_of((enum outcome)rng_below(r, OUTCOMES), m);
}

static void bytes_of(const struct stat_span *s, struct buf *out)
{
	*out = BUF_INIT(1 << 20);
	assert_true(stat_encode(s, out));
}

static void assert_same_bytes(const struct stat_span *a,
			      const struct stat_span *b)
{
	struct buf x, y;

	bytes_of(a, &x);
	bytes_of(b, &y);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	buf_release(&x);
	buf_release(&y);
}

static void only_good_exchanges_have_latency(void **state)
{
	struct spans *t = *state;
	struct marks marks = { 10, 30, 70, 71, 171, 175 };
	struct exchange good = exchange_of(OUTCOME_OK, marks);
	struct exchange bad = exchange_of(OUTCOME_TIMEOUT, marks);
	static const int64_t took_us[PHASES] = { 10, 20, 40, 1, 100, 4, 175 };

	stat_add(&t->a, &good);
	stat_add(&t->a, &bad);
	stat_add(&t->a, &bad);
	assert_int_equal(t->a.outcomes[OUTCOME_OK], 1);
	assert_int_equal(t->a.outcomes[OUTCOME_TIMEOUT], 2);
	for (unsigned p = 0; p < PHASES; p++) {
		assert_int_equal(t->a.phases[p].n, 1);
		assert_int_equal(t->a.phases[p].sum_us, took_us[p]);
	}
}

static void a_phase_that_did_not_run_has_no_sample(void **state)
{
	struct spans *t = *state;
	struct marks marks = { MARK_NONE, MARK_NONE, MARK_NONE, 5, 50, 60 };
	struct exchange reused = exchange_of(OUTCOME_OK, marks);

	stat_add(&t->a, &reused);
	assert_int_equal(t->a.phases[PHASE_DNS].n, 0);
	assert_int_equal(t->a.phases[PHASE_CONNECT].n, 0);
	assert_int_equal(t->a.phases[PHASE_TLS].n, 0);
	assert_int_equal(t->a.phases[PHASE_SEND].sum_us, 5);
	assert_int_equal(t->a.phases[PHASE_WAIT].sum_us, 45);
	assert_int_equal(t->a.phases[PHASE_RECEIVE].sum_us, 10);
	assert_int_equal(t->a.phases[PHASE_TOTAL].sum_us, 60);
}

static void what_is_ours_is_counted_but_not_as_failed(void **state)
{
	struct spans *t = *state;
	uint64_t failed = 0;

	for (unsigned i = 0; i < OUTCOMES; i++) {
		struct exchange e = exchange_of((enum outcome)i, MARKS_NONE);

		for (unsigned n = 0; n <= i; n++)
			stat_add(&t->a, &e);
		if (outcome_fault((enum outcome)i) == FAULT_CA)
			failed += i + 1;
	}
	assert_int_equal(stat_count(&t->a), OUTCOMES * (OUTCOMES + 1) / 2);
	assert_int_equal(stat_failed(&t->a), failed);
	memset(&t->a, 0, sizeof(t->a));
	t->a.outcomes[OUTCOME_OK] = 1;
	t->a.outcomes[OUTCOME_SELF] = 2;
	t->a.outcomes[OUTCOME_DNS] = 4;
	t->a.outcomes[OUTCOME_RATE_LIMITED] = 8;
	t->a.outcomes[OUTCOME_INTERRUPTED] = 16;
	assert_int_equal(stat_failed(&t->a), 0);
	t->a.outcomes[OUTCOME_HTTP_ERROR] = 32;
	assert_int_equal(stat_failed(&t->a), 32);
}

static void order_and_grouping_do_not_change_the_bytes(void **state)
{
	enum { N = 500 };
	struct spans *t = *state;
	struct exchange *all = calloc(N, sizeof(*all));
	struct rng r = { 20261123 };

	assert_non_null(all);
	for (unsigned i = 0; i < N; i++)
		all[i] = random_exchange(&r);
	for (unsigned i = 0; i < N; i++)
		stat_add(&t->a, &all[i]);
	/* Backwards, in two halves that are merged. */
	for (unsigned i = N; i-- > 0;)
		stat_add(i % 3 ? &t->b : &t->c, &all[i]);
	stat_merge(&t->b, &t->c);
	assert_same_bytes(&t->a, &t->b);
	free(all);
}

static void what_is_encoded_is_decoded(void **state)
{
	struct spans *t = *state;
	struct rng r = { 7 };
	struct fail why;
	struct buf bytes;

	for (unsigned i = 0; i < 300; i++) {
		struct exchange e = random_exchange(&r);

		stat_add(&t->a, &e);
	}
	bytes_of(&t->a, &bytes);
	assert_true(stat_decode(&t->b, bytes.data, bytes.len, &why));
	assert_memory_equal(t->a.outcomes, t->b.outcomes,
			    sizeof(t->a.outcomes));
	assert_same_bytes(&t->a, &t->b);
	buf_release(&bytes);
}

static void nothing_is_a_few_bytes(void **state)
{
	struct spans *t = *state;
	struct buf bytes;

	bytes_of(&t->a, &bytes);
	/* Version, no outcomes, and a byte for each phase. */
	assert_int_equal(bytes.len, 2 + PHASES);
	assert_true(stat_decode(&t->b, bytes.data, bytes.len, NULL));
	assert_int_equal(stat_count(&t->b), 0);
	buf_release(&bytes);
}

static void every_truncation_is_refused(void **state)
{
	struct spans *t = *state;
	struct rng r = { 11 };
	struct buf bytes;

	for (unsigned i = 0; i < 20; i++) {
		struct exchange e = random_exchange(&r);

		stat_add(&t->a, &e);
	}
	bytes_of(&t->a, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		/* A copy of its own, so that a sanitizer sees a read behind. */
		char *cut = malloc(len ? len : 1);
		struct fail why = { .code = FAIL_NONE };

		memcpy(cut, bytes.data, len);
		assert_false(stat_decode(&t->b, cut, len, &why));
		assert_int_equal(why.code, FAIL_CORRUPT);
		free(cut);
	}
	assert_int_equal(stat_count(&t->b), 0);
	buf_add_char(&bytes, 0);
	assert_false(stat_decode(&t->b, bytes.data, bytes.len, NULL));
	buf_release(&bytes);
}

static void bytes_that_are_never_written_are_refused(void **state)
{
	struct spans *t = *state;
	static const struct {
		unsigned char bytes[40];
		size_t len;
		enum fail_code code;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 9, FAIL_CORRUPT },
		{ { 2, 0, 0, 0, 0, 0, 0, 0, 0 }, 9, FAIL_NEWER },
		/* A trailing outcome that is zero; too many outcomes. */
		{ { 1, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, FAIL_CORRUPT },
		{ { 1, OUTCOMES + 1 }, 20 + OUTCOMES, FAIL_CORRUPT },
		/* A zero in two bytes. */
		{ { 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, FAIL_CORRUPT },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct fail why = { .code = FAIL_NONE };

		assert_false(
			stat_decode(&t->a, rows[i].bytes, rows[i].len, &why));
		assert_int_equal(why.code, rows[i].code);
	}
}

/* What a version with fewer outcomes wrote still reads, and the same. */
static void outcomes_that_were_added_later_change_nothing(void **state)
{
	static const unsigned char old[] = { 1, 2, 5, 3, 0, 0, 0, 0, 0, 0, 0 };
	struct spans *t = *state;
	struct buf bytes;

	assert_true(stat_decode(&t->a, old, sizeof(old), NULL));
	assert_int_equal(t->a.outcomes[0], 5);
	assert_int_equal(t->a.outcomes[1], 3);
	assert_int_equal(stat_count(&t->a), 8);
	bytes_of(&t->a, &bytes);
	assert_int_equal(bytes.len, sizeof(old));
	assert_memory_equal(bytes.data, old, sizeof(old));
	buf_release(&bytes);
}

static void a_full_buffer_is_told(void **state)
{
	struct spans *t = *state;
	struct buf small = BUF_INIT(2 + PHASES - 1);

	assert_false(stat_encode(&t->a, &small));
	buf_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_spans, free_spans)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_good_exchanges_have_latency),
		TEST(a_phase_that_did_not_run_has_no_sample),
		TEST(what_is_ours_is_counted_but_not_as_failed),
		TEST(order_and_grouping_do_not_change_the_bytes),
		TEST(what_is_encoded_is_decoded),
		TEST(nothing_is_a_few_bytes),
		TEST(every_truncation_is_refused),
		TEST(bytes_that_are_never_written_are_refused),
		TEST(outcomes_that_were_added_later_change_nothing),
		TEST(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
