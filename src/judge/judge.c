#include "judge/judge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "judge/cusum.h"
#include "judge/usual.h"

enum {
	SHARE_MANY = 100, /* per mille: a tenth is a partial outage */
	RUN_MOST = 90
}; /* good ones in a row that end any incident */

/* One station, as far as this CA is concerned. */
struct seat {
	unsigned voice;
	enum sight sight;
	int64_t heard_us; /* the end of its latest attempt; 0 never */
	unsigned bad_row, good_row;
	int64_t bad_since_us; /* start of the first of the bad row */
	struct usual usual;
};

/* What the seats of one voice say together. */
struct voice {
	unsigned seats, failing, lasting, suspect, recovered;
};

struct tally {
	struct judge_view view;
	unsigned lasting;   /* failing beyond the confirmation */
	unsigned recovered; /* with enough good ones in a row */
};

struct judge {
	struct judge_rules rules;
	struct seat *seats;
	struct voice *voices;
	size_t seat_count, voice_count;
	struct cusum fast, partial, slow;
	/* Scheduled attempts of all since the partial sum was last zero. */
	uint64_t risen_attempts, risen_failures;
	unsigned good_run; /* good ones, one after the other, of all */
	int64_t now_us;
	enum verdict verdict;
	struct recent *recent;
	struct incident incident;
	int64_t counted_us; /* of it, what started by then is in it already */
	bool any;	    /* there was an incident */
};

struct judge_rules judge_rules_default(void)
{
	return (struct judge_rules){
		.p0_per_mille = 5,
		.fast_per_mille = 500,
		.partial_per_mille = 100,
		.slow0_per_mille = 50,
		.slow1_per_mille = 500,
		.failing_h = 15300,
		.slow_h = 20000,
		.voices = 3,
		.few_us = US_PER_MIN,
		.stale_us = 5 * US_PER_MIN,
		.merge_us = 5 * US_PER_MIN,
		.good_row = 2,
	};
}

/* --- seats and voices --------------------------------------------------- */

static unsigned voice_of(const struct judge *j,
			 const struct judge_station *stations, size_t i)
{
	const char *operator= stations[i].operator;

	for (size_t k = 0; operator[0] && k<i; k++) {
		if (strcmp(stations[k].operator, operator) == 0)
			return j->seats[k].voice;
	}
	return (unsigned)j->voice_count;
}

struct judge *judge_new(const struct judge_rules *rules,
			const struct judge_station *stations, size_t count)
{
	struct judge *j = mem_zalloc(sizeof(*j));
	unsigned voices;

	j->rules = *rules;
	j->seat_count = count;
	j->seats = mem_array(count, sizeof(*j->seats));
	j->recent = mem_zalloc(sizeof(*j->recent));
	for (size_t i = 0; i < count; i++) {
		j->seats[i].voice = voice_of(j, stations, i);
		if (j->seats[i].voice == j->voice_count)
			j->voice_count++;
	}
	voices = (unsigned)j->voice_count;
	j->voices = mem_array(voices, sizeof(*j->voices));
	cusum_init(&j->fast, rules->p0_per_mille, rules->fast_per_mille,
		   rules->failing_h, voices);
	cusum_init(&j->partial, rules->p0_per_mille, rules->partial_per_mille,
		   rules->failing_h, voices);
	cusum_init(&j->slow, rules->slow0_per_mille, rules->slow1_per_mille,
		   rules->slow_h, voices);
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	cusum_release(&j->fast);
	cusum_release(&j->partial);
	cusum_release(&j->slow);
	incident_release(&j->incident);
	free(j->recent);
	free(j->seats);
	free(j->voices);
	free(j);
}

/* Not blind, and heard of lately: what it says counts. */
static bool has_voice(const struct judge *j, const struct seat *s)
{
	return s->sight != SIGHT_BLIND && s->heard_us > 0 &&
	       j->now_us - s->heard_us <= j->rules.stale_us;
}

static bool is_open(const struct judge *j)
{
	return j->any && j->incident.end_us == 0;
}

