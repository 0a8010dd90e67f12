#include "app/commands.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "app/supervisor.h"
#include "edge/config_file.h"

static const char help[] =
	"Measures the CAs of a configuration again and again, keeps every\n"
	"answer, and serves what it found.\n"
	"\n"
	"usage: acmeter station -c FILE\n"
	"\n"
	"  -c, --config FILE   the configuration, acmeter.yaml(5)\n"
	"  -h, --help\n"
	"\n"
	"SIGTERM ends it cleanly; SIGHUP reads the configuration again, or\n"
	"refuses it and keeps the old one.\n"
	"Exit status: 0 ended as asked, 3 it could not be brought up, 64 "
	"usage.\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

int cmd_station(int argc, char **argv)
{
	const char *path = NULL;
	struct config *config;
	struct fail why;
	int code;

	optind = 1;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":c:h", long_options, NULL)) !=
	       -1) {
		switch (code) {
		case 'c':
			path = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_GOOD;
		default: /* of an int */
			return usage_option("station", code, argv);
		}
	}
	if (!path || optind != argc)
		return usage_error("station",
				   "expected one configuration: -c FILE");
	if (!config_load(path, &config, &why)) {
		fprintf(stderr, "acmeter station: %s\n", why.text);
		return EXIT_OURS;
	}
	signal(SIGPIPE, SIG_IGN);
	return supervisor_run(config);
}
