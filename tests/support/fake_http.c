#include "support/fake_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	CONNECTIONS = 64,
	REQUEST_BYTES = 1 << 20,
	REPLY_BYTES = 64 << 20,
	HUGE_BYTES = 1 << 30,
};

struct connection {
	struct fake_http *http;
	pthread_t thread;
	int fd;
};

struct fake_http {
	fake_answer *answer;
	fake_after *after;
	void *ctx;
	pthread_mutex_t lock; /* around answer() and each fd */
	pthread_t acceptor;
	int listener;
	uint16_t port;
	atomic_bool ending;
	struct connection connections[CONNECTIONS];
	unsigned count;
};

static void need(bool true_it_is, const char *what)
{
	if (true_it_is)
		return;
	fprintf(stderr, "fake_http: %s: %s\n", what, strerror(errno));
	abort();
}

/* False when the peer is gone; the rest is then not sent. */
static bool put(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		data += sent;
		len -= (size_t)sent;
	}
	return true;
}

static bool put_text(int fd, const char *text)
{
	return put(fd, text, strlen(text));
}

/* Waits, unless the peer or the test goes away meanwhile; true to go on. */
static bool wait_ms(const struct connection *c, int ms)
{
	for (int left = ms; left > 0; left -= 50) {
		struct pollfd peer = { .fd = c->fd, .events = POLLRDHUP };

		if (atomic_load(&c->http->ending))
			return false;
		if (poll(&peer, 1, left < 50 ? left : 50) != 0)
			return false;
	}
	return true;
}

/* --- reading a request -------------------------------------------------- */

/* Reads until `in` holds at least len bytes. */
static bool fill(int fd, struct buf *in, size_t len)
{
	char chunk[4096];

	while (in->len < len) {
		ssize_t got = recv(fd, chunk, sizeof(chunk), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || !buf_add(in, chunk, (size_t)got))
			return false;
	}
	return true;
}

static size_t content_length(const char *head, size_t head_len)
{
	const char *end = head + head_len;

	for (const char *p = head; p < end; p = strchr(p, '\n') + 1) {
		if (strncasecmp(p, "content-length:", 15) == 0)
			return strtoul(p + 15, NULL, 10);
	}
	return 0;
}

/* One request from the front of `in`; *ret_used bytes belong to it. */
static bool read_request(int fd, struct buf *in, struct fake_request *request,
			 size_t *ret_used)
{
	const char *blank;

	while (!(blank = strstr(buf_text(in), "\r\n\r\n")))
		if (!fill(fd, in, in->len + 1))
			return false;
	size_t head_len = (size_t)(blank - in->data) + 4;
	size_t body_len = content_length(in->data, head_len);

	if (!fill(fd, in, head_len + body_len) ||
	    sscanf(in->data, "%15s %511s", request->method, request->path) != 2)
		return false;
	*ret_used = head_len + body_len;
	request->body_len = body_len;
	request->body = in->data + head_len;
	return true;
}

static void drop_front(struct buf *in, size_t len)
{
	memmove(in->data, in->data + len, in->len - len + 1);
	in->len -= len;
}

/* --- writing an answer -------------------------------------------------- */

static bool put_dripping(const struct connection *c, const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (!put(c->fd, b->data + i, 1) || !wait_ms(c, 1000))
			return false;
	return true;
}

static bool put_chunked(int fd, const struct buf *b)
{
	for (size_t i = 0; i < b->len; i += 7) {
		size_t len = b->len - i < 7 ? b->len - i : 7;
		char size[32];

		snprintf(size, sizeof(size), "%zx\r\n", len);
		if (!put_text(fd, size) || !put(fd, b->data + i, len) ||
		    !put_text(fd, "\r\n"))
			return false;
	}
	return put_text(fd, "0\r\n\r\n");
}

static bool put_endlessly(const struct connection *c, const char *unit,
			  size_t most)
{
	size_t len = strlen(unit);

	for (size_t sent = 0; sent < most; sent += len)
		if (atomic_load(&c->http->ending) || !put(c->fd, unit, len))
			return false;
	return true;
}

static void add_head(struct buf *head, const struct fake_reply *reply)
{
	bool chunked = reply->wire == WIRE_CHUNKED ||
		       reply->wire == WIRE_ENDLESS;

	buf_addf(head, "HTTP/1.1 %03d Text\r\n%s", reply->status,
		 buf_text(&reply->headers));
	if (chunked)
		buf_add_text(head, "Transfer-Encoding: chunked\r\n");
	else
		buf_addf(head, "Content-Length: %zu\r\n",
			 reply->wire == WIRE_HUGE ? (size_t)HUGE_BYTES
						  : reply->body.len);
	if (reply->wire != WIRE_ENDLESS_HEADERS)
		buf_add_text(head, "\r\n");
}