/* Counts the voices; a voice of several seats speaks when all say the same. */
static void count_voices(struct judge *j, struct tally *ret_tally)
{
	struct tally t = { .view.verdict = j->verdict };

	memset(j->voices, 0, j->voice_count * sizeof(*j->voices));
	for (size_t i = 0; i < j->seat_count; i++) {
		const struct seat *s = &j->seats[i];
		struct voice *voice = &j->voices[s->voice];

		if (!has_voice(j, s))
			continue;
		voice->seats++;
		voice->failing += s->bad_row >= 2;
		voice->lasting += s->bad_row >= 3;
		voice->suspect += s->bad_row == 1;
		voice->recovered += s->good_row >= j->rules.good_row;
	}
	for (size_t i = 0; i < j->voice_count; i++) {
		const struct voice *voice = &j->voices[i];

		if (voice->seats == 0)
			continue;
		t.view.voices++;
		t.view.failing += voice->failing == voice->seats;
		t.view.suspect += voice->suspect > 0;
		t.lasting += voice->lasting == voice->seats;
		t.recovered += voice->recovered == voice->seats;
	}
	t.view.few = t.view.voices < j->rules.voices;
	*ret_tally = t;
}

/* How much one voice may add to a sum: half, so that two have to agree. */
static int32_t cap_of(const struct judge *j, int32_t h)
{
	return j->voice_count == 1 ? h : (h + 1) / 2;
}

/* --- the verdict -------------------------------------------------------- */

static unsigned quorum(const struct judge *j, unsigned voices)
{
	unsigned half = (voices + 1) / 2;

	if (voices < j->rules.voices)
		return voices;
	return half > j->rules.voices ? half : j->rules.voices;
}

/*
 * Fewer than three may all have lost their networks, which their controls tell
 * them within a minute: what has begun since then is not judged yet.
 */
static bool is_too_early(const struct judge *j, const struct tally *t)
{
	int64_t from_us = j->now_us - j->rules.few_us;
	const struct cusum *sums[] = { &j->fast, &j->partial };

	if (!t->view.few)
		return false;
	for (size_t i = 0; i < j->seat_count; i++) {
		const struct seat *s = &j->seats[i];

		if (has_voice(j, s) && s->bad_row > 0 &&
		    s->bad_since_us > from_us)
			return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (cusum_alarms(sums[i]) && sums[i]->since_us > from_us)
			return true;
	}
	return false;
}

/*
 * Two voices whose confirmations failed are still chance, ten times a year at
 * half a percent of stray failures; two whose next attempt failed as well are
 * not.
 */
static enum verdict weigh(const struct judge *j, const struct tally *t)
{
	uint64_t share = j->risen_attempts
				 ? 1000 * j->risen_failures / j->risen_attempts
				 : 0;

	if (t->view.voices == 0)
		return VERDICT_UNKNOWN;
	if (is_too_early(j, t))
		return VERDICT_OPERATIONAL;
	if (t->view.failing >= quorum(j, t->view.voices))
		return VERDICT_MAJOR_OUTAGE;
	if (t->lasting >= 2)
		return VERDICT_PARTIAL_OUTAGE;
	if (cusum_alarms(&j->fast) || cusum_alarms(&j->partial))
		return share >= SHARE_MANY ? VERDICT_PARTIAL_OUTAGE
					   : VERDICT_DEGRADED;
	if (cusum_alarms(&j->slow))
		return VERDICT_DEGRADED;
	return VERDICT_OPERATIONAL;
}

/* --- incidents ---------------------------------------------------------- */

static bool is_failing(const struct judge *j, const struct seat *s)
{
	return has_voice(j, s) && s->bad_row >= 2;
}

/*
 * Since when failing counts for what is declared now: one that has failed alone
 * for a day, before the others began or beyond the last incident's end, did not
 * begin this.
 */
static int64_t counts_from_us(const struct judge *j)
{
	int64_t latest_us = 0, from_us;

	for (size_t i = 0; i < j->seat_count; i++) {
		const struct seat *s = &j->seats[i];

		if (has_voice(j, s) && s->bad_row > 0 &&
		    s->bad_since_us > latest_us)
			latest_us = s->bad_since_us;
	}
	from_us = latest_us - 2 * j->rules.stale_us;
	return j->any && j->incident.end_us > from_us ? j->incident.end_us
						      : from_us;
}

/*
 * The first failure that raised a sum, but of those whose trouble began before
 * from_us; as far as is remembered.
 */
static int64_t risen_since_us(const struct judge *j, const struct cusum *sum,
			      int64_t from_us)
{
	const struct recent *r = j->recent;
	size_t n = r->count < RECENT_ATTEMPTS ? r->count : RECENT_ATTEMPTS;

	for (size_t k = r->count - n; k < r->count; k++) {
		const struct judge_attempt *a = &r->ring[k % RECENT_ATTEMPTS];
		const struct seat *s = &j->seats[a->station];

		if (k == r->count - n && a->started_us > sum->since_us)
			break;
		if (a->started_us < sum->since_us || !attempt_root(a))
			continue;
		if (s->bad_row == 0 || s->bad_since_us >= from_us)
			return a->started_us;
	}
	return sum->since_us;
}

