#include "support/raw_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/mem.h"
#include "edge/loop.h"
#include "edge/stamp.h"

#define NEED(condition) need((condition), #condition, __LINE__)

enum { REQUEST_MAX = 1 << 20 };

struct raw_peer {
	struct raw_peer *next;
	struct raw_server *server;
	pthread_t thread;
	unsigned number;
	int fd;
	SSL *ssl;
	struct buf request;
	size_t used; /* of request: what the last one took */
	int64_t request_us;
	int64_t arrival_us;
	bool reset;
};

struct raw_server {
	struct raw_options o;
	SSL_CTX *tls;
	int listener;
	int ending[2]; /* readable, by its end, when all is to end */
	uint16_t port;
	pthread_t acceptor;
	pthread_mutex_t lock; /* around peers */
	struct raw_peer *peers;
	unsigned count;
};

static void need(bool true_it_is, const char *what, int line)
{
	if (true_it_is)
		return;
	fprintf(stderr, "raw_server.c:%d: %s\n", line, what);
	perror("raw_server");
	ERR_print_errors_fp(stderr);
	abort();
}

/* --- verbs --------------------------------------------------------------- */

unsigned raw_peer_number(const struct raw_peer *p)
{
	return p->number;
}

bool raw_tls(struct raw_peer *p)
{
	p->ssl = SSL_new(p->server->tls);
	NEED(p->ssl && SSL_set_fd(p->ssl, p->fd) == 1);
	return SSL_accept(p->ssl) == 1;
}

/* What there is, at most len bytes; 0 at the end. */
static size_t read_some(struct raw_peer *p, void *dst, size_t len)
{
	ssize_t got = p->ssl ? SSL_read(p->ssl, dst, (int)len)
			     : recv(p->fd, dst, len, 0);

	return got > 0 ? (size_t)got : 0;
}

bool raw_read(struct raw_peer *p, void *dst, size_t len)
{
	unsigned char *at = dst;

	while (len > 0) {
		size_t got = read_some(p, at, len);

		if (!got)
			return false;
		at += got;
		len -= got;
	}
	return true;
}

static size_t request_len(const struct buf *b)
{
	const char *text = buf_text(b);
	const char *blank = strstr(text, "\r\n\r\n");
	const char *field = blank ? strcasestr(text, "\r\ncontent-length:")
				  : NULL;
	size_t len = blank ? (size_t)(blank - text) + 4 : SIZE_MAX;

	if (field && field < blank)
		len += strtoul(field + 17, NULL, 10);
	return len;
}

bool raw_request(struct raw_peer *p)
{
	struct pollfd ready = { .fd = p->fd, .events = POLLIN };
	char some[16384];

	if (p->used) {
		memmove(p->request.data, p->request.data + p->used,
			p->request.len - p->used + 1);
		p->request.len -= p->used;
		p->used = 0;
	}
	if (!p->request.len && !(p->ssl && SSL_pending(p->ssl)) &&
	    poll(&ready, 1, -1) == 1)
		p->arrival_us = stamp_arrival_us(p->fd);
	while (request_len(&p->request) > p->request.len) {
		size_t got = read_some(p, some, sizeof(some));

		p->request_us = loop_clock_us();
		if (!got)
			return false;
		NEED(buf_add(&p->request, some, got));
	}
	p->used = request_len(&p->request);
	return true;
}

const char *raw_request_text(const struct raw_peer *p)
{
	return buf_text(&p->request);
}

int64_t raw_request_us(const struct raw_peer *p)
{
	return p->request_us;
}

int64_t raw_arrival_us(const struct raw_peer *p)
{
	return p->arrival_us;
}

