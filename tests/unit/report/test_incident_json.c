#include "report/incident_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/unit.h"

#define START_US (INT64_C(1593068000) * US_PER_S)

static const char *const names[] = { "fra", "bom" };
static const char *const other_names[] = { "sin", "bom", "fra" };

static struct incident made_up(void)
{
	struct incident i = {
		.number = 1593068000,
		.start_us = START_US,
		.declared_us = START_US + 39 * US_PER_S,
		.good_us = START_US + 1000 * US_PER_S,
		.worst = VERDICT_MAJOR_OUTAGE,
		.few = true,
		.voters = 2,
		.attempts = 40,
		.failures = 37,
		.word = { .spoke_us = START_US + 660 * US_PER_S,
			  .silent_us = START_US + 600 * US_PER_S,
			  .dated_us = START_US + 630 * US_PER_S,
			  .text = "Service <b>disruption" },
		.cause_count = 2,
		.step_count = 1,
		.steps = { { START_US + 39 * US_PER_S, VERDICT_MAJOR_OUTAGE } },
		.station_count = 2,
		.stations = mem_array(2, sizeof(*i.stations)),
	};

	i.causes[0] = (struct incident_cause){
		.first = { .exchange = 7,
			   .at_us = START_US,
			   .op = OP_NEW_ACCOUNT,
			   .outcome = OUTCOME_PROBLEM,
			   .fault = FAULT_CA,
			   .status = 500,
			   .problem = "serverInternal",
			   .detail = "\"quoted\" <b>\xff" },
		.last_us = START_US + 500 * US_PER_S,
		.count = 37,
		.stations = 1,
	};
	i.causes[1] = (struct incident_cause){
		.first = { .at_us = START_US + 1,
			   .op = OP_DIRECTORY,
			   .outcome = OUTCOME_TIMEOUT,
			   .fault = FAULT_CA },
		.last_us = START_US + 2,
		.count = 1,
		.stations = 1,
		.consequence = true,
	};
	i.stations[0] = (struct incident_station){
		.attempts = 40,
		.failures = 37,
		.first_us = START_US,
		.last_us = START_US + 500 * US_PER_S,
		.voted_us = START_US + 9 * US_PER_S,
		.causes = 3,
		.first = i.causes[0].first,
	};
	return i;
}

static void write(struct buf *out, const struct incident *i)
{
	incident_json(out, "letsencrypt", i, names, 2);
	assert_false(out->full);
}

static void what_is_written_is_read_again(void **state)
{
	struct incident i = made_up(), again;
	struct buf text = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
	char ca[COURT_NAME];
	struct fail why;

	(void)state;
	write(&text, &i);
	if (!incident_read(text.data, text.len, names, 2, ca, &again, &why))
		fail_msg("%s", why.text);
	assert_string_equal(ca, "letsencrypt");
	/* What cannot be said in JSON was made printable the first time. */
	write(&twice, &again);
	assert_string_equal(buf_text(&text), buf_text(&twice));
	assert_int_equal(again.stations[0].first.exchange, 7);
	assert_int_equal(again.causes[0].first.fault, FAULT_CA);
	assert_int_equal(again.end_us, 0);
	incident_release(&again);
	incident_release(&i);
	buf_release(&text);
	buf_release(&twice);
}

static void the_lead_is_told(void **state)
{
	struct incident i = made_up();
	struct buf text = BUF_INIT(1 << 20);

	(void)state;
	write(&text, &i);
	assert_non_null(strstr(buf_text(&text), "\"lead_us\":591000000"));
	buf_clear(&text);
	i.word = (struct incident_word){ .silent_us = START_US };
	write(&text, &i);
	assert_non_null(strstr(buf_text(&text), "\"spoke\":null"));
	assert_non_null(strstr(buf_text(&text), "\"lead_us\":null"));
	buf_clear(&text);
	i.word = (struct incident_word){ .silent_us = 0 };
	write(&text, &i);
	assert_non_null(strstr(buf_text(&text), "\"status_page\":null"));
	incident_release(&i);
	buf_release(&text);
}

/* Stations come, go and are put into another order. */
static void stations_are_found_by_their_names(void **state)
{
	struct incident i = made_up(), again;
	struct buf text = BUF_INIT(1 << 20);
	char ca[COURT_NAME];
	struct fail why;

	(void)state;
	write(&text, &i);
	assert_true(incident_read(text.data, text.len, other_names, 3, ca,
				  &again, &why));
	assert_int_equal(again.station_count, 3);
	assert_int_equal(again.stations[2].failures, 37);
	assert_int_equal(again.stations[0].attempts, 0);
	incident_release(&again);
	incident_release(&i);
	buf_release(&text);
}

static void refused(const char *text, const char *says)
{
	struct incident i;
	char ca[COURT_NAME];
	struct fail why;

	assert_false(incident_read(text, strlen(text), names, 2, ca, &i, &why));
	if (!strstr(why.text, says))
		fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static void what_is_no_incident_is_refused(void **state)
{
	struct incident i = made_up();
	struct buf text = BUF_INIT(1 << 20);
	char *cut;

	(void)state;
	write(&text, &i);
	refused("", "incident");
	refused("[]", "incident");
	refused("{}", "ca");
	cut = mem_strdup(buf_text(&text));
	for (size_t len = strlen(cut); len-- > 0;) {
		cut[len] = '\0';
		refused(cut, "");
	}
	free(cut);
	cut = mem_strdup(buf_text(&text));
	memcpy(strstr(cut, "major_outage"), "major_nonsen", 12);
	refused(cut, "verdict");
	free(cut);
	incident_release(&i);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(the_lead_is_told),
		cmocka_unit_test(stations_are_found_by_their_names),
		cmocka_unit_test(what_is_no_incident_is_refused),
	};

	return cmocka_run_group_tests_name("report/incident_json", tests, NULL,
					   NULL);
}
