#include "app/commands.h"

#include <getopt.h>
#include <stdio.h>

#include "app/hub.h"
#include "edge/config_file.h"

static const char help[] =
	"Asks all stations of a configuration, and serves one page of what\n"
	"they know together.\n"
	"\n"
	"usage: acmeter hub -c FILE\n"
	"\n"
	"  -c, --config FILE   the configuration, acmeter-hub(1)\n"
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

int cmd_hub(int argc, char **argv)
{
	const char *path = NULL;
	struct hub_config *config;
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
			return usage_option("hub", code, argv);
		}
	}
	if (!path || optind != argc)
		return usage_error("hub",
				   "expected one configuration: -c FILE");
	if (!hub_config_load(path, &config, &why)) {
		fprintf(stderr, "acmeter hub: %s\n", why.text);
		return EXIT_OURS;
	}
	return hub_run(config);
}
