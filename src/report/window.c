#include "report/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/standing.h"

#define SLACK_US US_PER_MIN
#define ISSUANCE_US (2 * US_PER_MIN) /* that one may take */

struct window_ca {
	struct json_ca described;
	bool watched; /* in the latest description */
	struct series ops[OPS], issuances;
	struct standing_facts standing;
};

struct window {
	struct json_station station;
	bool described;
	struct window_ca *cas[JSON_READ_CAS];
	size_t ca_count;
	struct exchange heard[WINDOW_LATEST]; /* a ring */
	size_t heard_count;		      /* since the start */
	struct exchange latest[WINDOW_LATEST];
	struct station_ca shown[JSON_READ_CAS];
	struct station_facts facts;
};

struct window *window_new(void)
{
	return mem_zalloc(sizeof(struct window));
}

static void ca_free(struct window_ca *ca)
{
	for (unsigned op = 0; op < OPS; op++)
		series_release(&ca->ops[op]);
	series_release(&ca->issuances);
	free(ca);
}

void window_clear(struct window *w)
{
	for (size_t i = 0; i < w->ca_count; i++)
		ca_free(w->cas[i]);
	memset(w, 0, sizeof(*w));
}

void window_free(struct window *w)
{
	if (!w)
		return;
	window_clear(w);
	free(w);
}

static struct window_ca *find(struct window *w, const char *name)
{
	for (size_t i = 0; i < w->ca_count; i++) {
		if (strcmp(w->cas[i]->described.name, name) == 0)
			return w->cas[i];
	}
	return NULL;
}

void window_describe(struct window *w, const struct json_station *s)
{
	w->station = *s;
	w->described = true;
	for (size_t i = 0; i < w->ca_count; i++)
		w->cas[i]->watched = false;
	for (size_t i = 0; i < s->ca_count; i++) {
		struct window_ca *ca = find(w, s->cas[i].name);

		if (!ca && w->ca_count == JSON_READ_CAS)
			continue;
		if (!ca) {
			ca = mem_zalloc(sizeof(*ca));
			w->cas[w->ca_count++] = ca;
		}
		ca->described = s->cas[i];
		ca->watched = true;
	}
}

/* Those that have left the window go, and the oldest of too many. */
static void trim(struct series *s, int64_t from_us)
{
	size_t gone = 0;

	if (s->count > WINDOW_SAMPLES)
		gone = s->count - WINDOW_SAMPLES;
	while (gone < s->count && s->samples[gone].wall_us < from_us)
		gone++;
	if (gone == 0)
		return;
	s->count -= gone;
	memmove(s->samples, s->samples + gone, s->count * sizeof(*s->samples));
}

static void add(struct series *s, const struct sample *sample)
{
	if (s->count >= 2 * WINDOW_SAMPLES)
		trim(s, INT64_MIN);
	series_add(s, sample);
}

static unsigned number_of(const struct window *w, const struct window_ca *ca)
{
	unsigned i = 0;

	while (w->cas[i] != ca)
		i++;
	return i + 1;
}

/* In the place of the oldest, without what was kept of a failure. */
static void keep(struct window *w, const struct window_ca *ca,
		 const struct exchange *e)
{
	struct exchange *place = &w->heard[w->heard_count++ % WINDOW_LATEST];

	*place = *e;
	place->ca = number_of(w, ca);
	place->kept_headers = place->kept_body = NULL;
	place->kept_headers_len = place->kept_body_len = 0;
}

/* The newest first; returns how many. */
static size_t list_latest(struct window *w)
{
	size_t n = w->heard_count < WINDOW_LATEST ? w->heard_count
						  : WINDOW_LATEST;

	for (size_t i = 0; i < n; i++)
		w->latest[i] =
			w->heard[(w->heard_count - 1 - i) % WINDOW_LATEST];
	return n;
}

void window_exchange(struct window *w, const char *ca, const struct exchange *e)
{
	struct window_ca *one = find(w, ca);
	struct sample sample = sample_of_exchange(e);

	if (!one)
		return;
	add(&one->ops[e->op], &sample);
	if (e->op != OP_CONTROL)
		keep(w, one, e);
}

void window_issuance(struct window *w, const char *ca, const struct issuance *i)
{
	struct window_ca *one = find(w, ca);
	struct sample sample;

	if (!one || i->took_us < 0)
		return;
	sample = sample_of_issuance(i);
	add(&one->issuances, &sample);
	standing_take(&one->standing, i);
}

/* How it ended is counted in the window; the rest is how it stands. */
static void count(struct window_ca *ca, int64_t from_us, int64_t to_us)
{
	struct standing_facts *s = &ca->standing;
	struct series_summary sum;

	series_summarise(&ca->issuances, from_us, to_us, &sum);
	s->ended = (unsigned)sum.n;
	s->ours = 0;
	for (unsigned o = 0; o < OUTCOMES; o++) {
		if (outcome_fault((enum outcome)o) == FAULT_OURS)
			s->ours += (unsigned)sum.outcomes[o];
	}
	s->failed = (unsigned)(sum.n - sum.outcomes[OUTCOME_OK]) - s->ours;
}

static void show(struct window *w, size_t i, int64_t now_us)
{
	struct window_ca *ca = w->cas[i];
	int64_t from_us = now_us - WINDOW_US;
	int64_t late_us = 3 * ca->described.every_us + SLACK_US;

	for (unsigned op = 0; op < OPS; op++) {
		trim(&ca->ops[op], from_us);
		series_sort(&ca->ops[op]);
	}
	trim(&ca->issuances, from_us);
	series_sort(&ca->issuances);
	ca->standing.ca = ca->described.name;
	ca->standing.shallow = ca->described.shallow;
	ca->standing.now_us = now_us;
	ca->standing.from_us = from_us;
	ca->standing.stale_us = late_us + ISSUANCE_US;
	ca->standing.sight = w->station.sight;
	count(ca, from_us, now_us + US_PER_MIN);
	w->shown[i] = (struct station_ca){
		.number = (unsigned)i + 1,
		.name = ca->described.name,
		.directory = ca->described.directory,
		.watched = ca->watched,
		.shallow = ca->described.shallow,
		.every_us = ca->described.every_us,
		.gap_us = late_us,
		.ops = ca->ops,
		.issuances = &ca->issuances,
		.standing = &ca->standing,
	};
}

enum sight window_sight(const struct window *w, int64_t *ret_since_us)
{
	*ret_since_us = w->described ? w->station.sight_since_us : 0;
	return w->described ? w->station.sight : SIGHT_UNKNOWN;
}

const struct station_facts *window_facts(struct window *w, int64_t now_us)
{
	if (!w->described)
		return NULL;
	for (size_t i = 0; i < w->ca_count; i++)
		show(w, i, now_us);
	w->facts = (struct station_facts){
		.name = w->station.name,
		.place = { .city = w->station.city,
			   .country = w->station.country,
			   .operator= w->station.operator,
			   .note = w->station.note,
			   .known = w->station.placed,
			   .latitude = w->station.latitude,
			   .longitude = w->station.longitude },
		.version = w->station.version,
		.now_us = now_us,
		.from_us = now_us - WINDOW_US,
		.sight = w->station.sight,
		.started_us = w->station.started_us,
		.last_us = w->station.last_us,
		/* It says itself whether it still measures. */
		.fresh_us = w->station.fresh ? WINDOW_US : 0,
		.cas = w->shown,
		.ca_count = w->ca_count,
		.latest = w->latest,
		.latest_count = list_latest(w),
	};
	return &w->facts;
}
