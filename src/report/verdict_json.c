#include "report/verdict_json.h"

#include <string.h>

#include "base/clock.h"
#include "judge/court.h"
#include "report/incident_json.h"
#include "report/json_write.h"
#include "report/status_show.h"
#include "report/summary.h"

enum {
	RETRY_MAJOR_S = 300,
	RETRY_PARTIAL_S = 60,
};

int verdict_retry_after_s(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_MAJOR_OUTAGE:
		return RETRY_MAJOR_S;
	case VERDICT_PARTIAL_OUTAGE:
		return RETRY_PARTIAL_S;
	case VERDICT_UNKNOWN:
	case VERDICT_OPERATIONAL:
	case VERDICT_DEGRADED:
	case VERDICTS:
		break;
	}
	return -1;
}

/* --- evidence ----------------------------------------------------------- */

struct tries {
	unsigned good, bad;
};

/* Its latest that tells of the CA, if that is not too old; NULL without. */
static const struct sample *latest(const struct series *s, int64_t from_us)
{
	for (size_t i = s->count; i-- > 0;) {
		const struct sample *one = &s->samples[i];
		enum fault fault = outcome_fault(one->outcome);

		if (one->wall_us < from_us)
			return NULL;
		if (fault == FAULT_NONE || fault == FAULT_CA)
			return one;
	}
	return NULL;
}

static bool is_good(const struct sample *s)
{
	return outcome_fault(s->outcome) == FAULT_NONE;
}

/*
 * What worked in an attempt before the one that failed last tells nothing of
 * now: the steps behind the failure have not been tried since.
 */
static void drop_earlier(const struct sample *last[OPS])
{
	int64_t failed = 0;

	for (int op = 0; op < OPS; op++) {
		if (last[op] && !is_good(last[op]) &&
		    last[op]->issuance > failed)
			failed = last[op]->issuance;
	}
	for (int op = 0; op < OPS; op++) {
		if (last[op] && is_good(last[op]) &&
		    last[op]->issuance < failed)
			last[op] = NULL;
	}
}

static void take_station(const struct board *b, const struct board_station *s,
			 const struct station_ca *c, struct tries tries[OPS],
			 int64_t *evidence_us)
{
	const struct sample *last[OPS];
	int64_t now_us = s->facts->now_us;
	int64_t stale_us = c->standing ? c->standing->stale_us : 5 * US_PER_MIN;

	for (int op = 0; op < OPS; op++)
		last[op] = latest(&c->ops[op], now_us - stale_us);
	drop_earlier(last);
	for (int op = 0; op < OPS; op++) {
		int64_t ended_us;

		if (!last[op])
			continue;
		/* By our clock. */
		ended_us = last[op]->wall_us + last[op]->took_us - now_us +
			   b->now_us;
		if (ended_us > *evidence_us)
			*evidence_us = ended_us;
		tries[op].good += is_good(last[op]);
		tries[op].bad += !is_good(last[op]);
	}
}

void board_operations(const struct board *b, const char *ca,
		      enum op_state ret_states[OPS], int64_t *ret_evidence_us)
{
	struct tries tries[OPS] = { { 0, 0 } };

	*ret_evidence_us = 0;
	for (size_t i = 0; i < b->station_count; i++) {
		const struct board_station *s = &b->stations[i];
		const struct station_ca *c = board_station_ca(s, ca);

		if (c && board_speaks(s) && s->facts->sight != SIGHT_BLIND)
			take_station(b, s, c, tries, ret_evidence_us);
	}
	for (int op = 0; op < OPS; op++) {
		const struct tries *t = &tries[op];

		if (t->good + t->bad == 0 || op == OP_CONTROL)
			ret_states[op] = OP_UNSEEN;
		else
			ret_states[op] = t->bad >= t->good ? OP_FAILS
							   : OP_WORKS;
	}
}

bool board_knows(const struct board *b, const char *ca)
{
	struct judge_view view;
	bool heard = false;

	for (size_t i = 0; i < b->station_count; i++) {
		if (board_station_ca(&b->stations[i], ca))
			return true;
		heard = heard || b->stations[i].facts;
	}
	return !heard || (b->court && court_view(b->court, ca, &view)) ||
	       board_status_find(b, ca);
}

