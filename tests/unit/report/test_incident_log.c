#include "report/incident_log.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

#define T0 (INT64_C(1593068013) * US_PER_S) /* 2020-06-25T06:53:33Z */

static const char *const names[] = { "fra", "bom" };

static struct incident sample(struct incident_station stations[2])
{
	struct failure f = { .at_us = T0 + 1,
			     .op = OP_NEW_ACCOUNT,
			     .outcome = OUTCOME_PROBLEM,
			     .fault = FAULT_CA,
			     .status = 500,
			     .problem = "serverInternal",
			     .detail = "blocked\x1b[31mKeys" };
	struct incident i = { .number = 1593068013,
			      .start_us = T0,
			      .declared_us = T0 + 40 * US_PER_S,
			      .worst = VERDICT_MAJOR_OUTAGE,
			      .voters = 2,
			      .few = true,
			      .attempts = 9,
			      .failures = 8,
			      .stations = stations,
			      .station_count = 2 };

	stations[0] = (struct incident_station){ .attempts = 5,
						 .failures = 5,
						 .first_us = T0,
						 .last_us = T0 + US_PER_MIN,
						 .voted_us = T0 + 9 * US_PER_S,
						 .causes = 3,
						 .first = f };
	stations[1] = (struct incident_station){ .attempts = 4 };
	incident_add_failure(&i, 0, &f, false);
	f.op = OP_NEW_ORDER;
	incident_add_failure(&i, 0, &f, true);
	f.op = OP_DIRECTORY;
	incident_add_failure(&i, 0, &f, false);
	incident_add_step(&i, i.declared_us, VERDICT_MAJOR_OUTAGE);
	return i;
}

static void has(const struct buf *out, const char *line)
{
	if (!strstr(buf_text(out), line))
		fail_msg("no \"%s\" in:\n%s", line, buf_text(out));
}

static void an_open_incident_is_told_with_its_evidence(void **state)
{
	struct incident_station stations[2];
	struct incident i = sample(stations);
	struct buf out = BUF_INIT(1 << 16);

	(void)state;
	incident_log(&out, "le", &i, names, T0 + 11 * US_PER_MIN);
	has(&out, "le: major_outage, incident 1593068013\n");
	has(&out, "  start       2020-06-25T06:53:33.000000Z\n");
	has(&out,
	    "  declared    2020-06-25T06:54:13.000000Z  40 s after the start");
	has(&out, "  end         none: it is still open\n");
	has(&out,
	    "  status page 2020-06-25T07:04:33.000000Z  a lead of 10 min");
	has(&out, "8 of 9 attempts, judged by 2 voices, fewer than three\n");
	has(&out, "  root cause  newAccount: problem, status 500, "
		  "serverInternal: blocked\\x1b[31mKeys\n");
	has(&out, "  consequence newOrder: problem");
	has(&out, "  also        directory: problem");
	has(&out, "  station     fra: 5 of 5 attempts failed, ");
	has(&out, "confirmed 2020-06-25T06:53:42.000000Z\n");
	has(&out, "  station     bom: 0 of 4 attempts failed\n");
	buf_release(&out);
}

static void one_that_is_over_says_when_and_who_was_first(void **state)
{
	struct incident_station stations[2];
	struct incident i = sample(stations);
	struct buf out = BUF_INIT(1 << 16);

	(void)state;
	i.end_us = T0 + 24 * US_PER_MIN;
	i.good_us = T0 + 23 * US_PER_MIN;
	incident_log(&out, "le", &i, names, T0);
	has(&out, "  good again  2020-06-25T07:16:33.000000Z  23 min after");
	has(&out, "  end         2020-06-25T07:17:33.000000Z  24 min after");
	has(&out, "  it was 40 s earlier\n");
	buf_clear(&out);
	incident_log(&out, "le", &i, names, 0);
	assert_null(strstr(buf_text(&out), "status page"));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_incident_is_told_with_its_evidence),
		cmocka_unit_test(one_that_is_over_says_when_and_who_was_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
