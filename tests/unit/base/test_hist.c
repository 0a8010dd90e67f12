#include "base/hist.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

static struct hist hist_of(const uint32_t *values, size_t count)
{
	struct hist h = { .n = 0 };

	for (size_t i = 0; i < count; i++)
		hist_add(&h, values[i]);
	return h;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Anything from 0 to 2^32 - 1, as often small as large. */
static uint32_t any_value(struct rng *r)
{
	return (uint32_t)(rng_next(r) >> (32 + rng_below(r, 32)));
}

static void buckets_cover_every_value_once(void **state)
{
	(void)state;
	assert_int_equal(hist_bucket_low(0), 0);
	assert_int_equal(hist_bucket_high(HIST_BUCKETS - 1), UINT32_MAX);
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint32_t low = hist_bucket_low(i), high = hist_bucket_high(i);
		uint32_t ends[2] = { low, high };

		assert_true(low <= high);
		if (i > 0)
			assert_int_equal(low, hist_bucket_high(i - 1) + 1);
		/* At most 1/32 of its value wide. */
		assert_true(high - low <= low / 32);
		for (int k = 0; k < 2; k++) {
			struct hist h = hist_of(&ends[k], 1);

			assert_int_equal(h.count[i], 1);
		}
	}
}

static void values_outside_the_range_count_at_its_ends(void **state)
{
	struct hist h = { .n = 0 };

	(void)state;
	hist_add(&h, -1);
	hist_add(&h, INT64_MIN);
	assert_int_equal(h.count[0], 2);
	assert_int_equal(h.max_us, 0);
	hist_add(&h, (int64_t)UINT32_MAX + 1);
	hist_add(&h, INT64_MAX);
	assert_int_equal(h.count[HIST_BUCKETS - 1], 2);
	assert_int_equal(h.max_us, UINT32_MAX);
	assert_int_equal(h.n, 4);
	assert_int_equal(h.sum_us, 2 * (uint64_t)UINT32_MAX);
}

static void quantiles_are_those_of_the_sorted_values(void **state)
{
	static const unsigned per_mille[] = { 0,   1,	10,  250, 500,
					      750, 900, 990, 999, 1000 };
	static uint32_t values[3000];
	struct rng r = { 15 };

	(void)state;
	print_message("seed 15\n");
	for (size_t n = 1; n <= 3000; n = n < 20 ? n + 1 : n * 2) {
		struct hist h;

		for (size_t i = 0; i < n; i++)
			values[i] = any_value(&r);
		h = hist_of(values, n);
		qsort(values, n, sizeof(*values), by_value);
		for (size_t q = 0; q < ROWS(per_mille); q++) {
			size_t rank = (n * per_mille[q] + 999) / 1000;
			int64_t exact = values[rank ? rank - 1 : 0];
			int64_t us = hist_quantile_us(&h, per_mille[q]);

			/* Half of a bucket: 1/64 of the value. */
			assert_true(llabs(us - exact) <= exact / 64 + 1);
			assert_true(us >= values[0] && us <= values[n - 1]);
		}
		assert_int_equal(hist_quantile_us(&h, 0), values[0]);
		assert_int_equal(hist_quantile_us(&h, 1000), values[n - 1]);
	}
}

static void nothing_has_no_quantile(void **state)
{
	struct hist h = { .n = 0 };

	(void)state;
	assert_int_equal(hist_quantile_us(&h, 500), -1);
	assert_int_equal(hist_count_to(&h, INT64_MAX), 0);
}

static void small_counts_have_the_ranks_one_expects(void **state)
{
	static const uint32_t values[] = { 1, 2, 3, 4 };
	struct hist h = hist_of(values, 4);

	(void)state;
	assert_int_equal(hist_quantile_us(&h, 250), 1);
	assert_int_equal(hist_quantile_us(&h, 251), 2);
	assert_int_equal(hist_quantile_us(&h, 500), 2);
	assert_int_equal(hist_quantile_us(&h, 750), 3);
	assert_int_equal(hist_quantile_us(&h, 999), 4);
}

static void what_is_at_or_below_is_counted_by_whole_buckets(void **state)
{
	static const uint32_t values[] = { 0, 5, 5, 63, 64, 1000, 1u << 31 };
	struct hist h = hist_of(values, ROWS(values));

	(void)state;
	assert_int_equal(hist_count_to(&h, -1), 0);
	assert_int_equal(hist_count_to(&h, 0), 1);
	assert_int_equal(hist_count_to(&h, 4), 1);
	assert_int_equal(hist_count_to(&h, 5), 3);
	assert_int_equal(hist_count_to(&h, 63), 4);
	/* 64 shares its bucket with 65. */
	assert_int_equal(hist_count_to(&h, 64), 4);
	assert_int_equal(hist_count_to(&h, 65), 5);
	assert_int_equal(hist_count_to(&h, INT64_MAX), 7);
}

static void merging_is_adding(void **state)
{
	struct hist all = { .n = 0 }, one = { .n = 0 }, two = { .n = 0 };
	struct hist empty = { .n = 0 };
	struct rng r = { 99 };

	(void)state;
	print_message("seed 99\n");
	for (int i = 0; i < 5000; i++) {
		uint32_t value = any_value(&r);

		hist_add(&all, value);
		hist_add(rng_below(&r, 2) ? &one : &two, value);
	}
	hist_merge(&one, &empty);
	hist_merge(&empty, &two);
	assert_memory_equal(&empty, &two, sizeof(two));
	hist_merge(&one, &two);
	assert_memory_equal(&one, &all, sizeof(all));
}

