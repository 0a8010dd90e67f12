#include "edge/responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/listener.h"
#include "edge/responder_request.h"
#include "edge/stamp.h"

enum {
	GUESTS_MAX = 128,
	DISCARD_MAX = 64 * 1024, /* read and dropped after our answer */
};
#define GUEST_US (10 * US_PER_S)
#define LEAVING_US (2 * US_PER_S)
#define PAUSE_US (US_PER_S / 4)

struct entry {
	struct entry *next;
	char *token;
	char *answer;
	responder_seen *seen;
	void *ctx;
};

/* A connection of somebody. The list has the newest first. */
struct guest {
	struct guest *next;
	struct responder *responder;
	struct event *event;
	struct loop_timer *timer;
	struct ip from;
	int fd;
	int64_t first_us; /* 0 before the first byte */
	bool leaving;	  /* answered: what else it sends is dropped */
	size_t dropped;
	size_t len;
	char head[RESPONDER_HEAD_BYTES];
};

struct door {
	struct responder *responder;
	struct event *event;
	int fd;
};

struct responder {
	struct loop *loop;
	struct door doors[LISTENER_SOCKETS];
	unsigned door_count;
	struct loop_timer *resume; /* after a lack of descriptors */
	struct entry *entries;
	struct guest *guests;
	unsigned guest_count;
	uint16_t port;
};

static void guest_free(struct guest *g)
{
	struct guest **at = &g->responder->guests;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	g->responder->guest_count--;
	event_free(g->event);
	loop_timer_free(g->timer);
	close(g->fd);
	free(g);
}

static void on_guest_late(void *ctx)
{
	guest_free(ctx);
}

/* False when there is none. A CA that comes now matters more. */
static bool drop_oldest(struct responder *r)
{
	struct guest *g = r->guests;

	if (!g)
		return false;
	while (g->next)
		g = g->next;
	guest_free(g);
	return true;
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	}
	return "Bad Request";
}

/*
 * Sends the answer, which always fits into a fresh socket's buffer, and says
 * that it was all. To close at once could reset the connection under it.
 */
static void reply(struct guest *g, int status, const char *body, bool is_head)
{
	struct buf b = BUF_INIT(16384);

	buf_addf(&b,
		 "HTTP/1.1 %d %s\r\n"
		 "Content-Type: %s\r\n"
		 "Content-Length: %zu\r\n"
		 "%s"
		 "Connection: close\r\n"
		 "\r\n",
		 status, reason(status),
		 status == 200 ? "application/octet-stream" : "text/plain",
		 strlen(body), status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!is_head)
		buf_add_text(&b, body);
	if (send(g->fd, b.data, b.len, MSG_NOSIGNAL) < 0 ||
	    shutdown(g->fd, SHUT_WR) != 0)
		loop_timer_set(g->timer, 0);
	else
		loop_timer_set(g->timer, loop_clock_us() + LEAVING_US);
	buf_release(&b);
	g->leaving = true;
	g->len = 0;
}

static struct entry *find(struct responder *r, const char *token)
{
	struct entry *e = r->entries;

	while (e && strcmp(e->token, token) != 0)
		e = e->next;
	return e;
}

static void serve(struct guest *g, size_t head_len)
{
	struct responder *r = g->responder;
	struct responder_request request;
	int status = responder_read(g->head, head_len, &request);
	struct entry *e = status == 200 ? find(r, request.token) : NULL;

	if (!e) {
		status = status == 200 ? 404 : status;
		reply(g, status, "no such challenge here\n", false);
		return;
	}

	struct ip from = g->from;
	int64_t first_us = g->first_us;

	reply(g, 200, e->answer, request.is_head);
	/* A HEAD proves nothing. The call may forget this very entry. */
	if (e->seen && !request.is_head)
		e->seen(e->ctx, request.token, &from, first_us);
}

static void on_guest(evutil_socket_t fd, short what, void *arg)
{
	struct guest *g = arg;
	ssize_t got;
	size_t head_len;

	(void)what;
	loop_now(g->responder->loop);
	if (!g->first_us)
		g->first_us = stamp_arrival_us(fd);
	got = recv(fd, g->head + g->len, sizeof(g->head) - g->len, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		guest_free(g);
		return;
	}
	if (g->leaving) {
		g->dropped += (size_t)got;
		if (g->dropped > DISCARD_MAX)
			guest_free(g);
		return;
	}
	g->len += (size_t)got;
	head_len = responder_head_end(g->head, g->len);
	if (head_len) {
		serve(g, head_len);
	} else if (g->len == sizeof(g->head)) {
		reply(g, 431, "too long\n", false);
	}
}

