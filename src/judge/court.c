#include "judge/court.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	UNDER_WAY = 512,   /* issuances of a station whose end is not known */
	FAILING = 32,	   /* of them, that failed */
	HISTORY = 1 << 16, /* attempts of all stations together, at the start */
	HISTORY_LEAST = 128, /* of each, however many there are */
	NAMED = 16,	     /* CAs that one station may bring */
};

/* So long after the start of its issuance an exchange may be. */
#define LATE_US (10 * US_PER_MIN)
/* Before our clock an end may lie, for clocks are known to so much only. */
#define AHEAD_US US_PER_MIN

/* What is known of issuances that have not ended. */
struct under_way {
	int64_t issuance; /* 0: free */
	int64_t server_us;
};

struct failing {
	int64_t issuance; /* 0: free */
	struct failure failures[ATTEMPT_FAILURES];
	size_t count;
};

/* One CA before the judge. */
struct bench {
	char ca[COURT_NAME];
	struct judge *judge;
	struct past past;
};

struct seat {
	int64_t last_id, last_us; /* the issuance that was judged last */
	enum sight sight;
	int64_t sight_us; /* since when */
	unsigned named;
	size_t history; /* of what waits */
	/* Each at its number modulo the size: a newer one takes its place. */
	struct under_way under_way[UNDER_WAY];
	struct failing failing[FAILING];
};

/* Of the history: an attempt, or with bench NULL that a station sees. */
struct waiting {
	int64_t at_us;
	size_t number; /* as it came */
	struct bench *bench;
	struct judge_attempt attempt;
	unsigned station;
	enum sight sight;
};

struct court {
	struct court_setup setup;
	struct judge_station *stations;
	char **words; /* what they point to, two of each */
	struct seat *seats;
	struct bench benches[COURT_CAS];
	size_t bench_count;
	bool begun;
	int64_t now_us; /* the latest that was heard of */
	struct waiting *history;
	size_t history_count, history_room;
};

/* --- made and ended ----------------------------------------------------- */

struct court *court_new(const struct court_setup *setup)
{
	struct court *c = mem_zalloc(sizeof(*c));
	size_t n = setup->station_count;

	c->setup = *setup;
	c->stations = mem_array(n, sizeof(*c->stations));
	c->words = mem_array(2 * n, sizeof(char *));
	for (size_t i = 0; i < n; i++) {
		c->words[2 * i] = mem_strdup(setup->stations[i].name);
		c->words[2 * i + 1] = mem_strdup(setup->stations[i].operator);
		c->stations[i] = (struct judge_station){ c->words[2 * i],
							 c->words[2 * i + 1] };
	}
	c->setup.stations = c->stations;
	c->seats = mem_array(n, sizeof(*c->seats));
	return c;
}

void court_free(struct court *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->bench_count; i++) {
		struct bench *b = &c->benches[i];

		judge_free(b->judge);
		past_release(&b->past);
	}
	for (size_t i = 0; i < 2 * c->setup.station_count; i++)
		free(c->words[i]);
	free(c->words);
	free(c->stations);
	free(c->seats);
	free(c->history);
	free(c);
}

static struct bench *bench_find(struct court *c, const char *ca)
{
	for (size_t i = 0; i < c->bench_count; i++) {
		if (strcmp(c->benches[i].ca, ca) == 0)
			return &c->benches[i];
	}
	return NULL;
}

/* NULL when there are too many, or the name is none. */
static struct bench *bench_new(struct court *c, const char *ca)
{
	struct bench *b = bench_find(c, ca);

	if (b || c->bench_count == COURT_CAS || !ca[0] ||
	    strlen(ca) >= COURT_NAME)
		return b;
	b = &c->benches[c->bench_count++];
	text_copy(b->ca, sizeof(b->ca), ca);
	b->judge =
		judge_new(&c->setup.rules, c->stations, c->setup.station_count);
	for (size_t i = 0; i < c->setup.station_count; i++)
		judge_sight(b->judge, (unsigned)i, c->seats[i].sight, 0);
	return b;
}

