/*
 * Runs one issuance: the flow says what to do, the edge does it, every
 * exchange is told to the owner as it ends.
 *
 * An issue lives from issue_start() until just after its `ended` call; it
 * frees itself then, from the loop, never inside a call of its owner's.
 */
#ifndef APP_ISSUE_H
#define APP_ISSUE_H

#include "acme/flow.h"
#include "edge/chain.h"
#include "edge/http.h"
#include "edge/key.h"
#include "edge/responder.h"
#include "measure/issuance.h"

/* What issuances of one CA share. All borrowed; outlives the issues. */
struct issue_setup {
	struct loop *loop;
	struct http *http;
	struct http_session_options session;
	struct responder *responder; /* NULL when shallow */
	const struct trust *roots;   /* for what is issued */
	struct issuers *issuers;     /* of what is issued; may be NULL */
	EVP_PKEY *account;
	const char *thumbprint;
	EVP_PKEY *certificate_key; /* NULL: a new one for each */
	enum key_type key_type;
	const char *eab_kid, *eab_hmac; /* NULL without */
	/* directory, challenge, shallow ... ; names and csr are set here. */
	struct flow_options flow;
	unsigned ca;
};

struct issue_owner {
	/* Each exchange, once; may take what it keeps. */
	void (*exchange)(void *ctx, struct issuance *i, struct exchange *e);
	/* The last call. result is borrowed for it. */
	void (*ended)(void *ctx, struct issuance *i,
		      const struct flow_result *result);
	void *ctx;
};

struct issue;

/*
 * NULL and why (FAIL_INPUT, FAIL_OURS) when it cannot even begin. The first
 * request is made from the loop.
 */
struct issue *issue_start(const struct issue_setup *setup,
			  const char *const *names, size_t count,
			  const struct issue_owner *owner, struct fail *why);

/* The row of the issuance, as it is now; the owner sets its id. */
struct issuance *issue_issuance(struct issue *i);

/* Ends it soon, as OUTCOME_INTERRUPTED unless it was decided. */
void issue_interrupt(struct issue *i);

#endif
