#include "base/fail.h"

#include <string.h>

#include "support/unit.h"

static bool refuse(struct fail *why)
{
	return fail_set(why, FAIL_INPUT, "%s is no number", "\"x\"");
}

static void a_failure_is_a_code_and_a_sentence(void **state)
{
	struct fail why;

	(void)state;
	assert_false(refuse(&why));
	assert_int_equal(why.code, FAIL_INPUT);
	assert_string_equal(why.text, "\"x\" is no number");
	assert_false(fail_at(&why, "line %d", 7));
	assert_int_equal(why.code, FAIL_INPUT);
	assert_string_equal(why.text, "line 7: \"x\" is no number");
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	assert_false(refuse(NULL));
	assert_false(fail_at(NULL, "line %d", 7));
}

static void foreign_bytes_are_shown_not_sent(void **state)
{
	struct fail why;

	(void)state;
	assert_false(fail_set(&why, FAIL_PEER, "got %s", "\x1b[2J\r\n"));
	assert_string_equal(why.text, "got \\x1b[2J\\x0d\\x0a");
}

static void a_long_sentence_is_cut(void **state)
{
	char text[2 * FAIL_TEXT];
	struct fail why;

	(void)state;
	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(fail_set(&why, FAIL_PEER, "%s", text));
	assert_true(strlen(why.text) < FAIL_TEXT);
	memset(text, 'x', sizeof(text) - 1);
	assert_false(fail_set(&why, FAIL_PEER, "%s", text));
	assert_int_equal(strlen(why.text), FAIL_TEXT - 1);
	/* The place comes first, so it stays. */
	assert_false(fail_at(&why, "there"));
	assert_int_equal(strlen(why.text), FAIL_TEXT - 1);
	assert_memory_equal(why.text, "there: xxx", 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_a_code_and_a_sentence),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(foreign_bytes_are_shown_not_sent),
		cmocka_unit_test(a_long_sentence_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