static void reset(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Sixteen KiB of the same, so that a gigabyte is sent in no time. */
static void fill_block(char block[static 16385], const char *unit)
{
	size_t len = strlen(unit);

	for (size_t i = 0; i < 16384; i++)
		block[i] = unit[i % len];
	block[16384 / len * len] = '\0';
}

/* Head and body as they should be, or not; true to go on. */
static bool put_reply(const struct connection *c, const struct fake_reply *r,
		      const struct buf *head, bool no_body)
{
	char block[16385];

	switch (r->wire) {
	case WIRE_PLAIN:
		return put(c->fd, head->data, head->len) &&
		       (no_body || put(c->fd, buf_text(&r->body), r->body.len));
	case WIRE_CHUNKED:
		return put(c->fd, head->data, head->len) &&
		       (no_body || put_chunked(c->fd, &r->body));
	case WIRE_HANG:
		return wait_ms(c, 3600 * 1000);
	case WIRE_CLOSE:
		return false;
	case WIRE_RESET:
		reset(c->fd);
		return false;
	case WIRE_CUT:
		return put(c->fd, head->data, head->len) &&
		       put(c->fd, buf_text(&r->body), r->body.len / 2) && false;
	case WIRE_CUT_HEADERS:
		return put(c->fd, head->data, head->len / 2) && false;
	case WIRE_DRIP:
		return put(c->fd, head->data, head->len) &&
		       put_dripping(c, &r->body);
	case WIRE_DRIP_HEADERS:
		return put_dripping(c, head);
	case WIRE_HUGE:
		fill_block(block, "0");
		return put(c->fd, head->data, head->len) &&
		       put_endlessly(c, block, HUGE_BYTES);
	case WIRE_ENDLESS:
		fill_block(block, "8\r\n{\"a\":[[[\r\n");
		return put(c->fd, head->data, head->len) &&
		       put_endlessly(c, block, SIZE_MAX / 2);
	case WIRE_ENDLESS_HEADERS:
		fill_block(block, "X-Again: and again\r\n");
		return put(c->fd, head->data, head->len) &&
		       put_endlessly(c, block, SIZE_MAX / 2);
	case WIRE_ENDLESS_INTERIM:
		fill_block(block, "HTTP/1.1 100 Continue\r\n\r\n");
		return put_endlessly(c, block, SIZE_MAX / 2);
	case WIRE_RAW:
		return put(c->fd, buf_text(&r->body), r->body.len) && false;
	}
	return false;
}

/* One request and its answer; false ends the connection. */
static bool serve_one(struct connection *c, struct buf *in)
{
	struct fake_http *h = c->http;
	struct fake_request request;
	struct fake_reply reply = {
		.status = 200,
		.headers = BUF_INIT(REPLY_BYTES),
		.body = BUF_INIT(REPLY_BYTES),
	};
	struct buf head = BUF_INIT(REPLY_BYTES);
	size_t used = 0;

	if (!read_request(c->fd, in, &request, &used))
		return false;
	pthread_mutex_lock(&h->lock);
	h->answer(h->ctx, &request, &reply);
	pthread_mutex_unlock(&h->lock);
	add_head(&head, &reply);
	bool go_on = put_reply(c, &reply, &head,
			       strcmp(request.method, "HEAD") == 0);

	if (h->after)
		h->after(h->ctx, &request);
	buf_release(&head);
	buf_release(&reply.headers);
	buf_release(&reply.body);
	drop_front(in, used);
	return go_on;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	struct buf in = BUF_INIT(REQUEST_BYTES);

	while (!atomic_load(&c->http->ending) && serve_one(c, &in))
		;
	buf_release(&in);
	/* Under the lock, so that fake_http_stop() never meets a stale fd. */
	pthread_mutex_lock(&c->http->lock);
	close(c->fd);
	c->fd = -1;
	pthread_mutex_unlock(&c->http->lock);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct fake_http *h = arg;

	while (!atomic_load(&h->ending)) {
		int one = 1, fd = accept(h->listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (h->count == CONNECTIONS || atomic_load(&h->ending)) {
			close(fd);
			continue;
		}
		struct connection *c = &h->connections[h->count++];

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->http = h;
		c->fd = fd;
		need(pthread_create(&c->thread, NULL, serve, c) == 0,
		     "pthread_create");
	}
	return NULL;
}

struct fake_http *fake_http_start(fake_answer *answer, fake_after *after,
				  void *ctx)
{
	struct fake_http *h = mem_zalloc(sizeof(*h));
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);

	h->answer = answer;
	h->after = after;
	h->ctx = ctx;
	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	need(h->listener >= 0, "socket");
	need(bind(h->listener, (struct sockaddr *)&address, len) == 0, "bind");
	need(listen(h->listener, 64) == 0, "listen");
	getsockname(h->listener, (struct sockaddr *)&address, &len);
	h->port = ntohs(address.sin_port);
	need(pthread_mutex_init(&h->lock, NULL) == 0, "pthread_mutex_init");
	need(pthread_create(&h->acceptor, NULL, accept_all, h) == 0,
	     "pthread_create");
	return h;
}

uint16_t fake_http_port(const struct fake_http *h)
{
	return h->port;
}

void fake_http_stop(struct fake_http *h)
{
	atomic_store(&h->ending, true);
	shutdown(h->listener, SHUT_RDWR);
	pthread_join(h->acceptor, NULL);
	close(h->listener);
	for (unsigned i = 0; i < h->count; i++) {
		struct connection *c = &h->connections[i];

		pthread_mutex_lock(&h->lock);
		if (c->fd >= 0)
			shutdown(c->fd, SHUT_RDWR);
		pthread_mutex_unlock(&h->lock);
		pthread_join(c->thread, NULL);
	}
	pthread_mutex_destroy(&h->lock);
	free(h);
}
