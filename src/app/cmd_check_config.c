#include "app/commands.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/warnings.h"
#include "base/text.h"
#include "edge/config_file.h"

static const char help[] =
	"Says whether a station would take a configuration, without starting "
	"one.\n"
	"\n"
	"usage: acmeter check-config [--json] FILE\n"
	"\n"
	"      --json   what was found as one JSON object\n"
	"  -h, --help\n"
	"\n"
	"A mistake is told as FILE:LINE:COLUMN, what was found and what was\n"
	"expected; the files that it names are looked at as well.\n"
	"Exit status: 0 it holds, 3 it is refused, 64 usage.\n";

enum { OPT_JSON = 256 };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char *family_word(enum ip_family family)
{
	return family == IP_NONE ? "any" : ip_family_name(family);
}

static void print_table(const struct config *c)
{
	char rate[CONFIG_RATE_TEXT];
	int width = 2;

	for (size_t i = 0; i < c->ca_count; i++) {
		if ((int)strlen(c->cas[i].name) > width)
			width = (int)strlen(c->cas[i].name);
	}
	printf("%-*s  %-9s  %-7s  %5s  %-6s  %s\n", width, "ca", "rate",
	       "depth", "names", "family", "directory");
	for (size_t i = 0; i < c->ca_count; i++) {
		const struct config_ca *ca = &c->cas[i];

		config_rate_print(rate, &ca->rate);
		printf("%-*s  %-9s  %-7s  %5zu  %-6s  %s\n", width, ca->name,
		       rate, ca->shallow ? "shallow" : "full", ca->name_count,
		       family_word(ca->family), ca->directory);
	}
}

static void print_text(const struct config *c)
{
	char path[4096];

	text_printable(path, sizeof(path), c->path, strlen(c->path));
	printf("%s: ok: station %s, %zu CA%s, %zu control%s\n", path,
	       c->station, c->ca_count, c->ca_count == 1 ? "" : "s",
	       c->control_count, c->control_count == 1 ? "" : "s");
	print_table(c);
}

static json_t *ca_json(const struct config_ca *ca)
{
	char rate[CONFIG_RATE_TEXT];

	config_rate_print(rate, &ca->rate);
	return json_pack("{ss ss ss sb sI sI ss ss ss}", "name", ca->name,
			 "directory", ca->directory, "rate", rate, "shallow",
			 ca->shallow, "concurrent", (json_int_t)ca->concurrent,
			 "names", (json_int_t)ca->name_count, "challenge",
			 challenge_name(ca->challenge), "key_type",
			 key_type_name(ca->key_type), "family",
			 family_word(ca->family));
}

static json_t *warnings_json(const struct config_warnings *r)
{
	json_t *warnings = json_array();

	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(warnings, json_string(r->texts[i]));
	return warnings;
}

static json_t *config_json(const struct config *c)
{
	json_t *cas = json_array(), *controls = json_array();

	for (size_t i = 0; i < c->ca_count; i++)
		json_array_append_new(cas, ca_json(&c->cas[i]));
	for (size_t i = 0; i < c->control_count; i++)
		json_array_append_new(controls,
				      json_pack("{ss ss}", "name",
						c->controls[i].name, "url",
						c->controls[i].url));
	return json_pack("{sb ss ss ss ss so so so}", "ok", true, "station",
			 c->station, "city", c->place.city, "country",
			 c->place.country, "operator", c->place.operator, "cas",
			 cas, "controls", controls, "warnings",
			 warnings_json(&c->warnings));
}

/* The path may be any bytes, and JSON takes only UTF-8. */
static void print_json(const char *path, json_t *object)
{
	char shown[4096];

	text_printable(shown, sizeof(shown), path, strlen(path));
	json_object_set_new(object, "file", json_string(shown));
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static int check(const char *path, bool as_json)
{
	struct config *c;
	struct fail why;

	if (!config_load(path, &c, &why)) {
		if (as_json)
			print_json(path, json_pack("{sb ss}", "ok", false,
						   "error", why.text));
		else
			fprintf(stderr, "%s\n", why.text);
		return EXIT_OURS;
	}
	if (as_json)
		print_json(path, config_json(c));
	else
		print_text(c);
	if (!as_json)
		warnings_tell("", &c->warnings);
	config_release(c);
	free(c);
	return EXIT_GOOD;
}

int cmd_check_config(int argc, char **argv)
{
	bool as_json = false;
	int code;

	optind = 1;
	opterr = 0;
	while ((code = getopt_long(argc, argv, "h", long_options, NULL)) !=
	       -1) {
		switch (code) {
		case OPT_JSON:
			as_json = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_GOOD;
		default: /* of an int */
			return usage_option("check-config", code, argv);
		}
	}
	if (argc - optind != 1)
		return usage_error("check-config",
				   "expected one file, found %d",
				   argc - optind);
	return check(argv[optind], as_json);
}
