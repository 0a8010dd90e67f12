/*
 * libcurl's multi interface on libevent, one multi for each session: its pool
 * of connections and its TLS sessions are the session's own.
 */
#include "edge/http_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "edge/stamp.h"

/* A bearer token is a line of a file, which may have 4 KiB (edge/file.h). */
enum { HEADER_MAX = 16 * 1024 };

/* Marks that TCP is connected; harmless when it was known already. */
static void mark_connected(struct http_session *s)
{
	struct http_transfer *t = &s->t;

	if (t->step != STEP_CONNECT)
		return;
	t->e.marks.connect_us = http_since_start_us(s);
	if (t->conn)
		t->conn->stands = true;
	http_enter(s, t->url.https ? STEP_TLS : STEP_SEND);
}

static void mark_sent(struct http_session *s, size_t len)
{
	struct http_transfer *t = &s->t;

	mark_connected(s);
	t->e.request_bytes += (int64_t)len;
	/* What follows an early answer moves no mark. */
	if (t->step != STEP_SEND && t->step != STEP_ANSWER)
		return;
	t->e.marks.sent_us = http_since_start_us(s);
	http_enter(s, STEP_ANSWER);
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t len,
		    void *session)
{
	static const char connected[] = "Connected to ", goaway[] = "GOAWAY";
	struct http_session *s = session;

	(void)easy;
	switch (type) {
	case CURLINFO_TEXT:
		/* On loopback this comes before the socket's own event. */
		if (len >= sizeof(connected) - 1 &&
		    memcmp(data, connected, sizeof(connected) - 1) == 0)
			mark_connected(s);
		else if (s->t.step >= STEP_SEND &&
			 memmem(data, len, goaway, sizeof(goaway) - 1))
			s->t.goaway = true;
		break;
	case CURLINFO_HEADER_OUT:
	case CURLINFO_DATA_OUT:
		mark_sent(s, len);
		break;
	case CURLINFO_HEADER_IN:
	case CURLINFO_DATA_IN:
	case CURLINFO_SSL_DATA_IN:
	case CURLINFO_SSL_DATA_OUT:
	case CURLINFO_END:
		break;
	}
	return 0;
}

/* "HTTP/1.1 103 Early Hints" is an interim answer, which is none yet. */
static void status_line(struct http_session *s, const char *line, size_t len)
{
	struct http_transfer *t = &s->t;
	int64_t arrival_us = t->arrival_us - t->start_us;
	const char *space = memchr(line, ' ', len);
	const char *code = space ? space + 1 : line;
	size_t left = len - (size_t)(code - line);

	t->new_block = false;
	t->interim = left >= 3 && code[0] == '1';
	if (t->interim && memcmp(code, "101", 3) == 0)
		http_decide(s, OUTCOME_PROTOCOL,
			    "the server switches to another protocol (101), "
			    "which nobody asked for");
	if (t->interim)
		return;
	/* An answer to a request of this very call has no note of its own. */
	t->e.marks.first_us = arrival_us > t->e.marks.sent_us
				      ? arrival_us
				      : http_since_start_us(s);
	http_enter(s, STEP_RECEIVE);
}

static size_t on_header(char *data, size_t size, size_t count, void *session)
{
	struct http_session *s = session;
	struct http_transfer *t = &s->t;
	size_t len = size * count;
	bool blank = len > 0 && (data[0] == '\r' || data[0] == '\n');

	if (t->step == STEP_OVER)
		return 0;
	t->e.header_bytes += (int64_t)len;
	if ((uint64_t)t->e.header_bytes > s->limits.header_bytes) {
		http_decide(s, OUTCOME_PROTOCOL,
			    "the header of the answer is longer than %zu bytes",
			    s->limits.header_bytes);
		return 0;
	}
	if (t->headers_over)
		return len;
	if (t->new_block)
		status_line(s, data, len);
	if (t->step == STEP_OVER)
		return 0;
	if (!t->interim)
		buf_add(&t->reply_head, data, len);
	if (blank && t->interim)
		t->new_block = true;
	else if (blank)
		t->headers_over = true;
	return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *session)
{
	struct http_session *s = session;
	size_t len = size * count;

	if (s->t.step == STEP_OVER)
		return 0;
	s->t.e.body_bytes += (int64_t)len;
	if (buf_add(&s->t.reply_body, data, len))
		return len;
	http_decide(s, OUTCOME_PROTOCOL,
		    "the body of the answer is longer than %zu bytes",
		    s->limits.body_bytes);
	return 0;
}