/* One that names CAs without end takes no place from the others. */
static struct bench *bench_of(struct court *c, struct seat *s, const char *ca)
{
	struct bench *b = bench_find(c, ca);

	if (b || s->named == NAMED)
		return b;
	b = bench_new(c, ca);
	s->named += b != NULL;
	return b;
}

/* --- what came of it ---------------------------------------------------- */

static void say(const struct court *c, const struct bench *b,
		enum judge_event event, const struct incident *i)
{
	if (c->setup.happened)
		c->setup.happened(c->setup.ctx, b->ca, event, i);
}

/*
 * What was said before a restart was said, perhaps with more evidence than can
 * be seen now: then that stays.
 */
static bool recognise(struct court *c, struct bench *b)
{
	const struct incident *i = judge_incident(b->judge);
	const struct incident *old =
		i ? past_find_same(&b->past, i, c->setup.rules.merge_us) : NULL;

	if (!old)
		return false;
	judge_recognise(b->judge, old);
	past_forget(&b->past, old->number);
	return true;
}

static void take_event(struct court *c, struct bench *b, enum judge_event event)
{
	const struct incident *i = judge_incident(b->judge);

	if (event == JUDGE_NOTHING || !i)
		return;
	if (event == JUDGE_OPENED && recognise(c, b))
		event = JUDGE_REOPENED;
	if (event == JUDGE_REOPENED)
		past_forget(&b->past, i->number);
	if (event == JUDGE_CLOSED)
		past_copy(&b->past, i);
	if (c->begun)
		say(c, b, event, i);
}

/* --- rows --------------------------------------------------------------- */

static struct under_way *under_way_of(struct seat *s, int64_t issuance)
{
	struct under_way *u = &s->under_way[issuance % UNDER_WAY];

	if (u->issuance != issuance)
		*u = (struct under_way){ .issuance = issuance };
	return u;
}

static struct failing *failing_of(struct seat *s, int64_t issuance)
{
	struct failing *f = &s->failing[issuance % FAILING];

	if (f->issuance != issuance)
		*f = (struct failing){ .issuance = issuance };
	return f;
}

/* The CA's part: what we waited, less the path's round trip. */
static int64_t server_us(const struct exchange *e)
{
	int64_t us = marks_phase_us(&e->marks, PHASE_WAIT);

	if (us < 0)
		return 0;
	if (e->rtt_us > 0)
		us = us > e->rtt_us ? us - e->rtt_us : 0;
	return us;
}

void court_exchange(struct court *c, unsigned station, const char *ca,
		    const struct exchange *e, int64_t offset_us)
{
	bool failed = outcome_fault(e->outcome) != FAULT_NONE;
	struct seat *s = &c->seats[station];
	struct failure f = failure_of_exchange(e, offset_us);
	struct failing *failing;

	assert(station < c->setup.station_count);
	if (e->issuance <= 0)
		return;
	/* Issuances are told by another list, which may be ahead. */
	if (e->issuance <= s->last_id && e->wall_us <= s->last_us + LATE_US) {
		struct bench *b = bench_find(c, ca);

		if (b && failed)
			judge_locate(b->judge, station, &f);
		return;
	}
	under_way_of(s, e->issuance)->server_us += server_us(e);
	if (!failed)
		return;
	failing = failing_of(s, e->issuance);
	if (failing->count < ATTEMPT_FAILURES)
		failing->failures[failing->count++] = f;
}

/* What decided it, when no exchange did: a certificate that is wrong. */
static void add_decision(struct judge_attempt *a, const struct issuance *i)
{
	for (size_t k = 0; k < a->failure_count; k++) {
		if (a->failures[k].outcome == i->outcome)
			return;
	}
	if (a->failure_count == ATTEMPT_FAILURES)
		a->failure_count--;
	a->failures[a->failure_count++] = failure_of_issuance(i, a->ended_us);
}

/* What a station says of one exchange is held to what it says of the whole. */
static void keep_within(struct judge_attempt *a)
{
	for (size_t k = 0; k < a->failure_count; k++) {
		struct failure *f = &a->failures[k];

		if (f->at_us < a->started_us)
			f->at_us = a->started_us;
		if (f->at_us > a->ended_us)
			f->at_us = a->ended_us;
	}
}

