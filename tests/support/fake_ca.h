/*
 * An ACME server for tests that does everything right, except what it is told
 * to do wrong (RFC 8555). Plain HTTP on 127.0.0.1, one order at a time.
 */
#ifndef TESTS_SUPPORT_FAKE_CA_H
#define TESTS_SUPPORT_FAKE_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "support/fake_http.h"
#include "support/test_ca.h"

/* How the certificate that is issued is wrong. */
enum fake_chain {
	CHAIN_RIGHT,
	CHAIN_OTHER_NAME,
	CHAIN_MORE_NAMES,
	CHAIN_OTHER_KEY,
	CHAIN_EXPIRED,
	CHAIN_NOT_YET,
	CHAIN_REVERSED,
	CHAIN_WITHOUT_INTERMEDIATE,
	CHAIN_OTHER_ROOT,
	CHAIN_BAD_SIGNATURE,
	CHAIN_OF_A_CA,
	CHAIN_WITH_PRIVATE_KEY,
	CHAIN_CUT,
	CHAIN_OF_THOUSAND,
};

/*
 * One thing that goes wrong at one op. In the texts $BASE stands for the
 * server's origin, $BIG for ten million digits, $DEEP for a hundred thousand
 * opening brackets, $MANY for a thousand URLs of authorizations.
 */
struct fake_fault {
	enum op op;
	unsigned nth; /* the nth request of this op; 0: every one */
	enum fake_wire wire;
	int status;	       /* 0: as it is */
	const char *body;      /* instead of the right one */
	const char *member;    /* of the JSON body: replaced by `value` ... */
	const char *value;     /* ... which is JSON; NULL removes it */
	const char *header;    /* "Name: value" instead; "Name:" removes */
	enum fake_chain chain; /* with OP_FINALIZE */
};

/* Spoils a right reply; base is what $BASE stands for. */
void fake_fault_apply(const struct fake_fault *f, const char *base,
		      struct fake_reply *reply);

struct fake_options {
	const struct fake_fault *faults; /* borrowed */
	unsigned fault_count;
	/* Where http-01 is asked for; 0 believes without asking. */
	uint16_t validation_port;
	unsigned processing; /* polls of the order before it is valid */
	unsigned pending;    /* polls of the authorization likewise */
	bool authorized;     /* authorizations are valid from the start */
	bool alternate;	     /* offers a second chain */
};

struct fake_ca;

struct fake_ca *fake_ca_start(const struct fake_options *options);
void fake_ca_stop(struct fake_ca *ca);

/* "http://127.0.0.1:PORT/directory"; borrowed. */
const char *fake_ca_directory(const struct fake_ca *ca);

/* The root that certificates lead to; borrowed. */
X509 *fake_ca_root(const struct fake_ca *ca);

/* Requests that were answered, or deliberately not. */
unsigned fake_ca_requests(struct fake_ca *ca);

/* Certificates that were downloaded; authorizations that were deactivated. */
unsigned fake_ca_downloads(struct fake_ca *ca);
unsigned fake_ca_deactivated(struct fake_ca *ca);

#endif
