#include "judge/play_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* The limits of a station's configuration, as they are without one. */
#define DNS_US (5 * US_PER_S)
#define CONNECT_US (10 * US_PER_S)
#define ANSWER_US (30 * US_PER_S)

/* Between our answer to a challenge and the CA's look at it. */
#define VALIDATE_US (400 * US_PER_MS)

static const char *const one_name[] = { "a.example" };

/* What a CA that is well takes for each operation, typically. */
static int64_t typical_us(enum op op)
{
	switch (op) {
	case OP_DIRECTORY:
	case OP_NEW_NONCE:
	case OP_CONTROL:
		return 15 * US_PER_MS;
	case OP_AUTHORIZATION:
	case OP_ORDER:
	case OP_CERTIFICATE:
	case OP_RENEWAL_INFO:
		return 30 * US_PER_MS;
	case OP_NEW_ACCOUNT:
	case OP_CHALLENGE:
	case OP_REVOKE_CERT:
	case OP_KEY_CHANGE:
		return 50 * US_PER_MS;
	case OP_NEW_ORDER:
		return 90 * US_PER_MS;
	case OP_FINALIZE:
		return 350 * US_PER_MS;
	case OPS:
		break;
	}
	return 0;
}

/* With a long tail: one in a hundred takes five times as long. */
static int64_t some_us(struct watch *w, int64_t us)
{
	double u = 0.75 + rng_unit(&w->rng) / 2;

	return (int64_t)((double)us * u *
			 (rng_below(&w->rng, 100) == 0 ? 5 : 1));
}

/* --- one attempt -------------------------------------------------------- */

static void finish(struct watch *w)
{
	const struct flow_result *r = flow_result(w->flow);
	struct now now = station_now(w->station);

	issuance_follow(&w->row, w->flow, w->started_us);
	w->account_known = w->account_known || r->account_url;
	w->count.attempts++;
	w->count.good += r->outcome == OUTCOME_OK;
	w->count.confirmations += w->row.confirms;
	schedule_take_outcome(&w->schedule, r->outcome, r->retry_after_us, now);
	station_tell_issuance(w->station, w->ca, &w->row);
	flow_free(w->flow);
	w->flow = NULL;
}

static struct script_ask ask_of(const struct watch *w, enum op op)
{
	return (struct script_ask){ .station = w->station->number,
				    .ca = w->ca,
				    .op = op,
				    .at_us = w->station->play->now_us,
				    .attempt = w->count.attempts,
				    .request = w->requests,
				    .failed = w->failed };
}

/* --- what comes back ---------------------------------------------------- */

static void fail_transport(struct watch *w, enum outcome outcome,
			   const char *detail)
{
	w->answer = (struct flow_answer){ .transport = outcome,
					  .transport_detail = detail };
}

/* The way to the CA: the marks up to the last byte sent. */
static int64_t travel(struct watch *w, int64_t path_us)
{
	struct marks *m = &w->exchange.marks;
	int64_t at_us = 0;

	if (!w->connected) {
		m->dns_us = at_us += some_us(w, US_PER_MS);
		m->connect_us = at_us += path_us;
		m->tls_us = at_us += path_us + some_us(w, 2 * US_PER_MS);
	}
	w->exchange.reused = w->connected;
	w->connected = true;
	m->sent_us = at_us += 50;
	return at_us;
}

/* The end came before there was a connection. */
static void end_before_connecting(struct watch *w, int64_t took_us)
{
	w->exchange.marks = MARKS_NONE;
	if (!w->connected)
		w->exchange.marks.dns_us = took_us < US_PER_MS ? took_us
							       : US_PER_MS;
	w->exchange.marks.done_us = took_us;
	w->connected = false;
}

static void end_without_answer(struct watch *w, int64_t took_us)
{
	w->exchange.marks.done_us = took_us;
	w->connected = false;
}

