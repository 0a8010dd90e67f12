#include "edge/serve.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/serve_guard.h"
#include "edge/serve_head.h"
#include "report/page.h"
#include "report/request.h"

enum {
	TAKEN_AT_ONCE = 16, /* connections in one turn */
	DROPPED_MAX = 64 * 1024,
	WRITTEN_AT_ONCE = 256 * 1024, /* bytes */
	MESSAGE_MAX = 8 * 1024,
	TAG_MAX = 128,
};
#define HEAD_US (15 * US_PER_S)
#define ANSWER_US (60 * US_PER_S)
#define STREAM_US US_PER_DAY /* then its reader comes again */
#define LEAVING_US (2 * US_PER_S)
#define PAUSE_US (US_PER_S / 4)

enum visitor_state {
	VISITOR_ASKING,	 /* its next head is not whole */
	VISITOR_WAITING, /* for its answer, which is made elsewhere */
	VISITOR_STREAMING,
	VISITOR_ANSWERED, /* an answer is on its way */
	VISITOR_LEAVING,  /* that was the last; what else it sends is dropped */
};

/* A connection, and what it has asked for. */
struct serve_request {
	struct serve *serve;
	unsigned place;	  /* among the visitors */
	int64_t since_us; /* in this state; mono */
	struct bufferevent *bev;
	struct loop_timer *timer;
	enum visitor_state state;
	bool last; /* of its answers */
	bool mute; /* it sends nothing any more */
	size_t dropped;
	bool head, gzip;   /* of what it has asked */
	char tag[TAG_MAX]; /* its If-None-Match, or "" */
	serve_gone *gone;  /* while it waits or streams; or NULL */
	void *gone_ctx;
};

struct door {
	struct serve *serve;
	struct event *event;
};

struct serve {
	struct loop *loop;
	struct door doors[LISTENER_SOCKETS];
	unsigned door_count;
	struct serve_guard *guard; /* NULL: plain, for anybody */
	struct loop_timer *resume; /* after a lack of descriptors */
	struct serve_request *
		*visitors; /* `most` places, the first `count` used */
	unsigned count, most, streams;
	bool stopped;
	serve_handler *handle;
	void *ctx;
	struct request request; /* the one that is being read */
	int64_t date_s;
	char date[CLOCK_TEXT]; /* the same for all answers of a second */
};

/* --- who is there ------------------------------------------------------- */

static void visitor_free(struct serve_request *v)
{
	struct serve *s = v->serve;
	struct serve_request *last = s->visitors[--s->count];
	serve_gone *gone = v->gone;
	void *gone_ctx = v->gone_ctx;

	s->streams -= v->state == VISITOR_STREAMING;
	s->visitors[v->place] = last;
	last->place = v->place;
	loop_timer_free(v->timer);
	bufferevent_free(v->bev);
	free(v);
	if (gone)
		gone(gone_ctx);
}

static void on_late(void *ctx)
{
	visitor_free(ctx);
}

/* The only place where the state changes. */
static void enter(struct serve_request *v, enum visitor_state state)
{
	static const int64_t most_us[] = {
		[VISITOR_ASKING] = HEAD_US,
		[VISITOR_WAITING] = SERVE_LATER_US,
		[VISITOR_STREAMING] = STREAM_US,
		[VISITOR_ANSWERED] = ANSWER_US,
		[VISITOR_LEAVING] = LEAVING_US,
	};

	v->state = state;
	v->since_us = loop_clock_us();
	loop_timer_set(v->timer, v->since_us + most_us[state]);
}

/* Lets the one go that has waited longest and is not being answered. */
static bool make_room(struct serve *s)
{
	struct serve_request *oldest = NULL;

	for (unsigned i = 0; i < s->count; i++) {
		struct serve_request *v = s->visitors[i];

		if ((v->state == VISITOR_ASKING ||
		     v->state == VISITOR_LEAVING) &&
		    (!oldest || v->since_us < oldest->since_us))
			oldest = v;
	}
	if (oldest)
		visitor_free(oldest);
	return oldest;
}

/* --- answers ------------------------------------------------------------ */

static void on_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	serve_body_unref(arg);
}

static const char *date_now(struct serve *s)
{
	int64_t wall_us = loop_now(s->loop).wall_us;

	if (wall_us / US_PER_S != s->date_s) {
		s->date_s = wall_us / US_PER_S;
		clock_http(s->date, wall_us);
	}
	return s->date;
}

