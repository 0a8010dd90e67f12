/*
 * What a good answer means to the step that asked for it.
 */
#include "acme/flow_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/headers.h"
#include "base/mem.h"
#include "base/text.h"

static struct message_origin origin_of(const struct flow *f)
{
	return (struct message_origin){ &f->policy, &f->origin };
}

/* asked: the URL of the request, which a relative one is relative to. */
static bool read_location(const struct flow *f, const struct flow_answer *a,
			  const char *asked, char **ret_url, struct fail *why)
{
	char location[URL_MAX], url[URL_MAX];

	if (!headers_copy(a->headers, a->headers_len, "location", location,
			  sizeof(location)) ||
	    !url_resolve(url, asked, location))
		return fail_set(why, FAIL_PEER,
				"the Location header is missing or unusable");
	if (!policy_allows(&f->policy, &f->origin, url, why))
		return fail_at(why, "the Location header");
	*ret_url = mem_strdup(url);
	return true;
}

void flow_begin_account(struct flow *f, struct now now)
{
	if (f->account_known || !f->has_binding)
		flow_enter(f, STEP_ACCOUNT, now);
	else
		flow_enter(f, STEP_BIND, now);
	if (f->directory.binding_required && !f->account_known &&
	    !f->has_binding)
		flow_fail_self(f,
			       "the CA wants an external account binding and "
			       "none is configured",
			       now);
}

bool flow_take_directory(struct flow *f, const struct flow_answer *a,
			 struct now now, struct fail *why)
{
	struct message_origin origin = origin_of(f);

	if (!directory_parse(a->body, a->body_len, &origin, &f->directory, why))
		return false;
	/* newNonce is measured each time, also when the directory had one. */
	f->nonce[0] = '\0';
	flow_begin_account(f, now);
	return true;
}

bool flow_take_account(struct flow *f, const struct flow_answer *a,
		       struct now now, struct fail *why)
{
	enum account_status status;
	char *url;

	if (!account_parse(a->body, a->body_len, &status, why) ||
	    !read_location(f, a, f->directory.new_account, &url, why))
		return false;
	free(f->account_url);
	f->account_url = url;
	f->result.account_url = url;
	switch (status) {
	case ACCOUNT_VALID:
		flow_enter(f, STEP_ORDER, now);
		break;
	case ACCOUNT_DEACTIVATED:
	case ACCOUNT_REVOKED:
		flow_fail_self(f,
			       "our account at the CA is deactivated or "
			       "revoked; a new account key is needed",
			       now);
		break;
	}
	return true;
}

bool flow_take_order(struct flow *f, const struct flow_answer *a,
		     struct now now, struct fail *why)
{
	struct message_origin origin = origin_of(f);
	struct order o;

	if (!order_parse(a->body, a->body_len, &origin, &o, why))
		return false;
	if ((o.status != ORDER_PENDING && o.status != ORDER_READY) ||
	    !read_location(f, a, f->directory.new_order, &f->order_url, why)) {
		if (!why->text[0])
			fail_set(why, FAIL_PEER,
				 "a new order is neither pending nor ready");
		order_release(&o);
		return false;
	}
	f->finalize_url = o.finalize;
	o.finalize = NULL;
	f->authz = mem_array(o.authorization_count, sizeof(*f->authz));
	f->authz_count = o.authorization_count;
	for (size_t i = 0; i < f->authz_count; i++) {
		f->authz[i].url = o.authorizations[i];
		o.authorizations[i] = NULL;
	}
	f->current = 0;
	flow_enter(f, STEP_AUTHORIZATION, now);
	order_release(&o);
	return true;
}

static void decide_unoffered(struct flow *f, const struct authorization *got,
			     struct now now)
{
	char detail[PROBLEM_DETAIL];

	snprintf(detail, sizeof(detail),
		 "no %s challenge is offered for the name, only: %s",
		 challenge_name(f->challenge),
		 got->offered[0] ? got->offered : "none");
	flow_decide(f,
		    &(struct flow_decision){ .outcome = OUTCOME_VALIDATION,
					     .op = OP_AUTHORIZATION,
					     .status = 200,
					     .detail = detail,
					     .reachable = true },
		    now);
}

/*
 * The CA says that it could not validate the name. When it never asked our
 * responder, or says what it got was not our answer, something between it and
 * us is wrong on our side as far as we can know; an error of its own is not,
 * and neither is one from before we had anything to answer.
 */
static enum outcome blame_for_invalid(const struct flow *f,
				      const struct authorization *got)
{
	static const char *const ours[] = { "connection", "dns", "tls", "caa",
					    "unknownHost" };

	const struct flow_authz *authz = &f->authz[f->current];

	if (!got->has_error || !authz->presented || authz->reached)
		return OUTCOME_VALIDATION;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strcmp(got->error.type, ours[i]) == 0)
			return OUTCOME_SELF;
	}
	/* Something else answered in our place. */
	if (strcmp(got->error.type, "unauthorized") == 0)
		return OUTCOME_SELF;
	return OUTCOME_VALIDATION;
}

