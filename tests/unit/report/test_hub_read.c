#include "report/hub_read.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

#define SAID                                                                \
	"\"ca\":\"le\",\"directory\":\"https://ca.example/dir\",\"as_of\":" \
	"\"2020-06-25T06:54:30.000000Z\",\"verdict\":\"major_outage\","     \
	"\"few\":true,\"voices\":2,\"failing\":2,\"suspect\":0,"            \
	"\"stations\":3"
#define MORE                                                                  \
	",\"retry_after\":300,\"evidence_age\":2,\"operations\":{\"work\":["  \
	"\"directory\",\"newThing\",3],\"fail\":[\"newOrder\"]},"             \
	"\"issuances\":{\"n\":7,\"p95_us\":6034000},\"incident\":{\"start\":" \
	"\"2020-06-25T06:53:33.000000Z\",\"slow\":false,\"cause\":{\"op\":"   \
	"\"newOrder\",\"outcome\":\"problem\",\"status\":500,\"problem\":"    \
	"\"serverInternal\",\"detail\":null}},\"unknown\":[{}]"

static bool read(const char *text, struct hub_verdict *ret_verdict,
		 struct fail *why)
{
	return hub_read_verdict(text, strlen(text), ret_verdict, why);
}

static void a_verdict_is_read(void **state)
{
	struct hub_verdict v;
	struct fail why;

	(void)state;
	if (!read("{" SAID MORE "}", &v, &why))
		fail_msg("%s", why.text);
	assert_string_equal(v.ca, "le");
	assert_string_equal(v.directory, "https://ca.example/dir");
	assert_true(v.as_of_us == INT64_C(1593068070) * US_PER_S);
	assert_int_equal(v.verdict, VERDICT_MAJOR_OUTAGE);
	assert_true(v.few);
	assert_int_equal(v.voices, 2);
	assert_int_equal(v.retry_after_s, 300);
	assert_int_equal(v.evidence_age_s, 2);
	assert_true(v.works[OP_DIRECTORY]);
	assert_false(v.works[OP_NEW_ORDER]);
	assert_true(v.fails[OP_NEW_ORDER]);
	assert_int_equal(v.p95_us, 6034000);
	assert_true(v.start_us == INT64_C(1593068013) * US_PER_S);
	assert_true(v.has_cause);
	assert_int_equal(v.cause.op, OP_NEW_ORDER);
	assert_int_equal(v.cause.status, 500);
	assert_string_equal(v.cause.problem, "serverInternal");
	assert_string_equal(v.cause.detail, "");
}

/* Of a hub that is older, or of a station. */
static void what_is_not_there_is_not_known(void **state)
{
	struct hub_verdict v;
	struct fail why;

	(void)state;
	assert_true(read("{" SAID "}", &v, &why));
	assert_int_equal(v.p95_us, -1);
	assert_int_equal(v.evidence_age_s, -1);
	assert_int_equal(v.retry_after_s, -1);
	assert_true(v.start_us == 0);
	assert_true(read("{" SAID ",\"incident\":null,\"evidence_age\":null,"
			 "\"retry_after\":null}",
			 &v, &why));
	assert_int_equal(v.retry_after_s, -1);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"nonsense",
		"{\"ca\":\"le\"}",
		"{" SAID ",\"incident\":3}",
		"{" SAID ",\"incident\":{\"start\":\"2020-06-25T06:53:33Z\"}}",
		"{" SAID ",\"evidence_age\":-1}",
		"{" SAID ",\"issuances\":{\"p95_us\":\"6\"}}",
		"{" SAID "," SAID "}",
	};
	struct hub_verdict v;
	struct fail why;

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_for(bad[i], !read(bad[i], &v, &why));
}

static void a_ca_is_found_by_its_directory(void **state)
{
	static const char text[] =
		"{\"cas\":[{\"ca\":\"a\",\"directory\":\"https://a.example/"
		"d\"},"
		"{\"ca\":\"b\",\"directory\":\"https://B.example:443/d\"},"
		"{\"ca\":\"c\",\"directory\":null}]}";
	static const char *const bad[] = { "{}", "{\"cas\":3}", "{\"cas\":[1]}",
					   "{\"cas\":[{\"ca\":\"A\"}]}" };
	struct hub_cas cas;
	struct fail why;

	(void)state;
	if (!hub_read_cas(text, strlen(text), &cas, &why))
		fail_msg("%s", why.text);
	assert_int_equal(cas.count, 3);
	assert_string_equal(hub_cas_find(&cas, "https://a.example/d")->name,
			    "a");
	assert_string_equal(hub_cas_find(&cas, "https://b.example/d")->name,
			    "b");
	assert_null(hub_cas_find(&cas, "http://a.example/d"));
	assert_null(hub_cas_find(&cas, "https://a.example/d/"));
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_for(bad[i],
			   !hub_read_cas(bad[i], strlen(bad[i]), &cas, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_is_read),
		cmocka_unit_test(what_is_not_there_is_not_known),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(a_ca_is_found_by_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
