/*
 * What a command line says of a CA that is to be tried from here: the options
 * that `acmeter probe` and `acmeter check` share, with the same meaning.
 */
#ifndef APP_TARGET_OPTIONS_H
#define APP_TARGET_OPTIONS_H

#include <stdbool.h>

#include "app/probe_options.h"

/* Codes for getopt_long(), beside '4' and '6'; a command's own begin below. */
enum target_option {
	TARGET_NAME = 1024,
	TARGET_ACCOUNT_KEY,
	TARGET_EAB_KID,
	TARGET_EAB_HMAC_FILE,
	TARGET_CA_FILE,
	TARGET_ALLOW_HTTP,
};

/* Rows of a command's table of struct option. */
#define TARGET_OPTIONS                                                  \
	{ "name", required_argument, NULL, TARGET_NAME },               \
		{ "account-key", required_argument, NULL,               \
		  TARGET_ACCOUNT_KEY },                                 \
		{ "eab-kid", required_argument, NULL, TARGET_EAB_KID }, \
		{ "eab-hmac-file", required_argument, NULL,             \
		  TARGET_EAB_HMAC_FILE },                               \
		{ "ca-file", required_argument, NULL, TARGET_CA_FILE }, \
		{ "allow-http", no_argument, NULL, TARGET_ALLOW_HTTP }, \
		{ "ipv4", no_argument, NULL, '4' },                     \
	{                                                               \
		"ipv6", no_argument, NULL, '6'                          \
	}

bool target_option_is(int code);

/* Takes an option of these; false when its value is refused. */
bool target_option_read(struct probe_options *o, int code, char *value);

/* Adds to an option that may be given again and again; false: too often. */
bool target_list_add(struct probe_list *list, char *item);

/* What an option of these takes, for the sentence that refuses its value. */
const char *target_option_expected(int code);

/*
 * Whether they go together, and are what a configuration of a station would
 * take: EXIT_GOOD, or EXIT_USAGE after a sentence of this command. `directory`
 * is how the command names the CA: "URL", "--directory".
 */
int target_options_check(const char *command, const char *directory,
			 struct probe_options *o);

#endif
