/* Connections as the kernel sees them. */
#include "edge/http_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/stamp.h"

/*
 * libcurl opens a connection: the first of this exchange, or another because a
 * kept one died under the request before one byte of an answer.
 */
curl_socket_t http_socket_open(void *session, curlsocktype purpose,
			       struct curl_sockaddr *address)
{
	struct http_session *s = session;
	struct http_transfer *t = &s->t;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
			address->protocol);

	(void)purpose;
	if (fd < 0) {
		http_decide(s, OUTCOME_SELF, "cannot open a socket: %s",
			    strerror(errno));
		return CURL_SOCKET_BAD;
	}

	stamp_ask(fd);

	struct http_conn *c = mem_zalloc(sizeof(*c));
	c->session = s;
	c->fd = fd;
	c->next = s->conns;
	s->conns = c;
	if (t->e.request_bytes > 0) {
		t->e.resends++;
		t->e.request_bytes = 0;
		t->e.tls_version[0] = t->e.cipher[0] = '\0';
	}
	t->e.marks = MARKS_NONE;
	t->e.marks.dns_us = t->address_us;
	t->conn = c;
	t->opened = t->opened_now = true;
	http_enter(s, STEP_CONNECT);
	return fd;
}

int http_socket_close(void *session, curl_socket_t fd)
{
	struct http_session *s = session;
	struct http_conn *c = http_conn_find(s, (int)fd);

	if (c) {
		if (s->t.running && s->t.conn == c)
			http_conn_report(s, c);
		http_conn_forget(s, c);
	}
	return close(fd);
}

void http_conn_forget(struct http_session *s, struct http_conn *c)
{
	struct http_conn **at = &s->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (s->t.conn == c)
		s->t.conn = NULL;
	free(c);
}

bool http_socket_is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}

struct http_conn *http_conn_find(struct http_session *s, int fd)
{
	struct http_conn *c = s->conns;

	while (c && c->fd != fd)
		c = c->next;
	return c;
}

void http_conn_report(struct http_session *s, const struct http_conn *c)
{
	struct exchange *e = &s->t.e;
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	text_copy(e->tls_version, sizeof(e->tls_version), c->tls_version);
	text_copy(e->cipher, sizeof(e->cipher), c->cipher);
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return;
	/* No round trip has been seen before the connection stands. */
	if (info.tcpi_rtt)
		e->rtt_us = (int64_t)info.tcpi_rtt;
	e->retransmits = info.tcpi_total_retrans;
}
