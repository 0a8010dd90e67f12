/* The loop: turns, timers, the order of work and the lag of it. */
#include "edge/loop.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"

enum { STEPS = 16 };

/* What call backs wrote down, in order. */
struct log {
	struct loop *loop;
	struct loop_timer *timer;
	char steps[STEPS];
	struct now now[STEPS];
	unsigned count;
	int64_t spin_us; /* what a call back takes */
	int64_t lag_us;
};

static int setup(void **state)
{
	struct log *g = mem_zalloc(sizeof(*g));
	struct fail why;

	assert_true(loop_new(&g->loop, &why));
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct log *g = *state;

	loop_timer_free(g->timer);
	loop_free(g->loop);
	free(g);
	return 0;
}

static void note(struct log *g, char step)
{
	assert_true(g->count < STEPS);
	g->now[g->count] = loop_now(g->loop);
	g->steps[g->count++] = step;
}

static void spin(int64_t us)
{
	int64_t end_us = loop_clock_us() + us;

	while (loop_clock_us() < end_us)
		;
}

static void stop(void *ctx)
{
	struct log *g = ctx;

	note(g, '.');
	loop_stop(g->loop);
}

static void stop_after(struct log *g, int64_t us)
{
	if (!g->timer)
		g->timer = loop_timer_new(g->loop, stop, g);
	loop_timer_set(g->timer, loop_clock_us() + us);
}

static void a_timer_fires_once_and_never_early(void **state)
{
	struct log *g = *state;

	for (int i = 0; i < 5; i++) {
		int64_t at_us = loop_clock_us() + 7 * US_PER_MS;

		stop_after(g, 7 * US_PER_MS);
		loop_run(g->loop);
		assert_true(loop_clock_us() >= at_us);
		assert_int_equal(g->count, i + 1);
	}
}

static void fire(void *ctx)
{
	note(ctx, 't');
}

static void a_cleared_timer_does_not_fire_and_a_set_one_moves(void **state)
{
	struct log *g = *state;
	struct loop_timer *cleared = loop_timer_new(g->loop, fire, g);
	struct loop_timer *moved = loop_timer_new(g->loop, fire, g);

	loop_timer_set(cleared, loop_clock_us());
	loop_timer_clear(cleared);
	loop_timer_set(moved, loop_clock_us() + US_PER_HOUR);
	loop_timer_set(moved, loop_clock_us() - US_PER_S);
	stop_after(g, 5 * US_PER_MS);
	loop_run(g->loop);
	assert_string_equal(g->steps, "t.");
	loop_timer_free(cleared);
	loop_timer_free(moved);
}

static void a_loop_with_nothing_to_wait_for_returns(void **state)
{
	struct log *g = *state;

	loop_run(g->loop);
	assert_int_equal(g->count, 0);
}

struct step {
	struct log *log;
	char name;
	enum loop_urgency urgency;
	struct event *event;
};

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct step *s = arg;

	(void)fd;
	(void)what;
	note(s->log, s->name);
	spin(s->log->spin_us);
	if (s->urgency == LOOP_HEAVY)
		loop_yield(s->log->loop);
}

static void arm_step(struct step *s, struct log *g, char name,
		     enum loop_urgency urgency)
{
	*s = (struct step){ .log = g, .name = name, .urgency = urgency };
	s->event = event_new(loop_base(g->loop), -1, 0, on_step, s);
	event_priority_set(s->event, (int)urgency);
	event_active(s->event, EV_TIMEOUT, 0);
}

static void urgent_work_goes_first_and_heavy_work_one_by_one(void **state)
{
	struct log *g = *state;
	struct step steps[5];

	arm_step(&steps[0], g, 'h', LOOP_HEAVY);
	arm_step(&steps[1], g, 'H', LOOP_HEAVY);
	arm_step(&steps[2], g, 'n', LOOP_NORMAL);
	arm_step(&steps[3], g, 'u', LOOP_URGENT);
	arm_step(&steps[4], g, 'v', LOOP_URGENT);
	g->spin_us = 200;
	stop_after(g, 5 * US_PER_MS);
	loop_run(g->loop);
	assert_string_equal(g->steps, "uvnhH.");
	/* One time for a turn; the second heavy piece has its own. */
	assert_int_equal(g->now[0].mono_us, g->now[1].mono_us);
	assert_true(g->now[4].mono_us > g->now[3].mono_us);
	for (int i = 0; i < 5; i++)
		event_free(steps[i].event);
}

static void spins(void *ctx)
{
	struct log *g = ctx;

	note(g, 's');
	spin(g->spin_us);
	g->lag_us = loop_lag_since(g->loop, loop_lag_mark(g->loop));
}

