#include "app/prober.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/controls.h"
#include "app/recorder.h"
#include "app/roots.h"
#include "app/user_agent.h"
#include "app/watched.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/bell.h"
#include "edge/loop.h"
#include "edge/random.h"
#include "edge/store.h"
#include "measure/clockwatch.h"

enum {
	TICK_US = 1000000,
	/*
	 * After the start and a jump of the clock: what is old is not decided
	 * for so long.
	 */
	DOUBT_S = 600,
	/* One page of the database then holds a few rows that are written. */
	LINGER_US = 250000,
	/* Between two visits to the disk that can wait for a quiet moment. */
	REST_S = 30,
};

struct prober {
	const struct config *config;
	struct loop *loop;
	struct http *http;
	struct responder *responder;
	struct store *store;
	struct recorder *recorder;
	struct roots *roots;
	struct controls *controls;
	struct clockwatch clock;
	struct loop_timer *tick;
	struct loop_timer *record; /* the recorder wants to be called */
	struct bell *looks;
	struct watched_shared shared;
	struct watched **cas;
	size_t ca_count;
	unsigned *control_numbers;
	bool ending;
	int64_t interrupt_at_us; /* mono; while ending */
	int64_t expire_at_us;	 /* mono */
	int64_t rest_at_us;	 /* mono */
};

/* --- what happens to the station ---------------------------------------- */

static void record(struct prober *p, enum store_event kind, int64_t from_us,
		   int64_t until_us, const char *detail)
{
	recorder_event(p->recorder, kind, from_us, until_us, detail,
		       loop_now(p->loop));
	fprintf(stderr, "acmeter station: %s: %s\n", store_event_slug(kind),
		detail);
}

static void record_now(struct prober *p, enum store_event kind,
		       const char *detail)
{
	int64_t wall_us = loop_now(p->loop).wall_us;

	record(p, kind, wall_us, wall_us, detail);
}

static void sight_changed(void *ctx, enum sight sight)
{
	struct prober *p = ctx;

	switch (sight) {
	case SIGHT_BLIND:
		record_now(p, EVENT_BLIND,
			   "the control targets do not answer: what fails "
			   "now may be our own network");
		break;
	case SIGHT_SIGHTED:
		record_now(p, EVENT_SIGHTED, "the control targets answer");
		break;
	case SIGHT_UNKNOWN:
		break;
	}
}

static void note_clock(struct prober *p, const struct clockwatch_event *e)
{
	static const struct {
		enum store_event kind;
		const char *words;
	} kinds[] = {
		[CLOCKWATCH_SUSPEND] = { EVENT_SUSPEND,
					 "the machine slept for" },
		[CLOCKWATCH_STEP] = { EVENT_CLOCK, "the clock was moved by" },
		[CLOCKWATCH_STALL] = { EVENT_STALL,
				       "this process stood still for" },
	};
	char detail[128];

	snprintf(detail, sizeof(detail), "%s %.1f s", kinds[e->kind].words,
		 (double)e->size_us / 1e6);
	record(p, kinds[e->kind].kind, e->from_wall_us, e->to_wall_us, detail);
}

static void watch_clock(struct prober *p, struct now now)
{
	struct clockwatch_event events[CLOCKWATCH_EVENTS];
	unsigned count = clockwatch_see(&p->clock, now, TICK_US, events);

	for (unsigned i = 0; i < count; i++)
		note_clock(p, &events[i]);
	if (count)
		p->expire_at_us = now.mono_us + DOUBT_S * US_PER_S;
	for (size_t i = 0; count && i < p->ca_count; i++)
		watched_paused(p->cas[i]);
}

/* --- ending ------------------------------------------------------------- */

static unsigned running(const struct prober *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->ca_count; i++)
		n += watched_running(p->cas[i]);
	return n;
}

static void end_if_idle(struct prober *p)
{
	if (p->ending && running(p) == 0)
		loop_stop(p->loop);
}

static void issuance_ended(void *ctx)
{
	end_if_idle(ctx);
}

static void on_term(void *ctx)
{
	struct prober *p = ctx;

	if (p->ending)
		return;
	p->ending = true;
	p->interrupt_at_us =
		loop_now(p->loop).mono_us + p->config->stop_grace_us;
	for (size_t i = 0; i < p->ca_count; i++)
		watched_stop(p->cas[i]);
	end_if_idle(p);
}

/* The web process has the same configuration; what it says is checked. */
static void on_look(void *ctx, uint16_t number)
{
	struct prober *p = ctx;

	if (number < p->ca_count && !p->ending)
		watched_look(p->cas[number]);
}

static void on_hup(void *ctx)
{
	record_now(ctx, EVENT_CONFIG,
		   "a new configuration was refused; the old one stays");
}

static void on_record(void *ctx)
{
	struct prober *p = ctx;
	struct now now = loop_now(p->loop);

	loop_timer_set(p->record,
		       now.mono_us + recorder_tick(p->recorder, now));
}

static void on_linger(void *ctx)
{
	struct prober *p = ctx;

	loop_timer_set(p->record, loop_now(p->loop).mono_us + LINGER_US);
}

/* What the recorder does when there is time: forgetting. */
static void tend_record(struct prober *p, struct now now)
{
	if (now.mono_us >= p->expire_at_us)
		p->expire_at_us =
			now.mono_us + recorder_expire(p->recorder, now);
	if (now.mono_us >= p->rest_at_us && running(p) == 0) {
		recorder_rest(p->recorder);
		p->rest_at_us = now.mono_us + REST_S * US_PER_S;
	}
}