/* The network of the station itself. */
static void lose(struct watch *w, const struct scenario_outage *o)
{
	int64_t path_us = w->station->facts->path_us;

	switch (o->fails) {
	case LOSS_SILENCE:
		fail_transport(w, OUTCOME_TIMEOUT, "no answer in time");
		if (w->connected)
			end_without_answer(w, travel(w, path_us) + ANSWER_US);
		else
			end_before_connecting(w, CONNECT_US);
		return;
	case LOSS_REFUSED:
		fail_transport(w, OUTCOME_REFUSED, "connection refused");
		end_before_connecting(w, path_us);
		return;
	case LOSS_UNREACHABLE:
		fail_transport(w, OUTCOME_UNREACHABLE, "no route to host");
		end_before_connecting(w, 0);
		return;
	case LOSS_DNS:
		fail_transport(w, OUTCOME_DNS, "the resolver does not answer");
		w->exchange.marks.done_us = DNS_US;
		w->connected = false;
		return;
	}
}

/* The document of an act into the body. */
static void write_body(struct watch *w, const struct scenario_act *a)
{
	struct buf body = BUF_INIT(sizeof(w->body) - 1);

	script_add_body(a, &body);
	text_copy(w->body, sizeof(w->body), buf_text(&body));
	buf_release(&body);
}

static void write_problem(struct watch *w, const struct scenario_act *a,
			  struct model_twist *twist)
{
	size_t used;

	write_body(w, a);
	used = (size_t)snprintf(w->headers, sizeof(w->headers),
				"Content-Type: %s\r\n", script_content_type(a));
	if (a->retry_after_us)
		snprintf(w->headers + used, sizeof(w->headers) - used,
			 "Retry-After: %lld\r\n",
			 (long long)(a->retry_after_us / US_PER_S));
	*twist = (struct model_twist){ .status = (int)a->status,
				       .headers = w->headers,
				       .body = w->body,
				       .no_nonce = a->answer == ACT_PAGE };
}

/* What the act makes of the model for this request. */
static void set_model(struct watch *w, const struct scenario_act *a)
{
	const struct scenario *s = w->station->play->scenario;
	enum challenge_type type = s->cas[w->ca].challenge;
	bool gone = a && a->answer == ACT_WITHDRAWN;
	bool stuck = a && a->answer == ACT_PROCESSING;

	w->model.challenge_type =
		gone == (type == CHALLENGE_HTTP_01) ? "tls-alpn-01" : "http-01";
	w->model.no_dns = gone && type == CHALLENGE_DNS_01;
	w->model.order_polls = stuck ? UINT32_MAX : 1;
	w->model.authz_polls = stuck ? UINT32_MAX : 1;
	w->model.invalid = a && a->answer == ACT_INVALID;
	if (w->model.invalid) {
		write_body(w, a);
		w->model.challenge_error = w->body;
	}
}

/* The CA answers: the usual, or what the act says. */
static void answer(struct watch *w, const struct scenario_act *a,
		   int64_t delay_us)
{
	struct exchange *e = &w->exchange;
	int64_t at_us = travel(w, w->station->facts->path_us);
	struct model_twist twist;
	bool twisted = a && (a->answer == ACT_PROBLEM || a->answer == ACT_PAGE);

	if (twisted)
		write_problem(w, a, &twist);
	else
		set_model(w, a);
	w->answer = model_ca_answer(&w->model, &w->want.ask,
				    twisted ? &twist : NULL);
	e->marks.first_us = at_us += w->station->facts->path_us +
				     some_us(w, typical_us(e->op)) + delay_us;
	e->marks.done_us = at_us + 200;
	e->status = w->answer.status;
	e->rtt_us = w->station->facts->path_us;
	e->http_version = 11;
	if (e->marks.first_us - e->marks.sent_us <= ANSWER_US)
		return;
	fail_transport(w, OUTCOME_TIMEOUT, "no answer in time");
	e->marks.first_us = MARK_NONE;
	e->status = 0;
	end_without_answer(w, e->marks.sent_us + ANSWER_US);
}

