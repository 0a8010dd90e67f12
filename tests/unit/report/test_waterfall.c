#include "report/waterfall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static const struct waterfall_style plain = { .columns = 80 };

static void draw(struct buf *out, const struct exchange *exchanges,
		 size_t count, const struct waterfall_style *style)
{
	const struct issuance i = { .took_us = 1000 };

	*out = BUF_INIT(1 << 20);
	waterfall_print(out, &i, exchanges, count, style);
	assert_false(out->full);
}

static void phases_stand_in_their_order_and_place(void **state)
{
	static const struct exchange exchanges[] = {
		{ .op = OP_DIRECTORY,
		  .status = 200,
		  .rtt_us = -1,
		  .marks = { 100, 200, 300, 310, 400, 500 } },
		{ .op = OP_NEW_NONCE,
		  .status = 200,
		  .rtt_us = -1,
		  .wall_us = 500,
		  .marks = { MARK_NONE, MARK_NONE, MARK_NONE, 10, 490, 500 } },
	};
	struct buf out;
	const char *first, *second;

	(void)state;
	draw(&out, exchanges, 2, &plain);
	first = strstr(buf_text(&out), "directory");
	second = strstr(buf_text(&out), "newNonce");
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(strstr(first, "ddd"));
	assert_non_null(strstr(first, "dcc"));
	assert_non_null(strstr(first, "ctt"));
	/* The second begins where the first ended. */
	assert_true(strstr(second, "ww") - second >
		    strstr(first, "ww") - first);
	assert_null(strchr(buf_text(&out), '\033'));
	buf_release(&out);
}

static void a_failure_says_what_it_was(void **state)
{
	static const struct exchange exchanges[] = {
		{ .op = OP_NEW_ORDER,
		  .outcome = OUTCOME_PROBLEM,
		  .problem = "serverInternal",
		  .status = 500,
		  .marks = { MARK_NONE, MARK_NONE, MARK_NONE, 10, 90, 100 } },
		{ .op = OP_FINALIZE,
		  .outcome = OUTCOME_TIMEOUT,
		  .wall_us = 100,
		  .marks = { MARK_NONE, MARK_NONE, MARK_NONE, 10, MARK_NONE,
			     900 } },
	};
	struct buf out;

	(void)state;
	draw(&out, exchanges, 2, &plain);
	assert_non_null(strstr(buf_text(&out), "problem serverInternal"));
	assert_non_null(strstr(buf_text(&out), "timeout"));
	/* The wait that never ended is drawn as far as it got. */
	assert_non_null(strstr(buf_text(&out), "wwwwwwwwww"));
	buf_release(&out);
}

static void any_marks_stay_inside_the_line(void **state)
{
	struct rng rng = { 42 };

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct waterfall_style style = {
			.columns = (unsigned)rng_below(&rng, 300),
		};
		struct exchange e = { .op = (enum op)rng_below(&rng, OPS),
				      .marks = MARKS_NONE };
		int64_t at_us = 0;
		struct buf out;

		e.wall_us = (int64_t)rng_below(&rng, 5000) - 1000;
		if (rng_below(&rng, 2))
			e.marks.dns_us = at_us += (int64_t)rng_below(&rng, 90);
		if (rng_below(&rng, 2))
			e.marks.sent_us = at_us += (int64_t)rng_below(&rng, 90);
		if (rng_below(&rng, 2))
			e.marks.first_us = at_us +=
				(int64_t)rng_below(&rng, 90);
		e.marks.done_us = at_us + (int64_t)rng_below(&rng, 9000);
		draw(&out, &e, 1, &style);
		assert_true(strcspn(buf_text(&out), "\n") <= 160 + 80);
		if (style.columns >= 40 && !exchange_is_blurred(&e))
			assert_true(strcspn(buf_text(&out), "\n") <=
				    style.columns);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_stand_in_their_order_and_place),
		cmocka_unit_test(a_failure_says_what_it_was),
		cmocka_unit_test(any_marks_stay_inside_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
