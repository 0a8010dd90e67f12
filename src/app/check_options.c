#include "app/check_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/target_options.h"
#include "base/text.h"
#include "base/url.h"
#include "measure/config.h"

static const char help[] =
	"Asks a hub how a CA does: as a plugin of a monitoring system, or "
	"laid\n"
	"beside what this machine sees of it.\n"
	"\n"
	"usage: acmeter check --hub URL --ca NAME [OPTION...]\n"
	"       acmeter check --hub URL --directory URL [OPTION...]\n"
	"\n"
	"  --hub URL              a hub, or a single station\n"
	"  --ca NAME              the CA, by the name it has there\n"
	"  --hub-ca-file FILE     roots of the hub's TLS (default: the "
	"system's)\n"
	"  --token-file FILE      a bearer token for the hub\n"
	"  --timeout DURATION     for each question to the hub (10s), and for\n"
	"                         the probe (30s)\n"
	"  --stale DURATION       evidence that is older tells nothing (10m)\n"
	"  --json                 one JSON object\n"
	"  -h, --help\n"
	"\n"
	"As a plugin (Nagios, Icinga)\n"
	"  --map VERDICT=STATUS   degraded, partial_outage, major_outage or\n"
	"                         unknown as ok, warning, critical or unknown\n"
	"\n"
	"Is it me, or is it the CA?\n"
	"  --directory URL        the CA's directory: its first steps are "
	"tried\n"
	"                         from here, nothing is issued; the CA is "
	"found\n"
	"                         at the hub by it, or by --ca\n"
	"  --name NAME            to order for, in the place of an invented "
	"one\n"
	"  --account-key FILE     PEM; made when it is not there (default\n"
	"                         $XDG_STATE_HOME/acmeter/account.key)\n"
	"  --eab-kid KID          external account binding: key identifier\n"
	"  --eab-hmac-file FILE   ... and its key, base64url\n"
	"  --ca-file FILE         roots for the CA's TLS (default: the "
	"system's)\n"
	"  -4, --ipv4 / -6, --ipv6   use only this family\n"
	"  --allow-http           plain http, for a local test CA\n"
	"\n"
	"Exit status as a plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n"
	"With --directory: 0 nothing is wrong now, 1 it is you, 2 it is the "
	"CA,\n"
	"3 it cannot be told, 4 it is the path. Usage: 3.\n";

enum option_code {
	OPT_HUB = 256,
	OPT_CA,
	OPT_HUB_CA_FILE,
	OPT_TOKEN_FILE,
	OPT_TIMEOUT,
	OPT_STALE,
	OPT_JSON,
	OPT_MAP,
	OPT_DIRECTORY,
};

static const struct option long_options[] = {
	TARGET_OPTIONS,
	{ "hub", required_argument, NULL, OPT_HUB },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "hub-ca-file", required_argument, NULL, OPT_HUB_CA_FILE },
	{ "token-file", required_argument, NULL, OPT_TOKEN_FILE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "stale", required_argument, NULL, OPT_STALE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "map", required_argument, NULL, OPT_MAP },
	{ "directory", required_argument, NULL, OPT_DIRECTORY },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* --- values ------------------------------------------------------------- */

/* "degraded=ok" */
static bool read_map(const char *text, struct check_map *map)
{
	const char *equals = strchr(text, '=');
	enum check_status status;
	enum verdict verdict;
	char word[32];

	if (!equals || (size_t)(equals - text) >= sizeof(word))
		return false;
	memcpy(word, text, (size_t)(equals - text));
	word[equals - text] = '\0';
	if (!verdict_find(word, &verdict) ||
	    !check_status_find(equals + 1, &status))
		return false;
	map->of[verdict] = status;
	return true;
}

static bool read_duration(const char *text, int64_t *ret_us)
{
	int64_t us;

	if (!text_to_duration(text, &us) || us <= 0 || us > US_PER_DAY)
		return false;
	*ret_us = us;
	return true;
}

static bool is_url(const char *text)
{
	struct fail why;
	struct url url;

	return url_parse(text, &url, &why);
}

