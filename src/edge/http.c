#include "edge/http.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "acme/policy.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/http_private.h"
#include "edge/stamp.h"

bool http_new(struct loop *l, const char *user_agent, struct http **ret_http,
	      struct fail *why)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fail_set(why, FAIL_OURS, "cannot start libcurl");

	struct http *h = mem_zalloc(sizeof(*h));
	h->loop = l;
	h->resolver = resolver_new(l);
	h->user_agent = mem_strdup(user_agent);
	h->stamping = stamp_keep_on();
	*ret_http = h;
	return true;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	resolver_free(h->resolver);
	free(h->user_agent);
	if (h->stamping >= 0)
		close(h->stamping);
	free(h);
	curl_global_cleanup();
}

bool http_dns_servers(struct http *h, const char *servers, struct fail *why)
{
	return resolver_use(h->resolver, servers, why);
}

int64_t http_since_start_us(const struct http_session *s)
{
	return loop_clock_us() - s->t.start_us;
}

/* The limit of one step alone; 0 where only the total counts. */
int64_t http_step_limit_us(const struct http_session *s)
{
	switch (s->t.step) {
	case STEP_CONNECT:
		return s->limits.connect_us;
	case STEP_TLS:
		return s->limits.tls_us;
	case STEP_ANSWER:
		return s->limits.answer_us;
	case STEP_IDLE:
	case STEP_DNS: /* the resolver keeps its own */
	case STEP_SEND:
	case STEP_RECEIVE:
	case STEP_OVER:
		return 0;
	}
	return 0;
}

void http_enter(struct http_session *s, enum http_step step)
{
	int64_t end_us = s->t.start_us + s->limits.total_us;
	int64_t step_us;

	s->t.step = step;
	s->t.step_us = loop_clock_us();
	if (step == STEP_IDLE || step == STEP_OVER) {
		loop_timer_clear(s->limit);
		return;
	}
	step_us = http_step_limit_us(s);
	if (step_us && s->t.step_us + step_us < end_us)
		end_us = s->t.step_us + step_us;
	loop_timer_set(s->limit, end_us);
}

void http_decide(struct http_session *s, enum outcome outcome,
		 const char *format, ...)
{
	struct exchange *e = &s->t.e;
	char words[EXCHANGE_DETAIL] = "";
	va_list args;

	if (s->t.step == STEP_OVER)
		return;
	e->outcome = outcome;
	e->marks.done_us = http_since_start_us(s);
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	text_printable(e->detail, sizeof(e->detail), words, strlen(words));
	http_enter(s, STEP_OVER);
}

/* Frees what belongs to the exchange alone. */
static void transfer_clear(struct http_session *s)
{
	struct http_transfer *t = &s->t;

	http_curl_stop(s);
	if (t->query)
		resolve_cancel(t->query);
	event_del(s->late);
	loop_timer_clear(s->limit);
	curl_slist_free_all(t->head);
	curl_slist_free_all(t->connect_to);
	buf_release(&t->reply_head);
	buf_release(&t->reply_body);
	*t = (struct http_transfer){ .step = STEP_IDLE };
}

void http_finish(struct http_session *s)
{
	struct http_transfer *t = &s->t;

	assert(t->step == STEP_OVER);
	http_curl_stop(s);
	t->e.lag_us = loop_lag_since(s->loop, t->lag_mark);
	if (t->backlog_us > t->e.lag_us)
		t->e.lag_us = t->backlog_us;
	exchange_check_marks(&t->e);

	struct exchange e = t->e;
	struct buf head = t->reply_head;
	struct buf body = t->reply_body;
	struct http_reply reply = {
		.headers = buf_text(&head),
		.headers_len = head.len,
		.body = buf_text(&body),
		.body_len = body.len,
		.network_is_ours = t->network_is_ours,
	};
	http_done *done = t->done;
	void *ctx = t->ctx;

	t->reply_head = t->reply_body = (struct buf){ 0 };
	transfer_clear(s);
	done(ctx, &e, &reply);
	buf_release(&head);
	buf_release(&body);
}

static void on_limit(void *ctx)
{
	struct http_session *s = ctx;

	http_end_limit(s);
	http_finish(s);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct http_session *s = arg;

	(void)fd;
	(void)what;
	loop_now(s->loop);
	http_finish(s);
}

static void limits_default(struct http_limits *l)
{
	static const struct http_limits usual = {
		.dns_us = 5 * US_PER_S,
		.connect_us = 10 * US_PER_S,
		.tls_us = 10 * US_PER_S,
		.answer_us = 30 * US_PER_S,
		.total_us = 60 * US_PER_S,
		.header_bytes = 32 * 1024,
		.body_bytes = 1024 * 1024,
	};

	l->dns_us = l->dns_us ? l->dns_us : usual.dns_us;
	l->connect_us = l->connect_us ? l->connect_us : usual.connect_us;
	l->tls_us = l->tls_us ? l->tls_us : usual.tls_us;
	l->answer_us = l->answer_us ? l->answer_us : usual.answer_us;
	l->total_us = l->total_us ? l->total_us : usual.total_us;
	l->header_bytes = l->header_bytes ? l->header_bytes
					  : usual.header_bytes;
	l->body_bytes = l->body_bytes ? l->body_bytes : usual.body_bytes;
}