/* The work that is left once somebody else's mark has been taken. */
static bool is_heavy(const struct http_session *s)
{
	return s->t.step == STEP_TLS ||
	       (s->t.step == STEP_CONNECT && s->t.url.https);
}

static void on_ready(evutil_socket_t fd, short what, void *arg);

/*
 * While connecting a socket is watched for one event only, and urgently: the
 * mark is taken then, and the handshake waits its turn.
 */
static void watch(struct http_watch *w, short what)
{
	struct http_session *s = w->session;
	bool connecting = s->t.step == STEP_CONNECT;

	event_del(w->event);
	w->what = what;
	event_assign(w->event, loop_base(s->loop), w->fd,
		     (short)(what | (connecting ? 0 : EV_PERSIST)), on_ready,
		     w);
	event_priority_set(w->event, !connecting && is_heavy(s) ? LOOP_HEAVY
								: LOOP_URGENT);
	event_add(w->event, NULL);
}

/* After libcurl worked: what it left as it was may wait for something else. */
static void watch_again(struct http_session *s)
{
	for (struct http_watch *w = s->watches; w; w = w->next) {
		if (!event_pending(w->event, EV_READ | EV_WRITE, NULL))
			watch(w, w->what);
		else if (!is_heavy(s))
			event_priority_set(w->event, LOOP_URGENT);
	}
}

static void settle(struct http_session *s)
{
	if (http_curl_harvest(s))
		http_finish(s);
	else
		watch_again(s);
}

static void act(struct http_session *s, curl_socket_t fd, int mask)
{
	int running;

	s->t.opened_now = false;
	curl_multi_socket_action(s->multi, fd, mask, &running);
	s->t.arrival_us = 0;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct http_watch *w = arg;
	struct http_session *s = w->session;
	struct loop *l = s->loop;
	int64_t backlog_us;
	bool heavy;

	loop_now(l);
	if (s->t.step == STEP_CONNECT && http_socket_is_connected(fd)) {
		mark_connected(s);
		if (s->t.step == STEP_TLS) {
			event_priority_set(w->event, LOOP_HEAVY);
			event_active(w->event, what, 0);
			return;
		}
	}
	heavy = is_heavy(s);
	backlog_us = heavy ? loop_backlog_us(l) : 0;
	if (backlog_us > s->t.backlog_us)
		s->t.backlog_us = backlog_us;
	if (s->t.step == STEP_ANSWER && what & EV_READ)
		s->t.arrival_us = stamp_arrival_us(fd);
	act(s, fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) |
		    (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
	settle(s);
	/* The session may be gone. */
	if (heavy)
		loop_yield(l);
}

static void unwatch(struct http_session *s, struct http_watch *w)
{
	struct http_watch **at = &s->watches;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	event_free(w->event);
	free(w);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *session,
		     void *known)
{
	struct http_session *s = session;
	struct http_watch *w = known;
	short events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			unwatch(s, w);
		return 0;
	}
	if (!w) {
		w = mem_zalloc(sizeof(*w));
		w->session = s;
		w->fd = fd;
		w->event = event_new(loop_base(s->loop), fd, 0, on_ready, w);
		if (!w->event)
			abort();
		w->next = s->watches;
		s->watches = w;
		curl_multi_assign(s->multi, fd, w);
	}
	events |= what & CURL_POLL_IN ? EV_READ : 0;
	events |= what & CURL_POLL_OUT ? EV_WRITE : 0;
	watch(w, events);
	if (!s->t.conn)
		s->t.conn = http_conn_find(s, fd);
	return 0;
}

