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
	HISTORY = 1 << 16, /* attempts; more of it is not waited for */
	NAMED = 16,	   /* CAs that one station may bring */
};

/* So long after the start of its issuance an exchange may be. */
#define LATE_US (10 * US_PER_MIN)

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
	struct incident kept[COURT_INCIDENTS]; /* ended; the latest first */
	size_t kept_count;
};

struct seat {
	int64_t last_id, last_us; /* the issuance that was judged last */
	enum sight sight;
	unsigned named;
	/* Each at its number modulo the size: a newer one takes its place. */
	struct under_way under_way[UNDER_WAY];
	struct failing failing[FAILING];
};

struct waiting {
	struct judge_attempt attempt;
	unsigned bench;
	size_t number; /* as it came */
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
		for (size_t k = 0; k < b->kept_count; k++)
			incident_release(&b->kept[k]);
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

/* --- incidents that have ended ------------------------------------------ */

static struct incident incident_copy(const struct incident *i)
{
	struct incident copy = *i;

	copy.stations = mem_array(i->station_count, sizeof(*copy.stations));
	if (i->station_count)
		memcpy(copy.stations, i->stations,
		       i->station_count * sizeof(*copy.stations));
	return copy;
}

static void forget_kept(struct bench *b, size_t k)
{
	incident_release(&b->kept[k]);
	b->kept_count--;
	memmove(&b->kept[k], &b->kept[k + 1],
		(b->kept_count - k) * sizeof(b->kept[0]));
}

static void forget_number(struct bench *b, uint64_t number)
{
	for (size_t k = 0; k < b->kept_count; k++) {
		if (b->kept[k].number == number) {
			forget_kept(b, k);
			return;
		}
	}
}

/* Takes it; the oldest goes when there are too many. */
static void keep(struct bench *b, struct incident *i)
{
	size_t at = 0;

	forget_number(b, i->number);
	while (at < b->kept_count && b->kept[at].start_us > i->start_us)
		at++;
	if (at == COURT_INCIDENTS) {
		incident_release(i);
		return;
	}
	if (b->kept_count == COURT_INCIDENTS)
		forget_kept(b, b->kept_count - 1);
	memmove(&b->kept[at + 1], &b->kept[at],
		(b->kept_count - at) * sizeof(b->kept[0]));
	b->kept[at] = *i;
	b->kept_count++;
	*i = (struct incident){ .number = 0 };
}

/* An incident that is kept and that this one continues, or is again. */
static struct incident *find_same(struct court *c, struct bench *b,
				  const struct incident *i)
{
	for (size_t k = 0; k < b->kept_count; k++) {
		struct incident *old = &b->kept[k];

		if (i->start_us <= old->end_us + c->setup.rules.merge_us &&
		    (i->end_us == 0 || i->end_us >= old->start_us))
			return old;
	}
	return NULL;
}

/* --- what came of it ---------------------------------------------------- */

/*
 * What the history shows again was said before, perhaps with more evidence than
 * the history has: then that stays.
 */
static void recognise(struct court *c, struct bench *b)
{
	const struct incident *i = judge_incident(b->judge);
	struct incident *old = i ? find_same(c, b, i) : NULL;

	if (!old)
		return;
	judge_recognise(b->judge, old);
	forget_number(b, old->number);
}

static void take_event(struct court *c, struct bench *b, enum judge_event event)
{
	const struct incident *i = judge_incident(b->judge);

	if (event == JUDGE_NOTHING || !i)
		return;
	if (event == JUDGE_OPENED && !c->begun)
		recognise(c, b);
	if (event == JUDGE_REOPENED)
		forget_number(b, i->number);
	if (event == JUDGE_CLOSED) {
		struct incident copy = incident_copy(i);

		keep(b, &copy);
	}
	if (c->begun)
		c->setup.happened(c->setup.ctx, b->ca, event, i);
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

static struct failure failure_of(const struct exchange *e, int64_t offset_us)
{
	struct failure f = {
		.exchange = e->id,
		.at_us = e->wall_us - offset_us,
		.op = e->op,
		.outcome = e->outcome,
		.fault = outcome_fault(e->outcome),
		.status = e->status,
	};

	text_copy(f.problem, sizeof(f.problem), e->problem);
	text_copy(f.detail, sizeof(f.detail), e->detail);
	return f;
}

void court_exchange(struct court *c, unsigned station, const char *ca,
		    const struct exchange *e, int64_t offset_us)
{
	bool failed = outcome_fault(e->outcome) != FAULT_NONE;
	struct seat *s = &c->seats[station];
	struct failure f = failure_of(e, offset_us);
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
	struct failure f = {
		.at_us = a->ended_us,
		.op = i->op,
		.outcome = i->outcome,
		.fault = outcome_fault(i->outcome),
		.status = i->status,
	};

	for (size_t k = 0; k < a->failure_count; k++) {
		if (a->failures[k].outcome == i->outcome)
			return;
	}
	if (a->failure_count == ATTEMPT_FAILURES)
		a->failure_count--;
	text_copy(f.problem, sizeof(f.problem), i->problem);
	text_copy(f.detail, sizeof(f.detail), i->detail);
	a->failures[a->failure_count++] = f;
}

static struct judge_attempt attempt_of(struct seat *s, unsigned station,
				       const struct issuance *i,
				       int64_t offset_us)
{
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

	if (!a.good && f->issuance == i->id) {
		memcpy(a.failures, f->failures, sizeof(a.failures));
		a.failure_count = f->count;
	}
	if (!a.good)
		add_decision(&a, i);
	return a;
}

static void wait_in_history(struct court *c, const struct bench *b,
			    const struct judge_attempt *a)
{
	if (c->history_count == HISTORY)
		return;
	if (c->history_count == c->history_room) {
		c->history_room = c->history_room ? 2 * c->history_room : 1024;
		c->history = mem_resize(c->history,
					c->history_room * sizeof(*c->history));
	}
	c->history[c->history_count] =
		(struct waiting){ .attempt = *a,
				  .bench = (unsigned)(b - c->benches),
				  .number = c->history_count };
	c->history_count++;
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
	a = attempt_of(s, station, i, offset_us);
	if (!b)
		return;
	if (!c->begun) {
		wait_in_history(c, b, &a);
		return;
	}
	if (a.ended_us > c->now_us)
		c->now_us = a.ended_us;
	/* The history of a station that came late is nobody's news. */
	if (c->now_us - a.ended_us <= c->setup.rules.stale_us)
		take_event(c, b, judge_take(b->judge, &a));
}

void court_sight(struct court *c, unsigned station, enum sight sight,
		 int64_t now_us)
{
	assert(station < c->setup.station_count);
	if (c->seats[station].sight == sight)
		return;
	c->seats[station].sight = sight;
	for (size_t i = 0; i < c->bench_count; i++) {
		struct bench *b = &c->benches[i];

		take_event(c, b,
			   judge_sight(b->judge, station, sight,
				       c->begun ? now_us : 0));
	}
}

/* --- the beginning ------------------------------------------------------ */

void court_restore(struct court *c, const char *ca, struct incident *i)
{
	struct bench *b = bench_new(c, ca);

	if (!b || i->station_count != c->setup.station_count) {
		incident_release(i);
		return;
	}
	if (i->end_us == 0)
		i->end_us = incident_last_us(i);
	keep(b, i);
}

static int by_time(const void *one, const void *other)
{
	const struct waiting *a = one, *b = other;

	if (a->attempt.ended_us != b->attempt.ended_us)
		return a->attempt.ended_us < b->attempt.ended_us ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

void court_begin(struct court *c, int64_t now_us)
{
	c->now_us = now_us;
	/* qsort() takes no NULL, not even for nothing. */
	if (c->history_count)
		qsort(c->history, c->history_count, sizeof(*c->history),
		      by_time);
	for (size_t i = 0; i < c->history_count; i++) {
		struct bench *b = &c->benches[c->history[i].bench];

		take_event(c, b, judge_take(b->judge, &c->history[i].attempt));
	}
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
			take_event(c, &c->benches[i], JUDGE_OPENED);
	}
}

void court_look(struct court *c, int64_t now_us)
{
	if (now_us > c->now_us)
		c->now_us = now_us;
	for (size_t i = 0; c->begun && i < c->bench_count; i++)
		take_event(c, &c->benches[i],
			   judge_look(c->benches[i].judge, now_us));
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
	for (size_t i = 0; b && i < b->kept_count && n < COURT_INCIDENTS; i++)
		list[n++] = &b->kept[i];
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
