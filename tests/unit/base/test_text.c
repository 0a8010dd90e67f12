#include "base/text.h"

#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "support/unit.h"

static void a_copy_is_cut_to_its_place(void **state)
{
	char dst[4];

	(void)state;
	text_copy(dst, sizeof(dst), "abc");
	assert_string_equal(dst, "abc");
	text_copy(dst, sizeof(dst), "abcd");
	assert_string_equal(dst, "abc");
	text_copy(dst, sizeof(dst), NULL);
	assert_string_equal(dst, "");
	text_copy(dst, 1, "abc");
	assert_string_equal(dst, "");
}

static void a_utf8_character_has_its_length_or_none(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\x80", 0 },
		{ "\xbf", 0 },
		{ "\xc0\x80", 0 }, /* overlong */
		{ "\xc1\xbf", 0 }, /* overlong */
		{ "\xc2\x80", 2 },
		{ "\xdf\xbf", 2 },
		{ "\xc3", 0 },
		{ "\xc3(", 0 },
		{ "\xe0\x9f\xbf", 0 }, /* overlong */
		{ "\xe0\xa0\x80", 3 },
		{ "\xe2\x82\xac", 3 },
		{ "\xe2\x82", 0 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 0 }, /* surrogate */
		{ "\xed\xbf\xbf", 0 }, /* surrogate */
		{ "\xee\x80\x80", 3 },
		{ "\xf0\x8f\xbf\xbf", 0 }, /* overlong */
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf0\x9f\x98", 0 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 0 }, /* past Unicode */
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		assert_for(rows[i].text,
			   text_utf8_len((const unsigned char *)rows[i].text,
					 strlen(rows[i].text)) == rows[i].len);
}

static void foreign_text_is_made_printable(void **state)
{
	static const struct {
		const char *src;
		size_t len;
		const char *shown;
	} rows[] = {
		{ "plain ~", 7, "plain ~" },
		{ "", 0, "" },
		{ "a\0b", 3, "a\\x00b" },
		{ "\x1b[31mred", 8, "\\x1b[31mred" },
		{ "a\r\nb\tc", 6, "a\\x0d\\x0ab\\x09c" },
		{ "\x7f", 1, "\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
		{ "\xc3", 1, "\\xc3" },
		{ "\xff\xfe", 2, "\\xff\\xfe" },
		{ "\xe2\x82", 2, "\\xe2\\x82" },
		/* A C1 control: CSI in one byte to some terminals. */
		{ "\xc2\x9b"
		  "31m",
		  5, "\\xc2\\x9b31m" },
		{ "\xc2\xa0", 2, "\xc2\xa0" },
		/* Marks that turn or break the line. */
		{ "\xe2\x80\xae"
		  "x",
		  4, "\\xe2\\x80\\xaex" },
		{ "\xe2\x80\x8f", 3, "\\xe2\\x80\\x8f" },
		{ "\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8" },
		{ "\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6" },
		{ "\xd8\x9c", 2, "\\xd8\\x9c" },
		{ "\xe2\x80\x93", 3, "\xe2\x80\x93" },
	};
	char dst[64];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		text_printable(dst, sizeof(dst), rows[i].src, rows[i].len);
		assert_string_equal(dst, rows[i].shown);
	}
}

static void printable_text_is_cut_at_a_whole_character(void **state)
{
	char dst[8];

	(void)state;
	text_printable(dst, 4, "ab\xe2\x82\xac", 5);
	assert_string_equal(dst, "ab");
	text_printable(dst, 6, "ab\xe2\x82\xac", 5);
	assert_string_equal(dst, "ab\xe2\x82\xac");
	text_printable(dst, 6, "ab\n", 3);
	assert_string_equal(dst, "ab");
	text_printable(dst, 7, "ab\n", 3);
	assert_string_equal(dst, "ab\\x0a");
	text_printable(dst, 1, "ab", 2);
	assert_string_equal(dst, "");
}

static void words_are_compared_without_case(void **state)
{
	(void)state;
	assert_true(text_same_nocase("", ""));
	assert_true(text_same_nocase("aZ-9", "Az-9"));
	assert_false(text_same_nocase("a", "ab"));
	assert_false(text_same_nocase("ab", "a"));
	/* Only letters: '@' and '`', '[' and '{' are 32 apart too. */
	assert_false(text_same_nocase("@", "`"));
	assert_false(text_same_nocase("[", "{"));
	assert_false(text_same_nocase("\xc3\x84", "\xc3\xa4"));
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("a", "ab"));
}

static void a_number_is_whole_and_within_its_limit(void **state)
{
	static const struct {
		const char *text;
		uint64_t max, value;
		bool good;
	} rows[] = {
		{ "0", 0, 0, true },
		{ "007", 10, 7, true },
		{ "10", 10, 10, true },
		{ "11", 10, 0, false },
		{ "7", 5, 0, false },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999999", UINT64_MAX, 0, false },
		{ "", 10, 0, false },
		{ " 1", 10, 0, false },
		{ "1 ", 10, 0, false },
		{ "-1", 10, 0, false },
		{ "+1", 10, 0, false },
		{ "1.0", 10, 0, false },
		{ "0x1", 10, 0, false },
		{ "1e1", 10, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t value = 77;
		bool good = text_to_u64(rows[i].text, rows[i].max, &value);

		assert_for(rows[i].text, good == rows[i].good);
		assert_true(value == (good ? rows[i].value : 77));
	}
}

static void a_duration_is_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t us; /* -1: refused */
	} rows[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "250us", 250 },
		{ "10ms", 10 * US_PER_MS },
		{ "30s", 30 * US_PER_S },
		{ "5m", 5 * US_PER_MIN },
		{ "2h", 2 * US_PER_HOUR },
		{ "7d", 7 * US_PER_DAY },
		{ "36525d", 36525 * US_PER_DAY },
		{ "36526d", -1 },
		{ "3155760000s", 36525 * US_PER_DAY },
		{ "3155760001s", -1 },
		{ "99999999999999999999s", -1 },
		{ "", -1 },
		{ "5", -1 },
		{ "s", -1 },
		{ "5 s", -1 },
		{ "5S", -1 },
		{ "5sec", -1 },
		{ "5s ", -1 },
		{ "-5s", -1 },
		{ "1.5s", -1 },
		{ "1h30m", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t us = 77;
		bool good = text_to_duration(rows[i].text, &us);

		assert_for(rows[i].text, good == (rows[i].us >= 0));
		assert_true(us == (good ? rows[i].us : 77));
	}
}