static struct judge_attempt attempt_of(const struct court *c, unsigned station,
				       const struct issuance *i,
				       int64_t offset_us)
{
	const struct seat *s = &c->seats[station];
	const struct under_way *u = &s->under_way[i->id % UNDER_WAY];
	const struct failing *f = &s->failing[i->id % FAILING];
	struct judge_attempt a = {
		.station = station,
		.started_us = i->wall_us - offset_us,
		.ended_us = i->wall_us + i->took_us - offset_us,
		.confirm = i->confirms,
		.good = i->outcome == OUTCOME_OK,
		.server_us = u->issuance == i->id ? u->server_us : -1,
	};

	if (!c->begun && c->setup.only_failed_exchanges)
		a.server_us = -1;

	if (!a.good && f->issuance == i->id) {
		memcpy(a.failures, f->failures, sizeof(a.failures));
		a.failure_count = f->count;
	}
	if (!a.good)
		add_decision(&a, i);
	keep_within(&a);
	return a;
}

/* One that tells without end takes no place from the others. */
static void wait_in_history(struct court *c, const struct waiting *w)
{
	struct seat *s = &c->seats[w->station];
	size_t most = HISTORY / c->setup.station_count;

	if (s->history >= (most > HISTORY_LEAST ? most : HISTORY_LEAST))
		return;
	s->history++;
	if (c->history_count == c->history_room) {
		c->history_room = c->history_room ? 2 * c->history_room : 1024;
		c->history = mem_resize(c->history,
					c->history_room * sizeof(*c->history));
	}
	c->history[c->history_count] = *w;
	c->history[c->history_count].number = c->history_count;
	c->history_count++;
}

/* It failed before its station saw again, and is told only now. */
static bool was_blind(const struct seat *s, const struct judge_attempt *a)
{
	return !a->good && s->sight == SIGHT_SIGHTED &&
	       a->started_us < s->sight_us;
}

void court_issuance(struct court *c, unsigned station, const char *ca,
		    const struct issuance *i, int64_t offset_us)
{
	struct bench *b = bench_of(c, &c->seats[station], ca);
	struct seat *s = &c->seats[station];
	struct judge_attempt a;

	assert(station < c->setup.station_count);
	/* One that is told again, after a connection was lost. */
	if (i->took_us < 0 || (i->id <= s->last_id && i->wall_us <= s->last_us))
		return;
	s->last_id = i->id;
	s->last_us = i->wall_us;
	a = attempt_of(c, station, i, offset_us);
	if (!b)
		return;
	if (!c->begun) {
		wait_in_history(c, &(struct waiting){ .at_us = a.ended_us,
						      .bench = b,
						      .station = station,
						      .attempt = a });
		return;
	}
	/* The history of a station that came late is nobody's news. */
	if (c->now_us - a.ended_us <= c->setup.rules.stale_us &&
	    a.ended_us <= c->now_us + AHEAD_US && !was_blind(s, &a))
		take_event(c, b, judge_take(b->judge, &a));
}

static void take_sight(struct court *c, unsigned station, enum sight sight,
		       int64_t since_us)
{
	struct seat *s = &c->seats[station];
	bool same = s->sight == sight;
	int64_t at_us = since_us > 0 ? since_us : c->now_us;

	/* Nobody saw before a time that is still to come. */
	if (at_us > c->now_us + AHEAD_US)
		at_us = c->now_us;
	/* The same again, but since later: something was between. */
	if (!same || (since_us > 0 && at_us > s->sight_us))
		s->sight_us = at_us;
	if (same)
		return;
	s->sight = sight;
	for (size_t i = 0; i < c->bench_count; i++)
		take_event(c, &c->benches[i],
			   judge_sight(c->benches[i].judge, station, sight,
				       at_us));
}

void court_sight(struct court *c, unsigned station, enum sight sight,
		 int64_t since_us)
{
	assert(station < c->setup.station_count);
	if (c->begun)
		take_sight(c, station, sight, since_us);
	else if (sight != SIGHT_UNKNOWN || c->seats[station].history)
		wait_in_history(c, &(struct waiting){ .at_us = since_us,
						      .station = station,
						      .sight = sight });
}