/* The first failure of the first voter, or the first that raised a sum. */
static int64_t first_failure_us(const struct judge *j)
{
	int64_t first_us = j->now_us, from_us = counts_from_us(j);
	const struct cusum *sums[] = { &j->fast, &j->partial };

	for (size_t i = 0; i < j->seat_count; i++) {
		const struct seat *s = &j->seats[i];

		if (is_failing(j, s) && s->bad_since_us >= from_us &&
		    s->bad_since_us < first_us)
			first_us = s->bad_since_us;
	}
	for (size_t i = 0; i < 2; i++) {
		if (cusum_alarms(sums[i]) &&
		    risen_since_us(j, sums[i], from_us) < first_us)
			first_us = risen_since_us(j, sums[i], from_us);
	}
	if (cusum_alarms(&j->slow) && j->slow.since_us < first_us)
		first_us = j->slow.since_us;
	return first_us;
}

static enum judge_event open_incident(struct judge *j, enum verdict verdict,
				      const struct tally *t)
{
	struct incident *i = &j->incident;
	int64_t start_us = first_failure_us(j);
	bool again = j->any && start_us - i->end_us < j->rules.merge_us;

	if (!again) {
		incident_release(i);
		i->number = (uint64_t)(start_us / US_PER_S);
		i->start_us = start_us;
		i->declared_us = j->now_us;
		i->slow = verdict == VERDICT_DEGRADED &&
			  !cusum_alarms(&j->fast) && !cusum_alarms(&j->partial);
		i->few = t->view.few;
		i->voters = t->view.voices;
		i->station_count = j->seat_count;
		i->stations = mem_array(j->seat_count, sizeof(*i->stations));
		j->any = true;
		j->counted_us = 0;
		recent_write(j->recent, i, start_us);
	} else {
		recent_write(j->recent, i, i->end_us);
	}
	i->end_us = 0;
	i->good_us = 0;
	if (verdict > i->worst)
		i->worst = verdict;
	incident_add_step(i, j->now_us, verdict);
	return again ? JUDGE_REOPENED : JUDGE_OPENED;
}

/*
 * So many good ones in a row would have a chance of one in a hundred if it
 * still went on as it did until the last failure: ln(100) / -ln(1 - share), by
 * counting.
 */
static unsigned run_needed(const struct judge *j)
{
	const struct incident *i = &j->incident;
	uint64_t good = i->attempts - i->failures;
	uint64_t chance = 1000000;
	unsigned run = 0;

	if (i->failures == 0)
		return 0;
	good = good > j->good_run ? good - j->good_run : 0;
	while (chance > 10000 && run < RUN_MOST) {
		chance = good ? chance * good / (good + i->failures) : 0;
		run++;
	}
	return run;
}

static bool has_ended(const struct judge *j, const struct tally *t)
{
	const struct judge_view *v = &t->view;

	if (v->voices == 0 || 2 * t->recovered <= v->voices)
		return false;
	/* One that is left alone with its failures may be so for long. */
	if (v->failing >= (v->few ? 1 : 2))
		return false;
	if (cusum_alarms(&j->slow) || (j->incident.slow && j->slow.sum > 0))
		return false;
	return j->good_run >= run_needed(j);
}

static enum judge_event close_incident(struct judge *j)
{
	j->incident.end_us = j->now_us;
	incident_add_step(&j->incident, j->now_us, VERDICT_OPERATIONAL);
	cusum_reset(&j->fast);
	cusum_reset(&j->partial);
	cusum_reset(&j->slow);
	j->risen_attempts = j->risen_failures = 0;
	j->verdict = VERDICT_OPERATIONAL;
	return JUDGE_CLOSED;
}

static enum judge_event reconsider(struct judge *j)
{
	struct tally t;
	enum verdict now;

	count_voices(j, &t);
	now = weigh(j, &t);
	if (!is_open(j)) {
		j->verdict = now;
		return now > VERDICT_OPERATIONAL ? open_incident(j, now, &t)
						 : JUDGE_NOTHING;
	}
	if (has_ended(j, &t))
		return close_incident(j);
	/* Better is not over: what was said holds until the end. */
	if (now == VERDICT_OPERATIONAL || now == j->verdict)
		return JUDGE_NOTHING;
	j->verdict = now;
	if (now > j->incident.worst)
		j->incident.worst = now;
	incident_add_step(&j->incident, j->now_us, now);
	return JUDGE_CHANGED;
}

