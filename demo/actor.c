#include "actor.h"

#include <assert.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gate.h"
#include "judge/script.h"
#include "places.h"

/* How often it is looked whether the door is to be open. */
#define LOOK_US (20 * US_PER_MS)
/* A station that gets no answer has gone long before. */
#define HELD_US (150 * US_PER_S)
/*
 * The station finds the door shut at once, but it is not seen to. It is open
 * again before the next attempt: half of what lies between two, and less than
 * the 5 s after which one confirms.
 */
#define REFUSED_US (4 * US_PER_S)
/* SYNs come after 1, 3 and 7 s, and patience is over after 10. */
#define SILENT_US (9 * US_PER_S)

enum { HEAD_BYTES = 16 * 1024, BODY_BYTES = 256 * 1024 };

/* One request of the station that has not been answered. */
struct turn {
	struct turn *next;
	struct actor *actor;
	struct evhttp_request *asked;
	enum op op; /* OPS: not known */
	bool held;  /* nothing will come any more */
	struct script_answer said;
	struct loop_timer *timer;
	struct relay *relay; /* while the CA is asked */
};

struct actor {
	struct actor_setup setup;
	struct places places;
	struct evhttp *server, *control;
	struct gate *gate, *control_gate;
	struct loop_timer *timer;
	struct turn *turns;
	int64_t spacing_us; /* between two attempts of the station */

	/* The attempt that runs, or ran last. */
	bool begun;
	uint64_t attempt;
	unsigned requests;
	uint64_t failed;  /* ops that failed in it, a bit each */
	enum op next;	  /* OP_DIRECTORY: it is over */
	int64_t shut_us;  /* mono: in it, the door is shut until then; or 0 */
	int64_t drawn_us; /* mono: when the attempt to come was drawn */
};

/* --- what is to happen -------------------------------------------------- */

static struct script_answer ask(const struct actor *a, enum op op)
{
	bool new = op == OP_DIRECTORY;
	const struct script_ask question = {
		.station = a->setup.station,
		.op = op,
		.at_us = loop_now(a->setup.way.loop).wall_us,
		.attempt = a->attempt + (new && a->begun),
		.request = new ? 0 : a->requests,
		.failed = new ? 0 : a->failed,
	};

	return script_ask(a->setup.scenario, &question);
}

static const struct scenario_outage *outage(const struct actor *a)
{
	return script_outage(&a->setup.scenario->stations[a->setup.station],
			     loop_now(a->setup.way.loop).wall_us);
}

static enum gate_state gate_of_loss(const struct scenario_outage *o)
{
	return o->fails == LOSS_SILENCE ? GATE_SILENT : GATE_REFUSES;
}

/* What the script says of connecting for the operation that comes next. */
static enum gate_state gate_of_next(const struct actor *a)
{
	const struct scenario_act *act = ask(a, a->next).act;

	if (act && act->answer == ACT_REFUSED)
		return GATE_REFUSES;
	return act && act->answer == ACT_DROPPED ? GATE_SILENT : GATE_OPEN;
}

/* --- the doors ---------------------------------------------------------- */

static void set_gate(struct gate *g, enum gate_state state)
{
	struct fail why;

	/* Tried again at the next look. */
	if (!gate_set(g, state, &why))
		fprintf(stderr, "stage: %s\n", why.text);
}

static int64_t patience_us(const struct actor *a, enum gate_state state)
{
	int64_t us = a->spacing_us / 2;

	if (state == GATE_SILENT)
		return SILENT_US;
	return us < REFUSED_US ? us : REFUSED_US;
}

/* Whether the door stays shut for what the attempt was to ask. */
static bool still_shut(struct actor *a, int64_t now_us)
{
	if (!a->shut_us)
		return false;
	if (now_us < a->shut_us)
		return true;
	a->shut_us = 0;
	a->next = OP_DIRECTORY;
	return false;
}

/* Who comes to a shut door is not seen: a new attempt is drawn each time. */
static void draw_again(struct actor *a, int64_t now_us)
{
	if (now_us - a->drawn_us < a->spacing_us)
		return;
	a->drawn_us = now_us;
	a->attempt++;
}

