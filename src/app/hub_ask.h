/*
 * Asks a hub one question and waits for the answer.
 */
#ifndef APP_HUB_ASK_H
#define APP_HUB_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"

struct hub_ask;

struct hub_ask_setup {
	const char *url;	/* of the hub; borrowed */
	const char *ca_file;	/* roots of its TLS; NULL: the system's */
	const char *token_file; /* a bearer token; NULL without */
	int64_t timeout_us;	/* of one question */
};

/* FAIL_FILE, FAIL_OURS. */
bool hub_ask_new(const struct hub_ask_setup *setup, struct hub_ask **ret_ask,
		 struct fail *why);
void hub_ask_free(struct hub_ask *a);

/*
 * GET; the body is appended to out. False without a whole answer: why is
 * FAIL_NETWORK when the network did not lead there, else FAIL_PEER.
 */
bool hub_ask_get(struct hub_ask *a, const char *target, int *ret_status,
		 struct buf *out, struct fail *why);

#endif
