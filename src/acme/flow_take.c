/*
 * What an answer means as an exchange, and what is done when it is not what
 * was wanted. What it means to its step is in flow_steps.c.
 */
#include "acme/flow_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/headers.h"
#include "base/mem.h"
#include "base/text.h"

enum { RETRY_AFTER_CAP_S = 86400 };

/* --- an answer as an exchange ------------------------------------------- */

static bool status_is_expected(enum op op, int status)
{
	switch (op) {
	case OP_NEW_NONCE:
		return status == 200 || status == 204;
	case OP_NEW_ACCOUNT:
	case OP_NEW_ORDER:
		/* 201 for what is new, 200 for what was there (7.3, 7.4). */
		return status == 200 || status == 201;
	case OP_DIRECTORY:
	case OP_AUTHORIZATION:
	case OP_CHALLENGE:
	case OP_FINALIZE:
	case OP_ORDER:
	case OP_CERTIFICATE:
	case OP_REVOKE_CERT:
	case OP_KEY_CHANGE:
	case OP_RENEWAL_INFO:
	case OP_CONTROL:
		return status == 200;
	case OPS:
		break;
	}
	return false;
}

/*
 * Over a limit by any 4xx (RFC 8555 6.6 has rateLimited, not a status for it).
 * With 5xx the CA has no room for anybody, whatever it calls that.
 */
static bool is_rate_limit(int status, const char *problem)
{
	return status == 429 ||
	       (status < 500 && strcmp(problem, "rateLimited") == 0);
}

static void read_error(const struct flow_answer *a, struct flow_reading *r)
{
	struct problem problem;
	char type[64];

	if (a->status >= 400 && a->status <= 599 &&
	    problem_parse(a->body, a->body_len, &problem)) {
		r->outcome = is_rate_limit(a->status, problem.type)
				     ? OUTCOME_RATE_LIMITED
				     : OUTCOME_PROBLEM;
		text_copy(r->problem, sizeof(r->problem), problem.type);
		text_copy(r->detail, sizeof(r->detail), problem.detail);
		return;
	}
	headers_media_type(a->headers, a->headers_len, type, sizeof(type));
	if (a->status == 429)
		r->outcome = OUTCOME_RATE_LIMITED;
	else if (a->status >= 400 && a->status <= 599)
		r->outcome = OUTCOME_HTTP_ERROR;
	else
		r->outcome = OUTCOME_PROTOCOL;
	if (a->status >= 300 && a->status <= 399)
		snprintf(r->detail, sizeof(r->detail),
			 "a redirect (HTTP %d), which ACME does not use",
			 a->status);
	else
		snprintf(r->detail, sizeof(r->detail),
			 "HTTP %d without a problem document%s%.60s", a->status,
			 type[0] ? ", the body is " : "", type);
}

static void read_answer(const struct flow *f, const struct flow_answer *a,
			struct now now, struct flow_reading *r)
{
	*r = (struct flow_reading){ .outcome = OUTCOME_OK,
				    .retry_after_us = -1 };
	if (a->transport != OUTCOME_OK) {
		r->outcome = a->transport;
		text_copy(r->detail, sizeof(r->detail), a->transport_detail);
		return;
	}
	r->retry_after_us =
		headers_retry_after_us(a->headers, a->headers_len, now.wall_us,
				       RETRY_AFTER_CAP_S * US_PER_S);
	if (!status_is_expected(flow_op(f), a->status))
		read_error(a, r);
}

/* --- the step's own reading --------------------------------------------- */

static bool take_nonce(struct flow *f, struct fail *why)
{
	if (!f->nonce[0])
		return fail_set(why, FAIL_PEER,
				"the Replay-Nonce header is missing or not "
				"base64url");
	return true;
}

