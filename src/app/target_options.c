#include "app/target_options.h"

#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "base/name.h"
#include "base/text.h"
#include "measure/config.h"

bool target_option_is(int code)
{
	return code >= TARGET_NAME || code == '4' || code == '6';
}

bool target_list_add(struct probe_list *list, char *item)
{
	if (list->count == PROBE_LIST)
		return false;
	list->items[list->count++] = item;
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

bool target_option_read(struct probe_options *o, int code, char *value)
{
	switch (code) {
	case TARGET_NAME:
		return target_list_add(&o->names, value);
	case TARGET_CA_FILE:
		return target_list_add(&o->tls_roots, value);
	case TARGET_ACCOUNT_KEY:
		o->account_key = value;
		return true;
	case TARGET_EAB_KID:
		o->eab_kid = value;
		return true;
	case TARGET_EAB_HMAC_FILE:
		o->eab_hmac_file = value;
		return true;
	case TARGET_ALLOW_HTTP:
		o->allow_http = true;
		return true;
	case '4':
		return read_family(IP_V4, &o->family);
	case '6':
		return read_family(IP_V6, &o->family);
	default: /* of an int: the command's own */
		return false;
	}
}

const char *target_option_expected(int code)
{
	switch (code) {
	case TARGET_NAME:
	case TARGET_CA_FILE:
		return "a value, at most 100 times";
	case '4':
	case '6':
		return "one family: with neither, both may be taken";
	default: /* of an int: refused when empty */
		return "a value";
	}
}

/* --- together ----------------------------------------------------------- */

/* The rules of a CA in a configuration, for what stands on the command line. */
static int check_as_ca(const char *command, const char *directory,
		       struct probe_options *o)
{
	const struct {
		const char *key, *option;
	} words[] = {
		{ "hosts", "--allow-host" }, { "names", "--name" },
		{ "contact", "--contact" },  { "resolve", "--resolve" },
		{ "directory", directory },
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
	return usage_error(command, "%s: %s", option, why.text);
}

static int check_twice(const char *command, const struct probe_list *names)
{
	for (size_t i = 0; i < names->count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (name_same(names->items[i], names->items[k]))
				return usage_error(command,
						   "--name: found \"%s\" "
						   "twice, expected each name "
						   "once",
						   names->items[i]);
		}
	}
	return EXIT_GOOD;
}

int target_options_check(const char *command, const char *directory,
			 struct probe_options *o)
{
	if (text_starts(o->directory, "http:") && !o->allow_http)
		return usage_error(command,
				   "%s: found plain http, expected https "
				   "(--allow-http takes http, for a CA on a "
				   "test network)",
				   directory);
	if (!o->eab_kid != !o->eab_hmac_file)
		return usage_error(command, "--eab-kid and --eab-hmac-file "
					    "go together");
	if (check_as_ca(command, directory, o) != EXIT_GOOD)
		return EXIT_USAGE;
	return check_twice(command, &o->names);
}