static void act_out(struct watch *w, const struct script_answer *s)
{
	int64_t path_us = w->station->facts->path_us;

	switch (s->act ? s->act->answer : ACT_USUAL) {
	case ACT_USUAL:
	case ACT_PROBLEM:
	case ACT_PAGE:
	case ACT_PROCESSING:
	case ACT_WITHDRAWN:
	case ACT_INVALID:
		answer(w, s->act, s->delay_us);
		return;
	case ACT_REFUSED:
		fail_transport(w, OUTCOME_REFUSED, "connection refused");
		end_before_connecting(w, path_us);
		return;
	case ACT_DROPPED:
		fail_transport(w, OUTCOME_TIMEOUT, "no connection in time");
		end_before_connecting(w, CONNECT_US);
		return;
	case ACT_SILENCE:
		fail_transport(w, OUTCOME_TIMEOUT, "no answer in time");
		end_without_answer(w, travel(w, path_us) + ANSWER_US);
		return;
	case ACT_RESET:
		fail_transport(w, OUTCOME_CLOSED,
			       "the connection ended before the answer did");
		end_without_answer(w, travel(w, path_us) + path_us);
		return;
	}
}

/* --- one exchange ------------------------------------------------------- */

static void begin_exchange(struct watch *w, enum op op, unsigned attempt,
			   struct now now)
{
	w->exchange = (struct exchange){
		.id = ++w->station->last_exchange,
		.issuance = w->row.id,
		.ca = (unsigned)w->ca + 1,
		.op = op,
		.attempt = attempt,
		.wall_us = now.wall_us,
		.marks = MARKS_NONE,
		.retry_after_us = -1,
		.rtt_us = -1,
	};
}

/* The request goes out now; what comes of it, and when, is known already. */
static void send(struct watch *w)
{
	struct now now = station_now(w->station);
	struct script_ask ask = ask_of(w, w->want.ask.op);
	const struct scenario_outage *o =
		script_outage(w->station->facts, ask.at_us);
	int64_t deadline_us = flow_deadline_us(w->flow);
	struct script_answer said;

	begin_exchange(w, w->want.ask.op, w->want.ask.attempt, now);
	if (o) {
		lose(w, o);
	} else {
		said = script_ask(w->station->play->scenario, &ask);
		act_out(w, &said);
	}
	w->requests++;
	w->on_its_way = true;
	w->sent_us = now.mono_us;
	w->next_us = now.mono_us + w->exchange.marks.done_us;
	w->too_late = w->next_us > deadline_us;
	if (w->too_late)
		w->next_us = deadline_us;
}

static void note(struct watch *w, const struct flow_reading *reading)
{
	struct exchange *e = &w->exchange;

	issuance_read(e, reading);
	if (outcome_fault(e->outcome) != FAULT_NONE)
		w->failed |= UINT64_C(1) << e->op;
	issuance_follow(&w->row, w->flow, w->started_us);
	w->row.exchanges++;
	w->count.exchanges++;
	station_tell_exchange(w->station, w->ca, e);
}

/* The issuance's time is over before an answer has come. */
static void give_up(struct watch *w, struct flow_reading *reading)
{
	struct now now = station_now(w->station);

	*reading = (struct flow_reading){ .outcome = OUTCOME_TIMEOUT,
					  .retry_after_us = -1 };
	text_copy(reading->detail, sizeof(reading->detail),
		  "no answer before the issuance's time was over");
	w->exchange.marks.first_us = MARK_NONE;
	w->exchange.marks.done_us = now.mono_us - w->sent_us;
	w->exchange.status = 0;
	flow_timeout(w->flow, now);
}

static void arrive(struct watch *w)
{
	struct now now = station_now(w->station);
	struct flow_reading reading;

	w->on_its_way = false;
	if (w->too_late) {
		give_up(w, &reading);
	} else {
		flow_take(w->flow, &w->answer, now, &reading);
		if (w->exchange.op == OP_CHALLENGE &&
		    reading.outcome == OUTCOME_OK)
			w->validated_us = now.mono_us + VALIDATE_US;
	}
	note(w, &reading);
}