static void on_curl_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_session *s = arg;

	(void)fd;
	(void)what;
	loop_now(s->loop);
	act(s, CURL_SOCKET_TIMEOUT, 0);
	settle(s);
}

static int on_curl_wants_timer(CURLM *multi, long wait_ms, void *session)
{
	struct http_session *s = session;
	struct timeval tv = { wait_ms / 1000, wait_ms % 1000 * 1000 };

	(void)multi;
	if (wait_ms < 0)
		event_del(s->curl_timer);
	else
		event_add(s->curl_timer, &tv);
	return 0;
}

/* What is the same for every request of the session. */
static void set_up(struct http_session *s)
{
	CURL *c = s->easy;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, s->http->user_agent);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->curl_words);
	/* Ours are shorter, and know which phase they end. */
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 86400000L);
	/* Roots come from the trust store, which was parsed once. */
	curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, http_tls_context);
	curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, s);
	if (s->certificate) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, s->certificate);
		curl_easy_setopt(c, CURLOPT_SSLKEY, s->key);
	}
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, http_socket_open);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, s);
	curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, http_socket_close);
	curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, s);
	curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(c, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
}

void http_curl_open(struct http_session *s)
{
	s->easy = curl_easy_init();
	s->multi = curl_multi_init();
	s->curl_timer = evtimer_new(loop_base(s->loop), on_curl_timer, s);
	if (!s->easy || !s->multi || !s->curl_timer)
		abort();
	event_priority_set(s->curl_timer, LOOP_URGENT);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION,
			  on_curl_wants_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_HOSTS);
}

void http_curl_close(struct http_session *s)
{
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi);
	event_free(s->curl_timer);
	while (s->watches)
		unwatch(s, s->watches);
	while (s->conns)
		http_conn_forget(s, s->conns);
}

/* Appends "name: value"; the list is freed with the exchange. */
static void add_header(struct http_session *s, const char *name,
		       const char *value)
{
	struct buf line = BUF_INIT(HEADER_MAX);
	struct curl_slist *longer;

	buf_addf(&line, "%s: %s", name, value);
	longer = curl_slist_append(s->t.head, buf_text(&line));
	assert(!line.full);
	buf_release(&line);
	if (!longer)
		abort();
	s->t.head = longer;
}

void http_curl_prepare(struct http_session *s, const struct http_request *r)
{
	CURL *c = s->easy;

	/*
	 * libcurl 7.88 counts the times that a kept connection died under a
	 * request over all requests of a handle, and fails the sixth. Only a
	 * reset forgets them; connections stay, they are the multi's.
	 */
	curl_easy_reset(c);
	set_up(s);
	s->curl_words[0] = '\0';
	curl_easy_setopt(c, CURLOPT_URL, r->url);
	if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else if (strcmp(r->method, "GET") == 0) {
		curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	} else {
		assert(strcmp(r->method, "POST") == 0);
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)r->body_len);
		curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS,
				 r->body ? r->body : "");
		add_header(s, "Content-Type",
			   r->content_type ? r->content_type
					   : "application/octet-stream");
		/* A 100 (Continue) would put a round trip into "send". */
		s->t.head = curl_slist_append(s->t.head, "Expect:");
	}
	if (r->accept)
		add_header(s, "Accept", r->accept);
	if (r->if_none_match && r->if_none_match[0])
		add_header(s, "If-None-Match", r->if_none_match);
	if (r->if_modified_since && r->if_modified_since[0])
		add_header(s, "If-Modified-Since", r->if_modified_since);
	if (r->bearer) {
		struct buf value = BUF_INIT(HEADER_MAX);

		buf_addf(&value, "Bearer %s", r->bearer);
		add_header(s, "Authorization", buf_text(&value));
		buf_release(&value);
	}
	if (r->key)
		add_header(s, "Idempotency-Key", r->key);
	/* RFC 8555 6.1; problem documents are shown and stored in English. */
	add_header(s, "Accept-Language", "en");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, s->t.head);
}