static enum gate_state look_at_next(struct actor *a)
{
	int64_t now_us = loop_now(a->setup.way.loop).mono_us;
	enum gate_state state = gate_of_next(a);

	if (state == GATE_OPEN)
		a->drawn_us = now_us;
	else if (a->next == OP_DIRECTORY)
		draw_again(a, now_us);
	else
		a->shut_us = now_us + patience_us(a, state);
	return state;
}

static void look(struct actor *a)
{
	const struct scenario_outage *o = outage(a);

	set_gate(a->control_gate,
		 o && o->controls ? gate_of_loss(o) : GATE_OPEN);
	if (o) {
		a->shut_us = 0;
		set_gate(a->gate, gate_of_loss(o));
	} else if (!still_shut(a, loop_now(a->setup.way.loop).mono_us)) {
		set_gate(a->gate, look_at_next(a));
	}
}

static void on_look(void *ctx)
{
	struct actor *a = ctx;

	look(a);
	loop_timer_set(a->timer, loop_clock_us() + LOOK_US);
}

/* --- one request -------------------------------------------------------- */

static void turn_free(struct turn *t)
{
	struct turn **at = &t->actor->turns;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	relay_free(t->relay);
	loop_timer_free(t->timer);
	free(t);
}

static int socket_of(struct evhttp_connection *c)
{
	return bufferevent_getfd(evhttp_connection_get_bufferevent(c));
}

/* The connection ends by a reset. */
static void cut_off(struct turn *t)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct evhttp_connection *c = evhttp_request_get_connection(t->asked);

	if (c) {
		setsockopt(socket_of(c), SOL_SOCKET, SO_LINGER, &at_once,
			   sizeof(at_once));
		evhttp_connection_free(c);
	} else {
		/* The station has left. */
		evhttp_request_free(t->asked);
	}
	turn_free(t);
}

static void hold(struct turn *t)
{
	t->held = true;
	loop_timer_set(t->timer, loop_clock_us() + HELD_US);
}

/* Of this attempt nothing more will be asked. */
static void fail_attempt(struct turn *t)
{
	if (t->op < OPS)
		t->actor->failed |= UINT64_C(1) << t->op;
	t->actor->next = OP_DIRECTORY;
}

/* The answer goes; it is the last here when the next one is to be refused. */
static void reply(struct turn *t, int status, struct evbuffer *body)
{
	struct actor *a = t->actor;

	if (a->next != OP_DIRECTORY && gate_of_next(a) != GATE_OPEN)
		evhttp_add_header(evhttp_request_get_output_headers(t->asked),
				  "Connection", "close");
	look(a);
	evhttp_send_reply(t->asked, status, NULL, body);
	turn_free(t);
}

static void reply_document(struct turn *t, const struct scenario_act *act)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(t->asked);
	struct evbuffer *out = evbuffer_new();
	struct buf body = BUF_INIT(4096);
	char seconds[24];

	assert(out);
	script_add_body(act, &body);
	evbuffer_add(out, buf_text(&body), body.len);
	buf_release(&body);
	evhttp_add_header(headers, "Content-Type", script_content_type(act));
	if (act->retry_after_us) {
		snprintf(seconds, sizeof(seconds), "%" PRId64,
			 act->retry_after_us / US_PER_S);
		evhttp_add_header(headers, "Retry-After", seconds);
	}
	fail_attempt(t);
	reply(t, (int)act->status, out);
	evbuffer_free(out);
}

static void learn(struct turn *t, struct evhttp_request *answer)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(answer);
	const struct places_answer a = {
		.op = t->op,
		.status = evhttp_request_get_response_code(answer),
		.location = evhttp_find_header(
			evhttp_request_get_input_headers(answer), "Location"),
		.body = (const char *)evbuffer_pullup(body, -1),
		.len = evbuffer_get_length(body),
	};

	if (t->op == OPS)
		return;
	t->actor->next = places_learn(&t->actor->places, &a);
	if (a.status >= 400 && t->actor->next == OP_DIRECTORY)
		fail_attempt(t);
}

