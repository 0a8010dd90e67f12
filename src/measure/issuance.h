/*
 * The issuance: one attempt to obtain one certificate. A row of exchanges with
 * one outcome.
 */
#ifndef MEASURE_ISSUANCE_H
#define MEASURE_ISSUANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "acme/flow.h"
#include "base/clock.h"
#include "base/ip.h"
#include "measure/exchange.h"

enum {
	ISSUANCE_NAME = 256,
	ISSUANCE_SERIAL = 48,
	ISSUANCE_ISSUER = 128,
	ISSUANCE_REQUESTS = 16, /* validation requests that are kept */
};

/* A request of the CA's validation, at our responder. */
struct validation_request {
	int64_t at_us; /* since the issuance began, 0 to UINT32_MAX */
	struct ip from;
};

struct issuance {
	int64_t id; /* set by the store, rising */
	unsigned ca;
	int64_t wall_us;   /* when it started */
	int64_t took_us;   /* until its outcome was known; -1 still running */
	int64_t waited_us; /* of that, our own waiting between requests */
	bool shallow;	   /* ends after the authorization, by design */
	bool confirms;	   /* started early, because the one before it failed */
	enum outcome outcome;
	enum op op; /* the operation that decided, or the last */
	int status; /* HTTP status of that operation, or 0 */
	char problem[EXCHANGE_PROBLEM];
	char detail[EXCHANGE_DETAIL];
	char name[ISSUANCE_NAME]; /* the first identifier */
	unsigned names;		  /* how many identifiers */
	unsigned exchanges;	  /* how many requests it took */

	/*
	 * Validation, counted from the first challenge answer: the CA's first
	 * request to our responder, how many came, and the two polls between
	 * which the last authorization became valid. -1 when it did not happen.
	 */
	int64_t first_validation_us;
	unsigned validations;
	int64_t valid_after_us, valid_before_us;
	struct validation_request requests[ISSUANCE_REQUESTS]; /* the first */
	unsigned request_count;

	/* The certificate; "" and 0 without one. */
	char serial[ISSUANCE_SERIAL]; /* lower-case hex */
	char issuer[ISSUANCE_ISSUER]; /* issuer's common name, printable */
	int64_t not_before_us, not_after_us;
	unsigned chain_length; /* certificates in the default chain */
	unsigned alternates;   /* alternate chains offered */
};

/* One that starts now, for `names` names of which `name` is the first. */
struct issuance issuance_begin(unsigned ca, const char *name, unsigned names,
			       bool shallow, struct now now);

/* As its flow stands now; started_us is when it started, mono. */
void issuance_follow(struct issuance *i, const struct flow *f,
		     int64_t started_us);

/* Notes one request; those behind the first ISSUANCE_REQUESTS only count. */
void issuance_note_request(struct issuance *i, const struct ip *from,
			   int64_t at_us);

/* What the flow read in the answer, into the exchange. */
void issuance_read(struct exchange *e, const struct flow_reading *reading);

#endif