static bool take_step(struct flow *f, const struct flow_answer *a,
		      const struct flow_reading *r, struct now now,
		      struct fail *why)
{
	switch (f->step) {
	case STEP_DIRECTORY:
		return flow_take_directory(f, a, now, why);
	case STEP_ACCOUNT:
		return flow_take_account(f, a, now, why);
	case STEP_ORDER:
		return flow_take_order(f, a, now, why);
	case STEP_AUTHORIZATION:
		return flow_take_authorization(f, a, now, why);
	case STEP_CHALLENGE:
		flow_take_challenge(f, r, now);
		return true;
	case STEP_POLL_AUTHORIZATION:
		return flow_take_poll(f, a, r, now, why);
	case STEP_FINALIZE:
	case STEP_POLL_ORDER:
		return flow_take_order_state(f, a, r, now, why);
	case STEP_CERTIFICATE:
		return flow_take_certificate(f, a, now, why);
	case STEP_REVOKE:
		flow_clean_up(f, now);
		return true;
	case STEP_DEACTIVATE:
		f->authz[f->current].state = AUTHZ_GONE;
		flow_clean_up(f, now);
		return true;
	case STEP_BIND:
	case STEP_PRESENT:
	case STEP_VERIFY:
	case STEP_ENDED:
	case FLOW_STEPS:
		break;
	}
	assert(false); /* an answer to a step without a request */
	return true;
}

/* --- what went wrong, acted on in the open ------------------------------ */

static bool is_problem(const struct flow_reading *r, const char *type)
{
	return r->outcome == OUTCOME_PROBLEM && strcmp(r->problem, type) == 0;
}

/* Another try of the same request is due; false when it is not. */
static bool try_again(struct flow *f, const struct flow_answer *a,
		      struct flow_reading *r, struct now now)
{
	if (is_problem(r, "badNonce") && f->bad_nonces < f->limits.bad_nonces) {
		/* 6.5: at once, with the nonce that came with the refusal. */
		r->outcome = OUTCOME_BAD_NONCE;
		f->bad_nonces++;
		return true;
	}
	if (f->step == STEP_ACCOUNT && f->account_known &&
	    is_problem(r, "accountDoesNotExist")) {
		/* The CA has forgotten us: register anew. */
		f->account_known = false;
		flow_begin_account(f, now);
		return true;
	}
	if (f->step == STEP_FINALIZE && is_problem(r, "orderNotReady") &&
	    f->not_ready < f->limits.retries) {
		f->not_ready++;
		flow_enter(f, STEP_POLL_ORDER, now);
		flow_delay(f, f->poll_delay_us, now);
		return true;
	}
	if (a->status >= 500 && r->retry_after_us >= 0 &&
	    r->retry_after_us <= f->limits.patience_us &&
	    f->retries < f->limits.retries) {
		f->retries++;
		flow_delay(f, r->retry_after_us, now);
		return true;
	}
	return false;
}

static void give_up(struct flow *f, const struct flow_answer *a,
		    const struct flow_reading *r, struct now now)
{
	if (f->result.decided) {
		/* Cleaning up is a courtesy; one refusal ends it. */
		flow_end(f, now);
		return;
	}
	if (f->step == STEP_CERTIFICATE && f->chain_index > 0) {
		flow_next_chain(f, now);
		return;
	}
	f->result.retry_after_us = r->retry_after_us;
	flow_decide(f,
		    &(struct flow_decision){ .outcome = r->outcome,
					     .op = flow_op(f),
					     .status = a->status,
					     .problem = r->problem,
					     .detail = r->detail,
					     .reachable = a->transport ==
								  OUTCOME_OK &&
							  a->status < 500 },
		    now);
}

/* Tells the answer to the step, or to the nonce that came before it. */
static void digest(struct flow *f, const struct flow_answer *a,
		   struct flow_reading *r, struct now now)
{
	struct fail why = { .code = FAIL_NONE };
	bool good;

	if (r->outcome == OUTCOME_OK) {
		good = f->asking_nonce ? take_nonce(f, &why)
				       : take_step(f, a, r, now, &why);
		if (good)
			return;
		r->outcome = OUTCOME_PROTOCOL;
		text_copy(r->detail, sizeof(r->detail), why.text);
	}
	if (!try_again(f, a, r, now))
		give_up(f, a, r, now);
}

void flow_take(struct flow *f, const struct flow_answer *answer, struct now now,
	       struct flow_reading *ret_reading)
{
	struct flow_reading reading;

	assert(f->step != STEP_ENDED);
	f->attempts[flow_op(f)]++;
	f->result.requests++;
	read_answer(f, answer, now, &reading);
	/* A nonce serves once; the next comes with the answer (6.5). */
	if (!headers_nonce(answer->headers, answer->headers_len, f->nonce,
			   sizeof(f->nonce)))
		f->nonce[0] = '\0';
	digest(f, answer, &reading, now);
	*ret_reading = reading;
}