static void the_longest_turn_since_a_mark_is_the_lag(void **state)
{
	struct log *g = *state;
	struct loop_timer *t = loop_timer_new(g->loop, spins, g);
	int64_t before_us = loop_lag_mark(g->loop), after_us;

	g->spin_us = 20 * US_PER_MS;
	loop_timer_set(t, 0);
	stop_after(g, 30 * US_PER_MS);
	loop_run(g->loop);
	/* The turn that is running counts as far as it got. */
	assert_true(g->lag_us >= 20 * US_PER_MS);
	assert_true(loop_lag_since(g->loop, before_us) >= 20 * US_PER_MS);
	after_us = loop_lag_mark(g->loop);
	assert_int_equal(loop_lag_since(g->loop, after_us), 0);

	g->spin_us = 5 * US_PER_MS;
	loop_timer_set(t, 0);
	stop_after(g, 10 * US_PER_MS);
	loop_run(g->loop);
	assert_true(loop_lag_since(g->loop, before_us) >= 20 * US_PER_MS);
	assert_true(loop_lag_since(g->loop, after_us) >= 5 * US_PER_MS);
	assert_true(loop_lag_since(g->loop, after_us) <=
		    loop_lag_since(g->loop, before_us));
	loop_timer_free(t);
}

/* Many turns, each shorter than the one before: more than the table keeps. */
static void shrink(void *ctx)
{
	struct log *g = ctx;

	loop_now(g->loop);
	spin(g->spin_us);
	g->spin_us -= 10;
	if (g->spin_us > 0)
		loop_timer_set(g->timer, 0);
	else
		loop_stop(g->loop);
}

static void the_lag_is_never_less_than_it_was(void **state)
{
	struct log *g = *state;
	int64_t mark_us = loop_lag_mark(g->loop);

	g->spin_us = 3000;
	g->timer = loop_timer_new(g->loop, shrink, g);
	loop_timer_set(g->timer, 0);
	loop_run(g->loop);
	assert_true(loop_lag_since(g->loop, mark_us) >= 3000);
}

static void waiting_is_no_lag(void **state)
{
	struct log *g = *state;
	int64_t mark_us;

	/* Asked outside the loop, the time opens no turn. */
	loop_now(g->loop);
	mark_us = loop_lag_mark(g->loop);
	stop_after(g, 300 * US_PER_MS);
	loop_run(g->loop);
	assert_true(loop_lag_since(g->loop, mark_us) < 300 * US_PER_MS);
}

static void on_usr1(void *ctx)
{
	struct log *g = ctx;

	note(g, 'S');
	loop_stop(g->loop);
}

static void a_signal_is_told_in_the_loop(void **state)
{
	struct log *g = *state;

	loop_on_signal(g->loop, SIGUSR1, on_usr1, g);
	raise(SIGUSR1);
	assert_int_equal(g->count, 0);
	loop_run(g->loop);
	assert_string_equal(g->steps, "S");
}

static void the_three_clocks_are_told_apart(void **state)
{
	struct now a = clock_read();
	struct now b = clock_read();

	(void)state;
	assert_true(b.mono_us >= a.mono_us);
	assert_true(a.boot_us >= a.mono_us);
	assert_true(a.wall_us > INT64_C(1577836800000000)); /* 2020 */
}

/*
 * A timer that wants to be called every 5 ms and was once late, and work that
 * has to wait for its turn behind it.
 */
struct late {
	struct loop *loop;
	struct loop_timer *timer;
	int64_t began_us;
	unsigned fired, worked;
};

static void every_5_ms(void *ctx)
{
	struct late *l = ctx;

	if (l->fired++ == 0)
		spin(20 * US_PER_MS);
	if (loop_clock_us() - l->began_us > 200 * US_PER_MS || l->fired > 1000)
		loop_stop(l->loop);
	else
		loop_timer_set(l->timer,
			       loop_now(l->loop).mono_us + 5 * US_PER_MS);
}

static void on_work(evutil_socket_t fd, short what, void *ctx)
{
	struct late *l = ctx;

	(void)fd;
	(void)what;
	loop_now(l->loop);
	l->worked++;
}

static void who_was_late_once_does_not_stay_late_for_ever(void **state)
{
	struct log *g = *state;
	struct late l = { .loop = g->loop, .began_us = loop_clock_us() };
	struct event *work;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	work = event_new(loop_base(g->loop), ends[0], EV_READ | EV_PERSIST,
			 on_work, &l);
	event_priority_set(work, LOOP_HEAVY);
	event_add(work, NULL);
	l.timer = loop_timer_new(g->loop, every_5_ms, &l);
	loop_timer_set(l.timer, 0);
	loop_run(g->loop);
	assert_true(l.fired <= 50);
	assert_true(l.worked > 0);
	loop_timer_free(l.timer);
	event_free(work);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(who_was_late_once_does_not_stay_late_for_ever),
		T(a_timer_fires_once_and_never_early),
		T(a_cleared_timer_does_not_fire_and_a_set_one_moves),
		T(a_loop_with_nothing_to_wait_for_returns),
		T(urgent_work_goes_first_and_heavy_work_one_by_one),
		T(the_longest_turn_since_a_mark_is_the_lag),
		T(the_lag_is_never_less_than_it_was),
		T(waiting_is_no_lag),
		T(a_signal_is_told_in_the_loop),
		T(the_three_clocks_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