static void send_answer(struct serve_request *v,
			const struct serve_answer *answer)
{
	struct evbuffer *out = bufferevent_get_output(v->bev);
	struct serve_body *body = answer->body;
	bool gzip = v->gzip && serve_body_has_gzip(body);
	struct buf text = BUF_INIT(MESSAGE_MAX);
	struct serve_head h = {
		.status = answer->status,
		.type = answer->type,
		.fresh_s = answer->fresh_s,
		.fixed = answer->fixed,
		.verdict = answer->verdict,
		.post = answer->post,
		.gzip = gzip,
		.tag = serve_body_tag(body, gzip),
		.body_len = gzip ? body->gzip_len : body->len,
		.if_none_match = v->tag[0] ? v->tag : NULL,
		.date = date_now(v->serve),
		.last = v->last,
	};

	serve_head_print(&text, &h);
	evbuffer_add(out, text.data, text.len);
	buf_release(&text);
	enter(v, VISITOR_ANSWERED);
	if (v->head || h.status == 304 || h.body_len == 0)
		serve_body_unref(body);
	else if (evbuffer_add_reference(out, gzip ? body->gzip : body->data,
					h.body_len, on_sent, body) != 0)
		abort(); /* memory: see base/mem.h */
	serve_guard_push(v->bev, WRITTEN_AT_ONCE);
}

void serve_reply(struct serve_request *v, const struct serve_answer *answer)
{
	assert(answer->body && answer->type);
	assert(v->state == VISITOR_ASKING || v->state == VISITOR_WAITING);
	v->gone = NULL;
	send_answer(v, answer);
}

void serve_later(struct serve_request *v, serve_gone *gone, void *ctx)
{
	assert(v->state == VISITOR_ASKING);
	v->gone = gone;
	v->gone_ctx = ctx;
	enter(v, VISITOR_WAITING);
}

bool serve_stream(struct serve_request *v, const char *type, serve_gone *gone,
		  void *ctx)
{
	struct buf text = BUF_INIT(MESSAGE_MAX);
	struct serve_head h = { .status = 200,
				.type = type,
				.endless = true,
				.date = date_now(v->serve),
				.last = true };

	assert(v->state == VISITOR_ASKING);
	if (v->serve->stopped || 2 * v->serve->streams >= v->serve->most)
		return false;
	serve_head_print(&text, &h);
	bufferevent_write(v->bev, text.data, text.len);
	serve_guard_push(v->bev, WRITTEN_AT_ONCE);
	buf_release(&text);
	v->last = true;
	v->gone = gone;
	v->gone_ctx = ctx;
	v->serve->streams++;
	enter(v, VISITOR_STREAMING);
	return true;
}

void serve_send(struct serve_request *v, struct serve_body *body)
{
	struct evbuffer *out = bufferevent_get_output(v->bev);

	assert(v->state == VISITOR_STREAMING);
	if (v->head || body->len == 0)
		return;
	if (evbuffer_get_length(out) + body->len > SERVE_PENDING_MAX) {
		visitor_free(v);
		return;
	}
	if (evbuffer_add_reference(out, body->data, body->len, on_sent,
				   serve_body_ref(body)) != 0)
		abort(); /* memory: see base/mem.h */
	serve_guard_push(v->bev, WRITTEN_AT_ONCE);
}

/* After a refusal the stream is not trusted: it ends. */
static void send_refusal(struct serve_request *v,
			 const struct route_refusal *refusal, bool head)
{
	struct buf text = BUF_INIT(MESSAGE_MAX);
	struct serve_answer answer = { .status = refusal->status,
				       .post = refusal->post };

	if (refusal->html) {
		page_message(&text, refusal->status, refusal->reason);
		answer.type = "text/html; charset=utf-8";
	} else {
		json_message(&text, refusal->status, refusal->reason);
		answer.type = "application/problem+json";
	}
	answer.body = serve_body_new(&text);
	v->last = true;
	v->head = head;
	v->gzip = false;
	v->tag[0] = '\0';
	send_answer(v, &answer);
}

/* What is alive is told to anybody, the rest to whom the guard admits. */
static bool may_ask(const struct serve *s, const struct route_request *r,
		    struct route *ret_route, struct route_refusal *ret_refusal)
{
	bool good = route_parse(r, ret_route, ret_refusal);

