/*
 * Inside the flow: the state that flow.c (what to do next) and flow_take.c
 * (what an answer means) share. Nobody else includes this.
 */
#ifndef ACME_FLOW_PRIVATE_H
#define ACME_FLOW_PRIVATE_H

#include "acme/flow.h"
#include "acme/message.h"
#include "base/url.h"

enum {
	FLOW_NONCE = 512,
	FLOW_CHAIN = 256 * 1024,
	FLOW_LINKS = 16, /* to alternate chains that are looked at */
};

enum flow_step {
	STEP_DIRECTORY,
	STEP_BIND,
	STEP_ACCOUNT,
	STEP_ORDER,
	STEP_AUTHORIZATION,
	STEP_PRESENT,
	STEP_CHALLENGE,
	STEP_POLL_AUTHORIZATION,
	STEP_FINALIZE,
	STEP_POLL_ORDER,
	STEP_CERTIFICATE,
	STEP_VERIFY,
	STEP_REVOKE,
	STEP_DEACTIVATE,
	STEP_ENDED,
	FLOW_STEPS
};

enum authz_state {
	AUTHZ_UNKNOWN, /* not asked for yet */
	AUTHZ_PENDING,
	AUTHZ_VALID,
	AUTHZ_GONE, /* invalid, deactivated or given up */
};

struct flow_authz {
	char *url;
	enum authz_state state;
	char *name;
	char *challenge_url;
	char *token;
	char *key_authorization;
	bool presented; /* our responder was ready for it */
	bool reached;	/* the CA asked our responder for it */
};

struct flow {
	/* What was asked for; strings are our own copies. */
	char *directory_url;
	char **names;
	size_t name_count;
	enum challenge_type challenge;
	bool shallow, revoke, account_known, has_binding;
	char *contact, *thumbprint, *csr;
	struct flow_limits limits;
	struct url_policy policy;
	struct url origin; /* of the directory */

	enum flow_step step;
	struct flow_result result;
	int64_t deadline_us;
	unsigned attempts[OPS];

	/* The request that is wanted or on its way. */
	bool asking_nonce; /* newNonce comes before what step wants */
	char *payload;	   /* made once for each want */
	int64_t asked_us;  /* when it was last wanted */
	unsigned retries, bad_nonces, polls;

	/* Waiting. */
	int64_t not_before_us; /* 0: nothing to wait for */
	int64_t waiting_since_us;
	int64_t retry_floor_us; /* the CA's own Retry-After ends here */
	int64_t poll_delay_us;
	int64_t challenge_floor_us; /* as retry_floor_us, of challenges */

	char nonce[FLOW_NONCE]; /* "" when there is none */
	struct directory directory;
	char *account_url;
	char *binding;
	char *order_url, *finalize_url, *certificate_url;
	bool finalized;
	unsigned not_ready; /* finalize was refused so often as too early */
	struct flow_authz *authz;
	size_t authz_count, current;
	char *chain;	   /* default chain */
	char *other_chain; /* the alternate that is verified now */
	int64_t date_us;   /* that the chain came with, -1 without */
	char **alternates; /* URLs */
	unsigned alternate_count, chain_index;
	int64_t obtained_us; /* when the default chain was found good */
};

/* The only place where the step changes. */
void flow_enter(struct flow *f, enum flow_step step, struct now now);

/* Nothing is sent before this many microseconds have passed. */
void flow_delay(struct flow *f, int64_t us, struct now now);

/* The op that the step's own request belongs to. */
enum op flow_step_op(enum flow_step step);

/* First authorization at or after `from` in this state, or authz_count. */
size_t flow_find_authz(const struct flow *f, size_t from,
		       enum authz_state state);

/*
 * The outcome of the issuance, once; then what is left to clean up, unless
 * the CA cannot be reached.
 */
struct flow_decision {
	enum outcome outcome;
	enum op op;
	int status;
	const char *problem; /* or NULL */
	const char *detail;
	bool reachable; /* cleaning up makes sense */
};
void flow_decide(struct flow *f, const struct flow_decision *d, struct now now);

/* The next thing to clean up, or the end. */
void flow_clean_up(struct flow *f, struct now now);
void flow_end(struct flow *f, struct now now);

/* From the directory, or from an account that is not there, to newAccount. */
void flow_begin_account(struct flow *f, struct now now);

/* After the last authorization was read: challenges, finalize, or the end. */
void flow_authorizations_read(struct flow *f, struct now now);

/*
 * An answer with the expected status, told to its step: each moves the flow
 * on, or returns false and says why the answer is not what RFC 8555 says.
 */
bool flow_take_directory(struct flow *f, const struct flow_answer *a,
			 struct now now, struct fail *why);
bool flow_take_account(struct flow *f, const struct flow_answer *a,
		       struct now now, struct fail *why);
bool flow_take_order(struct flow *f, const struct flow_answer *a,
		     struct now now, struct fail *why);
bool flow_take_authorization(struct flow *f, const struct flow_answer *a,
			     struct now now, struct fail *why);
void flow_take_challenge(struct flow *f, const struct flow_reading *r,
			 struct now now);
bool flow_take_poll(struct flow *f, const struct flow_answer *a,
		    const struct flow_reading *r, struct now now,
		    struct fail *why);
bool flow_take_order_state(struct flow *f, const struct flow_answer *a,
			   const struct flow_reading *r, struct now now,
			   struct fail *why);
bool flow_take_certificate(struct flow *f, const struct flow_answer *a,
			   struct now now, struct fail *why);

/* After a chain was found good: the next alternate, or the decision. */
void flow_next_chain(struct flow *f, struct now now);

#endif
