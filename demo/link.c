#include "link.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "door.h"
#include "path.h"

enum link_step {
	LINK_SYN,     /* it has left the near end */
	LINK_DIAL,    /* the far end is asked */
	LINK_SYN_ACK, /* the answer is on its way back */
	LINK_OPEN,    /* the near end is met */
	LINK_STANDS
};

struct link {
	struct link *next;
	struct links *links;
	enum link_step step;
	struct sockaddr_in who;
	int near, far; /* -1: none */
	bool refused;  /* there is nobody at the far end */
	struct loop_timer *timer;
	struct event *connected;
	struct path *out, *back; /* NULL: over */
};

struct links {
	struct loop *loop;
	struct delay *delay;
	struct sockaddr_in to;
	struct door *door;
	struct link *first;
	unsigned count;
};

static void reset(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static void forget(const struct link *k)
{
	struct link **at = &k->links->first;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	k->links->count--;
}

static void link_free(struct link *k, bool orderly)
{
	if (k->connected)
		event_free(k->connected);
	path_free(k->out);
	path_free(k->back);
	loop_timer_free(k->timer);
	if (orderly) {
		close(k->near);
		close(k->far);
	} else {
		reset(k->near);
		reset(k->far);
	}
	forget(k);
	free(k);
}

/* Waits until the socket has connected or cannot. */
static void watch(struct link *k, int fd, event_callback_fn on_connected)
{
	if (k->connected)
		event_free(k->connected);
	k->connected = event_new(loop_base(k->links->loop), fd, EV_WRITE,
				 on_connected, k);
	assert(k->connected);
	event_add(k->connected, NULL);
}

static bool has_connected(int fd)
{
	const int yes = 1;
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error)
		return false;
	/* What arrived together leaves together; nothing waits for more. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return true;
}

static void on_path_over(void *ctx, struct path *p, enum path_end how)
{
	struct link *k = ctx;
	struct path **other = p == k->out ? &k->back : &k->out;

	if (how == PATH_BROKEN) {
		link_free(k, false);
		return;
	}
	if (p == k->out)
		k->out = NULL;
	else
		k->back = NULL;
	path_free(p);
	if (!*other)
		link_free(k, true);
	else if (how == PATH_REFUSED)
		path_break(*other);
}

/* The near end and the far end are both met. */
static void on_opened(int near, short what, void *ctx)
{
	struct link *k = ctx;
	struct links *ls = k->links;

	(void)what;
	loop_now(ls->loop);
	if (!has_connected(near) || k->refused) {
		link_free(k, false);
		return;
	}
	k->step = LINK_STANDS;
	k->out =
		path_new(ls->loop, ls->delay, k->near, k->far, on_path_over, k);
	k->back =
		path_new(ls->loop, ls->delay, k->far, k->near, on_path_over, k);
}

/* The answer begins its way back. */
static void send_back(struct link *k, bool refused)
{
	k->refused = refused;
	k->step = LINK_SYN_ACK;
	loop_timer_set(k->timer,
		       loop_clock_us() + delay_draw_us(k->links->delay));
}

static void on_dialled(int far, short what, void *ctx)
{
	struct link *k = ctx;

	(void)what;
	loop_now(k->links->loop);
	send_back(k, !has_connected(far));
}

static void dial(struct link *k)
{
	const struct sockaddr_in *to = &k->links->to;

	k->step = LINK_DIAL;
	k->far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->far < 0 ||
	    (connect(k->far, (const struct sockaddr *)to, sizeof(*to)) != 0 &&
	     errno != EINPROGRESS))
		send_back(k, true);
	else
		watch(k, k->far, on_dialled);
}

static void open_near(struct link *k)
{
	k->step = LINK_OPEN;
	k->near = door_open(k->links->door, &k->who);
	if (k->near < 0)
		link_free(k, false);
	else
		watch(k, k->near, on_opened);
}

static void on_arrived(void *ctx)
{
	struct link *k = ctx;

	switch (k->step) {
	case LINK_SYN:
		dial(k);
		return;
	case LINK_SYN_ACK:
		open_near(k);
		return;
	case LINK_DIAL:
	case LINK_OPEN:
	case LINK_STANDS:
		return;
	}
}

static bool is_on_its_way(const struct links *ls, const struct sockaddr_in *who)
{
	for (const struct link *k = ls->first; k; k = k->next) {
		if (k->step != LINK_STANDS &&
		    k->who.sin_port == who->sin_port &&
		    k->who.sin_addr.s_addr == who->sin_addr.s_addr)
			return true;
	}
	return false;
}

static void on_knock(void *ctx, const struct sockaddr_in *who)
{
	struct links *ls = ctx;
	struct link *k;

	if (ls->count >= LINK_CONNECTIONS || is_on_its_way(ls, who))
		return;
	k = mem_zalloc(sizeof(*k));
	k->links = ls;
	k->step = LINK_SYN;
	k->who = *who;
	k->near = -1;
	k->far = -1;
	k->timer = loop_timer_new(ls->loop, on_arrived, k);
	k->next = ls->first;
	ls->first = k;
	ls->count++;
	loop_timer_set(k->timer, loop_clock_us() + delay_draw_us(ls->delay));
}

bool links_new(struct loop *l, struct delay *d,
	       const struct sockaddr_in *listen, const struct sockaddr_in *to,
	       struct links **ret_links, struct fail *why)
{
	struct links *ls = mem_zalloc(sizeof(*ls));

	ls->loop = l;
	ls->delay = d;
	ls->to = *to;
	if (!door_new(l, listen, on_knock, ls, &ls->door, why)) {
		free(ls);
		return false;
	}
	*ret_links = ls;
	return true;
}

void links_free(struct links *ls)
{
	if (!ls)
		return;
	for (struct link *k = ls->first, *next; k; k = next) {
		next = k->next;
		link_free(k, false);
	}
	door_free(ls->door);
	free(ls);
}
