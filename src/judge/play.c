#include "judge/play_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* How often a hub looks at the time, and at who sees. */
#define TICK_US US_PER_S

/* Which station goes first when two have the same time: its name says it. */
static void order_stations(struct play *p)
{
	const struct scenario *s = p->scenario;

	p->order = mem_array(s->station_count, sizeof(*p->order));
	for (size_t i = 0; i < s->station_count; i++) {
		size_t k = i;

		while (k > 0 && strcmp(s->stations[i].name,
				       s->stations[p->order[k - 1]].name) < 0) {
			p->order[k] = p->order[k - 1];
			k--;
		}
		p->order[k] = i;
	}
}

static void open_court(struct play *p)
{
	const struct scenario *s = p->scenario;
	struct judge_station *stations =
		mem_array(s->station_count, sizeof(*stations));

	for (size_t i = 0; i < s->station_count; i++)
		stations[i] = (struct judge_station){ s->stations[i].name,
						      s->stations[i].operator};
	p->court = court_new(&(struct court_setup){
		.rules = s->rules,
		.stations = stations,
		.station_count = s->station_count,
		.history_us = US_PER_HOUR,
		.ctx = p,
	});
	free(stations);
	court_begin(p->court, p->now_us);
}

/* The first of those that have something to do; NULL when none has. */
static struct play_station *next_station(const struct play *p, int64_t *ret_us)
{
	struct play_station *next = NULL;

	for (size_t i = 0; i < p->scenario->station_count; i++) {
		struct play_station *t = &p->stations[p->order[i]];
		int64_t us = station_next_us(t);

		if (us == PLAY_NEVER || (next && us >= *ret_us))
			continue;
		next = t;
		*ret_us = us;
	}
	return next;
}

/* Once a second: what stations have to tell, who sees, who fell silent. */
static void tick(struct play *p)
{
	for (size_t i = 0; i < p->scenario->station_count; i++)
		station_report(&p->stations[p->order[i]]);
	court_look(p->court, p->now_us);
}

static void run(struct play *p)
{
	int64_t until_us = p->scenario->during.until_us;
	int64_t tick_us = p->now_us, us = 0;

	for (;;) {
		struct play_station *t = next_station(p, &us);

		if (t && us < p->now_us)
			us = p->now_us;
		while (tick_us < until_us && (!t || tick_us <= us)) {
			p->now_us = tick_us;
			tick(p);
			tick_us += TICK_US;
		}
		if (!t || us >= until_us)
			break;
		p->now_us = us;
		station_turn(t);
	}
	p->now_us = until_us;
	tick(p);
}

struct play *play_new(const struct scenario *s,
		      const struct play_watch_rows *rows)
{
	struct play *p = mem_zalloc(sizeof(*p));

	p->scenario = s;
	if (rows)
		p->rows = *rows;
	p->now_us = s->during.from_us;
	p->names = mem_array(s->station_count, sizeof(*p->names));
	p->stations = mem_array(s->station_count, sizeof(*p->stations));
	order_stations(p);
	open_court(p);
	for (size_t i = 0; i < s->station_count; i++) {
		p->names[i] = s->stations[i].name;
		station_init(&p->stations[i], p, i);
	}
	run(p);
	return p;
}

void play_free(struct play *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->scenario->station_count; i++)
		station_release(&p->stations[i]);
	court_free(p->court);
	free(p->stations);
	free(p->order);
	free(p->names);
	free(p);
}

struct court *play_court(struct play *p)
{
	return p->court;
}

const char *const *play_names(const struct play *p)
{
	return p->names;
}

struct play_count play_count(const struct play *p, size_t ca)
{
	struct play_count sum = { .attempts = 0 };

	for (size_t i = 0; i < p->scenario->station_count; i++) {
		const struct play_count *c = &p->stations[i].watches[ca].count;

		sum.attempts += c->attempts;
		sum.good += c->good;
		sum.confirmations += c->confirmations;
		sum.exchanges += c->exchanges;
	}
	return sum;
}
