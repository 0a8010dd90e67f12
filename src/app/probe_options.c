#include "app/probe_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "base/text.h"
#include "measure/config.h"

static const char help[] =
	"Measures one issuance at an ACME CA and draws it as a waterfall.\n"
	"\n"
	"usage: acmeter probe [OPTION...] URL\n"
	"\n"
	"URL is the CA's directory, as\n"
	"https://acme-staging-v02.api.letsencrypt.org/directory\n"
	"\n"
	"What is asked for\n"
	"  --name NAME            name or IP address to prove; may be given "
	"again\n"
	"  --shallow              only the first steps, up to the "
	"authorization,\n"
	"                         which is deactivated; nothing is issued\n"
	"  --revoke               revoke what was issued\n"
	"  --key-type TYPE        of the certificate: p256 (default), p384,\n"
	"                         rsa2048, rsa3072, rsa4096\n"
	"  --responder ADDRESS    where the CA's http-01 requests are "
	"answered\n"
	"                         (default :80)\n"
	"\n"
	"The account\n"
	"  --account-key FILE     PEM; made when it is not there (default\n"
	"                         $XDG_STATE_HOME/acmeter/account.key)\n"
	"  --account-key-type T   of a new one: as above, and ed25519\n"
	"  --contact MAIL         given to the CA with a new account\n"
	"  --eab-kid KID          external account binding: key identifier\n"
	"  --eab-hmac-file FILE   ... and its key, base64url\n"
	"\n"
	"The connection\n"
	"  --ca-file FILE         roots for TLS, PEM (default: the system's)\n"
	"  --roots FILE           roots the certificate must lead to, PEM\n"
	"                         (default: the system's)\n"
	"  -4, --ipv4 / -6, --ipv6   use only this family\n"
	"  --resolve HOST:ADDRESS    take this address for the host\n"
	"  --allow-http           plain http, for a local test CA\n"
	"  --allow-host HOST      its answers may name this host too\n"
	"  --timeout DURATION         for the whole issuance (120s)\n"
	"  --connect-timeout DURATION to connect (10s)\n"
	"  --answer-timeout DURATION  for each answer to begin (30s)\n"
	"  --bad-nonces N         badNonce answers in a row that are borne "
	"(10)\n"
	"\n"
	"What is shown\n"
	"  --json                 a line of JSON for each exchange, and one "
	"for\n"
	"                         the issuance\n"
	"  --color WHEN           auto (default), always, never\n"
	"  -h, --help\n"
	"\n"
	"Durations are a number and us, ms, s, m, h or d.\n"
	"Exit status: 0 as it should be, 2 the CA failed, 3 our own side "
	"failed,\n"
	"64 usage.\n";

enum option_code {
	OPT_NAME = 256,
	OPT_SHALLOW,
	OPT_REVOKE,
	OPT_KEY_TYPE,
	OPT_RESPONDER,
	OPT_ACCOUNT_KEY,
	OPT_ACCOUNT_KEY_TYPE,
	OPT_CONTACT,
	OPT_EAB_KID,
	OPT_EAB_HMAC_FILE,
	OPT_CA_FILE,
	OPT_ROOTS,
	OPT_RESOLVE,
	OPT_ALLOW_HTTP,
	OPT_ALLOW_HOST,
	OPT_TIMEOUT,
	OPT_CONNECT_TIMEOUT,
	OPT_ANSWER_TIMEOUT,
	OPT_BAD_NONCES,
	OPT_JSON,
	OPT_COLOR,
};

static const struct option long_options[] = {
	{ "name", required_argument, NULL, OPT_NAME },
	{ "shallow", no_argument, NULL, OPT_SHALLOW },
	{ "revoke", no_argument, NULL, OPT_REVOKE },
	{ "key-type", required_argument, NULL, OPT_KEY_TYPE },
	{ "responder", required_argument, NULL, OPT_RESPONDER },
	{ "account-key", required_argument, NULL, OPT_ACCOUNT_KEY },
	{ "account-key-type", required_argument, NULL, OPT_ACCOUNT_KEY_TYPE },
	{ "contact", required_argument, NULL, OPT_CONTACT },
	{ "eab-kid", required_argument, NULL, OPT_EAB_KID },
	{ "eab-hmac-file", required_argument, NULL, OPT_EAB_HMAC_FILE },
	{ "ca-file", required_argument, NULL, OPT_CA_FILE },
	{ "roots", required_argument, NULL, OPT_ROOTS },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "resolve", required_argument, NULL, OPT_RESOLVE },
	{ "allow-http", no_argument, NULL, OPT_ALLOW_HTTP },
	{ "allow-host", required_argument, NULL, OPT_ALLOW_HOST },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "connect-timeout", required_argument, NULL, OPT_CONNECT_TIMEOUT },
	{ "answer-timeout", required_argument, NULL, OPT_ANSWER_TIMEOUT },
	{ "bad-nonces", required_argument, NULL, OPT_BAD_NONCES },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool add(struct probe_list *list, char *item)
{
	if (list->count == PROBE_LIST)
		return false;
	list->items[list->count++] = item;
	return true;
}

