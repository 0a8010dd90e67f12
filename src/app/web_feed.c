/*
 * What the prober records, told as it comes: the database is asked a few times
 * a second for the rows behind a cursor, which costs next to nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "app/web_private.h"
#include "base/mem.h"

enum { ROWS_AT_ONCE = 500, NAMES_MAX = 1024 };

/* --- names -------------------------------------------------------------- */

static bool on_name(void *ctx, const struct store_ca_row *row)
{
	struct web *w = ctx;

	w->names =
		mem_resize(w->names, (w->name_count + 1) * sizeof(*w->names));
	w->names[w->name_count++] = *row;
	return w->name_count < NAMES_MAX;
}

static const char *find_name(const struct web *w, unsigned number)
{
	for (size_t i = 0; i < w->name_count; i++) {
		if (w->names[i].number == number)
			return w->names[i].name;
	}
	return NULL;
}

/* A number that is not known yet is of a CA that has just been added. */
const char *web_ca_name(struct web *w, unsigned number)
{
	const char *name = find_name(w, number);
	struct fail why;

	if (!name && w->store) {
		w->name_count = 0;
		if (store_cas(w->store, on_name, w, &why))
			name = find_name(w, number);
	}
	return name ? name : "";
}

/* --- the feed ----------------------------------------------------------- */

static bool on_exchange(void *ctx, const struct exchange *e)
{
	struct web *w = ctx;

	w->exchange = e->id;
	court_exchange(judging_court(w->judging), 0, web_ca_name(w, e->ca), e,
		       0);
	site_tell_exchange(w->site, w->config->station, web_ca_name(w, e->ca),
			   e);
	return true;
}

/* One that still runs holds back those behind it: they are told in order. */
static bool on_issuance(void *ctx, const struct issuance *i)
{
	struct web *w = ctx;

	if (i->took_us < 0)
		return false;
	w->issuance = i->id;
	court_issuance(judging_court(w->judging), 0, web_ca_name(w, i->ca), i,
		       0);
	site_tell_issuance(w->site, w->config->station, web_ca_name(w, i->ca),
			   i);
	return true;
}

static bool on_last_exchange(void *ctx, const struct exchange *e)
{
	((struct web *)ctx)->exchange = e->id;
	return false;
}

/* The newest that is over: what runs is still to be told. */
static bool on_last_issuance(void *ctx, const struct issuance *i)
{
	if (i->took_us < 0)
		return true;
	((struct web *)ctx)->issuance = i->id;
	return false;
}

/* --- the judge ---------------------------------------------------------- */

static bool on_past_exchange(void *ctx, const struct exchange *e)
{
	struct web *w = ctx;

	court_exchange(judging_court(w->judging), 0, web_ca_name(w, e->ca), e,
		       0);
	return true;
}

static bool on_past_issuance(void *ctx, const struct issuance *i)
{
	struct web *w = ctx;

	court_issuance(judging_court(w->judging), 0, web_ca_name(w, i->ca), i,
		       0);
	return true;
}

static void on_judged(void *ctx)
{
	site_changed(((struct web *)ctx)->site);
}

/* A start and a stop leave it open whether the station sees. */
static bool sight_of(enum store_event kind, enum sight *ret_sight)
{
	*ret_sight = kind == EVENT_BLIND     ? SIGHT_BLIND
		     : kind == EVENT_SIGHTED ? SIGHT_SIGHTED
					     : SIGHT_UNKNOWN;
	return kind == EVENT_BLIND || kind == EVENT_SIGHTED ||
	       kind == EVENT_START || kind == EVENT_STOP;
}

static bool on_sight(void *ctx, enum store_event kind, int64_t wall_us,
		     int64_t until_us, const char *detail)
{
	enum sight sight;

	(void)until_us;
	(void)detail;
	if (sight_of(kind, &sight))
		court_sight(judging_court(((struct web *)ctx)->judging), 0,
			    sight, wall_us);
	return true;
}

/* Of the latest event that says it. */
static bool on_last_sight(void *ctx, enum store_event kind, int64_t wall_us,
			  int64_t until_us, const char *detail)
{
	enum sight sight;

	if (!sight_of(kind, &sight))
		return true;
	on_sight(ctx, kind, wall_us, until_us, detail);
	return false;
}

