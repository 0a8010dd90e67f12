#include "report/check_show.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

#define NOW_US (INT64_C(1593068070) * US_PER_S)

static struct check_heard operational(void)
{
	return (struct check_heard){
		.hub = "https://hub.example",
		.ca = "le",
		.there = THERE_SAID,
		.verdict = { .ca = "le",
			     .directory = "https://ca.example/directory",
			     .as_of_us = NOW_US,
			     .verdict = VERDICT_OPERATIONAL,
			     .voices = 4,
			     .stations = 5,
			     .evidence_age_s = 2,
			     .retry_after_s = -1,
			     .works = { [OP_DIRECTORY] = true },
			     .p95_us = 6034000 },
		.trouble = "",
		.now_us = NOW_US,
	};
}

static struct check_heard outage(void)
{
	struct check_heard h = operational();

	h.verdict.verdict = VERDICT_MAJOR_OUTAGE;
	h.verdict.failing = 3;
	h.verdict.retry_after_s = 300;
	h.verdict.fails[OP_NEW_ACCOUNT] = true;
	h.verdict.start_us = NOW_US - 60 * US_PER_S;
	h.verdict.has_cause = true;
	h.verdict.cause = (struct failure){ .op = OP_NEW_ACCOUNT,
					    .outcome = OUTCOME_PROBLEM,
					    .status = 500,
					    .problem = "server|Internal",
					    .detail = "a\nb" };
	return h;
}

static void expect_line(const struct check_heard *h, enum check_status status,
			const char *line)
{
	struct buf out = BUF_INIT(4096);

	check_plugin_line(&out, h, status);
	assert_string_equal(buf_text(&out), line);
	buf_release(&out);
}

static void a_line_has_a_sentence_and_figures(void **state)
{
	struct check_heard h = operational();

	(void)state;
	expect_line(&h, CHECK_OK,
		    "ACMETER OK - le is operational, as 4 voices tell | "
		    "voices=4;;;0 failing=0;;;0;4 p95=6.034000s;;;0 "
		    "age=2s;;;0");
	h.verdict.p95_us = h.verdict.evidence_age_s = -1;
	h.verdict.voices = 1;
	expect_line(&h, CHECK_OK,
		    "ACMETER OK - le is operational, as 1 voice tells | "
		    "voices=1;;;0 failing=0;;;0;1");
	h = outage();
	expect_line(&h, CHECK_CRITICAL,
		    "ACMETER CRITICAL - le has a major outage at newAccount "
		    "since 06:53:30 UTC (problem, status 500, "
		    "server/Internal: a\\x0ab), as 4 voices tell, 3 of them "
		    "failing | voices=4;;;0 failing=3;;;0;4 p95=6.034000s;;;0 "
		    "age=2s;;;0");
	h = (struct check_heard){ .hub = "https://hub.example",
				  .ca = "le",
				  .there = THERE_UNREACHABLE,
				  .trouble = "no route | x" };
	expect_line(&h, CHECK_UNKNOWN,
		    "ACMETER UNKNOWN - the hub https://hub.example is not "
		    "reached: no route / x");
}

static void each_verdict_has_a_status(void **state)
{
	static const enum check_status expected[VERDICTS] = {
		[VERDICT_UNKNOWN] = CHECK_UNKNOWN,
		[VERDICT_OPERATIONAL] = CHECK_OK,
		[VERDICT_DEGRADED] = CHECK_WARNING,
		[VERDICT_PARTIAL_OUTAGE] = CHECK_CRITICAL,
		[VERDICT_MAJOR_OUTAGE] = CHECK_CRITICAL,
	};
	struct check_map map = check_map_default();
	struct check_heard h = operational();
	enum check_status status;

	(void)state;
	for (int v = 0; v < VERDICTS; v++) {
		h.verdict.verdict = (enum verdict)v;
		assert_int_equal(check_plugin_status(&h, &map), expected[v]);
	}
	map.of[VERDICT_MAJOR_OUTAGE] = CHECK_OK;
	assert_int_equal(check_plugin_status(&h, &map), CHECK_OK);
	/* What is not heard, or too old, has one status only. */
	for (int t = THERE_STALE; t < THERES; t++) {
		h.there = (enum side_there)t;
		assert_int_equal(check_plugin_status(&h, &map), CHECK_UNKNOWN);
	}
	assert_true(check_status_find("warning", &status));
	assert_int_equal(status, CHECK_WARNING);
	assert_false(check_status_find("warn", &status));
}