static void on_tick(void *ctx)
{
	struct prober *p = ctx;
	struct now now = loop_now(p->loop);

	loop_timer_set(p->tick, now.mono_us + TICK_US);
	watch_clock(p, now);
	tend_record(p, now);
	if (p->ending && now.mono_us >= p->interrupt_at_us) {
		for (size_t i = 0; i < p->ca_count; i++)
			watched_interrupt(p->cas[i]);
	}
}

/* --- made ready --------------------------------------------------------- */

static bool needs_responder(const struct config *c)
{
	for (size_t i = 0; i < c->ca_count; i++) {
		if (!c->cas[i].shallow)
			return true;
	}
	return false;
}

static bool open_edges(struct prober *p, struct fail *why)
{
	const struct config *c = p->config;
	struct recorder_limits limits = RECORDER_LIMITS;

	limits.keep_ok_us = c->keep_exchanges_us;
	limits.keep_failed_us = c->keep_failures_us;
	limits.linger_us = LINGER_US;
	limits.lingers = on_linger;
	limits.ctx = p;
	if (!loop_new(&p->loop, why))
		return false;
	p->record = loop_timer_new(p->loop, on_record, p);
	return http_new(p->loop, USER_AGENT, &p->http, why) &&
	       (!needs_responder(c) ||
		responder_new(p->loop, c->responder, &p->responder, why)) &&
	       store_open(c->database, STORE_WRITE, &p->store, why) &&
	       recorder_new(p->store, &limits, loop_now(p->loop), &p->recorder,
			    why);
}

static bool number_controls(struct prober *p, struct fail *why)
{
	const struct config *c = p->config;

	p->control_numbers = mem_array(c->control_count, sizeof(unsigned));
	for (size_t i = 0; i < c->control_count; i++) {
		if (!recorder_ca(p->recorder, c->controls[i].name,
				 c->controls[i].url, true,
				 &p->control_numbers[i], why))
			return false;
	}
	return true;
}

static bool open_controls(struct prober *p, struct fail *why)
{
	if (!number_controls(p, why))
		return false;
	p->controls = controls_new(&(struct controls_setup){
		.loop = p->loop,
		.http = p->http,
		.recorder = p->recorder,
		.roots = p->roots,
		.config = p->config,
		.numbers = p->control_numbers,
		.changed = sight_changed,
		.ctx = p,
	});
	return true;
}

static bool open_cas(struct prober *p, struct fail *why)
{
	const struct config *c = p->config;
	uint64_t seed = c->seed;

	if (!seed && !random_bytes(&seed, sizeof(seed), why))
		return false;
	p->shared = (struct watched_shared){
		.loop = p->loop,
		.http = p->http,
		.responder = p->responder,
		.recorder = p->recorder,
		.roots = p->roots,
		.config = c,
		.seed = seed,
		.ended = issuance_ended,
		.ctx = p,
	};
	p->cas = mem_array(c->ca_count, sizeof(struct watched *));
	for (size_t i = 0; i < c->ca_count; i++) {
		unsigned number;

		if (!recorder_ca(p->recorder, c->cas[i].name,
				 c->cas[i].directory, false, &number, why) ||
		    !watched_new(&p->shared, &c->cas[i], number, &p->cas[i],
				 why))
			return false;
		p->ca_count++;
	}
	return true;
}

static void release(struct prober *p)
{
	for (size_t i = 0; i < p->ca_count; i++)
		watched_free(p->cas[i]);
	free(p->cas);
	controls_free(p->controls);
	free(p->control_numbers);
	roots_free(p->roots);
	recorder_free(p->recorder);
	store_close(p->store);
	responder_free(p->responder);
	http_free(p->http);
	bell_free(p->looks);
	loop_timer_free(p->record);
	loop_timer_free(p->tick);
	loop_free(p->loop);
}

/* The last words go into the record; what found no place there is said. */
static void stop_record(struct prober *p)
{
	const struct recorder_state *state;

	recorder_stop(p->recorder, clock_read());
	state = recorder_state(p->recorder);
	if (state->waiting > 0)
		fprintf(stderr,
			"acmeter station: %u rows are lost, they could not be "
			"written: %s\n",
			state->waiting, state->last.text);
}

static void run(struct prober *p, int ready_fd)
{
	loop_on_signal(p->loop, SIGTERM, on_term, p);
	loop_on_signal(p->loop, SIGINT, on_term, p);
	loop_on_signal(p->loop, SIGHUP, on_hup, p);
	p->tick = loop_timer_new(p->loop, on_tick, p);
	clockwatch_init(&p->clock, loop_now(p->loop));
	/* A machine that has just begun may not have the time yet. */
	p->expire_at_us = loop_now(p->loop).mono_us + DOUBT_S * US_PER_S;
	on_tick(p);
	on_record(p);
	for (size_t i = 0; i < p->ca_count; i++)
		watched_start(p->cas[i]);
	/* After a restart nobody waits for it any more. */
	(void)!write(ready_fd, "1", 1);
	close(ready_fd);
	loop_run(p->loop);
	stop_record(p);
}

int prober_run(const struct config *c, int looks_fd, int ready_fd)
{
	struct prober p = { .config = c };
	int status = EXIT_GOOD;
	struct fail why;

	p.roots = roots_new();
	if (open_edges(&p, &why) && open_controls(&p, &why) &&
	    open_cas(&p, &why)) {
		p.looks = bell_hear(p.loop, looks_fd, on_look, &p);
		run(&p, ready_fd);
	} else {
		fprintf(stderr, "acmeter station: %s\n", why.text);
		status = EXIT_OURS;
	}
	release(&p);
	return status;
}