bool raw_send(struct raw_peer *p, const void *data, size_t len)
{
	const unsigned char *at = data;

	while (len > 0) {
		ssize_t put = p->ssl ? SSL_write(p->ssl, at, (int)len)
				     : send(p->fd, at, len, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

bool raw_say(struct raw_peer *p, const char *text)
{
	return raw_send(p, text, strlen(text));
}

bool raw_drip(struct raw_peer *p, const char *text, int pause_ms)
{
	for (; *text; text++)
		if (!raw_send(p, text, 1) || !raw_wait_ms(p, pause_ms))
			return false;
	return true;
}

bool raw_wait_ms(struct raw_peer *p, int ms)
{
	struct pollfd end = { .fd = p->server->ending[0], .events = POLLIN };

	return poll(&end, 1, ms) == 0;
}

void raw_hang(struct raw_peer *p)
{
	struct pollfd either[] = {
		{ .fd = p->server->ending[0], .events = POLLIN },
		{ .fd = p->fd, .events = POLLRDHUP },
	};

	poll(either, 2, -1);
}

void raw_reset(struct raw_peer *p)
{
	p->reset = true;
}

/* --- the server ---------------------------------------------------------- */

static void *play(void *arg)
{
	struct raw_peer *p = arg;
	struct raw_server *s = p->server;
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	s->o.play(p, s->o.ctx);
	if (p->reset)
		setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	SSL_free(p->ssl);
	buf_release(&p->request);
	pthread_mutex_lock(&s->lock);
	close(p->fd);
	p->fd = -1;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct raw_server *s = arg;
	struct pollfd either[] = {
		{ .fd = s->ending[0], .events = POLLIN },
		{ .fd = s->listener, .events = POLLIN },
	};
	int on = 1;

	while (poll(either, 2, -1) > 0 && !either[0].revents) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		struct raw_peer *p = mem_zalloc(sizeof(*p));

		p->server = s;
		p->fd = fd;
		p->request = BUF_INIT(REQUEST_MAX);
		pthread_mutex_lock(&s->lock);
		p->number = s->count++;
		p->next = s->peers;
		s->peers = p;
		NEED(pthread_create(&p->thread, NULL, play, p) == 0);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static int agree(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		 const unsigned char *in, unsigned in_len, void *arg)
{
	const struct raw_server *s = arg;
	size_t len = strlen(s->o.alpn);

	(void)ssl;
	for (unsigned i = 0; i + 1 + len <= in_len; i += 1u + in[i]) {
		if (in[i] == len && memcmp(in + i + 1, s->o.alpn, len) == 0) {
			*out = in + i + 1;
			*out_len = (unsigned char)len;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static void set_up_tls(struct raw_server *s)
{
	s->tls = SSL_CTX_new(TLS_server_method());
	NEED(s->tls && SSL_CTX_use_certificate(s->tls, s->o.cert) == 1 &&
	     SSL_CTX_use_PrivateKey(s->tls, s->o.key) == 1);
	if (s->o.alpn)
		SSL_CTX_set_alpn_select_cb(s->tls, agree, s);
	if (s->o.tls_1_2)
		SSL_CTX_set_max_proto_version(s->tls, TLS1_2_VERSION);
}

static void set_up_socket(struct raw_server *s)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	bool six = s->o.ipv6;
	struct sockaddr *to = six ? (struct sockaddr *)&v6
				  : (struct sockaddr *)&v4;
	socklen_t len = six ? sizeof(v6) : sizeof(v4);

	s->listener = socket(six ? AF_INET6 : AF_INET,
			     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	NEED(s->listener >= 0);
	stamp_ask(s->listener);
	NEED(bind(s->listener, to, len) == 0);
	NEED(listen(s->listener, 512) == 0);
	NEED(getsockname(s->listener, to, &len) == 0);
	s->port = ntohs(six ? v6.sin6_port : v4.sin_port);
}

struct raw_server *raw_server_start(const struct raw_options *o)
{
	struct raw_server *s = mem_zalloc(sizeof(*s));

	/* TLS writes by write(), on both sides, and either may have gone. */
	signal(SIGPIPE, SIG_IGN);
	s->o = *o;
	if (o->key)
		set_up_tls(s);
	set_up_socket(s);
	NEED(pipe(s->ending) == 0);
	NEED(pthread_mutex_init(&s->lock, NULL) == 0);
	if (!o->silent)
		NEED(pthread_create(&s->acceptor, NULL, accept_all, s) == 0);
	return s;
}

void raw_server_stop(struct raw_server *s)
{
	if (!s)
		return;
	close(s->ending[1]);
	if (!s->o.silent)
		pthread_join(s->acceptor, NULL);
	close(s->listener);
	while (s->peers) {
		struct raw_peer *p = s->peers;

		pthread_mutex_lock(&s->lock);
		if (p->fd >= 0)
			shutdown(p->fd, SHUT_RDWR);
		pthread_mutex_unlock(&s->lock);
		pthread_join(p->thread, NULL);
		s->peers = p->next;
		free(p);
	}
	close(s->ending[0]);
	pthread_mutex_destroy(&s->lock);
	SSL_CTX_free(s->tls);
	free(s);
}

uint16_t raw_server_port(const struct raw_server *s)
{
	return s->port;
}

unsigned raw_server_peers(struct raw_server *s)
{
	unsigned count;

	pthread_mutex_lock(&s->lock);
	count = s->count;
	pthread_mutex_unlock(&s->lock);
	return count;
}
