#include "judge/play_private.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

/* As a station's configuration has it when it says nothing else. */
#define CONTROL_US (30 * US_PER_S)
#define CONTROL_LIMIT_US (10 * US_PER_S)

/* So long a hub may believe an old difference of clocks. */
#define OFFSET_US (80 * US_PER_S)

/* The monotonic clock of a machine that came up some time before. */
#define BOOT_US US_PER_HOUR

/* --- clocks ------------------------------------------------------------- */

int64_t station_mono_us(const struct play_station *t, int64_t wall_us)
{
	return wall_us - t->play->scenario->during.from_us + BOOT_US;
}

int64_t station_wall_us(const struct play_station *t, int64_t mono_us)
{
	return mono_us + t->play->scenario->during.from_us - BOOT_US;
}

static struct now clocks_at(const struct play_station *t, int64_t wall_us)
{
	int64_t mono_us = station_mono_us(t, wall_us);

	return (struct now){ .mono_us = mono_us,
			     .boot_us = mono_us,
			     .wall_us = wall_us +
					script_offset_us(t->facts, wall_us) };
}

struct now station_now(const struct play_station *t)
{
	return clocks_at(t, t->play->now_us);
}

/* What the hub takes for the difference, for it measures now and then. */
static int64_t offset_us(const struct play_station *t)
{
	return script_offset_us(t->facts, t->play->now_us - OFFSET_US);
}

/* --- what the hub hears ------------------------------------------------- */

bool station_is_heard(const struct play_station *t)
{
	const struct scenario_outage *o =
		script_outage(t->facts, t->play->now_us);

	return t->there && (!o || o->heard);
}

void station_look(struct play_station *t, size_t ca)
{
	schedule_look(&t->watches[ca].schedule, station_now(t));
}

/* As a hub does when its stations let it. */
static void ask_others(struct play_station *t, const struct unheard *u)
{
	struct play *p = t->play;
	const struct issuance *i = &u->issuance;

	if (!p->scenario->looks ||
	    !lookout_sees(&p->lookout, p->court, p->scenario->cas[u->ca].name,
			  i, i->wall_us + i->took_us - offset_us(t), p->now_us))
		return;
	for (size_t k = 0; k < p->scenario->station_count; k++) {
		struct play_station *other = &p->stations[k];

		if (other != t && station_is_heard(other))
			station_look(other, u->ca);
	}
}

static void hear(struct play_station *t, const struct unheard *u)
{
	struct play *p = t->play;
	const char *ca = p->scenario->cas[u->ca].name;
	unsigned station = (unsigned)t->number;

	if (u->is_issuance) {
		court_issuance(p->court, station, ca, &u->issuance,
			       offset_us(t));
		ask_others(t, u);
	} else {
		court_exchange(p->court, station, ca, &u->exchange,
			       offset_us(t));
	}
}

static void tell(struct play_station *t, const struct unheard *row)
{
	struct unheard *u;

	if (station_is_heard(t) && !t->first) {
		hear(t, row);
		return;
	}
	u = mem_zalloc(sizeof(*u));
	*u = *row;
	*t->last = u;
	t->last = &u->next;
}

void station_tell_exchange(struct play_station *t, size_t ca,
			   const struct exchange *e)
{
	const struct play_watch_rows *rows = &t->play->rows;

	if (rows->exchange)
		rows->exchange(rows->ctx, t->number, ca, e);
	tell(t, &(struct unheard){ .ca = ca, .exchange = *e });
}

void station_tell_issuance(struct play_station *t, size_t ca,
			   const struct issuance *i)
{
	const struct play_watch_rows *rows = &t->play->rows;

	if (rows->issuance)
		rows->issuance(rows->ctx, t->number, ca, i);
	tell(t, &(struct unheard){
			.ca = ca, .is_issuance = true, .issuance = *i });
}

/* The station notes since when it sees, and when it saw no more. */
static void note_sight(struct play_station *t)
{
	enum sight sight = sight_now(&t->sight, station_now(t));

	if (sight == t->sees)
		return;
	t->sees = sight;
	t->sees_us = t->play->now_us;
}

void station_report(struct play_station *t)
{
	if (!station_is_heard(t))
		return;
	/* It describes itself first, then it tells its rows. */
	note_sight(t);
	court_sight(t->play->court, (unsigned)t->number, t->sees, t->sees_us);
	while (t->first) {
		struct unheard *u = t->first;

		hear(t, u);
		t->first = u->next;
		free(u);
	}
	t->last = &t->first;
}

/* --- controls ----------------------------------------------------------- */

static void start_controls(struct play_station *t)
{
	int64_t mono_us = station_now(t).mono_us;

	sight_init(&t->sight, PLAY_CONTROLS, CONTROL_US);
	t->sees = SIGHT_UNKNOWN;
	t->sees_us = t->play->now_us;
	for (unsigned i = 0; i < PLAY_CONTROLS; i++) {
		t->controls[i].ask_us =
			mono_us + i * CONTROL_US / PLAY_CONTROLS;
		t->controls[i].answer_us = PLAY_NEVER;
	}
}

