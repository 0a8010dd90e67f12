/*
 * Every combination of what is seen here and what is heard from there.
 */
#include "judge/side.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static const int statuses[] = { 0, 200, 400, 403, 404, 500, 503 };

/* Calls with each combination; how many there were. */
static unsigned for_each(void (*check)(const struct side_evidence *e,
				       const struct side_finding *f))
{
	unsigned n = 0;
	struct side_evidence e;

	for (int o = 0; o < OUTCOMES; o++)
		for (size_t s = 0; s < ROWS(statuses); s++)
			for (int t = 0; t < THERES; t++)
				for (int v = 0; v < VERDICTS; v++)
					for (int k = 0; k < SIDE_STEPS; k++) {
						struct side_finding f;

						e = (struct side_evidence){
							(enum outcome)o,
							statuses[s],
							(enum side_there)t,
							(enum verdict)v,
							(enum side_step)k
						};
						f = side_find(&e);
						check(&e, &f);
						n++;
					}
	return n;
}

static void claim(const struct side_evidence *e, bool holds, const char *what)
{
	if (!holds)
		fail_msg("%s: outcome %s, status %d, there %d, %s, step %d",
			 what, outcome_slug(e->outcome), e->status, e->there,
			 verdict_name(e->verdict), e->step);
}

static bool is_network(enum outcome o)
{
	return o == OUTCOME_REFUSED || o == OUTCOME_TIMEOUT ||
	       o == OUTCOME_UNREACHABLE || o == OUTCOME_CLOSED;
}

static bool is_known(const struct side_evidence *e)
{
	return e->there == THERE_SAID && e->verdict != VERDICT_UNKNOWN;
}

static void check_always(const struct side_evidence *e,
			 const struct side_finding *f)
{
	bool good = e->outcome == OUTCOME_OK;

	claim(e, f->side < SIDES && f->reason < SIDE_REASONS, "an answer");
	claim(e, !f->sure || f->side != SIDE_UNKNOWN, "sure of nothing");
	claim(e, good || f->side != SIDE_NOTHING, "a failure is not nothing");
	claim(e, !good || f->side == SIDE_NOTHING || f->side == SIDE_CA,
	      "what is good here is nobody's here");
	claim(e,
	      !f->sure || is_known(e) || f->reason == SIDE_YOU_LIMIT ||
		      f->reason == SIDE_YOU_SELF,
	      "sure with one evidence");
}

static void check_ours(const struct side_evidence *e,
		       const struct side_finding *f)
{
	if (e->outcome == OUTCOME_SELF || e->outcome == OUTCOME_RATE_LIMITED)
		claim(e, f->side == SIDE_YOU && f->sure, "ours is ours");
	if (e->outcome == OUTCOME_INTERRUPTED)
		claim(e, f->side == SIDE_UNKNOWN, "stopped is no answer");
}

static bool is_decided_here(enum outcome o)
{
	return o == OUTCOME_OK || o == OUTCOME_SELF ||
	       o == OUTCOME_RATE_LIMITED || o == OUTCOME_INTERRUPTED;
}

static void check_the_ca(const struct side_evidence *e,
			 const struct side_finding *f)
{
	bool bad = is_known(e) && e->verdict > VERDICT_OPERATIONAL;

	if (is_known(e) && e->verdict == VERDICT_OPERATIONAL &&
	    e->step != STEP_FAILS)
		claim(e, f->side != SIDE_CA, "nobody else sees it fail");
	if (bad && e->step == STEP_FAILS && !is_decided_here(e->outcome))
		claim(e, f->side == SIDE_CA && f->sure, "both see it fail");
	if (bad && e->outcome == OUTCOME_OK)
		claim(e, f->side == SIDE_CA, "good here is not good for all");
}