static bool read_duration(const char *text, int64_t *ret_us)
{
	int64_t us;

	if (!text_to_duration(text, &us) || us == 0)
		return false;
	*ret_us = us;
	return true;
}

static bool read_color(const char *text, enum probe_color *ret_color)
{
	static const char *const words[] = { "auto", "always", "never" };

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_color = (enum probe_color)i;
			return true;
		}
	}
	return false;
}

static bool read_count(const char *text, unsigned *ret_count)
{
	uint64_t value;

	if (!text_to_u64(text, 10000, &value))
		return false;
	*ret_count = (unsigned)value;
	return true;
}

/* One family, or both by naming none; never the one that was named last. */
static bool read_family(enum ip_family family, enum ip_family *ret_family)
{
	if (*ret_family != IP_NONE && *ret_family != family)
		return false;
	*ret_family = family;
	return true;
}

/* What an option takes, for the sentence that refuses its value. */
static const char *expected_for(int code)
{
	switch (code) {
	case OPT_NAME:
	case OPT_CA_FILE:
	case OPT_ROOTS:
	case OPT_ALLOW_HOST:
		return "a value, at most 100 times";
	case OPT_KEY_TYPE:
		return "p256, p384, rsa2048, rsa3072 or rsa4096";
	case OPT_ACCOUNT_KEY_TYPE:
		return "p256, p384, rsa2048, rsa3072, rsa4096 or ed25519";
	case OPT_TIMEOUT:
	case OPT_CONNECT_TIMEOUT:
	case OPT_ANSWER_TIMEOUT:
		return "a duration with its unit, such as 30s "
		       "(us, ms, s, m, h, d)";
	case OPT_BAD_NONCES:
		return "a number up to 10000";
	case OPT_COLOR:
		return "auto, always or never";
	case '4':
	case '6':
		return "one family: with neither, both may be taken";
	default: /* of an int: refused when empty */
		return "a value";
	}
}

/* Options with a value that cannot be wrong by itself, and flags. */
static void read_plain(struct probe_options *o, int code, char *value)
{
	switch (code) {
	case OPT_SHALLOW:
		o->shallow = true;
		break;
	case OPT_REVOKE:
		o->revoke = true;
		break;
	case OPT_RESPONDER:
		o->responder = value;
		break;
	case OPT_ACCOUNT_KEY:
		o->account_key = value;
		break;
	case OPT_CONTACT:
		o->contact = value;
		break;
	case OPT_EAB_KID:
		o->eab_kid = value;
		break;
	case OPT_EAB_HMAC_FILE:
		o->eab_hmac_file = value;
		break;
	case OPT_RESOLVE:
		o->resolve = value;
		break;
	case OPT_ALLOW_HTTP:
		o->allow_http = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	default: /* of an int: read_checked() had the others */
		break;
	}
}

/* Options whose value may be refused; true when it was not. */
static bool read_checked(struct probe_options *o, int code, char *value)
{
	if (value && !value[0])
		return false;
	switch (code) {
	case OPT_NAME:
		return add(&o->names, value);
	case OPT_CA_FILE:
		return add(&o->tls_roots, value);
	case OPT_ROOTS:
		return add(&o->roots, value);
	case OPT_ALLOW_HOST:
		return add(&o->hosts, value);
	case OPT_KEY_TYPE:
		return key_type_find(value, &o->key_type) &&
		       o->key_type != KEY_ED25519;
	case OPT_ACCOUNT_KEY_TYPE:
		return key_type_find(value, &o->account_key_type);
	case OPT_TIMEOUT:
		return read_duration(value, &o->limits.issuance_us);
	case OPT_CONNECT_TIMEOUT:
		return read_duration(value, &o->timeouts.connect_us);
	case OPT_ANSWER_TIMEOUT:
		return read_duration(value, &o->timeouts.answer_us);
	case OPT_BAD_NONCES:
		return read_count(value, &o->limits.bad_nonces);
	case OPT_COLOR:
		return value && read_color(value, &o->color);
	case '4':
		return read_family(IP_V4, &o->family);
	case '6':
		return read_family(IP_V6, &o->family);
	default: /* of an int */
		read_plain(o, code, value);
		return true;
	}
}