/* How long it takes until it is clear that one does not answer. */
static int64_t loss_us(const struct play_station *t,
		       const struct scenario_outage *o)
{
	switch (o->fails) {
	case LOSS_SILENCE:
	case LOSS_DNS:
		return CONTROL_LIMIT_US;
	case LOSS_REFUSED:
		return t->facts->path_us;
	case LOSS_UNREACHABLE:
		break;
	}
	return 0;
}

static void turn_control(struct play_station *t, unsigned i)
{
	const struct scenario_outage *o =
		script_outage(t->facts, t->play->now_us);
	struct now now = station_now(t);

	if (t->controls[i].answer_us <= now.mono_us) {
		t->controls[i].answer_us = PLAY_NEVER;
		sight_result(&t->sight, i, t->controls[i].good, now);
		note_sight(t);
	}
	if (t->controls[i].ask_us > now.mono_us)
		return;
	t->controls[i].good = !o || !o->controls;
	t->controls[i].answer_us =
		now.mono_us +
		(t->controls[i].good ? t->facts->path_us : loss_us(t, o));
	t->controls[i].ask_us += CONTROL_US;
}

/* --- coming, going, jumping --------------------------------------------- */

static void come(struct play_station *t)
{
	t->there = true;
	clockwatch_init(&t->clock, station_now(t));
	t->clock_seen_us = t->play->now_us;
	start_controls(t);
	for (size_t i = 0; i < t->play->scenario->ca_count; i++)
		watch_start(&t->watches[i]);
}

/* With it goes what it could have told. */
static void go(struct play_station *t)
{
	t->there = false;
	for (size_t i = 0; i < t->play->scenario->ca_count; i++)
		watch_stop(&t->watches[i]);
}

static int64_t next_jump_us(const struct play_station *t)
{
	int64_t next_us = PLAY_NEVER;

	for (size_t i = 0; i < t->facts->clock_count; i++) {
		int64_t us = t->facts->clock[i].at.from_us;

		if (us > t->clock_seen_us && us < next_us)
			next_us = us;
	}
	return next_us;
}

/* As the prober does: what was planned by the old clock is planned anew. */
static void jump(struct play_station *t)
{
	struct clockwatch_event events[CLOCKWATCH_EVENTS];
	int64_t now_us = t->play->now_us;

	clockwatch_init(&t->clock, clocks_at(t, now_us - 1));
	t->clock_seen_us = now_us;
	if (clockwatch_see(&t->clock, station_now(t), 1, events) == 0)
		return;
	for (size_t i = 0; i < t->play->scenario->ca_count; i++)
		schedule_paused(&t->watches[i].schedule, station_now(t));
}

/* --- the whole ---------------------------------------------------------- */

void station_init(struct play_station *t, struct play *p, size_t number)
{
	const struct scenario *s = p->scenario;

	*t = (struct play_station){ .play = p,
				    .facts = &s->stations[number],
				    .number = number };
	t->last = &t->first;
	t->watches = mem_array(s->ca_count, sizeof(*t->watches));
	for (size_t i = 0; i < s->ca_count; i++)
		watch_init(&t->watches[i], t, i);
}

void station_release(struct play_station *t)
{
	for (size_t i = 0; i < t->play->scenario->ca_count; i++)
		watch_release(&t->watches[i]);
	free(t->watches);
	while (t->first) {
		struct unheard *u = t->first;

		t->first = u->next;
		free(u);
	}
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t station_next_us(const struct play_station *t)
{
	const struct config_span *present = &t->facts->present;
	int64_t mono_us = PLAY_NEVER;

	if (!t->there)
		return t->play->now_us < present->until_us ? present->from_us
							   : PLAY_NEVER;
	for (unsigned i = 0; i < PLAY_CONTROLS; i++)
		mono_us = least(mono_us, least(t->controls[i].ask_us,
					       t->controls[i].answer_us));
	for (size_t i = 0; i < t->play->scenario->ca_count; i++)
		mono_us = least(mono_us, watch_next_us(&t->watches[i]));
	return least(station_wall_us(t, mono_us),
		     least(present->until_us, next_jump_us(t)));
}

void station_turn(struct play_station *t)
{
	bool there = config_span_holds(&t->facts->present, t->play->now_us);

	if (there != t->there) {
		if (there)
			come(t);
		else
			go(t);
	}
	if (!t->there)
		return;
	if (next_jump_us(t) <= t->play->now_us)
		jump(t);
	for (unsigned i = 0; i < PLAY_CONTROLS; i++)
		turn_control(t, i);
	for (size_t i = 0; i < t->play->scenario->ca_count; i++)
		watch_turn(&t->watches[i]);
}