void http_curl_go(struct http_session *s)
{
	struct http_transfer *t = &s->t;
	char address[IP_TEXT], to[IP_TEXT + 16];
	bool is_v6 = t->host->ip.family == IP_V6;

	t->e.remote = t->host->ip;
	t->e.remote_port = t->url.port;
	ip_print(address, &t->host->ip);
	snprintf(to, sizeof(to), is_v6 ? "::[%s]:%u" : "::%s:%u", address,
		 (unsigned)t->url.port);
	t->connect_to = curl_slist_append(NULL, to);
	if (!t->connect_to)
		abort();
	curl_easy_setopt(s->easy, CURLOPT_CONNECT_TO, t->connect_to);
	http_enter(s, STEP_SEND);
	t->running = true;
	if (curl_multi_add_handle(s->multi, s->easy) != CURLM_OK) {
		t->running = false;
		http_decide(s, OUTCOME_SELF, "libcurl takes no request");
		return;
	}
	act(s, CURL_SOCKET_TIMEOUT, 0);
	watch_again(s);
}

static void ask_version(struct http_session *s)
{
	long version = 0;

	curl_easy_getinfo(s->easy, CURLINFO_HTTP_VERSION, &version);
	switch (version) {
	case CURL_HTTP_VERSION_1_0:
		s->t.e.http_version = 10;
		break;
	case CURL_HTTP_VERSION_1_1:
		s->t.e.http_version = 11;
		break;
	case CURL_HTTP_VERSION_2_0:
		s->t.e.http_version = 20;
		break;
	case CURL_HTTP_VERSION_3:
		s->t.e.http_version = 30;
		break;
	}
}

void http_curl_stop(struct http_session *s)
{
	struct http_transfer *t = &s->t;
	curl_socket_t fd = CURL_SOCKET_BAD;
	long status = 0;

	if (!t->running)
		return;
	if (t->e.marks.first_us != MARK_NONE) {
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
		t->e.status = (int)status;
		ask_version(s);
	}
	curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (!t->conn && fd != CURL_SOCKET_BAD)
		t->conn = http_conn_find(s, (int)fd);
	if (t->conn)
		http_conn_report(s, t->conn);
	t->e.reused = !t->opened && t->e.request_bytes > 0;
	curl_multi_remove_handle(s->multi, s->easy);
	t->running = false;
	/* libcurl 7.88 does not tell when it closes what never stood. */
	if (t->conn && !t->conn->stands)
		http_conn_forget(s, t->conn);
	/* The lists go with the exchange, the handle stays. */
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(s->easy, CURLOPT_CONNECT_TO, NULL);
}

bool http_curl_harvest(struct http_session *s)
{
	long status = 0, os_errno = 0;
	CURLMsg *m;
	int left;

	while (s->t.running && (m = curl_multi_info_read(s->multi, &left))) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &os_errno);
		if (m->data.result != CURLE_OK)
			http_end_curl(s, m->data.result, os_errno);
		else if (!s->t.headers_over)
			/* libcurl takes what came before for an answer. */
			http_decide(s, OUTCOME_CLOSED,
				    "the server closed the connection within "
				    "the header");
		else if (status < 100)
			http_decide(s, OUTCOME_PROTOCOL,
				    "the answer has the status %ld, expected "
				    "100 to 599",
				    status);
		else
			http_decide(s, OUTCOME_OK, "%s", "");
	}
	return s->t.step == STEP_OVER;
}
