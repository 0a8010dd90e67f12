/*
 * One issuance as a machine without I/O (RFC 8555 section 7).
 *
 * The driver asks flow_want() what to do next, does it, and tells the flow how
 * it went. The flow opens no socket, reads no clock, signs nothing and never
 * retries in silence: every request it wants is one exchange, and a second try
 * (badNonce, 503 with Retry-After) is wanted again in the open, within limits.
 *
 * Invariant: after flow_want() said FLOW_ENDED it says so for ever, and the
 * result no longer changes. The outcome of the issuance is decided once; what
 * comes after it (deactivating pending authorizations, revoking) cannot
 * change it.
 */
#ifndef ACME_FLOW_H
#define ACME_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "acme/policy.h"
#include "acme/problem.h"
#include "base/clock.h"
#include "base/fail.h"

struct flow;

/* The challenge types of the IANA registry that a responder of ours answers. */
enum challenge_type {
	CHALLENGE_HTTP_01,
	CHALLENGE_DNS_01,
	CHALLENGE_TLS_ALPN_01,
	CHALLENGE_TYPES
};
const char *challenge_name(enum challenge_type type);
bool challenge_find(const char *name, enum challenge_type *ret_type);

/* What the CA may make us do. Everything a peer can repeat or enlarge ends. */
struct flow_limits {
	int64_t issuance_us;   /* from first request to outcome */
	int64_t cleanup_us;    /* for what comes after the outcome */
	int64_t poll_first_us; /* first poll, then doubling ... */
	int64_t poll_most_us;  /* ... up to this, or Retry-After if longer */
	int64_t patience_us;   /* the longest Retry-After waited for inside */
	unsigned polls;	       /* of one authorization or order */
	unsigned bad_nonces;   /* in a row, for one request */
	unsigned retries;      /* of one request, on 5xx with Retry-After */
	unsigned alternates;   /* alternate chains that are fetched */
};

/* 120 s, 20 s, 250 ms, 5 s, 10 s, 60, 10, 2, 4. */
struct flow_limits flow_limits_default(void);

struct flow_options {
	const char *directory_url;
	const char *const *names; /* DNS names or IP addresses, >= 1 */
	size_t name_count;	  /* <= 100 */
	enum challenge_type challenge;
	bool shallow;		/* stop after the authorization */
	bool revoke;		/* revoke what was issued */
	bool account_known;	/* look up first (onlyReturnExisting) */
	bool has_binding;	/* external account binding, 7.3.4 */
	const char *contact;	/* a mailbox, also with "mailto:", or NULL */
	const char *thumbprint; /* RFC 7638, of the account key, base64url */
	const char *csr;	/* base64url DER; NULL when shallow */
	struct flow_limits limits;
	struct url_policy policy;
};

/*
 * A flow over its own copy of the options. FAIL_INPUT when the directory URL,
 * a name or a combination of options cannot be used.
 */
struct flow *flow_new(const struct flow_options *options, struct now now,
		      struct fail *why);
void flow_free(struct flow *f);

enum flow_method { FLOW_GET, FLOW_HEAD, FLOW_POST };
enum flow_signer {
	FLOW_UNSIGNED,
	FLOW_BY_JWK, /* protected header carries the key (newAccount) */
	FLOW_BY_KID, /* protected header carries the account URL */
};

/* A request to make. All pointers are borrowed until the next call. */
struct flow_ask {
	enum op op;
	unsigned attempt; /* n-th request of this op, from 1 */
	enum flow_method method;
	const char *url;
	enum flow_signer signer;
	const char *kid;     /* with FLOW_BY_KID */
	const char *nonce;   /* when signed */
	const char *payload; /* when signed: JSON, "" for POST-as-GET */
	const char *accept;  /* media type, or NULL */
};

enum flow_want_kind {
	FLOW_SEND,    /* make `ask`; then flow_take() */
	FLOW_WAIT,    /* nothing before until_us */
	FLOW_BIND,    /* sign the binding for `url`; then flow_bound() */
	FLOW_PRESENT, /* answer the challenge; then flow_presented() */
	FLOW_VERIFY,  /* check the chain; then flow_verified() */
	FLOW_ENDED
};

