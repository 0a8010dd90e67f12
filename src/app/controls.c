#include "app/controls.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"

/* Any answer that the server itself gave shows that the way is open. */
enum { STATUS_OF_A_BROKEN_SERVER = 500 };

struct control {
	struct controls *all;
	const struct config_control *config;
	unsigned index;
	struct http_session *session; /* NULL between two questions */
	struct loop_timer *timer;
};

struct controls {
	struct controls_setup setup;
	struct sight_watch watch;
	enum sight last;
	struct control *items;
	size_t count;
};

static void tell_sight(struct controls *c, struct now now)
{
	enum sight sight = sight_now(&c->watch, now);

	if (sight == c->last)
		return;
	c->last = sight;
	c->setup.changed(c->setup.ctx, sight);
}

static void answered(void *ctx, struct exchange *e,
		     const struct http_reply *reply)
{
	struct control *t = ctx;
	struct controls *c = t->all;
	struct now now = loop_now(c->setup.loop);

	(void)reply;
	e->ca = c->setup.numbers[t->index];
	e->op = OP_CONTROL;
	e->attempt = 1;
	e->retry_after_us = -1;
	if (e->outcome == OUTCOME_OK && e->status >= STATUS_OF_A_BROKEN_SERVER)
		e->outcome = OUTCOME_HTTP_ERROR;
	recorder_exchange(c->setup.recorder, e, NULL, now);
	sight_result(&c->watch, t->index, e->outcome == OUTCOME_OK, now);
	tell_sight(c, now);
	/* The session ends with the next question, outside its own call. */
}

static void ask(void *ctx)
{
	struct control *t = ctx;
	const struct controls_setup *s = &t->all->setup;
	const struct http_request request = { .method = "GET",
					      .url = t->config->url };
	struct http_session_options options = { .any_address = true };
	struct fail why;
	bool tls = text_starts(t->config->url, "https:");

	loop_timer_set(t->timer,
		       loop_now(s->loop).mono_us + s->config->control_every_us);
	if (t->session)
		http_abort(t->session, OUTCOME_TIMEOUT,
			   "no answer before the next question was due");
	http_session_free(t->session);
	t->session = NULL;
	if (tls && !roots_get(s->roots, NULL, 0, &options.trust, &why))
		return;
	t->session = http_session_new(s->http, &options);
	http_send(t->session, &request, answered, t);
}

struct controls *controls_new(const struct controls_setup *setup)
{
	struct controls *c = mem_zalloc(sizeof(*c));
	struct now now = loop_now(setup->loop);

	c->setup = *setup;
	c->count = setup->config->control_count;
	c->items = mem_array(c->count, sizeof(*c->items));
	sight_init(&c->watch, (unsigned)c->count,
		   setup->config->control_every_us);
	c->last = sight_now(&c->watch, now);
	for (size_t i = 0; i < c->count; i++) {
		struct control *t = &c->items[i];
		int64_t every_us = setup->config->control_every_us;

		t->all = c;
		t->config = &setup->config->controls[i];
		t->index = (unsigned)i;
		t->timer = loop_timer_new(setup->loop, ask, t);
		/* Spread, so that one lost packet hits one of them. */
		loop_timer_set(t->timer,
			       now.mono_us + (int64_t)i * every_us /
						     (int64_t)c->count);
	}
	return c;
}

void controls_free(struct controls *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		http_session_free(c->items[i].session);
		loop_timer_free(c->items[i].timer);
	}
	free(c->items);
	free(c);
}
