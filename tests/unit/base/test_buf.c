#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

static void an_empty_buffer_is_an_empty_string(void **state)
{
	struct buf b = BUF_INIT(10);
	char *taken;

	(void)state;
	assert_string_equal(buf_text(&b), "");
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	free(taken);
	buf_clear(&b);
	buf_release(&b);
	assert_int_equal(b.max, 10);
}

static void what_is_added_stays_in_order_and_ends_in_nul(void **state)
{
	struct buf b = BUF_INIT(1000);

	(void)state;
	assert_true(buf_add_text(&b, "one"));
	assert_true(buf_add_char(&b, ','));
	assert_true(buf_addf(&b, "%d%s", 2, "!"));
	assert_true(buf_add(&b, "\0x", 2));
	assert_true(buf_add(&b, NULL, 0));
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "one,2!\0x", 9);
	buf_release(&b);
}

static void the_ceiling_is_exact_and_an_addition_whole(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	assert_true(buf_add_text(&b, "12345"));
	assert_false(b.full);
	assert_false(buf_add_char(&b, '6'));
	assert_true(b.full);
	assert_string_equal(buf_text(&b), "12345");
	buf_clear(&b);
	assert_false(b.full);
	assert_true(buf_addf(&b, "%s", "abc"));
	assert_false(buf_addf(&b, "%s", "def"));
	/* Full stays full, even for what would fit. */
	assert_false(buf_add_char(&b, 'd'));
	assert_false(buf_add(&b, NULL, 0));
	assert_string_equal(buf_text(&b), "abc");
	buf_release(&b);
	assert_false(b.full);
	assert_true(buf_add_text(&b, "again"));
	buf_release(&b);
}

static void a_length_that_would_wrap_around_is_refused(void **state)
{
	struct buf b = BUF_INIT(SIZE_MAX);

	(void)state;
	assert_true(buf_add_char(&b, 'x'));
	b.max = 16;
	assert_false(buf_add(&b, "", SIZE_MAX));
	assert_false(buf_add(&b, "", SIZE_MAX - 1));
	assert_int_equal(b.len, 1);
	buf_release(&b);
}

static void it_grows_past_many_doublings(void **state)
{
	enum { LEN = 100000 };
	struct buf b = BUF_INIT(LEN);
	char *taken;

	(void)state;
	for (unsigned i = 0; i < LEN; i++)
		assert_true(buf_add_char(&b, (char)('a' + i % 26)));
	assert_false(buf_add_char(&b, 'x'));
	taken = buf_take(&b);
	assert_int_equal(strlen(taken), LEN);
	for (unsigned i = 0; i < LEN; i++)
		assert_int_equal(taken[i], 'a' + i % 26);
	free(taken);
	assert_string_equal(buf_text(&b), "");
	assert_true(buf_add_char(&b, 'x'));
	buf_release(&b);
}

static void varints_have_one_form(void **state)
{
	static const struct {
		uint64_t value;
		unsigned char bytes[11];
		size_t len;
	} rows[] = {
		{ 0, { 0 }, 1 },
		{ 1, { 1 }, 1 },
		{ 127, { 0x7f }, 1 },
		{ 128, { 0x80, 1 }, 2 },
		{ 300, { 0xac, 2 }, 2 },
		{ 16383, { 0xff, 0x7f }, 2 },
		{ 16384, { 0x80, 0x80, 1 }, 3 },
		{ UINT32_MAX, { 0xff, 0xff, 0xff, 0xff, 0x0f }, 5 },
		{ UINT64_MAX,
		  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 },
		  10 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf b = BUF_INIT(16);
		const unsigned char *pos = rows[i].bytes;
		uint64_t value = 77;

		assert_true(buf_add_varint(&b, rows[i].value));
		assert_int_equal(b.len, rows[i].len);
		assert_memory_equal(b.data, rows[i].bytes, b.len);
		assert_true(varint_read(&pos, pos + rows[i].len, &value));
		assert_true(value == rows[i].value);
		assert_ptr_equal(pos, rows[i].bytes + rows[i].len);
		/* One byte short. */
		pos = rows[i].bytes;
		assert_false(varint_read(&pos, pos + rows[i].len - 1, &value));
		assert_ptr_equal(pos, rows[i].bytes);
		buf_release(&b);
	}
}

static void varints_that_are_never_written_are_refused(void **state)
{
	static const unsigned char rows[][12] = {
		/* 65 bits; eleven bytes; leading zeros. */
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81,
		  1 },
		{ 0x80, 0 },
		{ 0x81, 0 },
		{ 0xff, 0xff, 0 },
		{ 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const unsigned char *pos = rows[i];
		uint64_t value = 77;

		assert_false(varint_read(&pos, pos + 12, &value));
		assert_int_equal(value, 77);
		assert_ptr_equal(pos, rows[i]);
	}
}

static void any_varint_is_read_as_it_was_written(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct rng write = { 5 }, read = { 5 };
	const unsigned char *pos, *end;
	uint64_t value;

	(void)state;
	print_message("seed 5\n");
	for (int i = 0; i < 20000; i++)
		assert_true(buf_add_varint(&b, rng_next(&write) >> i % 64));
	pos = (const unsigned char *)b.data;
	end = pos + b.len;
	for (int i = 0; i < 20000; i++) {
		assert_true(varint_read(&pos, end, &value));
		assert_true(value == rng_next(&read) >> i % 64);
	}
	assert_ptr_equal(pos, end);
	buf_release(&b);
}

/* As printf() would have it, at both ends and at each number of digits. */
static void numbers_are_decimal(void **state)
{
	static const int64_t ends[] = {
		0, 1, 9, 10, INT64_MAX, INT64_MIN, INT64_MIN + 1
	};
	struct rng random = { 7 };
	struct buf b = BUF_INIT(64);
	char expected[64];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		int64_t v = i < 7 ? ends[i]
				  : (int64_t)(rng_next(&random) >> i % 64);

		buf_clear(&b);
		buf_add_u64(&b, (uint64_t)v);
		buf_add_char(&b, ' ');
		buf_add_i64(&b, i % 2 ? v : -(v / 2));
		snprintf(expected, sizeof(expected), "%" PRIu64 " %" PRId64,
			 (uint64_t)v, i % 2 ? v : -(v / 2));
		assert_string_equal(buf_text(&b), expected);
	}
	buf_release(&b);
}

/* Whatever room there is already, what is printed is whole or not there. */
static void what_is_printed_is_whole_or_not_there(void **state)
{
	(void)state;
	for (int len = 0; len < 200; len++) {
		struct buf b = BUF_INIT(100);
		bool fits = len <= 97;

		buf_add_text(&b, "abc");
		assert_int_equal(buf_addf(&b, "%*s", len, ""), fits);
		assert_int_equal(b.len, fits ? 3 + len : 3);
		assert_int_equal(strlen(buf_text(&b)), b.len);
		assert_int_equal(b.full, !fits);
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(what_is_added_stays_in_order_and_ends_in_nul),
		cmocka_unit_test(the_ceiling_is_exact_and_an_addition_whole),
		cmocka_unit_test(a_length_that_would_wrap_around_is_refused),
		cmocka_unit_test(it_grows_past_many_doublings),
		cmocka_unit_test(varints_have_one_form),
		cmocka_unit_test(varints_that_are_never_written_are_refused),
		cmocka_unit_test(any_varint_is_read_as_it_was_written),
		cmocka_unit_test(numbers_are_decimal),
		cmocka_unit_test(what_is_printed_is_whole_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