/* What a client sees that goes on where ours has ended. */
static void go_further(struct watch *w)
{
	const struct flow_result *r = flow_result(w->flow);
	struct script_ask ask = ask_of(w, r->op);
	struct flow_reading reading = { .retry_after_us = -1 };
	const struct scenario_act *a;
	enum op op;

	if (r->outcome == OUTCOME_OK)
		return;
	a = script_follows(w->station->play->scenario, &ask, &op);
	if (!a || w->failed >> op & 1)
		return;
	begin_exchange(w, op, 1, station_now(w->station));
	reading.outcome = a->answer == ACT_PAGE ? OUTCOME_HTTP_ERROR
						: OUTCOME_PROBLEM;
	w->exchange.status = (int)a->status;
	w->exchange.marks.done_us = 2 * w->station->facts->path_us;
	text_copy(reading.problem, sizeof(reading.problem), a->type);
	text_copy(reading.detail, sizeof(reading.detail), a->detail);
	note(w, &reading);
}

/* --- what the flow wants ------------------------------------------------ */

/* Does what the flow wants until time has to pass. */
static void go_on(struct watch *w)
{
	static const struct flow_certificate good = { .serial = "1",
						      .issuer = "the model" };
	struct now now = station_now(w->station);

	for (;;) {
		switch (flow_want(w->flow, now, &w->want)) {
		case FLOW_SEND:
			send(w);
			return;
		case FLOW_WAIT:
			w->next_us = w->want.until_us;
			return;
		case FLOW_BIND:
			flow_bound(w->flow, "{}", NULL, now);
			break;
		case FLOW_PRESENT:
			text_copy(w->token, sizeof(w->token), w->want.token);
			flow_presented(w->flow, true, NULL, now);
			break;
		case FLOW_VERIFY:
			flow_verified(w->flow, &good, NULL, now);
			break;
		case FLOW_ENDED:
			go_further(w);
			finish(w);
			return;
		}
	}
}

static void begin(struct watch *w)
{
	const struct scenario *s = w->station->play->scenario;
	struct now now = station_now(w->station);
	const struct flow_options options = {
		.directory_url = model_ca_directory,
		.names = one_name,
		.name_count = 1,
		.challenge = s->cas[w->ca].challenge,
		.account_known = w->account_known,
		.thumbprint = "thumb",
		.csr = "Y3Ny",
		.limits = flow_limits_default(),
	};

	model_ca_release(&w->model);
	model_ca_init(&w->model, one_name, 1);
	w->model.account_exists = w->account_known;
	w->flow = flow_new(&options, now, NULL);
	assert(w->flow);
	w->row =
		issuance_begin((unsigned)w->ca + 1, one_name[0], 1, false, now);
	w->row.id = ++w->station->last_issuance;
	w->row.confirms = schedule_confirms(&w->schedule);
	w->started_us = now.mono_us;
	w->validated_us = PLAY_NEVER;
	w->failed = 0;
	w->requests = 0;
	w->connected = w->on_its_way = w->too_late = false;
	go_on(w);
}

/* --- from outside ------------------------------------------------------- */

void watch_init(struct watch *w, struct play_station *t, size_t ca)
{
	struct script_ask seed = { .station = t->number, .ca = ca };

	*w = (struct watch){ .station = t, .ca = ca };
	w->rng.state = script_seed(t->play->scenario, &seed);
	model_ca_init(&w->model, one_name, 1);
}

void watch_release(struct watch *w)
{
	flow_free(w->flow);
	model_ca_release(&w->model);
}

void watch_start(struct watch *w)
{
	schedule_init(&w->schedule, &w->station->facts->rate, 1,
		      rng_next(&w->rng), station_now(w->station));
}

void watch_stop(struct watch *w)
{
	flow_free(w->flow);
	w->flow = NULL;
}

int64_t watch_next_us(const struct watch *w)
{
	if (!w->flow)
		return schedule_next_us(&w->schedule);
	return !w->on_its_way && w->validated_us < w->next_us ? w->validated_us
							      : w->next_us;
}

void watch_turn(struct watch *w)
{
	struct now now = station_now(w->station);

	if (!w->flow) {
		if (schedule_take(&w->schedule, now))
			begin(w);
		return;
	}
	if (w->on_its_way && now.mono_us < w->next_us)
		return;
	if (w->on_its_way)
		arrive(w);
	if (w->validated_us <= now.mono_us) {
		w->validated_us = PLAY_NEVER;
		flow_validation_seen(w->flow, w->token, now);
	}
	go_on(w);
}
