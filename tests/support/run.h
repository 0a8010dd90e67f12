/*
 * Runs a program as a user would, with an end: its output is bounded, and it is
 * killed when it takes too long.
 */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <stdbool.h>

#include "base/buf.h"

struct run_result {
	struct buf out, err;
	int status;    /* exit status; -1 when a signal ended it */
	bool killed;   /* by us: it took longer than it may */
	long peak_kib; /* the most it had resident, sampled every 50 ms */
};

/* argv ends with NULL; argv[0] is a path. Release with run_release(). */
void run_program(const char *const *argv, int timeout_ms,
		 struct run_result *ret_result);
void run_release(struct run_result *r);

#endif
