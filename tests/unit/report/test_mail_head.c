#include "report/mail_head.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

static void words_are(const char *text, const char *expected)
{
	struct buf out = BUF_INIT(4096);

	mail_words(&out, text);
	assert_string_equal(buf_text(&out), expected);
	buf_release(&out);
}

static void ascii_stays_as_it_is(void **state)
{
	(void)state;
	words_are("", "");
	words_are("[hub] le: major outage, at newOrder",
		  "[hub] le: major outage, at newOrder");
}

static void nothing_ends_the_line(void **state)
{
	(void)state;
	words_are("a\r\nBcc: b\nc\x7f\t", "a\\x0d\\x0aBcc: b\\x0ac\\x7f\\x09");
	words_are("\xff", "\\xff");
}

static void what_is_not_ascii_is_encoded(void **state)
{
	(void)state;
	words_are("M\xc3\xbcnchen", "=?utf-8?Q?M=C3=BCnchen?=");
	words_are("=?utf-8?Q?x?=", "=?utf-8?Q?=3D=3Futf=2D8=3FQ=3Fx=3F=3D?=");
}

/* RFC 2047 section 2: 75 characters; section 5: whole characters. */
static void long_words_are_folded(void **state)
{
	struct buf out = BUF_INIT(4096);
	char text[301];
	char *rest, *line;
	unsigned lines = 0;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[sizeof(text) - 1] = '\0';
	mail_words(&out, text);
	rest = out.data;
	while ((line = strsep(&rest, "\n"))) {
		size_t len = strlen(line);

		lines++;
		assert_true(len <= 77);
		assert_non_null(strstr(line, "=?utf-8?Q?=E2=82=AC"));
		assert_non_null(strstr(line, "=E2=82=AC?="));
	}
	assert_true(lines > 10);
	buf_release(&out);
}

static void dates_and_numbers_of_messages(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	mail_date(&out, INT64_C(1593068000) * US_PER_S);
	assert_string_equal(buf_text(&out), "Thu, 25 Jun 2020 06:53:20 +0000");
	buf_clear(&out);
	mail_message_id(&out, "le-1593068000-2", "ops@example.org");
	assert_string_equal(buf_text(&out), "<le-1593068000-2@example.org>");
	buf_clear(&out);
	mail_message_id(&out, "a>\r\nb", "x");
	assert_string_equal(buf_text(&out), "<a---b@localhost>");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_stays_as_it_is),
		cmocka_unit_test(nothing_ends_the_line),
		cmocka_unit_test(what_is_not_ascii_is_encoded),
		cmocka_unit_test(long_words_are_folded),
		cmocka_unit_test(dates_and_numbers_of_messages),
	};

	return cmocka_run_group_tests_name("report/mail_head", tests, NULL,
					   NULL);
}
