#include "acme/flow_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/text.h"

static const char *const challenge_names[CHALLENGE_TYPES] = {
	[CHALLENGE_HTTP_01] = "http-01",
	[CHALLENGE_DNS_01] = "dns-01",
	[CHALLENGE_TLS_ALPN_01] = "tls-alpn-01",
};

const char *challenge_name(enum challenge_type type)
{
	return challenge_names[type];
}

bool challenge_find(const char *name, enum challenge_type *ret_type)
{
	for (unsigned i = 0; i < CHALLENGE_TYPES; i++) {
		if (strcmp(name, challenge_names[i]) == 0) {
			*ret_type = (enum challenge_type)i;
			return true;
		}
	}
	return false;
}

struct flow_limits flow_limits_default(void)
{
	return (struct flow_limits){
		.issuance_us = 120 * US_PER_S,
		.cleanup_us = 20 * US_PER_S,
		.poll_first_us = 250 * US_PER_MS,
		.poll_most_us = 5 * US_PER_S,
		.patience_us = 10 * US_PER_S,
		.polls = 60,
		.bad_nonces = 10,
		.retries = 2,
		.alternates = 4,
	};
}

enum op flow_step_op(enum flow_step step)
{
	static const enum op ops[FLOW_STEPS] = {
		[STEP_DIRECTORY] = OP_DIRECTORY,
		[STEP_BIND] = OP_NEW_ACCOUNT,
		[STEP_ACCOUNT] = OP_NEW_ACCOUNT,
		[STEP_ORDER] = OP_NEW_ORDER,
		[STEP_AUTHORIZATION] = OP_AUTHORIZATION,
		[STEP_PRESENT] = OP_CHALLENGE,
		[STEP_CHALLENGE] = OP_CHALLENGE,
		[STEP_POLL_AUTHORIZATION] = OP_AUTHORIZATION,
		[STEP_FINALIZE] = OP_FINALIZE,
		[STEP_POLL_ORDER] = OP_ORDER,
		[STEP_CERTIFICATE] = OP_CERTIFICATE,
		[STEP_VERIFY] = OP_CERTIFICATE,
		[STEP_REVOKE] = OP_REVOKE_CERT,
		[STEP_DEACTIVATE] = OP_AUTHORIZATION,
		[STEP_ENDED] = OP_CERTIFICATE,
	};

	return ops[step];
}

/* --- made and ended ----------------------------------------------------- */

static bool options_are_usable(const struct flow_options *o, struct url *origin,
			       struct fail *why)
{
	char canonical[NAME_TEXT];

	if (!url_parse(o->directory_url, origin, why)) {
		if (why)
			why->code = FAIL_INPUT;
		return fail_at(why, "the directory");
	}
	if (!origin->https && !o->policy.allow_http)
		return fail_set(why, FAIL_INPUT,
				"the directory %s is not https; plain http "
				"must be allowed explicitly",
				o->directory_url);
	if (o->name_count < 1 || o->name_count > MESSAGE_AUTHORIZATIONS)
		return fail_set(why, FAIL_INPUT,
				"%zu names to order for, expected 1 to %d",
				o->name_count, MESSAGE_AUTHORIZATIONS);
	for (size_t i = 0; i < o->name_count; i++) {
		if (!name_canonical(canonical, o->names[i]))
			return fail_set(why, FAIL_INPUT,
					"\"%.80s\" is no DNS name or IP "
					"address",
					o->names[i]);
	}
	if (!o->shallow && !o->csr)
		return fail_set(why, FAIL_INPUT,
				"a full issuance needs a certificate request");
	return true;
}

struct flow *flow_new(const struct flow_options *options, struct now now,
		      struct fail *why)
{
	struct url origin;
	struct flow *f;