static void what_is_encoded_is_decoded(void **state)
{
	struct rng r = { 3 };

	(void)state;
	print_message("seed 3\n");
	for (unsigned n = 0; n < 200; n += n < 5 ? 1 : 13) {
		struct hist h = { .n = 0 }, back;
		struct buf bytes = BUF_INIT(1 << 16);
		const unsigned char *pos;

		for (unsigned i = 0; i < n; i++)
			hist_add(&h, any_value(&r));
		assert_true(hist_encode(&h, &bytes));
		/* Something behind it is left alone. */
		buf_add_char(&bytes, 'x');
		pos = (const unsigned char *)bytes.data;
		assert_true(hist_decode(
			&back, &pos,
			(const unsigned char *)bytes.data + bytes.len, NULL));
		assert_int_equal(*pos, 'x');
		assert_memory_equal(&back, &h, sizeof(h));
		buf_release(&bytes);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct rng r = { 4 };
	struct hist h = { .n = 0 }, back = { .n = 77 };
	struct buf bytes = BUF_INIT(1 << 16);

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		hist_add(&h, any_value(&r));
	assert_true(hist_encode(&h, &bytes));
	for (size_t len = 0; len < bytes.len; len++) {
		unsigned char *cut = malloc(len ? len : 1);
		const unsigned char *pos = cut;
		struct fail why = { .code = FAIL_NONE };

		memcpy(cut, bytes.data, len);
		assert_false(hist_decode(&back, &pos, cut + len, &why));
		assert_int_equal(why.code, FAIL_CORRUPT);
		assert_ptr_equal(pos, cut);
		free(cut);
	}
	assert_int_equal(back.n, 77);
	buf_release(&bytes);
}

static void bytes_that_are_never_written_are_refused(void **state)
{
	/* n, sum, min, max, gap 5 and count, then 890 (0xfa 6) to the end. */
	static const struct {
		const char *what;
		unsigned char bytes[16];
		size_t len;
		bool good;
	} rows[] = {
		{ "one 5", { 1, 5, 5, 5, 5, 1, 0xfa, 6 }, 8, true },
		{ "two 5", { 2, 10, 5, 5, 5, 2, 0xfa, 6 }, 8, true },
		{ "n too high", { 2, 5, 5, 5, 5, 1, 0xfa, 6 }, 8, false },
		{ "n too low", { 1, 10, 5, 5, 5, 2, 0xfa, 6 }, 8, false },
		{ "sum too high", { 1, 6, 5, 5, 5, 1, 0xfa, 6 }, 8, false },
		{ "sum too low", { 1, 4, 5, 5, 5, 1, 0xfa, 6 }, 8, false },
		{ "min elsewhere", { 1, 5, 4, 5, 5, 1, 0xfa, 6 }, 8, false },
		{ "max elsewhere", { 1, 5, 5, 6, 5, 1, 0xfa, 6 }, 8, false },
		{ "min over max", { 1, 5, 6, 5, 5, 1, 0xfa, 6 }, 8, false },
		{ "count 0", { 1, 5, 5, 5, 5, 0, 0xfa, 6 }, 8, false },
		{ "gap too far", { 1, 5, 5, 5, 5, 1, 0xfb, 6 }, 8, false },
		{ "gap too near", { 1, 5, 5, 5, 5, 1, 0xf9, 6 }, 8, false },
		{ "long zero", { 0x80, 0 }, 2, false },
		{ "no buckets", { 1, 5, 5, 5, 0x80, 7 }, 6, false },
		{ "endless",
		  { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		    255 },
		  12,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const unsigned char *pos = rows[i].bytes;
		struct hist h;

		assert_for(rows[i].what,
			   hist_decode(&h, &pos, pos + rows[i].len, NULL) ==
				   rows[i].good);
	}
}

static void counts_saturate_and_still_decode(void **state)
{
	struct hist h = { .n = 0 }, back;
	struct buf bytes = BUF_INIT(1 << 16);
	const unsigned char *pos;

	(void)state;
	hist_add(&h, 7);
	for (int i = 0; i < 40; i++)
		hist_merge(&h, &h);
	assert_int_equal(h.n, UINT64_C(1) << 40);
	assert_int_equal(h.count[7], UINT32_MAX);
	assert_int_equal(hist_quantile_us(&h, 500), 7);
	assert_true(hist_encode(&h, &bytes));
	pos = (const unsigned char *)bytes.data;
	assert_true(hist_decode(&back, &pos, pos + bytes.len, NULL));
	assert_memory_equal(&back, &h, sizeof(h));
	buf_release(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_cover_every_value_once),
		cmocka_unit_test(values_outside_the_range_count_at_its_ends),
		cmocka_unit_test(quantiles_are_those_of_the_sorted_values),
		cmocka_unit_test(nothing_has_no_quantile),
		cmocka_unit_test(small_counts_have_the_ranks_one_expects),
		cmocka_unit_test(
			what_is_at_or_below_is_counted_by_whole_buckets),
		cmocka_unit_test(merging_is_adding),
		cmocka_unit_test(what_is_encoded_is_decoded),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(bytes_that_are_never_written_are_refused),
		cmocka_unit_test(counts_saturate_and_still_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
