/*
 * The command line of `acmeter probe`, as values.
 */
#ifndef APP_PROBE_OPTIONS_H
#define APP_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/flow.h"
#include "base/ip.h"
#include "edge/http.h"
#include "edge/key.h"

enum { PROBE_LIST = 100 };

/* An option that may be given again and again. Borrowed from argv. */
struct probe_list {
	char *items[PROBE_LIST];
	size_t count;
};

enum probe_color { PROBE_COLOR_AUTO, PROBE_COLOR_ALWAYS, PROBE_COLOR_NEVER };

struct probe_options {
	char *directory;
	struct probe_list names, tls_roots, roots, hosts;
	const char *account_key; /* NULL: the default place */
	enum key_type account_key_type, key_type;
	char *contact, *resolve;
	const char *eab_kid, *eab_hmac_file;
	const char *responder;
	enum ip_family family;
	struct flow_limits limits;
	struct http_limits timeouts;
	bool shallow, revoke, allow_http, json;
	enum probe_color color;
};

/* True: go on. False: end with *ret_status (help was printed, or an error). */
bool probe_options_read(int argc, char **argv,
			struct probe_options *ret_options, int *ret_status);

#endif
