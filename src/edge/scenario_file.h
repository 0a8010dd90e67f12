/*
 * The scenario file and the file of rules: YAML by the tables of judge/scenario
 * and judge/rules. Every refusal is one sentence "FILE:LINE:COLUMN: key: found
 * what, expected what", as in edge/config_file.
 */
#ifndef EDGE_SCENARIO_FILE_H
#define EDGE_SCENARIO_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "judge/scenario.h"

/* Release by scenario_release() and free(). */
bool scenario_load(const char *path, struct scenario **ret_scenario,
		   struct fail *why);

/* The same of a text, as if it were in the file at path. */
bool scenario_load_text(const char *path, const char *text, size_t len,
			struct scenario **ret_scenario, struct fail *why);

bool rules_load(const char *path, struct judge_rules *ret_rules,
		struct fail *why);

#endif