static void on_answer(void *ctx, struct evhttp_request *answer)
{
	struct turn *t = ctx;

	t->relay = NULL;
	if (!answer) {
		fprintf(stderr, "stage: the CA did not answer\n");
		cut_off(t);
		return;
	}
	learn(t, answer);
	relay_copy_headers(evhttp_request_get_output_headers(t->asked),
			   evhttp_request_get_input_headers(answer));
	reply(t, evhttp_request_get_response_code(answer),
	      evhttp_request_get_input_buffer(answer));
}

static void pass_on(struct turn *t)
{
	t->relay = relay_new(&t->actor->setup.way, t->asked, on_answer, t);
	if (!t->relay)
		on_answer(t, NULL);
}

static void act_out(struct turn *t, const struct scenario_act *act)
{
	switch (act ? act->answer : ACT_USUAL) {
	case ACT_USUAL:
	case ACT_PROCESSING: /* actor_can() has refused these three */
	case ACT_WITHDRAWN:
	case ACT_INVALID:
		pass_on(t);
		return;
	case ACT_PROBLEM:
	case ACT_PAGE:
		reply_document(t, act);
		return;
	/* It was on its way already when the door was shut. */
	case ACT_REFUSED:
	case ACT_RESET:
		fail_attempt(t);
		cut_off(t);
		return;
	case ACT_DROPPED:
	case ACT_SILENCE:
		fail_attempt(t);
		hold(t);
		return;
	}
}

static void on_due(void *ctx)
{
	struct turn *t = ctx;
	const struct scenario_outage *o = outage(t->actor);

	if (t->held || (o && o->fails == LOSS_REFUSED))
		cut_off(t);
	else if (o)
		hold(t);
	else
		act_out(t, t->said.act);
}

static void begin_attempt(struct actor *a)
{
	a->attempt += a->begun;
	a->begun = true;
	a->requests = 0;
	a->failed = 0;
	a->shut_us = 0;
}

static void on_asked(struct evhttp_request *asked, void *ctx)
{
	const int yes = 1;
	struct actor *a = ctx;
	struct turn *t = mem_zalloc(sizeof(*t));
	int64_t path_us = a->setup.scenario->stations[a->setup.station].path_us;

	loop_now(a->setup.way.loop);
	/* A body does not wait until its head has been acknowledged. */
	setsockopt(socket_of(evhttp_request_get_connection(asked)), IPPROTO_TCP,
		   TCP_NODELAY, &yes, sizeof(yes));
	t->actor = a;
	t->asked = asked;
	t->next = a->turns;
	a->turns = t;
	t->timer = loop_timer_new(a->setup.way.loop, on_due, t);
	if (!places_find(&a->places, evhttp_request_get_uri(asked), &t->op)) {
		t->op = OPS;
	} else {
		t->said = ask(a, t->op);
		if (t->op == OP_DIRECTORY)
			begin_attempt(a);
		a->requests++;
	}
	loop_timer_set(t->timer, loop_clock_us() + path_us + t->said.delay_us);
}

/* --- from outside ------------------------------------------------------- */

static bool cannot(struct fail *why, const char *name, const char *what)
{
	return fail_set(why, FAIL_INPUT, "%s: %s cannot be acted out", name,
			what);
}

/* A hub has no others. */
static bool is_usual(const struct judge_rules *r)
{
	const struct judge_rules usual = judge_rules_default();

	return r->p0_per_mille == usual.p0_per_mille &&
	       r->fast_per_mille == usual.fast_per_mille &&
	       r->partial_per_mille == usual.partial_per_mille &&
	       r->slow0_per_mille == usual.slow0_per_mille &&
	       r->slow1_per_mille == usual.slow1_per_mille &&
	       r->failing_h == usual.failing_h && r->slow_h == usual.slow_h &&
	       r->voices == usual.voices && r->few_us == usual.few_us &&
	       r->stale_us == usual.stale_us && r->merge_us == usual.merge_us &&
	       r->good_row == usual.good_row;
}