static void check_the_path(const struct side_evidence *e,
			   const struct side_finding *f)
{
	claim(e, f->side != SIDE_PATH || is_network(e->outcome),
	      "a path is what gives no answer");
	claim(e, f->side != SIDE_PATH || is_known(e),
	      "a path needs one that comes through");
	if (is_network(e->outcome) && is_known(e) && e->step == STEP_WORKS &&
	    e->verdict == VERDICT_OPERATIONAL)
		claim(e, f->side == SIDE_PATH && f->sure,
		      "others come through");
	if (is_network(e->outcome) && e->there == THERE_UNREACHABLE)
		claim(e, f->reason == SIDE_YOU_OFFLINE, "nothing is reached");
}

static void every_combination_has_an_answer_that_holds(void **state)
{
	(void)state;
	assert_int_equal(for_each(check_always), OUTCOMES * ROWS(statuses) *
							 THERES * VERDICTS *
							 SIDE_STEPS);
	for_each(check_ours);
	for_each(check_the_ca);
	for_each(check_the_path);
}

static void
what_is_known_of_the_others_only_counts_when_it_was_said(void **state)
{
	(void)state;
	for (int o = 0; o < OUTCOMES; o++) {
		struct side_evidence e = { .outcome = (enum outcome)o,
					   .there = THERE_STALE };
		struct side_finding one = side_find(&e), other;

		for (int v = 0; v < VERDICTS; v++) {
			e.verdict = (enum verdict)v;
			e.step = STEP_FAILS;
			other = side_find(&e);
			assert_int_equal(one.reason, other.reason);
		}
	}
}

