#include "support/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NEED(condition) need((condition), #condition, __LINE__)

static void need(bool true_it_is, const char *what, int line)
{
	if (true_it_is)
		return;
	fprintf(stderr, "ask.c:%d: %s\n", line, what);
	abort();
}

static void check(const struct exchange *e)
{
	const struct marks *m = &e->marks;

	NEED(marks_in_order(m));
	NEED(m->done_us >= 0);
	NEED(m->first_us == MARK_NONE || m->sent_us != MARK_NONE);
	NEED(m->connect_us == MARK_NONE || m->dns_us != MARK_NONE);
	NEED(m->tls_us == MARK_NONE || m->connect_us != MARK_NONE);
	NEED(!e->reused ||
	     (m->dns_us == MARK_NONE && m->connect_us == MARK_NONE &&
	      m->tls_us == MARK_NONE));
	NEED(e->outcome == OUTCOME_OK || e->detail[0]);
	NEED(e->outcome != OUTCOME_OK || m->first_us != MARK_NONE);
	NEED(e->wall_us > 0);
	NEED(e->lag_us >= 0);
	NEED(!e->kept_headers && !e->kept_body);
}

void answer_take(void *ctx, struct exchange *e, const struct http_reply *reply)
{
	struct answer *a = ctx;

	check(e);
	NEED(strlen(reply->headers) <= reply->headers_len);
	a->calls++;
	a->e = *e;
	a->headers = mem_dup(reply->headers, reply->headers_len);
	a->body = mem_dup(reply->body, reply->body_len);
	a->body_len = reply->body_len;
	a->network_is_ours = reply->network_is_ours;
	if (a->loop)
		loop_stop(a->loop);
}

void answer_release(struct answer *a)
{
	free(a->headers);
	free(a->body);
	*a = (struct answer){ 0 };
}

static void too_late(void *ctx)
{
	(void)ctx;
	NEED(!"over within a minute");
}

void ask_run(struct loop *l)
{
	struct loop_timer *guard = loop_timer_new(l, too_late, NULL);

	loop_timer_set(guard, loop_clock_us() + US_PER_MIN);
	loop_run(l);
	loop_timer_free(guard);
}

void ask_request(struct loop *l, struct http_session *s,
		 const struct http_request *request, struct answer *a)
{
	answer_release(a);
	a->loop = l;
	http_send(s, request, answer_take, a);
	NEED(a->calls == 0);
	ask_run(l);
	NEED(a->calls == 1);
}

void ask(struct loop *l, struct http_session *s, const char *url,
	 struct answer *a)
{
	ask_request(l, s, &(struct http_request){ .method = "GET", .url = url },
		    a);
}
