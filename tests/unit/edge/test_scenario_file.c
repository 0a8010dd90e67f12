#include "edge/scenario_file.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "edge/whole.h"
#include "judge/rules.h"
#include "support/unit.h"

#define HEAD                                                  \
	"title: x\n"                                          \
	"during: 2020-06-25T06:00:00Z/2020-06-25T07:00:00Z\n" \
	"cas: [{ name: le }]\n"                               \
	"stations: [{ name: fra }, { name: bom }]\n"

static bool load(const char *text, struct scenario **ret_s, struct fail *why)
{
	return scenario_load_text("f", text, strlen(text), ret_s, why);
}

static void what_is_left_out_has_its_preset(void **state)
{
	struct scenario *s;
	struct fail why;

	(void)state;
	if (!load(HEAD "acts: [{ answer: silence }]\nexpect: []\n", &s, &why))
		fail_msg("%s", why.text);
	assert_int_equal(s->seed, 1);
	assert_int_equal(s->rules.voices, 3);
	assert_int_equal(s->station_count, 2);
	assert_string_equal(s->stations[0].operator, "");
	assert_int_equal(s->stations[0].rate.count, 1);
	assert_true(s->stations[1].present.from_us == INT64_MIN);
	assert_int_equal(s->acts[0].answer, ACT_SILENCE);
	assert_int_equal(s->acts[0].percent, 100);
	assert_int_equal(s->acts[0].of, SHARE_OF_REQUESTS);
	assert_int_equal(s->acts[0].status, 500);
	assert_string_equal(s->acts[0].type, "serverInternal");
	scenario_release(s);
	free(s);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} wrongs[] = {
		{ HEAD, "f:1:1: found no \"expect\"" },
		{ HEAD "expect: []\nacts:\n  - answer: sulk\n",
		  "f:7:13: acts[0].answer: found \"sulk\", expected usual, "
		  "problem, page, refused, dropped, silence, reset, "
		  "processing, withdrawn or invalid" },
		{ HEAD "expect: []\nacts:\n  - { answer: reset, ops: [new] }\n",
		  "f:7:28: acts[0].ops[0]: found \"new\", expected an "
		  "operation such as newOrder" },
		{ HEAD "expect: []\nacts:\n"
		       "  - { answer: reset, stations: [bom, ber] }\n",
		  "f:7:38: acts[0].stations[1]: found \"ber\", expected the "
		  "name of a station" },
		{ HEAD "expect: []\nacts:\n"
		       "  - { answer: reset, during: 06:00 }\n",
		  "f:7:30: acts[0].during: found \"06:00\", expected a time "
		  "such as 2020-06-25T06:53:33Z" },
		{ HEAD "expect: []\nacts:\n  - { answer: usual, every: 1h }\n",
		  "f:7:5: acts[0].lasts: found \"it\", expected every and "
		  "lasts together" },
		{ HEAD "expect: []\nacts:\n"
		       "  - { answer: problem, follows: newAccount }\n",
		  "acts[0].follows: found \"newAccount\", expected one "
		  "operation in ops" },
		{ HEAD "expect: []\nrules: { fast: 3 }\n",
		  "f:6:16: rules.fast: found 3, expected more than the usual "
		  "share, 5" },
		{ HEAD "expect: [{ ca: le, worst: bad, start: ../.., declared:"
		       " ../.., end: ../.. }]\n",
		  "f:5:27: expect[0].worst: found \"bad\", expected "
		  "operational, degraded" },
		{ HEAD "expect: []\nstatus_page: [{ during: ../.. }]\n",
		  "f:6:25: status_page[0].during: found \"..\", expected when "
		  "it began" },
		{ "title: x\nduring: ../..\ncas: [{ name: le }]\n"
		  "stations: [{ name: fra }]\nexpect: []\n",
		  "f:2:9: during: found \"it\", expected a beginning and an "
		  "end" },
		{ "title: x\n"
		  "during: 2020-06-01T06:00:00Z/2020-06-25T07:00:00Z\n"
		  "cas: [{ name: le }]\n"
		  "stations: [{ name: fra, rate: 1000/s }]\nexpect: []\n",
		  "f:4:31: stations[0].rate: found 2077200000 attempts up to "
		  "this station, expected 10000000 at most" },
		{ "title: x\n"
		  "during: 2020-06-25T06:00:00Z/2020-06-25T07:00:00Z\n"
		  "cas: [{ name: le }, { name: le }]\n"
		  "stations: [{ name: fra }]\nexpect: []\n",
		  "f:3:29: cas[1].name: found \"le\", expected a name that no "
		  "other CA has" },
		{ "title: x\n"
		  "during: 2020-06-25T06:00:00Z/2020-06-25T07:00:00Z\n"
		  "cas: [{ name: le }]\n"
		  "stations: [{ name: fra, clock: [{ at: "
		  "2020-06-25T06:00:00Z }] }]\nexpect: []\n",
		  "stations[0].clock[0]: found \"both or neither\"" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(wrongs); i++) {
		struct scenario *s = NULL;
		struct fail why = { FAIL_NONE, "" };

		assert_for(wrongs[i].says, !load(wrongs[i].text, &s, &why));
		assert_null(s);
		if (!strstr(why.text, wrongs[i].says))
			fail_msg("expected \"%s\", found \"%s\"",
				 wrongs[i].says, why.text);
	}
}

static void rules_come_from_a_file_of_their_own(void **state)
{
	static const char path[] = "test_scenario_file.rules";
	static const char good[] = "stale: 2m\nvoices: 5\n";
	static const char bad[] = "usual_failures: 1000\n";
	struct judge_rules r = judge_rules_default();
	struct fail why;

	(void)state;
	assert_true(whole_save(path, good, strlen(good), true, &why));
	assert_true(rules_load(path, &r, &why));
	assert_int_equal(r.voices, 5);
	assert_true(r.stale_us == 2 * US_PER_MIN);
	assert_int_equal(r.p0_per_mille, 5);
	assert_true(whole_save(path, bad, strlen(bad), true, &why));
	assert_false(rules_load(path, &r, &why));
	assert_non_null(strstr(why.text, ".rules:1:17: usual_failures"));
	assert_int_equal(r.voices, 5);
	remove(path);
	assert_false(rules_load(path, &r, &why));
}

/* Every key of a table has its item in the manual page. */
static void explain(const char *page, const struct config_shape *shape)
{
	char item[80];

	for (const struct config_field *f = shape->fields; f->key; f++) {
		snprintf(item, sizeof(item), "\n.It Cm %s", f->key);
		if (!strstr(page, item))
			fail_msg("%s is not explained", f->key);
		if (f->shape)
			explain(page, f->shape);
	}
}

static void the_manual_explains_every_key(void **state)
{
	struct buf page = BUF_INIT(1 << 20);
	struct fail why;

	(void)state;
	if (!whole_read(ACMETER_SOURCE "/man/acmeter-scenario.5", &page, &why))
		fail_msg("%s", why.text);
	explain(buf_text(&page), scenario_shape());
	buf_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_preset),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(rules_come_from_a_file_of_their_own),
		cmocka_unit_test(the_manual_explains_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
