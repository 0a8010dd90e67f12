#include "app/web_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	SAMPLES_MAX = 20000, /* of the window, all CAs together */
	LATEST = 20,
	EVENTS_SHOWN = 12,
	LOOK_BACK = 2000, /* issuances, for the last good one */
};
#define WINDOW_US US_PER_HOUR
#define SLACK_US US_PER_MIN

struct one_ca {
	struct store_ca_row row;
	struct series ops[OPS];
	struct series issuances;
	struct standing_facts standing;
};

struct gathered_private {
	struct one_ca **cas;
	struct station_ca *facts;
	size_t count;
	struct exchange latest[LATEST];
	struct station_event events[EVENTS_SHOWN];
	char *details[EVENTS_SHOWN];
};

/* What the calls back of the store share. */
struct gathering {
	struct gathered *g;
	struct store *store;
	const struct config *config;
	size_t seen;
	int64_t oldest_us;
	bool sight_known;
};

void gathered_release(struct gathered *g)
{
	struct gathered_private *p = g->private;

	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		for (unsigned op = 0; op < OPS; op++)
			series_release(&p->cas[i]->ops[op]);
		series_release(&p->cas[i]->issuances);
		free(p->cas[i]);
	}
	for (size_t i = 0; i < g->facts.event_count; i++)
		free(p->details[i]);
	free(p->cas);
	free(p->facts);
	free(p);
	memset(g, 0, sizeof(*g));
}

/* --- what is configured ------------------------------------------------- */

static int64_t spacing_us(const struct config_rate *rate)
{
	return rate->count ? rate->per_us / rate->count : rate->per_us;
}

/* So old may the last word be, when everything is well. */
static int64_t fresh_us(const struct config *c)
{
	int64_t least = INT64_MAX;

	if (c->control_count && c->control_every_us > 0)
		least = c->control_every_us;
	for (size_t i = 0; i < c->ca_count; i++) {
		int64_t one = spacing_us(&c->cas[i].rate);

		if (one < least)
			least = one;
	}
	return least > US_PER_DAY ? US_PER_DAY : 3 * least + SLACK_US;
}

static const struct config_ca *find_config(const struct config *c,
					   const char *name)
{
	for (size_t i = 0; i < c->ca_count; i++) {
		if (strcmp(c->cas[i].name, name) == 0)
			return &c->cas[i];
	}
	return NULL;
}

static bool is_control(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->control_count; i++) {
		if (strcmp(c->controls[i].name, name) == 0)
			return true;
	}
	return false;
}

static void describe(struct station_ca *ca, struct one_ca *one,
		     const struct config *c)
{
	const struct config_ca *configured = find_config(c, one->row.name);

	ca->number = one->row.number;
	ca->name = one->row.name;
	ca->directory = one->row.directory;
	ca->is_control = one->row.is_control;
	ca->ops = one->ops;
	ca->issuances = &one->issuances;
	ca->standing = &one->standing;
	if (ca->is_control) {
		ca->watched = is_control(c, ca->name);
		ca->every_us = c->control_every_us;
	} else if (configured) {
		ca->watched = true;
		ca->shallow = configured->shallow;
		ca->every_us = spacing_us(&configured->rate);
		one->standing.stale_us = 3 * ca->every_us + SLACK_US +
					 configured->timeouts.issuance_us;
	}
	ca->gap_us = 3 * ca->every_us + SLACK_US;
	one->standing.ca = ca->name;
	one->standing.shallow = ca->shallow;
}

static bool on_ca(void *ctx, const struct store_ca_row *row)
{
	struct gathered_private *p = ((struct gathering *)ctx)->g->private;
	struct one_ca *one = mem_zalloc(sizeof(*one));

	one->row = *row;
	p->cas = mem_resize(p->cas, (p->count + 1) * sizeof(struct one_ca *));
	p->cas[p->count++] = one;
	return true;
}

static bool gather_cas(struct gathering *at, struct fail *why)
{
	struct gathered_private *p = at->g->private;

	if (!store_cas(at->store, on_ca, at, why))
		return false;
	p->facts = mem_array(p->count, sizeof(*p->facts));
	for (size_t i = 0; i < p->count; i++)
		describe(&p->facts[i], p->cas[i], at->config);
	at->g->facts.cas = p->facts;
	at->g->facts.ca_count = p->count;
	return true;
}

