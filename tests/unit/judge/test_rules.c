#include "judge/rules.h"

#include <string.h>

#include "support/unit.h"

static void an_empty_file_has_the_rules_of_the_judge(void **state)
{
	const struct judge_rules usual = judge_rules_default();
	struct judge_rules r;
	const char *key;
	struct fail why;

	(void)state;
	memset(&r, 0, sizeof(r));
	config_shape_preset(&judge_rules_shape, &r);
	assert_int_equal(r.p0_per_mille, usual.p0_per_mille);
	assert_int_equal(r.fast_per_mille, usual.fast_per_mille);
	assert_int_equal(r.partial_per_mille, usual.partial_per_mille);
	assert_int_equal(r.slow0_per_mille, usual.slow0_per_mille);
	assert_int_equal(r.slow1_per_mille, usual.slow1_per_mille);
	assert_int_equal(r.failing_h, usual.failing_h);
	assert_int_equal(r.slow_h, usual.slow_h);
	assert_int_equal(r.voices, usual.voices);
	assert_true(r.few_us == usual.few_us);
	assert_true(r.stale_us == usual.stale_us);
	assert_true(r.merge_us == usual.merge_us);
	assert_int_equal(r.good_row, usual.good_row);
	assert_true(judge_rules_check(&r, &key, &why));
}

static void what_is_looked_for_is_more_than_what_is_usual(void **state)
{
	static const struct {
		const char *key;
		unsigned p0, fast, partial, slow0, slow1;
	} bad[] = {
		{ "fast", 5, 5, 100, 50, 500 },
		{ "partial", 100, 500, 100, 50, 500 },
		{ "slow", 5, 500, 100, 500, 400 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct judge_rules r = judge_rules_default();
		const char *key = "";
		struct fail why;

		r.p0_per_mille = bad[i].p0;
		r.fast_per_mille = bad[i].fast;
		r.partial_per_mille = bad[i].partial;
		r.slow0_per_mille = bad[i].slow0;
		r.slow1_per_mille = bad[i].slow1;
		assert_for(bad[i].key, !judge_rules_check(&r, &key, &why));
		assert_string_equal(key, bad[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_has_the_rules_of_the_judge),
		cmocka_unit_test(what_is_looked_for_is_more_than_what_is_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
