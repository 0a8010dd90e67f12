#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "probe", cmd_probe, "measure one issuance and draw it" },
	{ "station", cmd_station,
	  "measure again and again, keep and serve it" },
	{ "hub", cmd_hub, "ask many stations and serve one page of them" },
	{ "replay", cmd_replay, "play a scenario, or judge a record again" },
	{ "check", cmd_check, "say how a CA does, and whose trouble it is" },
	{ "notify", cmd_notify, "try whether a hub's receivers can be told" },
	{ "check-config", cmd_check_config,
	  "say whether a configuration holds" },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *out)
{
	fputs("acmeter watches ACME certificate authorities from outside.\n\n"
	      "usage: acmeter COMMAND [OPTION...]\n\n",
	      out);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-14s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\n  acmeter COMMAND --help tells the options of a command.\n"
	      "  acmeter --version\n",
	      out);
}

static int run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	for (int i = 0; i < COMMANDS; i++) {
		if (strcmp(word, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0) {
		print_help(stdout);
		return EXIT_GOOD;
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("acmeter " ACMETER_VERSION);
		return EXIT_GOOD;
	}
	if (argc > 1)
		fprintf(stderr, "acmeter: there is no command \"%s\"\n\n",
			word);
	print_help(stderr);
	return EXIT_USAGE;
}

/*
 * A standard descriptor that was closed would go to the next file or
 * connection, and what is printed with it. Reading keeps it one that cannot be
 * written to, which print_failed() then says.
 */
static bool hold_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

/* Whether what was to be printed was not; who reads no more knows it. */
static bool print_failed(void)
{
	bool lost = fflush(stdout) != 0;

	if (!lost && !ferror(stdout))
		return false;
	if (!lost)
		fputs("acmeter: not all could be printed\n", stderr);
	else if (errno != EPIPE)
		fprintf(stderr, "acmeter: not all could be printed: %s\n",
			strerror(errno));
	return true;
}

int main(int argc, char **argv)
{
	int status;

	if (!hold_standard_descriptors())
		return EXIT_OURS;
	status = run(argc, argv);
	return print_failed() && status == EXIT_GOOD ? EXIT_OURS : status;
}