struct flow_want {
	enum flow_want_kind kind;
	struct flow_ask ask;
	int64_t until_us;	       /* FLOW_WAIT: on now.mono_us's scale */
	const char *url;	       /* FLOW_BIND: the newAccount URL */
	const char *name;	       /* FLOW_PRESENT: the identifier */
	const char *token;	       /* FLOW_PRESENT */
	const char *key_authorization; /* FLOW_PRESENT, RFC 8555 8.1 */
	const char *chain;	       /* FLOW_VERIFY: PEM */
	unsigned chain_index;	       /* FLOW_VERIFY: 0 is the default chain */
	int64_t date_us; /* FLOW_VERIFY: the CA's clock (Date), -1 without */
};

/*
 * What to do next. Asking again without telling gives the same want. A flow
 * whose time is over (flow_deadline_us) ends here by itself.
 */
enum flow_want_kind flow_want(struct flow *f, struct now now,
			      struct flow_want *ret_want);

/* An answer, or why there is none. Borrowed for the call. */
struct flow_answer {
	enum outcome transport; /* OUTCOME_OK when an HTTP answer is there */
	const char *transport_detail; /* sentence, when not OK */
	int status;
	const char *headers; /* the header block as received, CRLF lines */
	size_t headers_len;
	const char *body;
	size_t body_len;
};

/* How the flow reads an answer: what the exchange is to be stored with. */
struct flow_reading {
	enum outcome outcome;
	char problem[PROBLEM_TYPE];
	char detail[PROBLEM_DETAIL];
	int64_t retry_after_us; /* -1 without, capped at a day */
};

/* Digests the answer to the request that flow_want() asked for. */
void flow_take(struct flow *f, const struct flow_answer *answer, struct now now,
	       struct flow_reading *ret_reading);

/* The JWS of the binding (7.3.4), or NULL and why when it cannot be made. */
void flow_bound(struct flow *f, const char *jws, const char *why,
		struct now now);

/* The responder is ready to answer, or why it cannot be. */
void flow_presented(struct flow *f, bool ready, const char *why,
		    struct now now);

/*
 * The responder has answered a validation request of the CA for this token:
 * the poll that waits is brought forward.
 */
void flow_validation_seen(struct flow *f, const char *token, struct now now);

/* What the check of a chain found. Strings are copied. */
struct flow_certificate {
	const char *serial, *issuer;
	int64_t not_before_us, not_after_us;
	unsigned chain_length;
};
/* certificate is NULL when it is bad, and then why says how. */
void flow_verified(struct flow *f, const struct flow_certificate *certificate,
		   const char *why, struct now now);

/* When flow_timeout() is due; the driver sets its timer to it. */
int64_t flow_deadline_us(const struct flow *f);

/*
 * The deadline passed: the issuance times out (or its cleanup is given up).
 * A request on its way must be aborted by the driver, and is not taken.
 */
void flow_timeout(struct flow *f, struct now now);

/* We end it: OUTCOME_INTERRUPTED unless decided; no cleanup. */
void flow_interrupt(struct flow *f, struct now now);

/* Our own side failed in a way the flow cannot see: OUTCOME_SELF. */
void flow_fail_self(struct flow *f, const char *why, struct now now);

/* The outcome and what led to it. Borrowed; lives as long as the flow. */
struct flow_result {
	bool decided;
	enum outcome outcome;
	enum op op; /* that decided, or ran last */
	int status;
	char problem[PROBLEM_TYPE];
	char detail[PROBLEM_DETAIL];
	int64_t decided_us;	/* mono; 0 while undecided */
	int64_t retry_after_us; /* of the deciding answer, -1 without */
	int64_t waited_us;	/* spent in FLOW_WAIT up to the decision */
	unsigned requests;
	int64_t challenged_us;	     /* first challenge sent, mono; -1 */
	int64_t first_validation_us; /* mono; -1 */
	unsigned validations;
	int64_t valid_after_us, valid_before_us; /* mono; -1 */
	const char *account_url;		 /* NULL until known */
	const char *chain; /* default chain, PEM; NULL without */
	char serial[48], issuer[128];
	int64_t not_before_us, not_after_us;
	unsigned chain_length, alternates;
	unsigned left_pending; /* authorizations that were not deactivated */
};
const struct flow_result *flow_result(const struct flow *f);

/* "authorization", ...: the op of the request on its way or wanted last. */
enum op flow_op(const struct flow *f);

#endif