static void what_is_old_tells_nothing(void **state)
{
	struct check_heard h = operational();
	struct fail why;

	(void)state;
	assert_int_equal(check_freshness(&h.verdict, NOW_US, 600, &why),
			 THERE_SAID);
	h.verdict.evidence_age_s = 601;
	assert_int_equal(check_freshness(&h.verdict, NOW_US, 600, &why),
			 THERE_STALE);
	assert_non_null(strstr(why.text, "evidence is 10 min"));
	h.verdict.evidence_age_s = -1;
	h.verdict.as_of_us = NOW_US - 901 * US_PER_S;
	assert_int_equal(check_freshness(&h.verdict, NOW_US, 600, &why),
			 THERE_STALE);
	h.verdict.as_of_us = NOW_US + 901 * US_PER_S;
	assert_int_equal(check_freshness(&h.verdict, NOW_US, 600, &why),
			 THERE_STALE);
	h.verdict.as_of_us = NOW_US - 60 * US_PER_S;
	assert_int_equal(check_freshness(&h.verdict, NOW_US, 600, &why),
			 THERE_SAID);
}

static void the_step_is_looked_for_at_the_stations(void **state)
{
	struct issuance here = { .outcome = OUTCOME_PROBLEM,
				 .op = OP_NEW_ACCOUNT,
				 .status = 500 };
	struct check_side s = { .directory = "https://ca.example/directory",
				.here = &here,
				.heard = outage() };
	struct side_evidence e = check_evidence(&s);

	(void)state;
	assert_int_equal(e.step, STEP_FAILS);
	assert_int_equal(e.verdict, VERDICT_MAJOR_OUTAGE);
	here.op = OP_DIRECTORY;
	assert_int_equal(check_evidence(&s).step, STEP_WORKS);
	here.op = OP_FINALIZE;
	assert_int_equal(check_evidence(&s).step, STEP_UNSEEN);
	s.heard.there = THERE_STALE;
	here.op = OP_NEW_ACCOUNT;
	assert_int_equal(check_evidence(&s).step, STEP_UNSEEN);
	assert_int_equal(check_evidence(&s).verdict, VERDICT_UNKNOWN);
}

static void expect_text(const struct check_side *s, const char *text)
{
	const struct side_evidence e = check_evidence(s);
	const struct side_finding f = side_find(&e);
	struct buf out = BUF_INIT(1 << 16);

	check_side_text(&out, s, &f);
	assert_string_equal(buf_text(&out), text);
	buf_release(&out);
}

static void whose_it_is_is_said_with_what_to_do(void **state)
{
	struct issuance here = { .outcome = OUTCOME_PROBLEM,
				 .op = OP_NEW_ACCOUNT,
				 .status = 500,
				 .problem = "serverInternal",
				 .detail = "no\033[2J" };
	struct check_side s = { .directory = "https://ca.example/directory",
				.here = &here,
				.heard = outage() };

	(void)state;
	expect_text(&s, "It is the CA: the same step fails here and at the "
			"stations.\n"
			"  here:  newAccount failed: an ACME problem document, "
			"status 500, serverInternal: no\\x1b[2J\n"
			"  there: le has a major outage at newAccount since "
			"06:53:30 UTC (problem, status 500, server/Internal: "
			"a\\x0ab), as 4 voices tell, 3 of them failing\n"
			"  to do: wait, or use another CA; nothing on this "
			"machine has to be changed; try again in 5 min.\n");
	here = (struct issuance){ .outcome = OUTCOME_TLS, .op = OP_DIRECTORY };
	s.heard = operational();
	s.directory = "https://other.example/directory";
	expect_text(&s,
		    "It is you, and the step that fails is directory: this "
		    "machine and the CA do not come to a TLS connection that "
		    "it believes.\n"
		    "  here:  directory failed: the TLS handshake failed\n"
		    "  there: le is operational, as 4 voices tell\n"
		    "  to do: look at the roots it trusts (--ca-file, the "
		    "system's ca-certificates), at its clock, and for a proxy "
		    "that opens TLS; the stations ask "
		    "https://ca.example/directory, and not the URL given "
		    "here.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_a_sentence_and_figures),
		cmocka_unit_test(each_verdict_has_a_status),
		cmocka_unit_test(what_is_old_tells_nothing),
		cmocka_unit_test(the_step_is_looked_for_at_the_stations),
		cmocka_unit_test(whose_it_is_is_said_with_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
