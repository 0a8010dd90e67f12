#include "report/notice.h"

#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "report/incident_json.h"
#include "support/unit.h"

/* 2020-06-25T06:53:20Z */
#define START_US (INT64_C(1593068000) * US_PER_S)
#define DETAIL "<!channel> @everyone [a](http://evil.example)\r\nBcc: x\x1b[2J"

static const char *const names[] = { "fra", "bom", "sin" };

struct made {
	struct incident i;
	struct incident_station stations[3];
	struct notice n;
};

static void make(struct made *m, enum telling_kind kind)
{
	*m = (struct made){
		.i = { .number = 1593068000,
		       .start_us = START_US,
		       .declared_us = START_US + 39 * US_PER_S,
		       .worst = VERDICT_MAJOR_OUTAGE,
		       .voters = 3,
		       .attempts = 40,
		       .failures = 37,
		       .cause_count = 1,
		       .step_count = 2,
		       .steps = { { START_US + 39 * US_PER_S,
				    VERDICT_PARTIAL_OUTAGE },
				  { START_US + US_PER_MIN,
				    VERDICT_MAJOR_OUTAGE } },
		       .station_count = 3 },
		.stations = { { .attempts = 20, .failures = 20 },
			      { .attempts = 20, .failures = 17 } },
		.n = { .kind = kind,
		       .count = 2,
		       .ca = "letsencrypt",
		       .stations = names,
		       .station_count = 3,
		       .hub = "Our stations",
		       .public_url = "https://status.example.org",
		       .now_us = START_US + 5 * US_PER_MIN },
	};
	m->i.causes[0] = (struct incident_cause){
		.first = { .at_us = START_US,
			   .op = OP_NEW_ORDER,
			   .outcome = OUTCOME_PROBLEM,
			   .status = 500,
			   .problem = "serverInternal",
			   .detail = DETAIL },
		.last_us = START_US + US_PER_MIN,
		.count = 37,
		.stations = 2,
	};
	m->i.stations = m->stations;
	m->n.incident = &m->i;
}

static void subject_is(struct made *m, const char *expected)
{
	struct buf text = BUF_INIT(4096);

	notice_subject(&text, &m->n);
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
}

static void the_subject_says_what_changed(void **state)
{
	struct made m;

	(void)state;
	make(&m, TELLING_OPENED);
	subject_is(&m, "[Our stations] letsencrypt: major outage, at newOrder");
	m.n.kind = TELLING_ESCALATED;
	subject_is(&m, "[Our stations] letsencrypt: now major outage, at "
		       "newOrder");
	m.n.kind = TELLING_REOPENED;
	subject_is(&m, "[Our stations] letsencrypt: it goes on, major outage, "
		       "at newOrder");
	m.n.kind = TELLING_REMINDER;
	subject_is(&m, "[Our stations] letsencrypt: for 5 min now, major "
		       "outage, at newOrder");
	m.n.kind = TELLING_RESOLVED;
	m.i.end_us = START_US + 4 * US_PER_MIN;
	subject_is(&m, "[Our stations] letsencrypt: over after 4 min (major "
		       "outage)");
	make(&m, TELLING_OPENED);
	m.i.worst = m.i.steps[1].verdict = VERDICT_DEGRADED;
	m.i.slow = true;
	subject_is(&m, "[Our stations] letsencrypt: degraded, slower than "
		       "usual");
}

static void the_text_tells_the_evidence_and_where_to_look(void **state)
{
	struct buf text = BUF_INIT(4096);
	struct made m;

	(void)state;
	make(&m, TELLING_OPENED);
	notice_text(&text, &m.n);
	assert_string_equal(
		buf_text(&text),
		"letsencrypt: major outage, at newOrder. It began at "
		"2020-06-25 06:53:20 UTC, was declared 39 s later, and has "
		"lasted 5 min. 37 of 40 attempts failed meanwhile. 2 of 2 "
		"stations saw failures. First seen: newOrder: problem, status "
		"500, serverInternal. "
		"https://status.example.org/incidents/letsencrypt/1593068000");
	buf_clear(&text);
	m.n.public_url = NULL;
	m.i.few = true;
	m.i.voters = 1;
	m.i.cause_count = 0;
	notice_text(&text, &m.n);
	assert_non_null(strstr(buf_text(&text), "Only 1 station judged it."));
	assert_null(strstr(buf_text(&text), "http"));
	buf_release(&text);
}

static void a_letter_quotes_the_ca_and_nothing_it_says_ends_a_line(void **state)
{
	struct buf text = BUF_INIT(16384);
	struct made m;

	(void)state;
	make(&m, TELLING_OPENED);
	notice_letter(&text, &m.n);
	assert_non_null(strstr(buf_text(&text), "\xe2\x80\x9c<!channel>"));
	assert_non_null(strstr(buf_text(&text), "\\x0d\\x0aBcc: x\\x1b"));
	assert_null(strstr(buf_text(&text), "\nBcc"));
	assert_non_null(strstr(buf_text(&text), "no statement of the CA"));
	buf_release(&text);
}