static struct ip ip_of(const struct sockaddr_storage *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct ip ip = { .family = IP_V4 };

	if (address->ss_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(ip.bytes, &v4.sin_addr, 4);
	} else {
		memcpy(&v6, address, sizeof(v6));
		memcpy(ip.bytes, &v6.sin6_addr, 16);
		ip.family = IP_V6;
	}
	return ip;
}

static void welcome(struct responder *r, int fd,
		    const struct sockaddr_storage *from)
{
	struct guest *g = mem_zalloc(sizeof(*g));

	g->responder = r;
	g->fd = fd;
	g->from = ip_of(from);
	g->event = event_new(loop_base(r->loop), fd, EV_READ | EV_PERSIST,
			     on_guest, g);
	if (!g->event)
		abort();
	event_priority_set(g->event, LOOP_URGENT);
	event_add(g->event, NULL);
	g->timer = loop_timer_new(r->loop, on_guest_late, g);
	loop_timer_set(g->timer, loop_clock_us() + GUEST_US);
	g->next = r->guests;
	r->guests = g;
	r->guest_count++;
}

static void on_door(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;
	struct responder *r = door->responder;
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	int guest;

	(void)what;
	loop_now(r->loop);
	if (r->guest_count >= GUESTS_MAX)
		drop_oldest(r);
	guest = accept4(fd, (struct sockaddr *)&from, &len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (guest >= 0) {
		welcome(r, guest, &from);
		return;
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
	    errno != ENOMEM)
		return;
	if (drop_oldest(r))
		return;
	for (unsigned i = 0; i < r->door_count; i++)
		event_del(r->doors[i].event);
	loop_timer_set(r->resume, loop_clock_us() + PAUSE_US);
}

static void on_resume(void *ctx)
{
	struct responder *r = ctx;

	for (unsigned i = 0; i < r->door_count; i++)
		event_add(r->doors[i].event, NULL);
}

static void watch(struct responder *r, int fd)
{
	struct door *door = &r->doors[r->door_count++];

	door->responder = r;
	door->fd = fd;
	stamp_ask(fd);
	door->event = event_new(loop_base(r->loop), fd, EV_READ | EV_PERSIST,
				on_door, door);
	if (!door->event)
		abort();
	event_priority_set(door->event, LOOP_URGENT);
	event_add(door->event, NULL);
}

bool responder_new(struct loop *l, const char *address,
		   struct responder **ret_responder, struct fail *why)
{
	struct listener listener;
	struct responder *r;

	if (!listener_open(address, &listener, why))
		return false;
	r = mem_zalloc(sizeof(*r));
	r->loop = l;
	r->port = listener.port;
	r->resume = loop_timer_new(l, on_resume, r);
	for (unsigned i = 0; i < listener.count; i++)
		watch(r, listener.fds[i]);
	*ret_responder = r;
	return true;
}

static void entry_free(struct entry *e)
{
	free(e->token);
	free(e->answer);
	free(e);
}

void responder_free(struct responder *r)
{
	struct guest *next;

	if (!r)
		return;
	for (struct guest *g = r->guests; g; g = next) {
		next = g->next;
		guest_free(g);
	}
	for (unsigned i = 0; i < r->door_count; i++) {
		event_free(r->doors[i].event);
		close(r->doors[i].fd);
	}
	while (r->entries) {
		struct entry *e = r->entries;

		r->entries = e->next;
		entry_free(e);
	}
	loop_timer_free(r->resume);
	free(r);
}

uint16_t responder_port(const struct responder *r)
{
	return r->port;
}

void responder_add(struct responder *r, const char *token, const char *answer,
		   responder_seen *seen, void *ctx)
{
	struct entry *e = find(r, token);

	if (!e) {
		e = mem_zalloc(sizeof(*e));
		e->token = mem_strdup(token);
		e->next = r->entries;
		r->entries = e;
	}
	free(e->answer);
	e->answer = mem_strdup(answer);
	e->seen = seen;
	e->ctx = ctx;
}

void responder_forget(struct responder *r, const void *ctx)
{
	struct entry **at = &r->entries;

	while (*at) {
		struct entry *e = *at;

		if (e->ctx != ctx) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		entry_free(e);
	}
}
