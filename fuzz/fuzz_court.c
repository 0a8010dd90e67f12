/*
 * The court told anything, in any order: rows with times from anywhere, sights,
 * clocks that jump. What it says of that is whole: incidents that begin before
 * they are declared, counts that fit, and JSON that reads back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fuzz.h"
#include "judge/court.h"
#include "report/incident_json.h"
#include "report/incident_log.h"

enum { STATIONS = 5, STEPS_MOST = 2000 };

static const char *const names[STATIONS] = { "a", "b", "c", "d", "e" };
static const char *const cas[] = { "le", "zero", "", "x" };
static const int64_t start_us = INT64_C(1772409600) * US_PER_S;

struct input {
	const uint8_t *data;
	size_t len;
};

struct stream {
	struct input in;
	struct court *court;
	int64_t now_us, ids[STATIONS];
	bool begun;
};

static uint8_t take(struct input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->data++;
}

static void happened(void *ctx, const char *ca, enum judge_event event,
		     const struct incident *i)
{
	(void)ctx;
	CLAIM(ca[0] && event != JUDGE_NOTHING && i->number > 0);
}

static struct court *open_court(uint8_t flags)
{
	struct judge_station stations[STATIONS];

	for (int i = 0; i < STATIONS; i++)
		stations[i] = (struct judge_station){
			names[i], flags & 1 << i ? "same" : names[i]
		};
	return court_new(&(struct court_setup){
		.rules = judge_rules_default(),
		.stations = stations,
		.station_count = 1 + (flags >> 5) % STATIONS,
		.history_us = US_PER_HOUR,
		.only_failed_exchanges = flags & 128,
		.happened = happened,
	});
}

/* Mostly now, sometimes from far away. */
static int64_t some_us(struct stream *s)
{
	uint8_t b = take(&s->in);

	switch (b % 16) {
	case 14:
		return s->now_us + (int64_t)b * US_PER_DAY;
	case 15:
		return s->now_us - (int64_t)b * US_PER_HOUR;
	default:
		return s->now_us - (int64_t)b * US_PER_S / 8;
	}
}

static void tell_row(struct stream *s, unsigned station)
{
	uint8_t kind = take(&s->in);
	const char *ca = cas[kind & 3];
	struct issuance i = {
		.id = s->ids[station] += kind >> 6 ? 1 : -1,
		.wall_us = some_us(s),
		.took_us = (int64_t)take(&s->in) * US_PER_S / 4 - US_PER_S / 4,
		.confirms = kind & 4,
		.outcome = (enum outcome)(kind & 8 ? take(&s->in) % OUTCOMES
						   : OUTCOME_OK),
		.op = (enum op)(take(&s->in) % OPS),
		.status = 500,
	};
	struct exchange e = {
		.id = i.id * 3,
		.issuance = i.id,
		.op = i.op,
		.wall_us = some_us(s),
		.marks = MARKS_NONE,
		.rtt_us = -1,
		.outcome = i.outcome,
		.status = kind & 16 ? 503 : 0,
	};
	int64_t offset_us = kind & 32 ? some_us(s) - s->now_us : 0;

	if (s->ids[station] < 0)
		return;
	e.marks.sent_us = 1;
	e.marks.first_us = e.marks.done_us = 1 + (int64_t)take(&s->in) * 8192;
	memset(i.problem, 'p', kind % sizeof(i.problem));
	memset(e.detail, 'd', kind % 200);
	court_exchange(s->court, station, ca, &e, offset_us);
	court_issuance(s->court, station, ca, &i, offset_us);
}

static void turn(struct stream *s, unsigned stations)
{
	uint8_t what = take(&s->in);
	unsigned station = (what >> 3) % stations;

	switch (what & 7) {
	case 0:
		s->now_us += (int64_t)take(&s->in) * US_PER_S;
		court_look(s->court, s->now_us);
		return;
	case 1:
		s->now_us = some_us(s);
		court_look(s->court, s->now_us);
		return;
	case 2:
		court_sight(s->court, station, (enum sight)(take(&s->in) % 3),
			    some_us(s));
		return;
	case 3:
		if (!s->begun)
			court_begin(s->court, s->now_us);
		s->begun = true;
		return;
	default:
		s->now_us += US_PER_S;
		tell_row(s, station);
	}
}

static void check_incident(const struct incident *i, const char *ca,
			   size_t stations)
{
	struct buf json = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
	struct buf log = BUF_INIT(1 << 20);
	char read_ca[COURT_NAME];
	struct incident copy;
	struct fail why;

	CLAIM(i->station_count == stations && i->failures <= i->attempts);
	CLAIM(i->cause_count <= INCIDENT_CAUSES);
	CLAIM(i->step_count > 0 && i->step_count <= INCIDENT_STEPS);
	CLAIM(i->worst > VERDICT_OPERATIONAL && i->worst < VERDICTS);
	incident_json(&json, ca, i, names, stations);
	CLAIM(incident_read(json.data, json.len, names, stations, read_ca,
			    &copy, &why));
	incident_json(&again, read_ca, &copy, names, stations);
	CLAIM(strcmp(buf_text(&json), buf_text(&again)) == 0);
	incident_release(&copy);
	incident_log(&log, ca, i, names, 0);
	CLAIM(!log.full);
	buf_release(&json);
	buf_release(&again);
	buf_release(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct stream s = { .in = { data, len }, .now_us = start_us };
	const struct incident *list[COURT_INCIDENTS];
	const char *found[COURT_CAS];
	uint8_t flags = take(&s.in);
	size_t stations = 1 + (flags >> 5) % STATIONS, count;
	struct judge_view view;

	s.court = open_court(flags);
	for (int n = 0; s.in.len > 0 && n < STEPS_MOST; n++)
		turn(&s, (unsigned)stations);
	count = court_cas(s.court, found);
	for (size_t i = 0; i < count; i++) {
		size_t n = court_incidents(s.court, found[i], list);

		for (size_t k = 0; k < n; k++)
			check_incident(list[k], found[i], stations);
		if (court_view(s.court, found[i], &view))
			CLAIM(view.failing <= view.voices &&
			      view.voices <= stations);
	}
	court_free(s.court);
	return 0;
}
