#include "edge/loop.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "base/mem.h"

/* One of the longest turns: none that ended later was longer. */
struct long_turn {
	int64_t ended_us;
	int64_t took_us;
};

enum { LONG_TURNS = 128, SIGNALS_MAX = 8 };

struct on_signal {
	struct loop *loop;
	struct event *event;
	void (*call)(void *ctx);
	void *ctx;
};

struct loop {
	struct event_base *base;
	struct now now; /* of the turn, while in_turn */
	bool running;
	bool in_turn;
	struct timeval polled; /* when libevent last asked the kernel */
	bool stop;
	bool backlog;	 /* the last turn left work behind */
	int64_t busy_us; /* since when something was waiting */
	/* ended_us rises and took_us falls from first to last. */
	struct long_turn longest[LONG_TURNS];
	unsigned longest_count;
	struct on_signal signals[SIGNALS_MAX];
	unsigned signal_count;
};

struct loop_timer {
	struct loop *loop;
	struct event *event;
	int64_t at_us;
	void (*fire)(void *ctx);
	void *ctx;
};

static int64_t clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t loop_clock_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

struct now clock_read(void)
{
	return (struct now){
		.mono_us = clock_us(CLOCK_MONOTONIC),
		.boot_us = clock_us(CLOCK_BOOTTIME),
		.wall_us = clock_us(CLOCK_REALTIME),
	};
}

bool loop_new(struct loop **ret_loop, struct fail *why)
{
	struct event_base *base = event_base_new();

	if (!base || event_base_priority_init(base, LOOP_URGENCIES) != 0) {
		if (base)
			event_base_free(base);
		return fail_set(why, FAIL_OURS,
				"cannot make an event loop (libevent)");
	}

	struct loop *l = mem_zalloc(sizeof(*l));
	l->base = base;
	*ret_loop = l;
	return true;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < l->signal_count; i++)
		event_free(l->signals[i].event);
	event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

/*
 * Keeps for every point in time the longest turn that ended after it. When the
 * table is full, the last two become one that is at least as long as both.
 */
static void remember_turn(struct loop *l, int64_t ended_us, int64_t took_us)
{
	while (l->longest_count &&
	       l->longest[l->longest_count - 1].took_us <= took_us)
		l->longest_count--;
	if (l->longest_count == LONG_TURNS) {
		l->longest[LONG_TURNS - 1].ended_us = ended_us;
		return;
	}
	l->longest[l->longest_count++] =
		(struct long_turn){ .ended_us = ended_us, .took_us = took_us };
}

static void end_turn(struct loop *l)
{
	int64_t now_us;

	l->backlog =
		event_base_get_num_events(l->base, EVENT_BASE_COUNT_ACTIVE) > 0;
	if (!l->in_turn)
		return;
	now_us = loop_clock_us();
	remember_turn(l, now_us, now_us - l->now.mono_us);
	l->in_turn = false;
}

/*
 * libevent may ask the kernel and call us several times before it returns to
 * loop_run(), as long as something is left to do. Each time it has asked, the
 * time that it keeps for itself is another, and so is the turn: a turn that
 * took its time from an earlier one would set timers into the past, and they
 * would fire again and again.
 */
static bool has_polled_again(struct loop *l)
{
	struct timeval polled;

	event_base_gettimeofday_cached(l->base, &polled);
	if (polled.tv_sec == l->polled.tv_sec &&
	    polled.tv_usec == l->polled.tv_usec)
		return false;
	l->polled = polled;
	return true;
}

struct now loop_now(struct loop *l)
{
	if (!l->running)
		return clock_read();
	if (has_polled_again(l))
		end_turn(l);
	if (!l->in_turn) {
		l->in_turn = true;
		l->now = clock_read();
		if (!l->backlog)
			l->busy_us = l->now.mono_us;
	}
	return l->now;
}

void loop_run(struct loop *l)
{
	assert(!l->running);
	l->running = true;
	l->stop = false;
	while (!l->stop) {
		int left = event_base_loop(l->base, EVLOOP_ONCE);

		end_turn(l);
		if (left != 0)
			break;
	}
	l->running = false;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
	event_base_loopbreak(l->base);
}

void loop_yield(struct loop *l)
{
	event_base_loopbreak(l->base);
}

int64_t loop_backlog_us(struct loop *l)
{
	return l->in_turn ? loop_clock_us() - l->busy_us : 0;
}

int64_t loop_lag_mark(struct loop *l)
{
	(void)l;
	return loop_clock_us();
}

int64_t loop_lag_since(struct loop *l, int64_t mark)
{
	int64_t longest_us = 0;

	for (unsigned i = l->longest_count; i > 0; i--) {
		if (l->longest[i - 1].ended_us <= mark)
			break;
		longest_us = l->longest[i - 1].took_us;
	}
	if (l->in_turn) {
		int64_t so_far_us = loop_clock_us() - l->now.mono_us;

		if (so_far_us > longest_us)
			longest_us = so_far_us;
	}
	return longest_us;
}

static void arm(struct loop_timer *t)
{
	int64_t wait_us = t->at_us - loop_clock_us();
	struct timeval tv = { 0, 0 };

	if (wait_us > 0) {
		tv.tv_sec = (time_t)(wait_us / US_PER_S);
		tv.tv_usec = (suseconds_t)(wait_us % US_PER_S);
	}
	event_add(t->event, &tv);
}

/* libevent's own clock is coarse and cached: it may call a little too early. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	loop_now(t->loop);
	if (loop_clock_us() < t->at_us)
		arm(t);
	else
		t->fire(t->ctx);
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fire)(void *ctx),
				  void *ctx)
{
	struct loop_timer *t = mem_zalloc(sizeof(*t));

	t->loop = l;
	t->fire = fire;
	t->ctx = ctx;
	t->event = evtimer_new(l->base, on_timer, t);
	if (!t->event)
		abort(); /* memory: see base/mem.h */
	return t;
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	event_free(t->event);
	free(t);
}

void loop_timer_set(struct loop_timer *t, int64_t mono_us)
{
	t->at_us = mono_us;
	arm(t);
}

void loop_timer_clear(struct loop_timer *t)
{
	event_del(t->event);
}

static void on_signal_event(evutil_socket_t fd, short what, void *arg)
{
	struct on_signal *s = arg;

	(void)fd;
	(void)what;
	loop_now(s->loop);
	s->call(s->ctx);
}

void loop_on_signal(struct loop *l, int signal, void (*on_signal)(void *ctx),
		    void *ctx)
{
	assert(l->signal_count < SIGNALS_MAX);
	struct on_signal *s = &l->signals[l->signal_count++];

	*s = (struct on_signal){ .loop = l, .call = on_signal, .ctx = ctx };
	s->event = evsignal_new(l->base, signal, on_signal_event, s);
	if (!s->event || event_add(s->event, NULL) != 0)
		abort();
}