static void a_test_says_that_it_is_one(void **state)
{
	struct buf text = BUF_INIT(4096);
	struct made m;

	(void)state;
	make(&m, TELLING_TEST);
	m.i.cause_count = 0;
	notice_text(&text, &m.n);
	assert_string_equal(buf_text(&text),
			    "letsencrypt: this is a test, nothing has "
			    "happened. https://status.example.org/");
	buf_clear(&text);
	notice_letter(&text, &m.n);
	assert_string_equal(buf_text(&text),
			    "letsencrypt: this is a test, nothing has "
			    "happened.\n");
	buf_release(&text);
}

static json_t *parse(const struct buf *text)
{
	json_error_t error;
	json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES,
				  &error);

	assert_false(text->full);
	if (!json)
		fail_msg("%s: %s", error.text, buf_text(text));
	return json;
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void json_has_a_text_and_the_whole_incident(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct made m;
	json_t *json;
	char ca[COURT_NAME], *incident;
	struct incident again;
	struct fail why;

	(void)state;
	make(&m, TELLING_ESCALATED);
	notice_json(&text, &m.n);
	json = parse(&text);
	assert_string_equal(word(json, "id"), "letsencrypt-1593068000-2");
	assert_string_equal(word(json, "kind"), "escalated");
	assert_string_equal(word(json, "verdict"), "major_outage");
	assert_string_equal(word(json, "severity"), "critical");
	assert_string_equal(word(json, "url"),
			    "https://status.example.org/incidents/letsencrypt/"
			    "1593068000");
	incident = json_dumps(json_object_get(json, "incident"), 0);
	assert_true(incident_read(incident, strlen(incident), names, 3, ca,
				  &again, &why));
	assert_int_equal(again.failures, 37);
	incident_release(&again);
	free(incident);
	json_decref(json);
	buf_release(&text);
}

/* What makes links or calls everybody in a chat. */
static void no_foreign_words_in(const char *text)
{
	static const char *const never[] = { "channel", "@",   "<",  "evil",
					     "Bcc",	"\r",  "\n", "\x1b",
					     "](",	"here" };

	for (size_t k = 0; k < ROWS(never); k++) {
		if (strstr(text, never[k]))
			fail_msg("\"%s\" holds \"%s\"", text, never[k]);
	}
}

static void what_chats_show_holds_no_foreign_words(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct made m;
	json_t *json, *notes;

	(void)state;
	make(&m, TELLING_OPENED);
	strcpy(m.i.causes[0].first.problem, "urn:<!here>\n@all");
	notice_json(&text, &m.n);
	json = parse(&text);
	no_foreign_words_in(word(json, "text"));
	no_foreign_words_in(word(json, "subject"));
	json_decref(json);
	buf_clear(&text);
	notice_alerts(&text, &m.n, US_PER_MIN);
	json = parse(&text);
	notes = json_object_get(json_array_get(json, 0), "annotations");
	no_foreign_words_in(word(notes, "summary"));
	no_foreign_words_in(word(notes, "description"));
	json_decref(json);
	buf_release(&text);
}

static void alert_is(const json_t *alert, const char *verdict,
		     const char *severity, const char *end)
{
	const json_t *labels = json_object_get(alert, "labels");

	assert_string_equal(word(labels, "alertname"), "AcmeCaIncident");
	assert_string_equal(word(labels, "ca"), "letsencrypt");
	assert_string_equal(word(labels, "verdict"), verdict);
	assert_string_equal(word(labels, "severity"), severity);
	assert_string_equal(word(alert, "startsAt"),
			    "2020-06-25T06:53:20.000000Z");
	assert_string_equal(word(alert, "endsAt"), end);
}

static void an_alert_of_a_milder_verdict_ends(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct made m;
	json_t *json;

	(void)state;
	make(&m, TELLING_ESCALATED);
	notice_alerts(&text, &m.n, 3 * US_PER_MIN);
	json = parse(&text);
	assert_int_equal(json_array_size(json), 2);
	alert_is(json_array_get(json, 0), "major_outage", "critical",
		 "2020-06-25T07:01:20.000000Z");
	alert_is(json_array_get(json, 1), "partial_outage", "warning",
		 "2020-06-25T06:58:20.000000Z");
	assert_string_equal(word(json_array_get(json, 0), "generatorURL"),
			    "https://status.example.org/incidents/letsencrypt/"
			    "1593068000");
	json_decref(json);
	buf_clear(&text);
	m.n.kind = TELLING_RESOLVED;
	m.i.end_us = START_US + 4 * US_PER_MIN;
	m.n.public_url = NULL;
	notice_alerts(&text, &m.n, 3 * US_PER_MIN);
	json = parse(&text);
	alert_is(json_array_get(json, 0), "major_outage", "critical",
		 "2020-06-25T06:57:20.000000Z");
	assert_null(json_object_get(json_array_get(json, 0), "generatorURL"));
	json_decref(json);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_subject_says_what_changed),
		cmocka_unit_test(the_text_tells_the_evidence_and_where_to_look),
		cmocka_unit_test(a_test_says_that_it_is_one),
		cmocka_unit_test(
			a_letter_quotes_the_ca_and_nothing_it_says_ends_a_line),
		cmocka_unit_test(json_has_a_text_and_the_whole_incident),
		cmocka_unit_test(what_chats_show_holds_no_foreign_words),
		cmocka_unit_test(an_alert_of_a_milder_verdict_ends),
	};

	return cmocka_run_group_tests_name("report/notice", tests, NULL, NULL);
}