	if ((good && ret_route->kind == ROUTE_HEALTH) ||
	    serve_guard_admits(s->guard, r))
		return good;
	*ret_refusal = (struct route_refusal){
		.status = 401,
		.reason = "a bearer token is to be said here, and it is not "
			  "this one (Authorization: Bearer ...)",
	};
	return false;
}

static void answer_request(struct serve_request *v,
			   const struct route_request *r)
{
	const char *tag = route_header_find(r, "If-None-Match");
	struct route_refusal refusal;
	struct route route;

	v->last = v->serve->stopped || request_closes(r);
	if (!may_ask(v->serve, r, &route, &refusal)) {
		send_refusal(v, &refusal, strcmp(r->method, "HEAD") == 0);
		return;
	}
	v->head = route.head;
	v->gzip = route.gzip;
	/* A longer one is of somebody else's making, and matches nothing. */
	text_copy(v->tag, sizeof(v->tag),
		  tag && strlen(tag) < TAG_MAX ? tag : "");
	v->serve->handle(v->serve->ctx, &route, v);
}

/* --- events of a connection --------------------------------------------- */

static void take_request(struct serve_request *v)
{
	struct evbuffer *in = bufferevent_get_input(v->bev);
	size_t len = evbuffer_get_length(in);
	struct request *request = &v->serve->request;
	struct route_refusal refusal = { .status = 0 };
	const char *data;

	if (len > REQUEST_HEAD_MAX + 3)
		len = REQUEST_HEAD_MAX + 3;
	data = (const char *)evbuffer_pullup(in, (ev_ssize_t)len);
	if (!data)
		return;
	switch (request_read(request, data, len, &refusal)) {
	case REQUEST_PART:
		return;
	case REQUEST_BAD:
		send_refusal(v, &refusal, false);
		return;
	case REQUEST_WHOLE:
		evbuffer_drain(in, request->len);
		answer_request(v, &request->route);
		return;
	}
}

static void drop_input(struct serve_request *v)
{
	struct evbuffer *in = bufferevent_get_input(v->bev);

	v->dropped += evbuffer_get_length(in);
	evbuffer_drain(in, evbuffer_get_length(in));
	if (v->dropped > DROPPED_MAX)
		visitor_free(v);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct serve_request *v = arg;

	(void)bev;
	loop_now(v->serve->loop);
	switch (v->state) {
	case VISITOR_ASKING:
		take_request(v);
		return;
	case VISITOR_WAITING:
	case VISITOR_STREAMING:
	case VISITOR_ANSWERED:
		return; /* what it sends already waits its turn */
	case VISITOR_LEAVING:
		drop_input(v);
		return;
	}
}

/* All of an answer is in the kernel's hands. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct serve_request *v = arg;

	loop_now(v->serve->loop);
	if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	serve_guard_rest(bev);
	if (v->state != VISITOR_ANSWERED)
		return;
	if (v->mute) {
		visitor_free(v);
		return;
	}
	if (v->last) {
		/* To close with bytes unread would reset the answer away. */
		serve_guard_finish(bev);
		enter(v, VISITOR_LEAVING);
		drop_input(v);
		return;
	}
	enter(v, VISITOR_ASKING);
	serve_guard_pull(bev);
	if (evbuffer_get_length(bufferevent_get_input(bev)) > 0)
		take_request(v);
}

static void set_bufferevent(struct serve_request *v, struct bufferevent *bev);

/*
 * A handshake has failed. The alert that says why would be reset away if the
 * socket were closed with bytes unread.
 */
static bool let_read_why(struct serve_request *v)
{
	struct bufferevent *bev = serve_guard_salvage(v->bev);

	if (!bev)
		return false;
	bufferevent_free(v->bev);
	set_bufferevent(v, bev);
	serve_guard_finish(bev);
	enter(v, VISITOR_LEAVING);
	return true;
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct serve_request *v = arg;

	loop_now(v->serve->loop);
	if (what & BEV_EVENT_CONNECTED)
		return; /* a handshake is over */
	/* One that has said all it wants to may still be listening. */
	if ((what & BEV_EVENT_EOF) &&
	    (v->state == VISITOR_ANSWERED || v->state == VISITOR_WAITING)) {
		v->last = true;
		v->mute = true;
		bufferevent_enable(bev, EV_WRITE); /* TLS stopped both ways */
		return;
	}
	if (!(what & BEV_EVENT_EOF) && v->state == VISITOR_ASKING &&
	    let_read_why(v))
		return;
	visitor_free(v);
}