static void decide_invalid(struct flow *f, const struct authorization *got,
			   struct now now)
{
	enum outcome outcome = blame_for_invalid(f, got);
	char detail[PROBLEM_DETAIL + 64];
	const char *aside = "";

	if (outcome == OUTCOME_SELF)
		aside = " (the CA never reached our responder)";
	else if (!f->authz[f->current].presented)
		aside = " (before any challenge was answered)";
	snprintf(detail, sizeof(detail), "%s%s",
		 got->has_error ? got->error.detail
				: "the authorization became invalid",
		 aside);
	f->authz[f->current].state = AUTHZ_GONE;
	flow_decide(f,
		    &(struct flow_decision){
			    .outcome = outcome,
			    .op = f->authz[f->current].presented
					  ? OP_CHALLENGE
					  : OP_AUTHORIZATION,
			    .status = 200,
			    .problem = got->has_error ? got->error.type : NULL,
			    .detail = detail,
			    .reachable = true },
		    now);
}

/* Notes what a pending authorization needs to be proven. */
static void keep_challenge(struct flow_authz *authz, struct authorization *got)
{
	authz->name = got->name;
	authz->challenge_url = got->challenge_url;
	authz->token = got->token;
	got->name = got->challenge_url = got->token = NULL;
}

static void read_first(struct flow *f, struct authorization *got,
		       struct now now)
{
	struct flow_authz *authz = &f->authz[f->current];

	switch (got->status) {
	case AUTHORIZATION_PENDING:
		authz->state = AUTHZ_PENDING;
		if (!got->challenge_url && !f->shallow) {
			decide_unoffered(f, got, now);
			return;
		}
		keep_challenge(authz, got);
		break;
	case AUTHORIZATION_VALID:
		authz->state = AUTHZ_VALID;
		break;
	case AUTHORIZATION_INVALID:
	case AUTHORIZATION_DEACTIVATED:
	case AUTHORIZATION_EXPIRED:
	case AUTHORIZATION_REVOKED:
		decide_invalid(f, got, now);
		return;
	}
	f->current++;
	if (f->current < f->authz_count)
		flow_enter(f, STEP_AUTHORIZATION, now);
	else
		flow_authorizations_read(f, now);
}

bool flow_take_authorization(struct flow *f, const struct flow_answer *a,
			     struct now now, struct fail *why)
{
	struct message_origin origin = origin_of(f);
	struct authorization got;

	if (!authorization_parse(a->body, a->body_len, &origin, f->challenge,
				 &got, why))
		return false;
	read_first(f, &got, now);
	authorization_release(&got);
	return true;
}

/* The body of the challenge is not needed: the authorization tells. */
void flow_take_challenge(struct flow *f, const struct flow_reading *r,
			 struct now now)
{
	int64_t floor_us = now.mono_us + r->retry_after_us;

	/* 8.2: when the CA wants to be asked; the latest of all names'. */
	if (r->retry_after_us > 0 && floor_us > f->challenge_floor_us)
		f->challenge_floor_us = floor_us;
	if (f->result.challenged_us < 0)
		f->result.challenged_us = f->asked_us;
	f->result.valid_after_us = f->asked_us;
	f->current = flow_find_authz(f, f->current + 1, AUTHZ_PENDING);
	if (f->current < f->authz_count) {
		flow_enter(f, STEP_PRESENT, now);
		return;
	}
	f->current = flow_find_authz(f, 0, AUTHZ_PENDING);
	flow_enter(f, STEP_POLL_AUTHORIZATION, now);
	f->retry_floor_us = f->challenge_floor_us;
	floor_us = f->challenge_floor_us - now.mono_us;
	flow_delay(f, floor_us > f->poll_delay_us ? floor_us : f->poll_delay_us,
		   now);
}

/* Later, and later each time; or when the CA wishes; or never again. */
static void poll_again(struct flow *f, const struct flow_reading *r,
		       struct now now)
{
	int64_t delay_us = f->poll_delay_us;
	char detail[PROBLEM_DETAIL];

	if (++f->polls >= f->limits.polls) {
		snprintf(detail, sizeof(detail),
			 "the %s was still not decided after %u polls",
			 flow_step_op(f->step) == OP_ORDER ? "order"
							   : "authorization",
			 f->polls);
		flow_decide(f,
			    &(struct flow_decision){ .outcome = OUTCOME_TIMEOUT,
						     .op = flow_op(f),
						     .status = 200,
						     .detail = detail,
						     .reachable = true },
			    now);
		return;
	}
	if (r->retry_after_us > delay_us)
		delay_us = r->retry_after_us;
	f->retry_floor_us =
		r->retry_after_us > 0 ? now.mono_us + r->retry_after_us : 0;
	flow_delay(f, delay_us, now);
	f->poll_delay_us *= 2;
	if (f->poll_delay_us > f->limits.poll_most_us)
		f->poll_delay_us = f->limits.poll_most_us;
}

