/*
 * A CA as RFC 8555 has it, without I/O: it answers what a flow asks and keeps
 * what an order needs. A play has one behind its script, tests have one whose
 * answers they twist. It issues nothing: its certificate is a few letters, and
 * its driver says what checking them came to.
 */
#ifndef ACME_MODEL_CA_H
#define ACME_MODEL_CA_H

#include "acme/flow.h"
#include "base/buf.h"

enum { MODEL_CA_NAMES = 100 };

/* Takes the place of the usual answer, as far as it says something. */
struct model_twist {
	enum outcome transport;	      /* OUTCOME_OK: an HTTP answer */
	const char *transport_detail; /* NULL: some words */
	int status;
	const char *headers; /* besides the nonce; or NULL */
	const char *body;    /* NULL: the usual body */
	bool no_nonce;	     /* leave Replay-Nonce out */
};

struct model_ca {
	/* How it behaves. */
	const char *const *names;
	size_t name_count;
	unsigned authz_polls; /* polls that say pending before valid */
	unsigned order_polls; /* polls that say processing before valid */
	unsigned reused;      /* so many authorizations are valid at once */
	unsigned alternates;
	bool binding_required;
	bool invalid;		     /* authorizations end invalid */
	const char *challenge_error; /* JSON, with invalid */
	const char *challenge_type;  /* besides dns-01; NULL: http-01 */
	bool no_dns;		     /* dns-01 is not offered */

	/* What it saw. */
	unsigned asked[OPS];
	unsigned polls[MODEL_CA_NAMES], order_polled;
	bool challenged[MODEL_CA_NAMES], deactivated[MODEL_CA_NAMES];
	bool account_exists, finalized, revoked;
	unsigned nonces;
	char last_payload[4096];

	/* The answer; valid until the next. */
	struct buf headers, body;
};

/* A CA that does everything right, for these names (borrowed). */
void model_ca_init(struct model_ca *ca, const char *const *names, size_t count);
void model_ca_release(struct model_ca *ca);

/* Its answer to the request, borrowed until the next one; twist may be NULL. */
struct flow_answer model_ca_answer(struct model_ca *ca,
				   const struct flow_ask *ask,
				   const struct model_twist *twist);

extern const char model_ca_directory[];

#endif
