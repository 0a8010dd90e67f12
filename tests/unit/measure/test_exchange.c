/* What an exchange must be to be believed. */
#include "measure/exchange.h"

#include <string.h>

#include "support/unit.h"

static void marks_that_can_be_are_left_alone(void **state)
{
	struct exchange e = { .marks = MARKS_NONE };

	(void)state;
	e.marks.dns_us = 10;
	e.marks.connect_us = 10;
	e.marks.sent_us = 30;
	e.marks.done_us = 30;
	e.outcome = OUTCOME_TIMEOUT;
	exchange_check_marks(&e);
	assert_int_equal(e.outcome, OUTCOME_TIMEOUT);
	assert_int_equal(e.marks.sent_us, 30);
}

static void marks_that_cannot_be_are_our_own_fault(void **state)
{
	struct exchange e = { .marks = MARKS_NONE };

	(void)state;
	e.marks.sent_us = 30;
	e.marks.first_us = 29;
	e.marks.done_us = 40;
	exchange_check_marks(&e);
	assert_int_equal(e.outcome, OUTCOME_SELF);
	assert_non_null(strstr(e.detail, "out of order"));
	assert_true(marks_in_order(&e.marks));
	assert_int_equal(e.marks.sent_us, MARK_NONE);
	assert_int_equal(e.marks.done_us, 40);
	e.marks.done_us = -5;
	exchange_check_marks(&e);
	assert_int_equal(e.marks.done_us, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_that_can_be_are_left_alone),
		cmocka_unit_test(marks_that_cannot_be_are_our_own_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