	if (!options_are_usable(options, &origin, why))
		return NULL;
	f = mem_zalloc(sizeof(*f));
	f->directory_url = mem_strdup(options->directory_url);
	f->names = mem_array(options->name_count, sizeof(char *));
	f->name_count = options->name_count;
	for (size_t i = 0; i < f->name_count; i++)
		f->names[i] = mem_strdup(options->names[i]);
	f->challenge = options->challenge;
	f->shallow = options->shallow;
	f->revoke = options->revoke;
	f->account_known = options->account_known;
	f->has_binding = options->has_binding;
	f->contact = mem_strdup(options->contact);
	f->thumbprint = mem_strdup(options->thumbprint);
	f->csr = mem_strdup(options->csr);
	f->limits = options->limits;
	f->policy = options->policy;
	/* The copy's own text, so that `target` lives as long as the flow. */
	url_parse(f->directory_url, &f->origin, NULL);
	f->result.retry_after_us = -1;
	f->result.challenged_us = -1;
	f->result.first_validation_us = -1;
	f->result.valid_after_us = -1;
	f->result.valid_before_us = -1;
	f->deadline_us = now.mono_us + f->limits.issuance_us;
	flow_enter(f, STEP_DIRECTORY, now);
	return f;
}

static void free_authz(struct flow *f)
{
	for (size_t i = 0; i < f->authz_count; i++) {
		free(f->authz[i].url);
		free(f->authz[i].name);
		free(f->authz[i].challenge_url);
		free(f->authz[i].token);
		free(f->authz[i].key_authorization);
	}
	free(f->authz);
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	free_authz(f);
	for (size_t i = 0; i < f->name_count; i++)
		free(f->names[i]);
	for (unsigned i = 0; i < f->alternate_count; i++)
		free(f->alternates[i]);
	directory_release(&f->directory);
	free(f->names);
	free(f->alternates);
	free(f->directory_url);
	free(f->contact);
	free(f->thumbprint);
	free(f->csr);
	free(f->payload);
	free(f->account_url);
	free(f->binding);
	free(f->order_url);
	free(f->finalize_url);
	free(f->certificate_url);
	free(f->chain);
	free(f->other_chain);
	free(f);
}

const struct flow_result *flow_result(const struct flow *f)
{
	return &f->result;
}

enum op flow_op(const struct flow *f)
{
	return f->asking_nonce ? OP_NEW_NONCE : flow_step_op(f->step);
}

int64_t flow_deadline_us(const struct flow *f)
{
	return f->deadline_us;
}

/* --- moving ------------------------------------------------------------- */

void flow_enter(struct flow *f, enum flow_step step, struct now now)
{
	f->step = step;
	f->asking_nonce = false;
	f->asked_us = now.mono_us;
	f->retries = 0;
	f->bad_nonces = 0;
	f->polls = 0;
	f->not_before_us = 0;
	f->retry_floor_us = 0;
	f->poll_delay_us = f->limits.poll_first_us;
	free(f->payload);
	f->payload = NULL;
}

void flow_delay(struct flow *f, int64_t us, struct now now)
{
	f->waiting_since_us = now.mono_us;
	f->not_before_us = now.mono_us + us;
}

size_t flow_find_authz(const struct flow *f, size_t from,
		       enum authz_state state)
{
	while (from < f->authz_count && f->authz[from].state != state)
		from++;
	return from;
}

void flow_end(struct flow *f, struct now now)
{
	for (size_t i = 0; i < f->authz_count; i++) {
		if (f->authz[i].state <= AUTHZ_PENDING)
			f->result.left_pending++;
	}
	flow_enter(f, STEP_ENDED, now);
}

void flow_clean_up(struct flow *f, struct now now)
{
	size_t next = flow_find_authz(f, 0, AUTHZ_PENDING);

	if (next == f->authz_count)
		next = flow_find_authz(f, 0, AUTHZ_UNKNOWN);
	if (next == f->authz_count) {
		flow_end(f, now);
		return;
	}
	f->current = next;
	flow_enter(f, STEP_DEACTIVATE, now);
}

static bool begin_revoking(struct flow *f, struct now now)
{
	char *payload;

	if (!f->revoke || !f->chain || !f->directory.revoke_cert)
		return false;
	payload = payload_revoke(f->chain);
	if (!payload)
		return false;
	flow_enter(f, STEP_REVOKE, now);
	f->payload = payload;
	return true;
}

