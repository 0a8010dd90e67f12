#include "app/issue.h"

#include <stdlib.h>
#include <string.h>

#include "acme/headers.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/text.h"
#include "edge/jws.h"

struct issue {
	const struct issue_setup *setup;
	struct issue_owner owner;
	struct issuance row;
	int64_t started_us; /* mono */
	struct flow *flow;
	struct http_session *session;
	struct loop_timer *timer;
	EVP_PKEY *key; /* of the certificate; NULL when shallow */
	bool own_key;
	char **names;
	size_t name_count;
	struct flow_ask asked; /* strings not valid after the send */
	bool on_its_way, expired, interrupted;
};

static void step(struct issue *i);

static void issue_free(struct issue *i)
{
	if (i->setup->responder)
		responder_forget(i->setup->responder, i);
	http_session_free(i->session);
	loop_timer_free(i->timer);
	flow_free(i->flow);
	if (i->own_key)
		key_free(i->key);
	for (size_t k = 0; k < i->name_count; k++)
		free(i->names[k]);
	free(i->names);
	free(i);
}

static void finish(struct issue *i)
{
	issuance_follow(&i->row, i->flow, i->started_us);
	i->owner.ended(i->owner.ctx, &i->row, flow_result(i->flow));
	issue_free(i);
}

/* --- one request -------------------------------------------------------- */

static char *keep(const char *data, size_t len, size_t *ret_len)
{
	*ret_len = len < EXCHANGE_KEPT_MAX ? len : EXCHANGE_KEPT_MAX;
	return mem_dup(data, *ret_len);
}

static void label(const struct issue *i, struct exchange *e)
{
	e->issuance = i->row.id;
	e->ca = i->setup->ca;
	e->op = i->asked.op;
	e->attempt = i->asked.attempt;
	e->retry_after_us = -1;
}

static void record(struct issue *i, struct exchange *e,
		   const struct flow_reading *reading,
		   const struct http_reply *reply)
{
	issuance_read(e, reading);
	headers_request_id(reply->headers, reply->headers_len, e->request_id,
			   sizeof(e->request_id));
	if (e->outcome != OUTCOME_OK && reply->headers_len)
		e->kept_headers = keep(reply->headers, reply->headers_len,
				       &e->kept_headers_len);
	if (e->outcome != OUTCOME_OK && reply->body_len)
		e->kept_body =
			keep(reply->body, reply->body_len, &e->kept_body_len);
	issuance_follow(&i->row, i->flow, i->started_us);
	/* Each that is recorded, also the one that an end cut short. */
	i->row.exchanges++;
	i->owner.exchange(i->owner.ctx, &i->row, e);
	free(e->kept_headers);
	free(e->kept_body);
	e->kept_headers = e->kept_body = NULL;
}

/* A failure on this side of the network is not the CA's. */
static enum outcome transport_outcome(const struct exchange *e,
				      const struct http_reply *reply)
{
	if (reply->network_is_ours && e->outcome != OUTCOME_DNS)
		return OUTCOME_SELF;
	return e->outcome;
}

static void answered(void *ctx, struct exchange *e,
		     const struct http_reply *reply)
{
	struct issue *i = ctx;
	struct now now = loop_now(i->setup->loop);
	struct flow_reading reading = { .outcome = e->outcome,
					.retry_after_us = -1 };
	const struct flow_answer answer = {
		.transport = transport_outcome(e, reply),
		.transport_detail = e->detail,
		.status = e->status,
		.headers = reply->headers,
		.headers_len = reply->headers_len,
		.body = reply->body,
		.body_len = reply->body_len,
	};

	i->on_its_way = false;
	label(i, e);
	if (i->expired || i->interrupted) {
		text_copy(reading.detail, sizeof(reading.detail), e->detail);
		i->expired ? flow_timeout(i->flow, now)
			   : flow_interrupt(i->flow, now);
		i->expired = false;
	} else {
		flow_take(i->flow, &answer, now, &reading);
	}
	record(i, e, &reading, reply);
	step(i);
}

static void send_ask(struct issue *i, const struct flow_ask *ask)
{
	static const char *const methods[] = {
		[FLOW_GET] = "GET", [FLOW_HEAD] = "HEAD", [FLOW_POST] = "POST"
	};
	struct http_request request = {
		.method = methods[ask->method],
		.url = ask->url,
		.accept = ask->accept,
	};
	struct fail why;
	char *jws = NULL;

	if (ask->signer != FLOW_UNSIGNED) {
		if (!jws_sign(i->setup->account, ask->kid, ask->nonce, ask->url,
			      ask->payload, &jws, &why)) {
			flow_fail_self(i->flow, why.text,
				       loop_now(i->setup->loop));
			step(i);
			return;
		}
		request.content_type = "application/jose+json";
		request.body = jws;
		request.body_len = strlen(jws);
	}
	i->asked = *ask;
	i->on_its_way = true;
	loop_timer_set(i->timer, flow_deadline_us(i->flow));
	http_send(i->session, &request, answered, i);
	free(jws);
}

/* --- what else the flow wants ------------------------------------------- */

static void bind_account(struct issue *i, const char *url)
{
	const struct issue_setup *s = i->setup;
	struct fail why;
	char *jws = NULL;
	bool good =
		jws_bind(s->account, s->eab_kid, s->eab_hmac, url, &jws, &why);

	flow_bound(i->flow, good ? jws : NULL, why.text, loop_now(s->loop));
	free(jws);
}

