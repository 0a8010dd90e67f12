#include "judge/rules.h"

#include "base/clock.h"

#define AT(member) .offset = offsetof(struct judge_rules, member)

static const struct config_field fields[] = {
	{ "usual_failures", FIELD_COUNT, AT(p0_per_mille), .preset = "5",
	  .least = 1, .most = 998 },
	{ "fast", FIELD_COUNT, AT(fast_per_mille), .preset = "500", .least = 2,
	  .most = 999 },
	{ "partial", FIELD_COUNT, AT(partial_per_mille), .preset = "100",
	  .least = 2, .most = 999 },
	{ "usual_slow", FIELD_COUNT, AT(slow0_per_mille), .preset = "50",
	  .least = 1, .most = 998 },
	{ "slow", FIELD_COUNT, AT(slow1_per_mille), .preset = "500", .least = 2,
	  .most = 999 },
	{ "failing_h", FIELD_COUNT, AT(failing_h), .preset = "15300",
	  .least = 100, .most = 1000000 },
	{ "slow_h", FIELD_COUNT, AT(slow_h), .preset = "20000", .least = 100,
	  .most = 1000000 },
	{ "voices", FIELD_COUNT, AT(voices), .preset = "3", .least = 1,
	  .most = 1000 },
	{ "few", FIELD_DURATION, AT(few_us), .preset = "60s",
	  .most = US_PER_DAY },
	{ "stale", FIELD_DURATION, AT(stale_us), .preset = "5m",
	  .least = US_PER_S, .most = US_PER_DAY },
	{ "merge", FIELD_DURATION, AT(merge_us), .preset = "5m",
	  .most = US_PER_DAY },
	{ "good_row", FIELD_COUNT, AT(good_row), .preset = "2", .least = 1,
	  .most = 100 },
	{ .key = NULL },
};
const struct config_shape judge_rules_shape = { sizeof(struct judge_rules),
						fields };

static bool is_above(unsigned above, unsigned below, const char *key,
		     const char **ret_key, struct fail *why)
{
	if (above > below)
		return true;
	*ret_key = key;
	return fail_set(why, FAIL_INPUT,
			"found %u, expected more than the usual share, %u",
			above, below);
}

bool judge_rules_check(const struct judge_rules *r, const char **ret_key,
		       struct fail *why)
{
	return is_above(r->fast_per_mille, r->p0_per_mille, "fast", ret_key,
			why) &&
	       is_above(r->partial_per_mille, r->p0_per_mille, "partial",
			ret_key, why) &&
	       is_above(r->slow1_per_mille, r->slow0_per_mille, "slow", ret_key,
			why);
}