void flow_decide(struct flow *f, const struct flow_decision *d, struct now now)
{
	struct flow_result *r = &f->result;
	bool good = d->outcome == OUTCOME_OK;

	assert(!r->decided);
	r->decided = true;
	r->outcome = d->outcome;
	r->op = d->op;
	r->status = d->status;
	text_copy(r->problem, sizeof(r->problem), d->problem);
	text_copy(r->detail, sizeof(r->detail), d->detail);
	/* Alternates come after the certificate was there. */
	r->decided_us = good && f->obtained_us ? f->obtained_us : now.mono_us;
	f->deadline_us = now.mono_us + f->limits.cleanup_us;
	if (!d->reachable)
		flow_end(f, now);
	else if (!good || !begin_revoking(f, now))
		flow_clean_up(f, now);
}

void flow_authorizations_read(struct flow *f, struct now now)
{
	if (f->shallow) {
		flow_decide(f,
			    &(struct flow_decision){ .outcome = OUTCOME_OK,
						     .op = OP_AUTHORIZATION,
						     .reachable = true },
			    now);
		return;
	}
	f->current = flow_find_authz(f, 0, AUTHZ_PENDING);
	flow_enter(f,
		   f->current < f->authz_count ? STEP_PRESENT : STEP_FINALIZE,
		   now);
}

void flow_next_chain(struct flow *f, struct now now)
{
	free(f->other_chain);
	f->other_chain = NULL;
	if (f->chain_index < f->alternate_count) {
		f->chain_index++;
		flow_enter(f, STEP_CERTIFICATE, now);
		return;
	}
	flow_decide(f,
		    &(struct flow_decision){ .outcome = OUTCOME_OK,
					     .op = OP_CERTIFICATE,
					     .status = 200,
					     .reachable = true },
		    now);
}

/* --- what to do next ---------------------------------------------------- */

/* Whether something has to pass first; counts what was waited when it has. */
static bool is_waiting(struct flow *f, struct now now)
{
	if (!f->not_before_us)
		return false;
	if (now.mono_us < f->not_before_us)
		return true;
	if (!f->result.decided)
		f->result.waited_us += now.mono_us - f->waiting_since_us;
	f->not_before_us = 0;
	return false;
}

static void ask_post(struct flow *f, const char *url, char *payload,
		     struct flow_ask *ask)
{
	if (payload) {
		free(f->payload);
		f->payload = payload;
	}
	ask->method = FLOW_POST;
	ask->url = url;
	ask->signer = FLOW_BY_KID;
	ask->kid = f->account_url;
	ask->nonce = f->nonce;
	ask->payload = f->payload ? f->payload : "";
}

static const char *const pem_chain = "application/pem-certificate-chain";

static void ask_certificate(struct flow *f, struct flow_ask *ask)
{
	const char *url = f->chain_index ? f->alternates[f->chain_index - 1]
					 : f->certificate_url;

	ask_post(f, url, NULL, ask);
	ask->accept = pem_chain;
}

static void ask_account(struct flow *f, struct flow_ask *ask)
{
	char *payload = f->account_known
				? payload_known_account()
				: payload_new_account(f->contact, f->binding);

	ask_post(f, f->directory.new_account, payload, ask);
	ask->signer = FLOW_BY_JWK;
	ask->kid = NULL;
}

/* The authorization that the step is about. */
static const struct flow_authz *current_authz(const struct flow *f)
{
	assert(f->authz);
	return &f->authz[f->current];
}