/*
 * The last day is judged again. Of its exchanges only those that failed: how
 * long it usually takes is learnt anew.
 */
static bool begin_judging(struct web *w, struct fail *why)
{
	const struct judge_station self = { .name = w->config->station,
					    .operator= "" };
	int64_t now_us = loop_now(w->loop).wall_us;
	struct store_query q = { .ca = STORE_ANY,
				 .op = STORE_ANY,
				 .from_us = now_us - US_PER_DAY,
				 .failed_only = true };

	judging_free(w->judging);
	w->judging = NULL;
	if (!judging_new(&(struct judging_setup){ .who = "web",
						  .stations = &self,
						  .station_count = 1,
						  .history_us = US_PER_DAY,
						  .only_failed_exchanges = true,
						  .changed = on_judged,
						  .ctx = w },
			 &w->judging, why) ||
	    !store_exchanges(w->store, &q, on_past_exchange, w, why))
		return false;
	q.failed_only = false;
	if (!store_issuances(w->store, &q, on_past_issuance, w, why) ||
	    !store_events(w->store, &q, on_sight, w, why))
		return false;
	judging_begin(w->judging, now_us);
	return true;
}

/* Once a second: whether it sees, and what time it is. */
static bool look(struct web *w, struct fail *why)
{
	const struct store_query q = { .ca = STORE_ANY,
				       .op = STORE_ANY,
				       .latest_first = true,
				       .limit = ROWS_AT_ONCE };
	struct now now = loop_now(w->loop);

	if (now.mono_us - w->looked_us < US_PER_S)
		return true;
	w->looked_us = now.mono_us;
	if (!store_events(w->store, &q, on_last_sight, w, why))
		return false;
	judging_tick(w->judging, now.wall_us);
	return true;
}

/* --- the cursors -------------------------------------------------------- */

/* What was there before is in the pages already. */
static bool find_ends(struct web *w, struct fail *why)
{
	const struct store_query q = { .ca = STORE_ANY,
				       .op = STORE_ANY,
				       .latest_first = true,
				       .limit = ROWS_AT_ONCE };

	w->exchange = w->issuance = 0;
	w->fed = store_exchanges(w->store, &q, on_last_exchange, w, why) &&
		 store_issuances(w->store, &q, on_last_issuance, w, why) &&
		 begin_judging(w, why);
	return w->fed;
}

bool web_feed(struct web *w, bool *ret_news, struct fail *why)
{
	int64_t exchange = w->exchange, issuance = w->issuance;
	struct store_query q = { .after = w->exchange,
				 .ca = STORE_ANY,
				 .op = STORE_ANY,
				 .limit = ROWS_AT_ONCE };

	if (!w->fed)
		return find_ends(w, why);
	if (!store_exchanges(w->store, &q, on_exchange, w, why))
		return false;
	q.after = w->issuance;
	if (!store_issuances(w->store, &q, on_issuance, w, why))
		return false;
	*ret_news = w->exchange != exchange || w->issuance != issuance;
	return look(w, why);
}

void web_feed_forget(struct web *w)
{
	w->fed = false;
	judging_free(w->judging);
	w->judging = NULL;
	free(w->names);
	w->names = NULL;
	w->name_count = 0;
}

/* --- those who wait ----------------------------------------------------- */

void web_polls_add(struct web *w, struct site_wait *wait)
{
	struct web_poll *poll = mem_zalloc(sizeof(*poll));

	poll->wait = wait;
	poll->until_us = loop_now(w->loop).mono_us + site_route(wait)->wait_us;
	poll->next = w->polls;
	w->polls = poll;
}

void web_polls_look(struct web *w, bool news)
{
	int64_t now_us = loop_now(w->loop).mono_us;
	struct web_poll *polls = w->polls;

	w->polls = NULL;
	while (polls) {
		struct web_poll *poll = polls;

		polls = poll->next;
		if (now_us >= poll->until_us || site_has_left(poll->wait)) {
			web_answer(w, poll->wait);
			free(poll);
		} else if (news && web_retry(w, poll->wait)) {
			free(poll);
		} else {
			poll->next = w->polls;
			w->polls = poll;
		}
	}
}

void web_polls_end(struct web *w)
{
	while (w->polls) {
		struct web_poll *poll = w->polls;

		w->polls = poll->next;
		web_answer(w, poll->wait);
		free(poll);
	}
}