/* --- the beginning ------------------------------------------------------ */

void court_restore(struct court *c, const char *ca, struct incident *i)
{
	struct bench *b = bench_new(c, ca);

	if (!b || i->station_count != c->setup.station_count) {
		incident_release(i);
		return;
	}
	past_take(&b->past, i);
}

static int by_time(const void *one, const void *other)
{
	const struct waiting *a = one, *b = other;

	if (a->at_us != b->at_us)
		return a->at_us < b->at_us ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static void judge_history(struct court *c, int64_t now_us)
{
	/* qsort() takes no NULL, not even for nothing. */
	if (c->history_count)
		qsort(c->history, c->history_count, sizeof(*c->history),
		      by_time);
	for (size_t i = 0; i < c->history_count; i++) {
		const struct waiting *w = &c->history[i];

		if (w->at_us < now_us - c->setup.history_us ||
		    w->at_us > now_us + AHEAD_US)
			continue;
		if (w->bench)
			take_event(c, w->bench,
				   judge_take(w->bench->judge, &w->attempt));
		else
			take_sight(c, w->station, w->sight, w->at_us);
	}
}

void court_begin(struct court *c, int64_t now_us)
{
	c->now_us = now_us;
	/* Nobody knows how it went on, unless the history does. */
	for (size_t i = 0; i < c->bench_count; i++)
		past_close(&c->benches[i].past);
	judge_history(c, now_us);
	free(c->history);
	c->history = NULL;
	c->history_count = c->history_room = 0;
	for (size_t i = 0; i < c->bench_count; i++)
		take_event(c, &c->benches[i],
			   judge_look(c->benches[i].judge, now_us));
	c->begun = true;
	for (size_t i = 0; i < c->bench_count; i++) {
		const struct incident *open =
			judge_incident(c->benches[i].judge);

		if (open && open->end_us == 0)
			say(c, &c->benches[i], JUDGE_OPENED, open);
	}
}

void court_look(struct court *c, int64_t now_us)
{
	c->now_us = now_us;
	for (size_t i = 0; c->begun && i < c->bench_count; i++)
		take_event(c, &c->benches[i],
			   judge_look(c->benches[i].judge, now_us));
}

/* The judge may have ended it, and go on with it later: both hear. */
bool court_hear(struct court *c, const char *ca, const struct statement *s)
{
	struct bench *b = c->begun ? bench_find(c, ca) : NULL;
	const struct incident *last = b ? judge_incident(b->judge) : NULL;
	bool heard = last && judge_hear(b->judge, s);

	if (b && b->past.count &&
	    (!last || last->number == b->past.list[0].number))
		heard = incident_hear(&b->past.list[0], s) || heard;
	return heard;
}

/* --- what is known ------------------------------------------------------ */

bool court_view(struct court *c, const char *ca, struct judge_view *ret_view)
{
	struct bench *b = bench_find(c, ca);

	if (!b || !c->begun)
		return false;
	judge_view(b->judge, ret_view);
	return true;
}

size_t court_incidents(struct court *c, const char *ca,
		       const struct incident *list[COURT_INCIDENTS])
{
	struct bench *b = bench_find(c, ca);
	const struct incident *open = b ? judge_incident(b->judge) : NULL;
	size_t n = 0;

	if (open && open->end_us == 0)
		list[n++] = open;
	for (size_t i = 0; b && i < b->past.count && n < COURT_INCIDENTS; i++)
		list[n++] = &b->past.list[i];
	return n;
}

const struct incident *court_incident(struct court *c, const char *ca,
				      uint64_t number)
{
	const struct incident *list[COURT_INCIDENTS];
	size_t n = court_incidents(c, ca, list);

	for (size_t i = 0; i < n; i++) {
		if (list[i]->number == number)
			return list[i];
	}
	return NULL;
}

size_t court_cas(struct court *c, const char *names[COURT_CAS])
{
	for (size_t i = 0; i < c->bench_count; i++)
		names[i] = c->benches[i].ca;
	return c->bench_count;
}
