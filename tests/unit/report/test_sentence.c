#include "report/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static struct issuance some_issuance(enum outcome outcome)
{
	return (struct issuance){ .outcome = outcome,
				  .op = OP_NEW_ORDER,
				  .took_us = 3100000,
				  .exchanges = 11,
				  .names = 1,
				  .name = "a.example" };
}

static void expect(const struct issuance *i, const char *sentence)
{
	struct buf out = BUF_INIT(4096);

	sentence_issuance(&out, i, "ca.example");
	assert_string_equal(buf_text(&out), sentence);
	buf_release(&out);
}

static void what_went_well_is_said_with_its_cost(void **state)
{
	struct issuance i = some_issuance(OUTCOME_OK);

	(void)state;
	expect(&i, "ca.example issued a certificate for a.example in 3.10 s "
		   "(11 requests).");
	i.waited_us = 505000;
	i.names = 3;
	expect(&i, "ca.example issued a certificate for a.example and 2 more "
		   "in 3.10 s (11 requests; 505 ms of it between "
		   "requests).");
	i.shallow = true;
	i.names = 1;
	i.waited_us = 0;
	expect(&i, "ca.example answered the first steps, up to the "
		   "authorization for a.example, as it should, in 3.10 s (11 "
		   "requests); nothing was issued.");
}

static void a_problem_is_quoted_with_its_status(void **state)
{
	struct issuance i = some_issuance(OUTCOME_PROBLEM);

	(void)state;
	i.status = 500;
	text_copy(i.problem, sizeof(i.problem), "serverInternal");
	text_copy(i.detail, sizeof(i.detail), "Error creating new order");
	expect(&i, "No certificate for a.example: ca.example answered newOrder "
		   "with an error: HTTP 500 serverInternal: Error creating new "
		   "order (after 3.10 s, 11 requests).");
	i = some_issuance(OUTCOME_HTTP_ERROR);
	i.status = 404;
	text_copy(i.detail, sizeof(i.detail),
		  "HTTP 404 without a problem document");
	expect(&i, "No certificate for a.example: ca.example answered newOrder "
		   "with an error: HTTP 404 without a problem document (after "
		   "3.10 s, 11 requests).");
}

static void whose_fault_it_was_is_said(void **state)
{
	struct issuance i = some_issuance(OUTCOME_DNS);

	(void)state;
	i.op = OP_DIRECTORY;
	i.took_us = 12000;
	i.exchanges = 1;
	text_copy(i.detail, sizeof(i.detail), "there is no such name");
	expect(&i, "No certificate for a.example: our own side failed at "
		   "directory, not ca.example: there is no such name (after 12 "
		   "ms, 1 request).");
	i = some_issuance(OUTCOME_RATE_LIMITED);
	i.status = 429;
	expect(&i, "No certificate for a.example: we are over a rate limit of "
		   "ca.example at newOrder: HTTP 429 (after 3.10 s, 11 "
		   "requests).");
}

static void every_outcome_has_a_sentence_of_its_own(void **state)
{
	char seen[OUTCOMES][256];

	(void)state;
	for (unsigned o = 0; o < OUTCOMES; o++) {
		struct issuance i = some_issuance((enum outcome)o);
		struct buf out = BUF_INIT(4096);

		sentence_issuance(&out, &i, "ca.example");
		text_copy(seen[o], sizeof(seen[o]), buf_text(&out));
		assert_int_equal(seen[o][strlen(seen[o]) - 1], '.');
		assert_null(strchr(seen[o], '\n'));
		for (unsigned k = 0; k < o; k++) {
			/* An error is an error, ours is ours. */
			if (o == OUTCOME_PROBLEM || o == OUTCOME_DNS)
				continue;
			assert_string_not_equal(seen[o], seen[k]);
		}
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_well_is_said_with_its_cost),
		cmocka_unit_test(a_problem_is_quoted_with_its_status),
		cmocka_unit_test(whose_fault_it_was_is_said),
		cmocka_unit_test(every_outcome_has_a_sentence_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