static void each_case_by_name(void **state)
{
	static const struct {
		struct side_evidence e;
		enum side side;
		bool sure;
		enum side_reason reason;
	} rows[] = {
		{ { OUTCOME_OK, 201, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_NOTHING,
		  true,
		  SIDE_WELL },
		{ { OUTCOME_OK, 201, THERE_UNREACHABLE, VERDICT_UNKNOWN,
		    STEP_UNSEEN },
		  SIDE_NOTHING,
		  false,
		  SIDE_WELL_HERE },
		{ { OUTCOME_OK, 201, THERE_SAID, VERDICT_MAJOR_OUTAGE,
		    STEP_WORKS },
		  SIDE_CA,
		  true,
		  SIDE_CA_ELSEWHERE },
		{ { OUTCOME_OK, 201, THERE_SAID, VERDICT_DEGRADED, STEP_WORKS },
		  SIDE_CA,
		  true,
		  SIDE_CA_ELSEWHERE },
		{ { OUTCOME_PROBLEM, 500, THERE_SAID, VERDICT_MAJOR_OUTAGE,
		    STEP_FAILS },
		  SIDE_CA,
		  true,
		  SIDE_CA_SAME },
		/* It has just begun: they fail, and it is not declared yet. */
		{ { OUTCOME_PROBLEM, 500, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_FAILS },
		  SIDE_CA,
		  false,
		  SIDE_CA_SAME },
		{ { OUTCOME_TIMEOUT, 0, THERE_SAID, VERDICT_MAJOR_OUTAGE,
		    STEP_UNSEEN },
		  SIDE_CA,
		  true,
		  SIDE_CA_OUTAGE },
		{ { OUTCOME_HTTP_ERROR, 503, THERE_SAID, VERDICT_PARTIAL_OUTAGE,
		    STEP_WORKS },
		  SIDE_CA,
		  false,
		  SIDE_CA_PARTLY },
		{ { OUTCOME_TIMEOUT, 0, THERE_SAID, VERDICT_DEGRADED,
		    STEP_WORKS },
		  SIDE_CA,
		  false,
		  SIDE_CA_PARTLY },
		/* An outage of another step is no reason not to be reached. */
		{ { OUTCOME_REFUSED, 0, THERE_SAID, VERDICT_MAJOR_OUTAGE,
		    STEP_WORKS },
		  SIDE_PATH,
		  true,
		  SIDE_PATH_ALONE },
		{ { OUTCOME_TLS, 0, THERE_SAID, VERDICT_MAJOR_OUTAGE,
		    STEP_WORKS },
		  SIDE_YOU,
		  true,
		  SIDE_YOU_TLS },
		{ { OUTCOME_REFUSED, 0, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_PATH,
		  true,
		  SIDE_PATH_ALONE },
		{ { OUTCOME_UNREACHABLE, 0, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_UNSEEN },
		  SIDE_PATH,
		  false,
		  SIDE_PATH_ALONE },
		{ { OUTCOME_TLS, 0, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_YOU,
		  true,
		  SIDE_YOU_TLS },
		{ { OUTCOME_DNS, 0, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_YOU,
		  true,
		  SIDE_YOU_DNS },
		{ { OUTCOME_PROBLEM, 403, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_YOU,
		  true,
		  SIDE_YOU_REQUEST },
		{ { OUTCOME_PROBLEM, 500, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_UNKNOWN,
		  false,
		  SIDE_CA_HERE_ALONE },
		{ { OUTCOME_PROTOCOL, 200, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_UNKNOWN,
		  false,
		  SIDE_CA_HERE_ALONE },
		{ { OUTCOME_PROBLEM, 500, THERE_UNREACHABLE, VERDICT_UNKNOWN,
		    STEP_UNSEEN },
		  SIDE_CA,
		  false,
		  SIDE_CA_ANSWERS },
		{ { OUTCOME_TIMEOUT, 0, THERE_UNREACHABLE, VERDICT_UNKNOWN,
		    STEP_UNSEEN },
		  SIDE_YOU,
		  false,
		  SIDE_YOU_OFFLINE },
		{ { OUTCOME_DNS, 0, THERE_UNREACHABLE, VERDICT_UNKNOWN,
		    STEP_UNSEEN },
		  SIDE_YOU,
		  false,
		  SIDE_YOU_OFFLINE },
		{ { OUTCOME_TIMEOUT, 0, THERE_UNWATCHED, VERDICT_UNKNOWN,
		    STEP_UNSEEN },
		  SIDE_UNKNOWN,
		  false,
		  SIDE_ALONE_FAILING },
		{ { OUTCOME_TLS, 0, THERE_ODD, VERDICT_UNKNOWN, STEP_UNSEEN },
		  SIDE_YOU,
		  false,
		  SIDE_YOU_TLS },
		{ { OUTCOME_REFUSED, 0, THERE_SAID, VERDICT_UNKNOWN,
		    STEP_UNSEEN },
		  SIDE_UNKNOWN,
		  false,
		  SIDE_ALONE_FAILING },
		{ { OUTCOME_RATE_LIMITED, 429, THERE_SAID, VERDICT_MAJOR_OUTAGE,
		    STEP_FAILS },
		  SIDE_YOU,
		  true,
		  SIDE_YOU_LIMIT },
		{ { OUTCOME_SELF, 0, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_YOU,
		  true,
		  SIDE_YOU_SELF },
		{ { OUTCOME_INTERRUPTED, 0, THERE_SAID, VERDICT_OPERATIONAL,
		    STEP_WORKS },
		  SIDE_UNKNOWN,
		  false,
		  SIDE_ALONE_STOPPED },
	};
	char row[16];
	bool seen[SIDE_REASONS] = { false };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct side_finding f = side_find(&rows[i].e);

		snprintf(row, sizeof(row), "row %zu", i);
		assert_for(row, f.side == rows[i].side);
		assert_for(row, f.sure == rows[i].sure);
		assert_for(row, f.reason == rows[i].reason);
		seen[f.reason] = true;
	}
	for (int r = 0; r < SIDE_REASONS; r++)
		assert_true(seen[r]);
}

static void each_side_has_a_word(void **state)
{
	(void)state;
	for (int a = 0; a < SIDES; a++) {
		for (int b = 0; b < a; b++)
			assert_string_not_equal(side_name((enum side)a),
						side_name((enum side)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_has_an_answer_that_holds),
		cmocka_unit_test(
			what_is_known_of_the_others_only_counts_when_it_was_said),
		cmocka_unit_test(each_case_by_name),
		cmocka_unit_test(each_side_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