/* --- one CA ------------------------------------------------------------- */

static void add_list(struct buf *out, const char *name,
		     const enum op_state states[OPS], enum op_state state)
{
	const char *between = "";

	json_name(out, name);
	buf_add_char(out, '[');
	for (int op = 0; op < OPS; op++) {
		if (states[op] != state)
			continue;
		buf_addf(out, "%s\"%s\"", between, op_name((enum op)op));
		between = ",";
	}
	buf_add_char(out, ']');
}

static void add_operations(struct buf *out, const struct board *b,
			   const char *ca, int64_t as_of_us)
{
	enum op_state states[OPS];
	int64_t evidence_us, age_us;

	board_operations(b, ca, states, &evidence_us);
	evidence_us = clock_floor(evidence_us, US_PER_S);
	if (evidence_us > as_of_us)
		evidence_us = as_of_us; /* nothing is newer than the answer */
	age_us = as_of_us - evidence_us;
	json_known_time(out, "evidence", evidence_us);
	json_known(out, "evidence_age", evidence_us ? age_us / US_PER_S : -1);
	json_name(out, "operations");
	buf_add_char(out, '{');
	add_list(out, "work", states, OP_WORKS);
	add_list(out, "fail", states, OP_FAILS);
	buf_add_char(out, '}');
}

static void add_issuances(struct buf *out, const struct series_summary *m)
{
	json_name(out, "issuances");
	buf_add_char(out, '{');
	json_count(out, "n", m->n);
	json_count(out, "failed", m->failed);
	json_known(out, "p50_us", m->p50_us);
	json_known(out, "p95_us", m->p95_us);
	buf_add_char(out, '}');
}

static bool view_of(const struct board *b, const char *ca,
		    struct judge_view *ret_view)
{
	*ret_view = (struct judge_view){ .verdict = VERDICT_UNKNOWN };
	return b->court && court_view(b->court, ca, ret_view);
}

static void add_view(struct buf *out, const struct judge_view *view)
{
	json_text(out, "verdict", verdict_name(view->verdict));
	json_bool(out, "few", view->few);
	json_count(out, "voices", view->voices);
	json_count(out, "failing", view->failing);
	json_count(out, "suspect", view->suspect);
	json_known(out, "retry_after", verdict_retry_after_s(view->verdict));
}

void board_verdict_json(struct buf *out, const struct board *b, const char *ca)
{
	int64_t as_of_us = clock_floor(b->now_us, VERDICT_FRESH_S * US_PER_S);
	struct judge_view view;
	struct summary sum;

	view_of(b, ca, &view);
	summary_make(b, ca, &sum);
	buf_add_char(out, '{');
	json_text(out, "ca", ca);
	json_text(out, "directory", sum.directory);
	json_time(out, "as_of", as_of_us);
	add_view(out, &view);
	json_count(out, "stations", b->station_count);
	add_operations(out, b, ca, as_of_us);
	add_issuances(out, &sum.measured);
	json_name(out, "incident");
	if (view.incident)
		incident_brief_json(out, view.incident);
	else
		buf_add_text(out, "null");
	status_json(out, b, ca);
	buf_add_text(out, "}\n");
	summary_release(&sum);
}

/* --- all ---------------------------------------------------------------- */

void board_cas_json(struct buf *out, const struct board *b)
{
	const struct station_ca *list[BOARD_CAS];
	size_t n = board_cas(b, list);
	struct judge_view view;

	buf_add_char(out, '{');
	json_time(out, "as_of",
		  clock_floor(b->now_us, VERDICT_FRESH_S * US_PER_S));
	json_name(out, "cas");
	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		view_of(b, list[i]->name, &view);
		buf_add_text(out, i ? ",\n{" : "{");
		json_text(out, "ca", list[i]->name);
		json_text(out, "directory", list[i]->directory);
		add_view(out, &view);
		buf_add_char(out, '}');
	}
	buf_add_text(out, "]}\n");
}
