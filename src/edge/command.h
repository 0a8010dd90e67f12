/*
 * A program that is run with something on its standard input, without a shell.
 *
 * It has no part of ours but the environment and standard error: its standard
 * output goes nowhere, no other descriptor is open in it, and it is a process
 * group of its own. At its limit the whole group is killed.
 */
#ifndef EDGE_COMMAND_H
#define EDGE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/loop.h"

struct command;

struct command_setup {
	char *const *argv;	 /* NULL ended; argv[0] is a whole path */
	const char *const *more; /* "NAME=value" beside our environment, NULL
				    ended */
	const char *input;
	size_t input_len;
	int64_t limit_us;
};

/* Good is an exit status of 0; else why is a sentence. */
typedef void command_done(void *ctx, bool good, const char *why);

/*
 * Everything is copied. The call back comes once, from the loop, never from
 * inside this; it may free the command.
 */
struct command *command_run(struct loop *l, const struct command_setup *setup,
			    command_done *done, void *ctx);

/* What still runs is killed, without a call back. */
void command_free(struct command *c);

#endif
