/*
 * A CA without I/O for tests of the flow: answers what flow_want() asks, as
 * RFC 8555 says, and misbehaves where it is told to.
 */
#ifndef TESTS_PURE_CA_H
#define TESTS_PURE_CA_H

#include "acme/flow.h"
#include "base/buf.h"

enum { PURE_CA_TWISTS = 8, PURE_CA_NAMES = 100 };

/* Takes the place of the usual answer. */
struct pure_twist {
	enum op op;
	unsigned from, to;	/* which requests of the op, from 1 */
	enum outcome transport; /* OUTCOME_OK: an HTTP answer */
	int status;
	const char *headers; /* or NULL */
	const char *body;    /* NULL: the usual body */
	bool no_nonce;	     /* leave Replay-Nonce out */
};

struct pure_ca {
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
	const char *challenge_type;  /* NULL: http-01 */
	struct pure_twist twists[PURE_CA_TWISTS];
	unsigned twist_count;

	/* What it saw. */
	unsigned asked[OPS];
	unsigned polls[PURE_CA_NAMES], order_polled;
	bool challenged[PURE_CA_NAMES], deactivated[PURE_CA_NAMES];
	bool account_exists, finalized, revoked;
	unsigned nonces;
	char last_payload[4096];

	/* The answer; valid until the next. */
	struct buf headers, body;
};

/* A CA that does everything right, for these names (borrowed). */
void pure_ca_init(struct pure_ca *ca, const char *const *names, size_t count);
void pure_ca_release(struct pure_ca *ca);

void pure_ca_twist(struct pure_ca *ca, struct pure_twist twist);

/* Its answer to the request, borrowed until the next one. */
struct flow_answer pure_ca_answer(struct pure_ca *ca,
				  const struct flow_ask *ask);

extern const char pure_ca_directory[];

#endif