static void poll_is_valid(struct flow *f, struct now now)
{
	f->authz[f->current].state = AUTHZ_VALID;
	f->result.valid_before_us = now.mono_us;
	f->current = flow_find_authz(f, 0, AUTHZ_PENDING);
	flow_enter(f,
		   f->current < f->authz_count ? STEP_POLL_AUTHORIZATION
					       : STEP_FINALIZE,
		   now);
}

bool flow_take_poll(struct flow *f, const struct flow_answer *a,
		    const struct flow_reading *r, struct now now,
		    struct fail *why)
{
	struct message_origin origin = origin_of(f);
	struct authorization got;

	if (!authorization_parse(a->body, a->body_len, &origin, f->challenge,
				 &got, why))
		return false;
	switch (got.status) {
	case AUTHORIZATION_PENDING:
		f->result.valid_after_us = f->asked_us;
		poll_again(f, r, now);
		break;
	case AUTHORIZATION_VALID:
		poll_is_valid(f, now);
		break;
	case AUTHORIZATION_INVALID:
	case AUTHORIZATION_DEACTIVATED:
	case AUTHORIZATION_EXPIRED:
	case AUTHORIZATION_REVOKED:
		decide_invalid(f, &got, now);
		break;
	}
	authorization_release(&got);
	return true;
}

static void decide_order_invalid(struct flow *f, const struct order *o,
				 struct now now)
{
	flow_decide(f,
		    &(struct flow_decision){
			    .outcome = OUTCOME_PROBLEM,
			    .op = OP_FINALIZE,
			    .status = 200,
			    .problem = o->has_error ? o->error.type : NULL,
			    .detail = o->has_error ? o->error.detail
						   : "the order became invalid",
			    .reachable = true },
		    now);
}

/* The order after finalize, or the poll after "orderNotReady". */
static void read_order_state(struct flow *f, struct order *o,
			     const struct flow_reading *r, struct now now)
{
	switch (o->status) {
	case ORDER_READY:
		if (!f->finalized && f->step == STEP_POLL_ORDER) {
			flow_enter(f, STEP_FINALIZE, now);
			return;
		}
		poll_again(f, r, now);
		break;
	case ORDER_PENDING:
	case ORDER_PROCESSING:
		poll_again(f, r, now);
		break;
	case ORDER_VALID:
		free(f->certificate_url);
		f->certificate_url = o->certificate;
		o->certificate = NULL;
		flow_enter(f, STEP_CERTIFICATE, now);
		break;
	case ORDER_INVALID:
		decide_order_invalid(f, o, now);
		break;
	}
}

bool flow_take_order_state(struct flow *f, const struct flow_answer *a,
			   const struct flow_reading *r, struct now now,
			   struct fail *why)
{
	struct message_origin origin = origin_of(f);
	struct order o;

	if (!order_parse(a->body, a->body_len, &origin, &o, why))
		return false;
	if (f->step == STEP_FINALIZE) {
		f->finalized = true;
		if (o.status != ORDER_VALID)
			flow_enter(f, STEP_POLL_ORDER, now);
	}
	read_order_state(f, &o, r, now);
	order_release(&o);
	return true;
}

/*
 * The links to other chains (RFC 8555 7.4.2), as far as they can be used: one
 * that cannot is no reason to refuse the chain that came.
 */
static void read_alternates(struct flow *f, const struct flow_answer *a)
{
	char target[URL_MAX], url[URL_MAX];

	f->alternates = mem_array(f->limits.alternates, sizeof(char *));
	for (unsigned i = 0; i < FLOW_LINKS; i++) {
		if (f->alternate_count == f->limits.alternates ||
		    !headers_link(a->headers, a->headers_len, "alternate", i,
				  target, sizeof(target)))
			return;
		if (url_resolve(url, f->certificate_url, target) &&
		    policy_allows(&f->policy, &f->origin, url, NULL))
			f->alternates[f->alternate_count++] = mem_strdup(url);
	}
}

bool flow_take_certificate(struct flow *f, const struct flow_answer *a,
			   struct now now, struct fail *why)
{
	char **chain = f->chain_index ? &f->other_chain : &f->chain;

	if (a->body_len == 0)
		return fail_set(why, FAIL_PEER,
				"the certificate chain is empty");
	if (a->body_len > FLOW_CHAIN)
		return fail_set(why, FAIL_LIMIT,
				"the certificate chain has %zu bytes, at most "
				"%d are read",
				a->body_len, FLOW_CHAIN);
	if (memchr(a->body, '\0', a->body_len))
		return fail_set(why, FAIL_PEER,
				"the certificate chain holds a NUL byte");
	if (f->chain_index == 0)
		read_alternates(f, a);
	free(*chain);
	*chain = mem_dup(a->body, a->body_len);
	f->result.chain = f->chain;
	f->date_us = headers_date_us(a->headers, a->headers_len);
	flow_enter(f, STEP_VERIFY, now);
	return true;
}