/* The rules of a CA in a configuration, for what stands on the command line. */
static int check_as_ca(struct probe_options *o)
{
	static const struct {
		const char *key, *option;
	} words[] = {
		{ "hosts", "--allow-host" }, { "names", "--name" },
		{ "contact", "--contact" },  { "resolve", "--resolve" },
		{ "directory", "URL" },
	};
	char name[] = "probe";
	const struct config_ca ca = {
		.name = name,
		.directory = o->directory,
		.allow_http = o->allow_http,
		.hosts = o->hosts.items,
		.host_count = o->hosts.count,
		.names = o->names.items,
		.name_count = o->names.count,
		.shallow = o->shallow,
		.contact = o->contact,
		.resolve = o->resolve,
	};
	const char *option = "?";
	struct fail why;
	char *key;

	if (config_ca_validate(&ca, &key, &why))
		return EXIT_GOOD;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (text_starts(key, words[i].key))
			option = words[i].option;
	}
	free(key);
	return usage_error("probe", "%s: %s", option, why.text);
}

static int check_twice(const struct probe_list *names)
{
	for (size_t i = 0; i < names->count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (text_same_nocase(names->items[i], names->items[k]))
				return usage_error("probe",
						   "--name: found \"%s\" "
						   "twice, expected each name "
						   "once",
						   names->items[i]);
		}
	}
	return EXIT_GOOD;
}

static int check_together(struct probe_options *o)
{
	if (!o->shallow && o->names.count == 0)
		return usage_error("probe", "a name to prove is needed "
					    "(--name), or --shallow");
	if (text_starts(o->directory, "http:") && !o->allow_http)
		return usage_error("probe",
				   "URL: found plain http, expected https "
				   "(--allow-http takes http, for a CA on a "
				   "test network)");
	if (o->shallow && o->revoke)
		return usage_error("probe", "--shallow issues nothing that "
					    "--revoke could revoke");
	if (!o->eab_kid != !o->eab_hmac_file)
		return usage_error("probe", "--eab-kid and --eab-hmac-file "
					    "go together");
	if (check_as_ca(o) != EXIT_GOOD)
		return EXIT_USAGE;
	return check_twice(&o->names);
}

static const char *option_name(int code)
{
	for (const struct option *o = long_options; o->name; o++) {
		if (o->val == code)
			return o->name;
	}
	return "?";
}

static int refuse(int code, const char *value)
{
	struct fail shown;

	/* What was typed may be anything. */
	fail_set(&shown, FAIL_INPUT, value ? "\"%.200s\"" : "both", value);
	return usage_error("probe", "--%s: found %s, expected %s",
			   option_name(code), shown.text, expected_for(code));
}

bool probe_options_read(int argc, char **argv,
			struct probe_options *ret_options, int *ret_status)
{
	struct probe_options o = {
		.responder = ":80",
		.limits = flow_limits_default(),
	};
	int code;

	optind = 1;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":46h", long_options, NULL)) !=
	       -1) {
		if (code == 'h') {
			fputs(help, stdout);
			*ret_status = EXIT_GOOD;
			return false;
		}
		if (code == '?' || code == ':') {
			*ret_status = usage_option("probe", code, argv);
			return false;
		}
		if (!read_checked(&o, code, optarg)) {
			*ret_status = refuse(code, optarg);
			return false;
		}
	}
	if (argc - optind != 1) {
		*ret_status = usage_error(
			"probe", "expected one directory URL, found %d",
			argc - optind);
		return false;
	}
	o.directory = argv[optind];
	/* What is longer than usual is not cut by the exchange's usual end. */
	o.timeouts.total_us =
		o.timeouts.connect_us + o.timeouts.answer_us + US_PER_MIN;
	*ret_status = check_together(&o);
	*ret_options = o;
	return *ret_status == EXIT_GOOD;
}
