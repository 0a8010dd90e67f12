/*
 * The subcommands: each gets its own argv (argv[0] is its name) and returns the
 * exit status of the program.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include <stdbool.h>

enum exit_status {
	EXIT_GOOD = 0,
	EXIT_DIFFERS = 1, /* what happened is not what was expected */
	EXIT_CA = 2,	  /* the CA failed */
	EXIT_OURS = 3, /* our own side failed: file, DNS, network, responder */
	EXIT_USAGE = 64,
};

int cmd_probe(int argc, char **argv);
int cmd_station(int argc, char **argv);
int cmd_hub(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_notify(int argc, char **argv);
int cmd_check_config(int argc, char **argv);

/* "acmeter NAME: ..." and where help is, on stderr; EXIT_USAGE. */
int usage_error(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Likewise for what getopt_long() has just refused with `code`: ':' a value is
 * missing, '?' anything else.
 */
int usage_option(const char *command, int code, char *const *argv);

struct option;

/* The value of the option with this code is not what was expected. */
int usage_refuse(const char *command, const struct option *options, int code,
		 const char *value, const char *expected);

#endif