static void set_bufferevent(struct serve_request *v, struct bufferevent *bev)
{
	v->bev = bev;
	bufferevent_setcb(bev, on_read, on_written, on_event, v);
	bufferevent_setwatermark(bev, EV_READ, 0, REQUEST_HEAD_MAX + 4);
	bufferevent_set_max_single_write(bev, WRITTEN_AT_ONCE);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	serve_guard_rest(bev);
}

/* --- the doors ---------------------------------------------------------- */

static void let_in(struct serve *s, int fd)
{
	struct serve_request *v;

	if (s->count >= s->most && !make_room(s)) {
		close(fd);
		return;
	}
	v = mem_zalloc(sizeof(*v));
	v->serve = s;
	v->timer = loop_timer_new(s->loop, on_late, v);
	v->place = s->count;
	s->visitors[s->count++] = v;
	set_bufferevent(v, serve_guard_open(s->guard, loop_base(s->loop), fd));
	enter(v, VISITOR_ASKING);
}

static void close_doors(struct serve *s)
{
	for (unsigned i = 0; i < s->door_count; i++)
		event_del(s->doors[i].event);
}

static void open_doors(struct serve *s)
{
	for (unsigned i = 0; i < s->door_count; i++)
		event_add(s->doors[i].event, NULL);
}

static void on_resume(void *ctx)
{
	struct serve *s = ctx;

	if (!s->stopped)
		open_doors(s);
}

static void on_door(evutil_socket_t listening, short what, void *arg)
{
	struct door *d = arg;
	struct serve *s = d->serve;

	(void)what;
	loop_now(s->loop);
	for (int i = 0; i < TAKEN_AT_ONCE; i++) {
		int fd = accept4(listening, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			let_in(s, fd);
			continue;
		}
		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
		    errno != ENOMEM)
			return;
		/* Whoever is let go leaves a descriptor for the next turn. */
		if (!make_room(s)) {
			close_doors(s);
			loop_timer_set(s->resume, loop_clock_us() + PAUSE_US);
		}
		return;
	}
}

/* --- the server --------------------------------------------------------- */

struct serve *serve_new(struct loop *loop, const struct listener *listener,
			unsigned connections, serve_handler *handle, void *ctx)
{
	struct serve *s = mem_zalloc(sizeof(*s));

	s->loop = loop;
	s->most = connections;
	s->visitors = mem_array(connections, sizeof(struct serve_request *));
	s->handle = handle;
	s->ctx = ctx;
	s->resume = loop_timer_new(loop, on_resume, s);
	for (; s->door_count < listener->count; s->door_count++) {
		struct door *d = &s->doors[s->door_count];

		d->serve = s;
		d->event = event_new(loop_base(loop),
				     listener->fds[s->door_count],
				     EV_READ | EV_PERSIST, on_door, d);
		if (!d->event)
			abort(); /* memory: see base/mem.h */
	}
	open_doors(s);
	return s;
}

void serve_protect(struct serve *s, struct serve_guard *guard)
{
	serve_guard_free(s->guard);
	s->guard = guard;
}

void serve_stop(struct serve *s)
{
	s->stopped = true;
	close_doors(s);
	/* From the end: the last takes the place of one that goes. */
	for (unsigned i = s->count; i-- > 0;) {
		struct serve_request *v = s->visitors[i];

		v->last = true;
		if (v->state == VISITOR_STREAMING)
			serve_guard_finish(v->bev);
		if (v->state == VISITOR_ASKING || v->state == VISITOR_STREAMING)
			visitor_free(v);
	}
}

unsigned serve_count(const struct serve *s)
{
	return s->count;
}

void serve_free(struct serve *s)
{
	if (!s)
		return;
	while (s->count > 0)
		visitor_free(s->visitors[s->count - 1]);
	free(s->visitors);
	for (unsigned i = 0; i < s->door_count; i++)
		event_free(s->doors[i].event);
	loop_timer_free(s->resume);
	serve_guard_free(s->guard);
	free(s);
}