/* The request of the step itself. */
static void ask_step(struct flow *f, struct flow_ask *ask)
{
	switch (f->step) {
	case STEP_DIRECTORY:
		ask->method = FLOW_GET;
		ask->url = f->directory_url;
		break;
	case STEP_ACCOUNT:
		ask_account(f, ask);
		break;
	case STEP_ORDER:
		ask_post(f, f->directory.new_order,
			 payload_new_order((const char *const *)f->names,
					   f->name_count),
			 ask);
		break;
	case STEP_AUTHORIZATION:
	case STEP_POLL_AUTHORIZATION:
		ask_post(f, current_authz(f)->url, NULL, ask);
		break;
	case STEP_CHALLENGE:
		ask_post(f, current_authz(f)->challenge_url, mem_strdup("{}"),
			 ask);
		break;
	case STEP_FINALIZE:
		ask_post(f, f->finalize_url, payload_finalize(f->csr), ask);
		break;
	case STEP_POLL_ORDER:
		ask_post(f, f->order_url, NULL, ask);
		break;
	case STEP_CERTIFICATE:
		ask_certificate(f, ask);
		break;
	case STEP_REVOKE:
		ask_post(f, f->directory.revoke_cert, NULL, ask);
		break;
	case STEP_DEACTIVATE:
		ask_post(f, current_authz(f)->url, payload_deactivate(), ask);
		break;
	case STEP_BIND:
	case STEP_PRESENT:
	case STEP_VERIFY:
	case STEP_ENDED:
	case FLOW_STEPS:
		assert(false); /* a step without a request */
	}
}

static enum flow_want_kind want_request(struct flow *f, struct now now,
					struct flow_want *want)
{
	if (is_waiting(f, now)) {
		want->until_us = f->not_before_us < f->deadline_us
					 ? f->not_before_us
					 : f->deadline_us;
		return FLOW_WAIT;
	}
	f->asked_us = now.mono_us;
	f->asking_nonce = f->step != STEP_DIRECTORY && !f->nonce[0];
	if (f->asking_nonce) {
		want->ask.method = FLOW_HEAD;
		want->ask.url = f->directory.new_nonce;
	} else {
		ask_step(f, &want->ask);
	}
	want->ask.op = flow_op(f);
	want->ask.attempt = f->attempts[want->ask.op] + 1;
	return FLOW_SEND;
}

/* RFC 8555 8.1: token, a dot, and the thumbprint of the account key. */
static const char *key_authorization(struct flow *f, struct flow_authz *authz)
{
	if (!authz->key_authorization) {
		struct buf text = BUF_INIT(2 * MESSAGE_TOKEN);

		buf_addf(&text, "%s.%s", authz->token, f->thumbprint);
		authz->key_authorization = buf_take(&text);
	}
	return authz->key_authorization;
}

static void want_presented(struct flow *f, struct flow_want *want)
{
	struct flow_authz *authz = &f->authz[f->current];

	want->name = authz->name;
	want->token = authz->token;
	want->key_authorization = key_authorization(f, authz);
}

enum flow_want_kind flow_want(struct flow *f, struct now now,
			      struct flow_want *ret_want)
{
	struct flow_want want = { .kind = FLOW_ENDED };

	if (f->step != STEP_ENDED && now.mono_us >= f->deadline_us)
		flow_timeout(f, now);
	switch (f->step) {
	case STEP_ENDED:
		break;
	case STEP_BIND:
		want.kind = FLOW_BIND;
		want.url = f->directory.new_account;
		break;
	case STEP_PRESENT:
		want.kind = FLOW_PRESENT;
		want_presented(f, &want);
		break;
	case STEP_VERIFY:
		want.kind = FLOW_VERIFY;
		want.chain = f->chain_index ? f->other_chain : f->chain;
		want.chain_index = f->chain_index;
		want.date_us = f->date_us;
		break;
	case STEP_DIRECTORY:
	case STEP_ACCOUNT:
	case STEP_ORDER:
	case STEP_AUTHORIZATION:
	case STEP_CHALLENGE:
	case STEP_POLL_AUTHORIZATION:
	case STEP_FINALIZE:
	case STEP_POLL_ORDER:
	case STEP_CERTIFICATE:
	case STEP_REVOKE:
	case STEP_DEACTIVATE:
		want.kind = want_request(f, now, &want);
		break;
	case FLOW_STEPS:
		assert(false);
	}
	*ret_want = want;
	return want.kind;
}
