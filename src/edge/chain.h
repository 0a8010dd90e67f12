/*
 * The check of what was issued.
 */
#ifndef EDGE_CHAIN_H
#define EDGE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "edge/issuers.h"
#include "edge/key.h"
#include "edge/trust.h"

/* What was ordered. */
struct chain_order {
	EVP_PKEY *key;		  /* that the certificate must carry */
	const char *const *names; /* exactly these, in any order */
	size_t name_count;
	int64_t wall_us;	   /* the time it must be valid at */
	int64_t date_us;	   /* the CA's clock then; -1 unknown */
	const struct trust *roots; /* it must lead to; NULL: not checked */
	struct issuers *issuers;   /* what was read before; may be NULL */
};

enum { CHAIN_SERIAL = 48, CHAIN_ISSUER = 128 };

struct chain_facts {
	char serial[CHAIN_SERIAL]; /* lower-case hex */
	char issuer[CHAIN_ISSUER]; /* common name, or the whole name */
	int64_t not_before_us, not_after_us;
	unsigned length;
};

/*
 * Checks a PEM chain (RFC 8555 7.4.2: end-entity first, each certifying the
 * one before): well-formed, in order, key, names, validity, usable as a TLS
 * server certificate, signatures up to a root. FAIL_PEER with the sentence
 * that belongs into the record when it is not what was ordered; FAIL_OURS
 * when the check itself could not be made, and when it is valid by the CA's
 * clock but not by ours. Five minutes before its time it is taken as valid.
 */
bool chain_check(const char *pem, const struct chain_order *order,
		 struct chain_facts *ret_facts, struct fail *why);

#endif
