#include "app/probe_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/target_options.h"
#include "base/text.h"

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
	OPT_SHALLOW = 256,
	OPT_REVOKE,
	OPT_KEY_TYPE,
	OPT_RESPONDER,
	OPT_ACCOUNT_KEY_TYPE,
	OPT_CONTACT,
	OPT_ROOTS,
	OPT_RESOLVE,
	OPT_ALLOW_HOST,
	OPT_TIMEOUT,
	OPT_CONNECT_TIMEOUT,
	OPT_ANSWER_TIMEOUT,
	OPT_BAD_NONCES,
	OPT_JSON,
	OPT_COLOR,
};

static const struct option long_options[] = {
	TARGET_OPTIONS,
	{ "shallow", no_argument, NULL, OPT_SHALLOW },
	{ "revoke", no_argument, NULL, OPT_REVOKE },
	{ "key-type", required_argument, NULL, OPT_KEY_TYPE },
	{ "responder", required_argument, NULL, OPT_RESPONDER },
	{ "account-key-type", required_argument, NULL, OPT_ACCOUNT_KEY_TYPE },
	{ "contact", required_argument, NULL, OPT_CONTACT },
	{ "roots", required_argument, NULL, OPT_ROOTS },
	{ "resolve", required_argument, NULL, OPT_RESOLVE },
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

/* What an option takes, for the sentence that refuses its value. */
static const char *expected_for(int code)
{
	switch (code) {
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
	default: /* of an int */
		return target_option_expected(code);
	}
}

/* Options with a value that cannot be wrong by itself, flags, the shared. */
static bool read_plain(struct probe_options *o, int code, char *value)
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
	case OPT_CONTACT:
		o->contact = value;
		break;
	case OPT_RESOLVE:
		o->resolve = value;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	default: /* of an int: read_checked() had the others */
		return target_option_read(o, code, value);
	}
	return true;
}

/* Options whose value may be refused; true when it was not. */
static bool read_checked(struct probe_options *o, int code, char *value)
{
	if (value && !value[0])
		return false;
	switch (code) {
	case OPT_ROOTS:
		return target_list_add(&o->roots, value);
	case OPT_ALLOW_HOST:
		return target_list_add(&o->hosts, value);
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
	default: /* of an int */
		return read_plain(o, code, value);
	}
}

static int check_together(struct probe_options *o)
{
	if (!o->shallow && o->names.count == 0)
		return usage_error("probe", "a name to prove is needed "
					    "(--name), or --shallow");
	if (o->shallow && o->revoke)
		return usage_error("probe", "--shallow issues nothing that "
					    "--revoke could revoke");
	return target_options_check("probe", "URL", o);
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
			*ret_status = usage_refuse("probe", long_options, code,
						   optarg, expected_for(code));
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
