/*
 * What happens to a flow that is no answer: a binding, a responder that is
 * ready, a chain that was checked, a deadline, an end from outside.
 */
#include "acme/flow_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Our own side's failure, decided at the op that is running. */
static void decide_self(struct flow *f, const char *why, struct now now)
{
	flow_decide(f,
		    &(struct flow_decision){ .outcome = OUTCOME_SELF,
					     .op = flow_op(f),
					     .detail = why,
					     .reachable = true },
		    now);
}

void flow_bound(struct flow *f, const char *jws, const char *why,
		struct now now)
{
	assert(f->step == STEP_BIND);
	if (!jws) {
		decide_self(f, why, now);
		return;
	}
	f->binding = mem_strdup(jws);
	flow_enter(f, STEP_ACCOUNT, now);
}

void flow_presented(struct flow *f, bool ready, const char *why, struct now now)
{
	assert(f->step == STEP_PRESENT);
	if (!ready) {
		decide_self(f, why, now);
		return;
	}
	f->authz[f->current].presented = true;
	flow_enter(f, STEP_CHALLENGE, now);
}

void flow_validation_seen(struct flow *f, const char *token, struct now now)
{
	int64_t soon_us = now.mono_us + f->limits.poll_first_us;

	for (size_t i = 0; i < f->authz_count; i++) {
		if (f->authz[i].token && strcmp(f->authz[i].token, token) == 0)
			f->authz[i].reached = true;
	}
	f->result.validations++;
	if (f->result.first_validation_us < 0)
		f->result.first_validation_us = now.mono_us;
	if (soon_us < f->retry_floor_us)
		soon_us = f->retry_floor_us;
	if (f->step == STEP_POLL_AUTHORIZATION && f->not_before_us > soon_us)
		f->not_before_us = soon_us;
}

void flow_verified(struct flow *f, const struct flow_certificate *c,
		   const char *why, struct now now)
{
	struct flow_result *r = &f->result;

	assert(f->step == STEP_VERIFY);
	if (!c) {
		flow_decide(f,
			    &(struct flow_decision){
				    .outcome = OUTCOME_BAD_CERTIFICATE,
				    .op = OP_CERTIFICATE,
				    .status = 200,
				    .detail = why,
				    .reachable = true },
			    now);
		return;
	}
	if (f->chain_index == 0) {
		text_copy(r->serial, sizeof(r->serial), c->serial);
		text_copy(r->issuer, sizeof(r->issuer), c->issuer);
		r->not_before_us = c->not_before_us;
		r->not_after_us = c->not_after_us;
		r->chain_length = c->chain_length;
		r->alternates = f->alternate_count;
		f->obtained_us = now.mono_us;
	}
	flow_next_chain(f, now);
}

void flow_timeout(struct flow *f, struct now now)
{
	char took[32];
	char detail[PROBLEM_DETAIL];
	/* Between two polls the CA answers; a request on its way hangs. */
	bool reachable = f->not_before_us != 0;

	if (f->step == STEP_ENDED)
		return;
	if (f->result.decided) {
		flow_end(f, now);
		return;
	}
	if (f->obtained_us) {
		/* The certificate was there; only an alternate is missing. */
		f->chain_index = f->alternate_count;
		flow_next_chain(f, now);
		return;
	}
	text_latency(took, sizeof(took), f->limits.issuance_us);
	snprintf(detail, sizeof(detail),
		 "the issuance was not over after %s; it was at %s", took,
		 op_name(flow_op(f)));
	flow_decide(f,
		    &(struct flow_decision){ .outcome = OUTCOME_TIMEOUT,
					     .op = flow_op(f),
					     .detail = detail,
					     .reachable = reachable },
		    now);
}

void flow_interrupt(struct flow *f, struct now now)
{
	if (f->step == STEP_ENDED)
		return;
	if (f->result.decided)
		flow_end(f, now);
	else
		flow_decide(f,
			    &(struct flow_decision){
				    .outcome = OUTCOME_INTERRUPTED,
				    .op = flow_op(f),
				    .detail = "ended before it was over" },
			    now);
}

void flow_fail_self(struct flow *f, const char *why, struct now now)
{
	if (f->step == STEP_ENDED)
		return;
	if (f->result.decided)
		flow_end(f, now);
	else
		decide_self(f, why, now);
}