static const char *expected_for(int code)
{
	switch (code) {
	case OPT_HUB:
		return "the URL of a hub such as https://status.example.org";
	case OPT_CA:
		return CONFIG_NAME_EXPECTED;
	case OPT_TIMEOUT:
	case OPT_STALE:
		return "a duration with its unit, such as 30s "
		       "(us, ms, s, m, h), of a day at most";
	case OPT_MAP:
		return "VERDICT=STATUS, such as degraded=ok";
	case OPT_DIRECTORY:
		return "the URL of an ACME directory";
	default: /* of an int */
		return target_option_expected(code);
	}
}

/* --- options ------------------------------------------------------------ */

static bool read_option(struct check_options *o, int code, char *value)
{
	int64_t us = 0;

	if (value && !value[0])
		return false;
	switch (code) {
	case OPT_HUB:
		o->hub = value;
		return is_url(value);
	case OPT_CA:
		o->ca = value;
		return config_is_name(value);
	case OPT_DIRECTORY:
		o->probe.directory = value;
		return is_url(value);
	case OPT_HUB_CA_FILE:
		o->hub_ca_file = value;
		return true;
	case OPT_TOKEN_FILE:
		o->token_file = value;
		return true;
	case OPT_TIMEOUT:
		if (!read_duration(value, &o->timeout_us))
			return false;
		o->probe.limits.issuance_us = o->timeout_us;
		return true;
	case OPT_STALE:
		if (!read_duration(value, &us))
			return false;
		o->stale_s = us / US_PER_S;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_MAP:
		return value && read_map(value, &o->map);
	default: /* of an int */
		return target_option_read(&o->probe, code, value);
	}
}

/* A token is not sent where everybody on the way reads it. */
static bool is_private(const char *hub)
{
	struct fail why;
	struct url url;

	return url_parse(hub, &url, &why) &&
	       (url.https || strcmp(url.host, "localhost") == 0 ||
		(url.address.family != IP_NONE &&
		 ip_is_loopback(&url.address)));
}

static int check_together(struct check_options *o)
{
	struct probe_options *p = &o->probe;

	if (!o->hub)
		return usage_error("check", "expected a hub: --hub URL");
	if (!o->ca[0] && !p->directory)
		return usage_error("check", "expected a CA: --ca NAME, or "
					    "--directory URL");
	if (o->token_file && !is_private(o->hub))
		return usage_error("check", "--token-file: found a hub at "
					    "plain http, expected https for "
					    "what is secret");
	return p->directory ? target_options_check("check", "--directory", p)
			    : EXIT_GOOD;
}

/* EXIT_GOOD, EXIT_USAGE after an error, or -1 after the help. */
static int read_all(int argc, char **argv, struct check_options *o)
{
	bool tries = false;
	int code;

	optind = 1;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":46h", long_options, NULL)) !=
	       -1) {
		if (code == 'h') {
			fputs(help, stdout);
			return -1;
		}
		if (code == '?' || code == ':')
			return usage_option("check", code, argv);
		if (!read_option(o, code, optarg))
			return usage_refuse("check", long_options, code, optarg,
					    expected_for(code));
		tries = tries || target_option_is(code);
	}
	if (optind != argc)
		return usage_error("check",
				   "found %d words that belong to no "
				   "option",
				   argc - optind);
	if (tries && !o->probe.directory)
		return usage_error("check",
				   "found an option of what is tried from "
				   "here, expected what to try as well: "
				   "--directory URL");
	return check_together(o);
}

bool check_options_read(int argc, char **argv,
			struct check_options *ret_options, int *ret_status)
{
	struct check_options o = {
		.ca = "",
		.timeout_us = 10 * US_PER_S,
		.stale_s = 600,
		.map = check_map_default(),
		.probe = { .shallow = true, .limits = flow_limits_default() },
	};
	int status;

	o.probe.limits.issuance_us = 30 * US_PER_S;
	status = read_all(argc, argv, &o);
	/* What shows only the output has to be told as well. */
	if (status == EXIT_USAGE)
		puts("ACMETER UNKNOWN - the command line cannot be used");
	*ret_status = status == EXIT_USAGE ? (int)CHECK_UNKNOWN : EXIT_GOOD;
	*ret_options = o;
	return status == EXIT_GOOD;
}