static bool can_station(const struct scenario_station *t, struct fail *why)
{
	if (t->clock_count)
		return cannot(why, t->name, "a clock that jumps");
	if (t->present.from_us != INT64_MIN || t->present.until_us != INT64_MAX)
		return cannot(why, t->name, "a station that comes or goes");
	for (size_t i = 0; i < t->network_count; i++) {
		const struct scenario_outage *o = &t->network[i];

		if (o->fails == LOSS_UNREACHABLE || o->fails == LOSS_DNS)
			return cannot(why, t->name,
				      "a network that fails but by silence or "
				      "refusing");
		if (!o->heard)
			return cannot(why, t->name,
				      "a station that the hub does not reach "
				      "(heard: false)");
	}
	return true;
}

bool actor_can(const struct scenario *s, struct fail *why)
{
	if (s->ca_count != 1)
		return cannot(why, "cas", "more than one CA");
	if (s->cas[0].challenge != CHALLENGE_HTTP_01)
		return cannot(why, s->cas[0].name,
			      "another challenge than http-01");
	if (!is_usual(&s->rules))
		return cannot(why, "rules", "a judge with rules of its own");
	for (size_t i = 0; i < s->station_count; i++) {
		if (!can_station(&s->stations[i], why))
			return false;
	}
	for (size_t i = 0; i < s->act_count; i++) {
		enum act_answer answer = s->acts[i].answer;

		if (answer == ACT_PROCESSING || answer == ACT_WITHDRAWN ||
		    answer == ACT_INVALID)
			return cannot(why, "acts",
				      "processing, withdrawn or invalid");
	}
	return true;
}

static struct bufferevent *on_connected(struct event_base *base, void *ctx)
{
	struct actor *a = ctx;
	SSL *ssl = SSL_new(a->setup.tls);

	assert(ssl);
	return bufferevent_openssl_socket_new(base, -1, ssl,
					      BUFFEREVENT_SSL_ACCEPTING,
					      BEV_OPT_CLOSE_ON_FREE);
}

/* A control that is well. */
static void on_control(struct evhttp_request *asked, void *ctx)
{
	(void)ctx;
	evhttp_send_reply(asked, 204, NULL, NULL);
}

static struct evhttp *new_server(struct loop *l)
{
	struct evhttp *server = evhttp_new(loop_base(l));

	assert(server);
	evhttp_set_allowed_methods(server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD |
						   EVHTTP_REQ_POST);
	evhttp_set_max_headers_size(server, HEAD_BYTES);
	evhttp_set_max_body_size(server, BODY_BYTES);
	return server;
}

bool actor_new(const struct actor_setup *setup, struct actor **ret_actor,
	       struct fail *why)
{
	struct actor *a = mem_zalloc(sizeof(*a));
	struct loop *l = setup->way.loop;
	const struct config_rate *rate =
		&setup->scenario->stations[setup->station].rate;

	a->setup = *setup;
	a->spacing_us = rate->per_us / rate->count;
	a->next = OP_DIRECTORY;
	places_init(&a->places, setup->directory);
	a->server = new_server(l);
	evhttp_set_bevcb(a->server, on_connected, a);
	evhttp_set_gencb(a->server, on_asked, a);
	a->control = new_server(l);
	evhttp_set_gencb(a->control, on_control, a);
	a->timer = loop_timer_new(l, on_look, a);
	if (!gate_new(a->server, &setup->listen, &a->gate, why) ||
	    !gate_new(a->control, &setup->control, &a->control_gate, why)) {
		actor_free(a);
		return false;
	}
	loop_timer_set(a->timer, loop_clock_us());
	*ret_actor = a;
	return true;
}

void actor_free(struct actor *a)
{
	if (!a)
		return;
	for (struct turn *t = a->turns, *next; t; t = next) {
		next = t->next;
		cut_off(t);
	}
	gate_free(a->gate);
	gate_free(a->control_gate);
	evhttp_free(a->server);
	evhttp_free(a->control);
	loop_timer_free(a->timer);
	places_release(&a->places);
	free(a);
}