/* --- evidence ----------------------------------------------------------- */

static void take_row(struct seat *s, const struct judge_attempt *a)
{
	s->heard_us = a->ended_us;
	if (a->good) {
		s->good_row++;
		s->bad_row = 0;
		return;
	}
	s->good_row = 0;
	if (s->bad_row++ == 0)
		s->bad_since_us = a->started_us;
}

/* Confirmations follow failures only: in the sums they would count twice. */
static void take_sums(struct judge *j, const struct judge_attempt *a)
{
	struct seat *s = &j->seats[a->station];
	bool bad = !a->good, slow;

	if (a->confirm)
		return;
	cusum_take(&j->fast, s->voice, bad, a->started_us,
		   cap_of(j, j->fast.h));
	cusum_take(&j->partial, s->voice, bad, a->started_us,
		   cap_of(j, j->partial.h));
	if (j->partial.sum == 0)
		j->risen_attempts = j->risen_failures = 0;
	else {
		j->risen_attempts++;
		j->risen_failures += bad;
	}
	if (bad || a->server_us < 0)
		return;
	slow = usual_is_exceeded(&s->usual, a->server_us);
	cusum_take(&j->slow, s->voice, slow, a->started_us,
		   cap_of(j, j->slow.h));
	if (!is_open(j))
		usual_take(&s->usual, a->server_us);
}

/*
 * A voice that is failing already tells nothing new by failing again, so that
 * one that stays alone with it keeps no incident open.
 */
static void take_run(struct judge *j, const struct judge_attempt *a)
{
	if (a->good)
		j->good_run++;
	else if (j->seats[a->station].bad_row < 2)
		j->good_run = 0;
}

enum judge_event judge_take(struct judge *j, const struct judge_attempt *a)
{
	struct judge_attempt taken = *a;
	struct seat *s = &j->seats[a->station];

	assert(a->station < j->seat_count);
	if (a->ended_us > j->now_us)
		j->now_us = a->ended_us;
	/* Our own fault or the path's says nothing about the CA. */
	if (!a->good && !attempt_root(a))
		return reconsider(j);
	if (s->sight == SIGHT_BLIND)
		return reconsider(j);
	take_row(s, a);
	taken.bad_row = s->bad_row;
	recent_take(j->recent, &taken);
	take_sums(j, a);
	take_run(j, a);
	if (is_open(j) && a->started_us > j->counted_us)
		incident_write(&j->incident, &taken);
	return reconsider(j);
}

enum judge_event judge_sight(struct judge *j, unsigned station,
			     enum sight sight, int64_t at_us)
{
	assert(station < j->seat_count);
	j->seats[station].sight = sight;
	/* What failed on its way into blindness is no evidence after it. */
	if (sight == SIGHT_BLIND)
		j->seats[station].bad_row = j->seats[station].good_row = 0;
	if (at_us > j->now_us)
		j->now_us = at_us;
	return reconsider(j);
}

enum judge_event judge_look(struct judge *j, int64_t now_us)
{
	j->now_us = now_us;
	return reconsider(j);
}

/* --- what is known ------------------------------------------------------ */

void judge_view(struct judge *j, struct judge_view *ret_view)
{
	struct tally t;

	count_voices(j, &t);
	t.view.incident = is_open(j) ? &j->incident : NULL;
	*ret_view = t.view;
}

const struct incident *judge_incident(const struct judge *j)
{
	return j->any ? &j->incident : NULL;
}

void judge_locate(struct judge *j, unsigned station, const struct failure *f)
{
	recent_locate(j->recent, station, f);
	if (j->any)
		incident_locate(&j->incident, station, f);
}

void judge_recognise(struct judge *j, const struct incident *old)
{
	struct incident *now = &j->incident;
	struct incident_station *stations = now->stations;

	assert(is_open(j) && old->station_count == j->seat_count);
	/* What was seen then and cannot be seen any more. */
	if (old->start_us < now->start_us) {
		j->counted_us = incident_last_us(old);
		memcpy(stations, old->stations,
		       old->station_count * sizeof(*stations));
		*now = *old;
		now->stations = stations;
		now->end_us = 0;
		incident_add_step(now, j->now_us, j->verdict);
	}
	now->word = old->word;
	now->number = old->number;
	now->start_us = old->start_us;
	now->declared_us = old->declared_us;
}

bool judge_hear(struct judge *j, const struct statement *s)
{
	return j->any && incident_hear(&j->incident, s);
}

bool judge_is_suspect(const struct judge *j, unsigned station)
{
	return j->seats[station].bad_row == 1;
}