static void validation_seen(void *ctx, const char *token, const struct ip *from,
			    int64_t mono_us)
{
	struct issue *i = ctx;
	struct now now = loop_now(i->setup->loop);

	issuance_note_request(&i->row, from, mono_us - i->started_us);
	now.mono_us = mono_us;
	flow_validation_seen(i->flow, token, now);
	if (!i->on_its_way)
		step(i);
}

static void present(struct issue *i, const struct flow_want *want)
{
	responder_add(i->setup->responder, want->token, want->key_authorization,
		      validation_seen, i);
	flow_presented(i->flow, true, NULL, loop_now(i->setup->loop));
}

static void verify(struct issue *i, const struct flow_want *want)
{
	struct now now = loop_now(i->setup->loop);
	const struct chain_order order = {
		.key = i->key,
		.names = (const char *const *)i->names,
		.name_count = i->name_count,
		.wall_us = now.wall_us,
		.date_us = want->date_us,
		.roots = i->setup->roots,
		.issuers = i->setup->issuers,
	};
	struct chain_facts facts;
	struct fail why;

	if (chain_check(want->chain, &order, &facts, &why))
		flow_verified(i->flow,
			      &(struct flow_certificate){
				      .serial = facts.serial,
				      .issuer = facts.issuer,
				      .not_before_us = facts.not_before_us,
				      .not_after_us = facts.not_after_us,
				      .chain_length = facts.length },
			      NULL, now);
	else if (why.code == FAIL_OURS)
		flow_fail_self(i->flow, why.text, now);
	else
		flow_verified(i->flow, NULL, why.text, now);
}

/* Does what the flow wants until something has to be waited for. */
static void step(struct issue *i)
{
	struct flow_want want;

	for (;;) {
		switch (flow_want(i->flow, loop_now(i->setup->loop), &want)) {
		case FLOW_SEND:
			send_ask(i, &want.ask);
			return;
		case FLOW_WAIT:
			loop_timer_set(i->timer, want.until_us);
			return;
		case FLOW_ENDED:
			/* From the loop: the caller still uses what we free. */
			loop_timer_set(i->timer, 0);
			return;
		case FLOW_BIND:
			bind_account(i, want.url);
			break;
		case FLOW_PRESENT:
			present(i, &want);
			break;
		case FLOW_VERIFY:
			verify(i, &want);
			break;
		}
	}
}

static void woken(void *ctx)
{
	struct issue *i = ctx;
	struct flow_want want;

	if (i->on_its_way) {
		i->expired = true;
		http_abort(i->session, OUTCOME_TIMEOUT,
			   "no answer before the issuance's time was over");
	} else if (flow_want(i->flow, loop_now(i->setup->loop), &want) ==
		   FLOW_ENDED) {
		finish(i);
	} else {
		step(i);
	}
}

/* --- from outside ------------------------------------------------------- */

static bool prepare(struct issue *i, struct fail *why)
{
	const struct issue_setup *s = i->setup;
	struct flow_options o = s->flow;
	char *csr = NULL;

	o.names = (const char *const *)i->names;
	o.name_count = i->name_count;
	o.thumbprint = s->thumbprint;
	o.has_binding = s->eab_kid != NULL;
	if (!o.shallow) {
		i->key = s->certificate_key;
		i->own_key = !i->key;
		if (!i->key && !key_make(s->key_type, &i->key, why))
			return false;
		if (!key_csr(i->key, o.names, o.name_count, &csr, why))
			return false;
		o.csr = csr;
	}
	i->flow = flow_new(&o, loop_now(s->loop), why);
	free(csr);
	return i->flow != NULL;
}

/* What is no name stays as it is: the flow says so. */
static char *canonical_name(const char *name)
{
	char canonical[NAME_TEXT];

	return mem_strdup(name_canonical(canonical, name) ? canonical : name);
}

struct issue *issue_start(const struct issue_setup *setup,
			  const char *const *names, size_t count,
			  const struct issue_owner *owner, struct fail *why)
{
	struct issue *i = mem_zalloc(sizeof(*i));
	struct now now = loop_now(setup->loop);

	i->setup = setup;
	i->owner = *owner;
	i->names = mem_array(count, sizeof(char *));
	i->name_count = count;
	/* One text for the order, the request, the check and the row. */
	for (size_t k = 0; k < count; k++)
		i->names[k] = canonical_name(names[k]);
	i->started_us = now.mono_us;
	i->row = issuance_begin(setup->ca, i->names[0], (unsigned)count,
				setup->flow.shallow, now);
	i->session = http_session_new(setup->http, &setup->session);
	i->timer = loop_timer_new(setup->loop, woken, i);
	if (!prepare(i, why)) {
		issue_free(i);
		return NULL;
	}
	loop_timer_set(i->timer, 0);
	return i;
}

struct issuance *issue_issuance(struct issue *i)
{
	return &i->row;
}

void issue_interrupt(struct issue *i)
{
	if (i->on_its_way) {
		i->interrupted = true;
		http_abort(i->session, OUTCOME_INTERRUPTED,
			   "ended from our side before it was over");
		return;
	}
	flow_interrupt(i->flow, loop_now(i->setup->loop));
	step(i);
}
