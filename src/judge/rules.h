/*
 * The rules of a judge as a file says them: one key for each, and what each may
 * be. What is not written is as judge_rules_default() has it.
 */
#ifndef JUDGE_RULES_H
#define JUDGE_RULES_H

#include <stdbool.h>

#include "base/fail.h"
#include "judge/judge.h"
#include "measure/config_schema.h"

/* The table of struct judge_rules. */
extern const struct config_shape judge_rules_shape;

/* What holds between them; *ret_key names the one that is wrong. */
bool judge_rules_check(const struct judge_rules *r, const char **ret_key,
		       struct fail *why);

#endif