static void a_duration_is_printed_in_the_largest_whole_unit(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1us" },
		{ 1500, "1500us" },
		{ 90 * US_PER_S, "90s" },
		{ 120 * US_PER_S, "2m" },
		{ 2 * US_PER_HOUR, "2h" },
		{ 48 * US_PER_HOUR, "2d" },
		{ US_PER_DAY + 1, "86400000001us" },
	};
	struct rng r = { 8 };
	char text[32];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		text_from_duration(text, sizeof(text), rows[i].us);
		assert_string_equal(text, rows[i].text);
	}
	print_message("seed 8\n");
	for (int i = 0; i < 2000; i++) {
		int64_t us = (int64_t)rng_below(&r, 36525 * US_PER_DAY);

		us -= us % (int64_t[]){ 1, US_PER_MS, US_PER_S, US_PER_MIN,
					US_PER_HOUR }[i % 5];
		text_from_duration(text, sizeof(text), us);
		assert_true(text_to_duration(text, &back));
		assert_true(back == us);
	}
}

static void a_latency_reads_the_same_on_both_sides_of_a_unit(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ -1, "-" },
		{ 0, "0.00 ms" },
		{ 420, "0.42 ms" },
		{ 9994, "9.99 ms" },
		{ 9995, "10 ms" },
		{ 10000, "10 ms" },
		{ 87400, "87 ms" },
		{ 999499, "999 ms" },
		{ 999500, "1.00 s" },
		{ 3100000, "3.10 s" },
		{ 99994999, "99.99 s" },
		{ 100000000, "1 min 40 s" },
		{ 125000000, "2 min 5 s" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		text_latency(text, sizeof(text), rows[i].us);
		assert_string_equal(text, rows[i].text);
	}
}

static void hex_has_two_digits_a_byte(void **state)
{
	char text[9];

	(void)state;
	text_hex(text, "\x00\x0f\xa5\xff", 4);
	assert_string_equal(text, "000fa5ff");
	text_hex(text, "", 0);
	assert_string_equal(text, "");
}

/* RFC 4648 section 10, without padding. */
static void base64url_is_that_of_the_rfc(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "-_-_" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf b = BUF_INIT(64);

		assert_true(buf_add_base64url(&b, rows[i].bytes,
					      strlen(rows[i].bytes)));
		assert_string_equal(buf_text(&b), rows[i].text);
		buf_clear(&b);
		assert_true(buf_add_from_base64url(&b, rows[i].text,
						   strlen(rows[i].text)));
		assert_string_equal(buf_text(&b), rows[i].bytes);
		buf_release(&b);
	}
}

static void only_canonical_base64url_is_decoded(void **state)
{
	static const char *const rows[] = {
		"Z",	"Zm9vY", "Zg==", "Zm8=", "Zh",	 "Zm9",	  "Zm+v",
		"Zm/v", "Z g",	 "Zg\n", " Zg",	 "Zm.v", "Zm9v=", "\xc3\xa4xx",
	};
	struct buf b = BUF_INIT(64);

	(void)state;
	assert_true(buf_add_text(&b, "before"));
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_for(rows[i], !buf_add_from_base64url(&b, rows[i],
							    strlen(rows[i])));
		assert_string_equal(buf_text(&b), "before");
	}
	assert_false(buf_add_from_base64url(&b, "Zm\0v", 4));
	assert_false(b.full);
	buf_release(&b);
}

static void base64url_adds_all_or_nothing(void **state)
{
	struct buf b = BUF_INIT(7);

	(void)state;
	assert_true(buf_add_text(&b, "ab"));
	assert_false(buf_add_base64url(&b, "foob", 4));
	assert_true(b.full);
	assert_string_equal(buf_text(&b), "ab");
	buf_clear(&b);
	assert_false(buf_add_from_base64url(&b, "Zm9vYmFyZm9v", 12));
	assert_true(b.full);
	assert_string_equal(buf_text(&b), "");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_cut_to_its_place),
		cmocka_unit_test(a_utf8_character_has_its_length_or_none),
		cmocka_unit_test(foreign_text_is_made_printable),
		cmocka_unit_test(printable_text_is_cut_at_a_whole_character),
		cmocka_unit_test(words_are_compared_without_case),
		cmocka_unit_test(a_number_is_whole_and_within_its_limit),
		cmocka_unit_test(a_duration_is_a_number_and_a_unit),
		cmocka_unit_test(
			a_duration_is_printed_in_the_largest_whole_unit),
		cmocka_unit_test(
			a_latency_reads_the_same_on_both_sides_of_a_unit),
		cmocka_unit_test(hex_has_two_digits_a_byte),
		cmocka_unit_test(base64url_is_that_of_the_rfc),
		cmocka_unit_test(only_canonical_base64url_is_decoded),
		cmocka_unit_test(base64url_adds_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