struct http_session *http_session_new(struct http *h,
				      const struct http_session_options *o)
{
	struct http_session *s = mem_zalloc(sizeof(*s));

	s->http = h;
	s->loop = h->loop;
	s->family = o->family;
	s->limits = o->limits;
	s->any_address = o->any_address;
	s->certificate = mem_strdup(o->certificate);
	s->key = mem_strdup(o->key);
	limits_default(&s->limits);
	s->usable = !o->resolve || url_pin_parse(o->resolve, s->pinned.name,
						 &s->pinned.ip, &s->why_not);
	if (o->trust)
		s->roots = http_tls_roots(o->trust);
	s->limit = loop_timer_new(s->loop, on_limit, s);
	s->late = evtimer_new(loop_base(s->loop), on_late, s);
	if (!s->late)
		abort();
	http_curl_open(s);
	return s;
}

void http_session_free(struct http_session *s)
{
	if (!s)
		return;
	transfer_clear(s);
	http_curl_close(s);
	http_tls_roots_free(s->roots);
	loop_timer_free(s->limit);
	event_free(s->late);
	free(s->certificate);
	free(s->key);
	free(s);
}

/* Keeps the address of a new host, if it may be asked and there is room. */
static bool keep_host(struct http_session *s, const struct ip *ip, bool trusted)
{
	char text[IP_TEXT];

	if (s->host_count == HTTP_HOSTS) {
		http_decide(s, OUTCOME_PROTOCOL,
			    "%s is one host too many: at most %d are asked for "
			    "one certificate",
			    s->t.url.host, HTTP_HOSTS);
		return false;
	}
	if (s->host_count && !trusted && !s->any_address &&
	    !policy_allows_address(&s->hosts[0].ip, ip)) {
		ip_print(text, ip);
		http_decide(s, OUTCOME_PROTOCOL,
			    "%s is at %s, which is not a public address: not "
			    "asked",
			    s->t.url.host, text);
		return false;
	}

	struct http_host *host = &s->hosts[s->host_count++];
	text_copy(host->name, sizeof(host->name), s->t.url.host);
	host->ip = *ip;
	s->t.host = host;
	return true;
}

static void on_resolved(void *ctx, const struct ip *address,
			const struct fail *why)
{
	struct http_session *s = ctx;

	s->t.query = NULL;
	s->t.address_us = http_since_start_us(s);
	if (!address) {
		s->t.network_is_ours = true;
		http_decide(s, OUTCOME_DNS, "%s", why->text);
	} else if (keep_host(s, address, false)) {
		s->t.e.marks.dns_us = s->t.address_us;
		http_curl_go(s);
	}
	if (http_curl_harvest(s))
		http_finish(s);
}

/* Whether an address that nobody looked up is of the family that is asked. */
static bool suits(struct http_session *s, const struct ip *ip)
{
	char text[IP_TEXT];

	if (ip->family == IP_NONE || s->family == IP_NONE ||
	    ip->family == s->family)
		return true;
	ip_print(text, ip);
	s->t.network_is_ours = true;
	http_decide(s, OUTCOME_DNS,
		    "%s is not an %s address, and only those are asked", text,
		    ip_family_name(s->family));
	return false;
}

/* Finds the address; false when that takes a while or ended the exchange. */
static bool find_host(struct http_session *s)
{
	const struct url *url = &s->t.url;
	struct ip ip;

	for (unsigned i = 0; i < s->host_count; i++) {
		if (strcmp(s->hosts[i].name, url->host) == 0) {
			s->t.host = &s->hosts[i];
			return true;
		}
	}
	if (text_same_nocase(s->pinned.name, url->host))
		return suits(s, &s->pinned.ip) &&
		       keep_host(s, &s->pinned.ip, true);
	if (resolve_known(url->host, s->family, &ip))
		return keep_host(s, &ip, false);
	if (!suits(s, &url->address))
		return false;
	http_enter(s, STEP_DNS);
	s->t.query = resolve_start(s->http->resolver, url->host, s->family,
				   s->limits.dns_us, on_resolved, s);
	return false;
}

void http_send(struct http_session *s, const struct http_request *request,
	       http_done *done, void *ctx)
{
	struct http_transfer *t = &s->t;
	struct now now = clock_read();
	struct fail why;

	assert(t->step == STEP_IDLE);
	*t = (struct http_transfer){
		.done = done,
		.ctx = ctx,
		.start_us = now.mono_us,
		.lag_mark = loop_lag_mark(s->loop),
		.new_block = true,
		.reply_head = BUF_INIT(s->limits.header_bytes),
		.reply_body = BUF_INIT(s->limits.body_bytes),
	};
	t->e.wall_us = now.wall_us;
	t->e.marks = MARKS_NONE;
	t->e.rtt_us = -1;
	t->e.retry_after_us = -1;
	http_enter(s, STEP_SEND);
	if (!s->usable) {
		http_decide(s, OUTCOME_SELF, "%s", s->why_not.text);
	} else if (!url_parse(request->url, &t->url, &why)) {
		http_decide(s, OUTCOME_PROTOCOL, "%s", why.text);
	} else {
		http_curl_prepare(s, request);
		if (find_host(s))
			http_curl_go(s);
	}
	t->url.target = NULL; /* borrowed from the caller */
	if (http_curl_harvest(s))
		event_active(s->late, EV_TIMEOUT, 0);
}

void http_abort(struct http_session *s, enum outcome outcome, const char *why)
{
	if (s->t.step == STEP_IDLE)
		return;
	http_decide(s, outcome, "%s", why);
	http_finish(s);
}
