#include "edge/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"

enum { AT_ONCE = 64 };

struct bell {
	struct loop *loop;
	struct event *event;
	void (*rung)(void *ctx, uint16_t number);
	void *ctx;
};

bool bell_pipe(int fds[static 2], struct fail *why)
{
	return pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0 ||
	       fail_set(why, FAIL_OURS, "cannot make a pipe: %s",
			strerror(errno));
}

/* So short a write is whole or not done (pipe(7), PIPE_BUF). */
bool bell_ring(int fd, uint16_t number)
{
	return write(fd, &number, sizeof(number)) == sizeof(number);
}

static void on_bell(evutil_socket_t fd, short what, void *arg)
{
	struct bell *b = arg;
	uint16_t numbers[AT_ONCE];
	ssize_t len;

	(void)what;
	loop_now(b->loop);
	len = read(fd, numbers, sizeof(numbers));
	/* Nobody can ring any more: the end stays readable. */
	if (len == 0)
		event_del(b->event);
	for (ssize_t i = 0; i < len / (ssize_t)sizeof(numbers[0]); i++)
		b->rung(b->ctx, numbers[i]);
}

struct bell *bell_hear(struct loop *l, int fd,
		       void (*rung)(void *ctx, uint16_t number), void *ctx)
{
	struct bell *b = mem_zalloc(sizeof(*b));

	*b = (struct bell){ .loop = l, .rung = rung, .ctx = ctx };
	b->event =
		event_new(loop_base(l), fd, EV_READ | EV_PERSIST, on_bell, b);
	if (!b->event || event_add(b->event, NULL) != 0)
		abort(); /* memory: see base/mem.h */
	return b;
}

void bell_free(struct bell *b)
{
	if (!b)
		return;
	event_free(b->event);
	free(b);
}
