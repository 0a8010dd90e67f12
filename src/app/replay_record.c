#include "app/replay_record.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/store.h"

#define TICK_US US_PER_S
/* What ends so much earlier than what was told before: the clock went back. */
#define BACK_US (10 * US_PER_MIN)

struct ca_name {
	char name[64];
};

struct sight_row {
	int64_t at_us;
	enum sight sight;
};

struct judged_again {
	const struct replay_record_setup *setup;
	struct store *store;
	struct court *court;
	struct ca_name *cas; /* at their numbers */
	unsigned ca_count;
	struct sight_row *sights;
	size_t sight_count, next_sight;
	int64_t now_us;
	struct replay_record_count count;
	struct fail *why;
	bool broken;
};

/* --- the record --------------------------------------------------------- */

static bool on_ca(void *ctx, const struct store_ca_row *row)
{
	struct judged_again *j = ctx;

	if (row->is_control)
		return true;
	if (row->number >= j->ca_count) {
		j->cas =
			mem_resize(j->cas, (row->number + 1) * sizeof(*j->cas));
		while (j->ca_count <= row->number)
			j->cas[j->ca_count++].name[0] = '\0';
	}
	text_copy(j->cas[row->number].name, sizeof(j->cas[0].name), row->name);
	return true;
}

static bool on_event(void *ctx, enum store_event kind, int64_t wall_us,
		     int64_t until_us, const char *detail)
{
	struct judged_again *j = ctx;

	(void)until_us;
	(void)detail;
	if (kind != EVENT_BLIND && kind != EVENT_SIGHTED &&
	    kind != EVENT_START && kind != EVENT_STOP)
		return true;
	j->sights = mem_resize(j->sights,
			       (j->sight_count + 1) * sizeof(*j->sights));
	/* A start and a stop leave it open whether the station sees. */
	j->sights[j->sight_count++] =
		(struct sight_row){ wall_us, kind == EVENT_BLIND ? SIGHT_BLIND
					     : kind == EVENT_SIGHTED
						     ? SIGHT_SIGHTED
						     : SIGHT_UNKNOWN };
	return true;
}

static const char *ca_of(const struct judged_again *j, unsigned number)
{
	return number < j->ca_count ? j->cas[number].name : "";
}

/* --- told again --------------------------------------------------------- */

/* Time goes on: who sees, second by second, and what falls silent. */
static void pass(struct judged_again *j, int64_t until_us)
{
	if (until_us < j->now_us - BACK_US)
		j->now_us = until_us;
	while (j->now_us + TICK_US <= until_us) {
		j->now_us += TICK_US;
		while (j->next_sight < j->sight_count &&
		       j->sights[j->next_sight].at_us <= j->now_us)
			court_sight(j->court, 0,
				    j->sights[j->next_sight++].sight,
				    j->now_us);
		court_look(j->court, j->now_us);
	}
}

static bool on_exchange(void *ctx, const struct exchange *e)
{
	struct judged_again *j = ctx;

	j->count.exchanges++;
	court_exchange(j->court, 0, ca_of(j, e->ca), e, 0);
	return true;
}

/* In the order of their numbers, as they were told when they were made. */
static bool on_issuance(void *ctx, const struct issuance *i)
{
	struct judged_again *j = ctx;
	const struct store_query its = { .ca = STORE_ANY,
					 .op = STORE_ANY,
					 .issuance = i->id };

	if (i->took_us < 0)
		return true;
	pass(j, i->wall_us + i->took_us);
	j->broken = !store_exchanges(j->store, &its, on_exchange, j, j->why);
	if (j->broken)
		return false;
	j->count.attempts++;
	court_issuance(j->court, 0, ca_of(j, i->ca), i, 0);
	return true;
}

static bool tell_all(struct judged_again *j)
{
	const struct config_span *d = &j->setup->during;
	const struct store_query rows = { .from_us = d->from_us,
					  .to_us = d->until_us,
					  .ca = STORE_ANY,
					  .op = STORE_ANY };
	/* What was so before is still so. */
	const struct store_query events = { .to_us = d->until_us,
					    .ca = STORE_ANY,
					    .op = STORE_ANY };

	if (!store_cas(j->store, on_ca, j, j->why) ||
	    !store_events(j->store, &events, on_event, j, j->why))
		return false;
	j->now_us = d->from_us;
	court_begin(j->court, j->now_us);
	if (!store_issuances(j->store, &rows, on_issuance, j, j->why) ||
	    j->broken)
		return false;
	pass(j, d->until_us);
	return true;
}

struct court *replay_record(const struct replay_record_setup *setup,
			    struct replay_record_count *ret_count,
			    struct fail *why)
{
	const struct judge_station alone = { setup->station, "" };
	struct judged_again j = { .setup = setup, .why = why };
	bool good;

	if (!store_open(setup->path, STORE_READ, &j.store, why))
		return NULL;
	j.court = court_new(&(struct court_setup){
		.rules = setup->rules,
		.stations = &alone,
		.station_count = 1,
		.history_us = US_PER_HOUR,
	});
	good = tell_all(&j);
	store_close(j.store);
	free(j.cas);
	free(j.sights);
	*ret_count = j.count;
	if (good)
		return j.court;
	court_free(j.court);
	return NULL;
}
