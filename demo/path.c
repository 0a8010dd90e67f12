#include "path.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"

enum { READ_BYTES = 16 * 1024 };

enum parcel_kind { PARCEL_BYTES, PARCEL_END, PARCEL_RESET };

struct parcel {
	struct parcel *next;
	enum parcel_kind kind;
	int64_t due_us;
	size_t len, sent;
	char bytes[];
};

struct path {
	struct loop *loop;
	struct delay *delay;
	int to;
	path_over *over;
	void *ctx;
	struct event *readable, *writable;
	struct loop_timer *timer;
	struct parcel *first, **end;
	size_t held_bytes;
	int64_t last_due_us;
	bool closed; /* nothing more is taken in */
};

/* What a parcel costs in memory, so that many small ones count as well. */
static size_t cost(const struct parcel *p)
{
	return sizeof(*p) + p->len;
}

static void add(struct path *p, enum parcel_kind kind, const char *bytes,
		size_t len)
{
	struct parcel *parcel = mem_zalloc(sizeof(*parcel) + len);
	int64_t due_us = loop_clock_us() + delay_draw_us(p->delay);

	/* Nobody overtakes. */
	if (due_us < p->last_due_us)
		due_us = p->last_due_us;
	p->last_due_us = due_us;
	parcel->kind = kind;
	parcel->due_us = due_us;
	parcel->len = len;
	if (len)
		memcpy(parcel->bytes, bytes, len);
	if (!p->first)
		loop_timer_set(p->timer, due_us);
	*p->end = parcel;
	p->end = &parcel->next;
	p->held_bytes += cost(parcel);
	if (kind != PARCEL_BYTES)
		p->closed = true;
	if (p->closed || p->held_bytes >= PATH_HELD_BYTES)
		event_del(p->readable);
}

static void remove_first(struct path *p)
{
	struct parcel *parcel = p->first;

	p->first = parcel->next;
	if (!p->first)
		p->end = &p->first;
	p->held_bytes -= cost(parcel);
	free(parcel);
	if (!p->closed && p->held_bytes < PATH_HELD_BYTES)
		event_add(p->readable, NULL);
}

static void on_readable(int from, short what, void *ctx)
{
	struct path *p = ctx;
	char bytes[READ_BYTES];
	ssize_t n;

	(void)what;
	loop_now(p->loop);
	n = read(from, bytes, sizeof(bytes));
	if (n > 0)
		add(p, PARCEL_BYTES, bytes, (size_t)n);
	else if (n == 0)
		add(p, PARCEL_END, NULL, 0);
	else if (errno != EAGAIN && errno != EINTR)
		add(p, PARCEL_RESET, NULL, 0);
}

/* What became of the parcel that is due. */
enum delivery { DELIVERED, NO_ROOM, NOBODY_THERE };

static enum delivery deliver_bytes(int to, struct parcel *parcel)
{
	while (parcel->sent < parcel->len) {
		ssize_t n = send(to, parcel->bytes + parcel->sent,
				 parcel->len - parcel->sent, MSG_NOSIGNAL);

		if (n >= 0)
			parcel->sent += (size_t)n;
		else if (errno == EAGAIN)
			return NO_ROOM;
		else if (errno != EINTR)
			return NOBODY_THERE;
	}
	return DELIVERED;
}

static void end(struct path *p, enum path_end how)
{
	p->closed = true;
	event_del(p->readable);
	event_del(p->writable);
	loop_timer_clear(p->timer);
	p->over(p->ctx, p, how);
}

static void deliver(struct path *p)
{
	while (p->first) {
		struct parcel *parcel = p->first;

		if (parcel->due_us > loop_clock_us()) {
			loop_timer_set(p->timer, parcel->due_us);
			return;
		}
		switch (parcel->kind) {
		case PARCEL_END:
			shutdown(p->to, SHUT_WR);
			end(p, PATH_ENDED);
			return;
		case PARCEL_RESET:
			end(p, PATH_BROKEN);
			return;
		case PARCEL_BYTES:
			break;
		}
		switch (deliver_bytes(p->to, parcel)) {
		case NO_ROOM:
			event_add(p->writable, NULL);
			return;
		case NOBODY_THERE:
			end(p, PATH_REFUSED);
			return;
		case DELIVERED:
			remove_first(p);
		}
	}
}

static void on_due(void *ctx)
{
	struct path *p = ctx;

	/* Who waits for room goes on when there is some. */
	if (!event_pending(p->writable, EV_WRITE, NULL))
		deliver(p);
}

static void on_writable(int to, short what, void *ctx)
{
	struct path *p = ctx;

	(void)to;
	(void)what;
	loop_now(p->loop);
	deliver(p);
}

struct path *path_new(struct loop *l, struct delay *d, int from, int to,
		      path_over *over, void *ctx)
{
	struct path *p = mem_zalloc(sizeof(*p));

	p->loop = l;
	p->delay = d;
	p->to = to;
	p->over = over;
	p->ctx = ctx;
	p->end = &p->first;
	p->timer = loop_timer_new(l, on_due, p);
	p->readable = event_new(loop_base(l), from, EV_READ | EV_PERSIST,
				on_readable, p);
	p->writable = event_new(loop_base(l), to, EV_WRITE, on_writable, p);
	assert(p->readable && p->writable);
	event_add(p->readable, NULL);
	return p;
}

void path_free(struct path *p)
{
	if (!p)
		return;
	event_free(p->readable);
	event_free(p->writable);
	loop_timer_free(p->timer);
	while (p->first) {
		struct parcel *parcel = p->first;

		p->first = parcel->next;
		free(parcel);
	}
	free(p);
}

void path_break(struct path *p)
{
	if (!p->closed)
		add(p, PARCEL_RESET, NULL, 0);
}