static struct one_ca *find(struct gathering *at, unsigned number)
{
	struct gathered_private *p = at->g->private;

	for (size_t i = 0; i < p->count; i++) {
		if (p->cas[i]->row.number == number)
			return p->cas[i];
	}
	return NULL;
}

/* --- the window --------------------------------------------------------- */

static bool on_first(void *ctx, const struct exchange *e)
{
	((struct gathering *)ctx)->oldest_us = e->wall_us;
	return false;
}

/* An hour; less of a station that has just begun, so that it can be seen. */
static bool choose_window(struct gathering *at, struct fail *why)
{
	static const int64_t minutes[] = { 10, 20, 30 };
	struct station_facts *f = &at->g->facts;
	const struct store_query q = { .ca = STORE_ANY,
				       .op = STORE_ANY,
				       .limit = 1 };

	f->from_us = f->now_us - WINDOW_US;
	if (!store_exchanges(at->store, &q, on_first, at, why))
		return false;
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		int64_t from_us = f->now_us - minutes[i] * US_PER_MIN;

		if (at->oldest_us == 0 || at->oldest_us >= from_us) {
			f->from_us = from_us;
			break;
		}
	}
	return true;
}

static bool on_exchange(void *ctx, const struct exchange *e)
{
	struct gathering *at = ctx;
	struct station_facts *f = &at->g->facts;
	struct one_ca *one = find(at, e->ca);
	const struct sample sample = sample_of_exchange(e);

	at->seen++;
	at->oldest_us = e->wall_us;
	if (one)
		series_add(&one->ops[e->op], &sample);
	if (f->latest_count < LATEST && e->op != OP_CONTROL)
		at->g->private->latest[f->latest_count++] = *e;
	return true;
}

static bool gather_exchanges(struct gathering *at, struct fail *why)
{
	struct gathered_private *p = at->g->private;
	struct station_facts *f = &at->g->facts;
	const struct store_query q = { .from_us = f->from_us,
				       .ca = STORE_ANY,
				       .op = STORE_ANY,
				       .latest_first = true,
				       .limit = SAMPLES_MAX };

	f->latest = p->latest;
	if (!store_exchanges(at->store, &q, on_exchange, at, why))
		return false;
	if (at->seen == SAMPLES_MAX) {
		f->cut = true;
		f->from_us = at->oldest_us;
	}
	for (size_t i = 0; i < p->count; i++) {
		for (unsigned op = 0; op < OPS; op++)
			series_sort(&p->cas[i]->ops[op]);
	}
	return true;
}

/* --- issuances ---------------------------------------------------------- */

static bool on_issuance(void *ctx, const struct issuance *i)
{
	struct gathering *at = ctx;
	struct one_ca *one = find(at, i->ca);
	const struct sample sample = sample_of_issuance(i);

	if (!one || i->took_us < 0)
		return true;
	series_add(&one->issuances, &sample);
	standing_take(&one->standing, i);
	return true;
}

/*
 * The newest first, before the window: the latest when the window has none, and
 * the latest that was good.
 */
static bool on_older(void *ctx, const struct issuance *i)
{
	struct standing_facts *s = ctx;

	if (i->took_us < 0)
		return true;
	if (s->ended_us == 0)
		standing_take(s, i);
	if (i->outcome != OUTCOME_OK)
		return true;
	s->good_us = i->wall_us + i->took_us;
	return false;
}

static bool look_back(struct gathering *at, struct one_ca *one,
		      struct fail *why)
{
	const struct store_query q = { .to_us = at->g->facts.from_us,
				       .ca = (int)one->row.number,
				       .op = STORE_ANY,
				       .latest_first = true,
				       .limit = LOOK_BACK };

	return one->row.is_control || one->standing.good_us ||
	       store_issuances(at->store, &q, on_older, &one->standing, why);
}

