/*
 * The command line of `acmeter check`, as values.
 */
#ifndef APP_CHECK_OPTIONS_H
#define APP_CHECK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/probe_options.h"
#include "report/check_show.h"

struct check_options {
	const char *hub;
	const char *ca; /* "": found by the directory */
	const char *hub_ca_file, *token_file;
	int64_t timeout_us; /* of each question to the hub */
	int64_t stale_s;
	struct check_map map;
	bool json;
	/* With a directory it asks whose trouble it is. */
	struct probe_options probe; /* directory NULL: as a plugin */
};

/* True: go on. False: end with *ret_status (help was printed, or an error). */
bool check_options_read(int argc, char **argv,
			struct check_options *ret_options, int *ret_status);

#endif