static bool gather_issuances(struct gathering *at, struct fail *why)
{
	struct gathered_private *p = at->g->private;
	struct station_facts *f = &at->g->facts;
	const struct store_query q = { .from_us = f->from_us,
				       .ca = STORE_ANY,
				       .op = STORE_ANY,
				       .limit = SAMPLES_MAX };

	for (size_t i = 0; i < p->count; i++) {
		p->cas[i]->standing.now_us = f->now_us;
		p->cas[i]->standing.from_us = f->from_us;
		p->cas[i]->standing.sight = f->sight;
	}
	if (!store_issuances(at->store, &q, on_issuance, at, why))
		return false;
	for (size_t i = 0; i < p->count; i++) {
		series_sort(&p->cas[i]->issuances);
		if (!look_back(at, p->cas[i], why))
			return false;
	}
	return true;
}

/* --- events ------------------------------------------------------------- */

static void show_event(struct gathering *at, enum store_event kind,
		       int64_t wall_us, int64_t until_us, const char *detail)
{
	struct gathered_private *p = at->g->private;
	size_t n = at->g->facts.event_count;

	if (n == EVENTS_SHOWN)
		return;
	p->details[n] = mem_strdup(detail);
	p->events[n] = (struct station_event){
		.kind = store_event_slug(kind),
		.wall_us = wall_us,
		.until_us = until_us,
		.detail = p->details[n],
	};
	at->g->facts.event_count++;
}

/* The newest first: what stands in front of the latest start is how it is. */
static bool on_event(void *ctx, enum store_event kind, int64_t wall_us,
		     int64_t until_us, const char *detail)
{
	struct gathering *at = ctx;
	struct station_facts *f = &at->g->facts;

	show_event(at, kind, wall_us, until_us, detail);
	if (f->started_us)
		return f->event_count < EVENTS_SHOWN;
	if (kind == EVENT_START)
		f->started_us = wall_us;
	if (kind == EVENT_START || kind == EVENT_STOP)
		at->sight_known = true;
	if (!at->sight_known &&
	    (kind == EVENT_BLIND || kind == EVENT_SIGHTED)) {
		at->sight_known = true;
		f->sight = kind == EVENT_BLIND ? SIGHT_BLIND : SIGHT_SIGHTED;
		f->sight_since_us = wall_us;
	}
	return true;
}

static bool gather_events(struct gathering *at, struct fail *why)
{
	const struct store_query q = { .ca = STORE_ANY,
				       .op = STORE_ANY,
				       .latest_first = true };

	at->g->facts.events = at->g->private->events;
	return store_events(at->store, &q, on_event, at, why) &&
	       store_last_us(at->store, &at->g->facts.last_us, why);
}

/* --- all of it ---------------------------------------------------------- */

static struct station_place place_of(const struct config *c)
{
	struct station_place p = { .city = c->place.city,
				   .country = c->place.country,
				   .operator= c->place.operator,
				   .note = c->note };

	p.known = config_place_degrees(&c->place, &p.latitude, &p.longitude);
	return p;
}

bool gather(struct store *store, const struct config *c, int64_t wall_us,
	    struct gathered *ret_gathered, struct fail *why)
{
	struct gathering at = { .g = ret_gathered,
				.store = store,
				.config = c };

	*ret_gathered = (struct gathered){
		.facts = { .name = c->station,
			   .place = place_of(c),
			   .version = ACMETER_VERSION,
			   .now_us = wall_us,
			   .from_us = wall_us - WINDOW_US,
			   .fresh_us = fresh_us(c) },
		.private = mem_zalloc(sizeof(struct gathered_private)),
	};
	return !store ||
	       (gather_cas(&at, why) && gather_events(&at, why) &&
		choose_window(&at, why) && gather_exchanges(&at, why) &&
		gather_issuances(&at, why));
}

struct finding {
	const char *name;
	bool is_control;
	struct store_ca_row row;
	bool found;
};

static bool on_candidate(void *ctx, const struct store_ca_row *row)
{
	struct finding *f = ctx;

	if (strcmp(row->name, f->name) != 0 || row->is_control != f->is_control)
		return true;
	f->row = *row;
	f->found = true;
	return false;
}

bool gather_find(struct store *store, const char *name, bool control,
		 struct store_ca_row *ret_row, bool *ret_found,
		 struct fail *why)
{
	struct finding f = { .name = name, .is_control = control };

	if (!store_cas(store, on_candidate, &f, why))
		return false;
	if (f.found)
		*ret_row = f.row;
	*ret_found = f.found;
	return true;
}
