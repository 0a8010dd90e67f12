#include "app/web_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/json_write.h"
#include "report/stat_json.h"

#define TYPE_JSON "application/json"
#define TYPE_CSV "text/csv; charset=utf-8; header=present"

enum { SAMPLES_MAX = 20000, NAMES_MAX = 1024 };
#define HOURS_US US_PER_DAY /* when nothing is said */

/* What the calls back of a list share. */
struct listing {
	const struct route *route;
	struct site_reply *reply;
	struct store_ca_row *names; /* by number, as many as there are */
	size_t name_count;
	unsigned rows;
	int64_t next;	 /* the cursor behind the last row */
	int64_t next_us; /* hours: the first that was left out; 0: none */
	struct series series;
};

/* --- names -------------------------------------------------------------- */

static bool on_name(void *ctx, const struct store_ca_row *row)
{
	struct listing *l = ctx;

	l->names =
		mem_resize(l->names, (l->name_count + 1) * sizeof(*l->names));
	l->names[l->name_count++] = *row;
	return l->name_count < NAMES_MAX;
}

static const char *name_of(const struct listing *l, unsigned number)
{
	for (size_t i = 0; i < l->name_count; i++) {
		if (l->names[i].number == number)
			return l->names[i].name;
	}
	return "";
}

/*
 * The number that a route's ca stands for: a control only when nothing else
 * has that name, or controls are asked for. False when there is none.
 */
static bool number_of(const struct listing *l, int *ret_number)
{
	const struct route *r = l->route;
	const struct store_ca_row *found = NULL;

	*ret_number = STORE_ANY;
	if (!r->ca[0])
		return true;
	for (size_t i = 0; i < l->name_count; i++) {
		const struct store_ca_row *one = &l->names[i];

		if (strcmp(one->name, r->ca) != 0)
			continue;
		if (!found || one->is_control == (r->op == OP_CONTROL))
			found = one;
	}
	if (!found)
		return false;
	*ret_number = (int)found->number;
	return true;
}

/* --- lists -------------------------------------------------------------- */

static bool is_csv(const struct listing *l)
{
	return l->route->format == ROUTE_CSV;
}

static void open_list(struct listing *l, const struct web *w, const char *name,
		      void (*head)(struct buf *out))
{
	struct buf *out = &l->reply->text;

	l->reply->type = is_csv(l) ? TYPE_CSV : TYPE_JSON;
	if (is_csv(l)) {
		head(out);
		return;
	}
	buf_add_char(out, '{');
	json_text(out, "station", w->config->station);
	json_name(out, name);
	buf_add_char(out, '[');
}

static void next_row(struct listing *l)
{
	if (l->rows++ && !is_csv(l))
		buf_add_text(&l->reply->text, ",\n");
}

static void close_list(struct listing *l)
{
	struct buf *out = &l->reply->text;

	if (is_csv(l))
		return;
	buf_add_char(out, ']');
	json_number(out, "next", l->next);
	buf_add_text(out, "}\n");
}

/* The latest first, unless a place to go on from is given. */
static struct store_query query_of(const struct route *r, int ca)
{
	bool after = r->after != ROUTE_ANY;

	return (struct store_query){
		.after = after ? r->after : 0,
		.from_us = r->from_us == ROUTE_ANY ? 0 : r->from_us,
		.to_us = r->to_us == ROUTE_ANY ? 0 : r->to_us,
		.ca = ca,
		.op = r->op,
		.issuance = r->issuance == ROUTE_ANY ? 0 : r->issuance,
		.failed_only = r->failed_only,
		.latest_first = !after,
		.limit = r->limit,
	};
}

static bool on_exchange(void *ctx, const struct exchange *e)
{
	struct listing *l = ctx;
	struct buf *out = &l->reply->text;

	next_row(l);
	if (e->id > l->next)
		l->next = e->id;
	if (is_csv(l))
		csv_exchange(out, e, name_of(l, e->ca));
	else
		report_exchange_json(out, e, name_of(l, e->ca));
	return !out->full;
}

/*
 * With a cursor, one that still runs and all behind it wait: a reader that went
 * past it would never see how it ended.
 */
static bool on_issuance(void *ctx, const struct issuance *i)
{
	struct listing *l = ctx;
	struct buf *out = &l->reply->text;

	if (i->took_us < 0 && l->route->after != ROUTE_ANY)
		return false;
	next_row(l);
	if (i->id > l->next)
		l->next = i->id;
	if (is_csv(l))
		csv_issuance(out, i, name_of(l, i->ca));
	else
		report_issuance_json(out, i, name_of(l, i->ca));
	return !out->full;
}

/* Whole hours: the one that would be cut is left to the next question. */
static bool on_hour(void *ctx, unsigned ca, enum op op, int64_t start_us,
		    const struct stat_span *stat)
{
	struct listing *l = ctx;
	struct buf *out = &l->reply->text;

	if (l->rows >= l->route->limit && start_us != l->next) {
		l->next_us = start_us;
		return false;
	}
	next_row(l);
	l->next = start_us;
	if (is_csv(l))
		csv_stat(out, name_of(l, ca), op, start_us, stat);
	else
		report_stat_json(out, name_of(l, ca), op, start_us,
				 store_span_us(STORE_HOUR), stat);
	return !out->full;
}

static bool list_exchanges(struct web *w, struct listing *l, int ca,
			   struct fail *why)
{
	struct store_query q = query_of(l->route, ca);

	l->next = q.after;
	open_list(l, w, "exchanges", csv_exchange_head);
	if (!store_exchanges(w->store, &q, on_exchange, l, why))
		return false;
	close_list(l);
	return true;
}

static bool list_issuances(struct web *w, struct listing *l, int ca,
			   struct fail *why)
{
	struct store_query q = query_of(l->route, ca);

	l->next = q.after;
	open_list(l, w, "issuances", csv_issuance_head);
	if (!store_issuances(w->store, &q, on_issuance, l, why))
		return false;
	close_list(l);
	return true;
}

static bool list_hours(struct web *w, struct listing *l, int ca,
		       struct fail *why)
{
	struct store_query q = query_of(l->route, ca);
	struct buf *out = &l->reply->text;

	q.latest_first = false;
	q.limit = 0;
	if (q.from_us == 0)
		q.from_us = (q.to_us ? q.to_us : loop_now(w->loop).wall_us) -
			    HOURS_US;
	l->next = INT64_MIN;
	open_list(l, w, "hours", csv_stat_head);
	if (!store_stats(w->store, STORE_HOUR, &q, on_hour, l, why))
		return false;
	if (is_csv(l))
		return true;
	buf_add_char(out, ']');
	json_known_time(out, "next_from", l->next_us);
	buf_add_text(out, "}\n");
	return true;
}

/* --- latency ------------------------------------------------------------ */

static bool on_sample(void *ctx, const struct exchange *e)
{
	struct listing *l = ctx;
	const struct sample sample = sample_of_exchange(e);

	series_add(&l->series, &sample);
	return true;
}

static bool on_whole(void *ctx, const struct issuance *i)
{
	struct listing *l = ctx;
	const struct sample sample = sample_of_issuance(i);

	if (i->took_us >= 0)
		series_add(&l->series, &sample);
	return true;
}

static void print_latency(struct web *w, struct listing *l, int64_t from_us,
			  int64_t to_us)
{
	const struct route *r = l->route;
	struct buf *out = &l->reply->text;
	struct series_summary sum;

	l->reply->type = is_csv(l) ? TYPE_CSV : TYPE_JSON;
	if (is_csv(l)) {
		csv_sample_head(out);
		for (size_t i = 0; i < l->series.count; i++)
			csv_sample(out, &l->series.samples[i]);
		return;
	}
	series_summarise(&l->series, from_us, to_us, &sum);
	buf_add_char(out, '{');
	json_text(out, "station", w->config->station);
	json_text(out, "ca", r->ca);
	json_text(out, "op", r->op < 0 ? NULL : op_name((enum op)r->op));
	json_time(out, "from", from_us);
	json_time(out, "to", to_us);
	report_summary_json(out, &sum);
	json_name(out, "samples");
	buf_add_char(out, '[');
	for (size_t i = 0; i < l->series.count; i++) {
		if (i)
			buf_add_text(out, ",\n");
		report_sample_json(out, &l->series.samples[i]);
	}
	buf_add_text(out, "]}\n");
}

/* Without an operation: issuances as a whole. */
static bool show_latency(struct web *w, struct listing *l, int ca,
			 struct fail *why)
{
	int64_t now_us = loop_now(w->loop).wall_us;
	int64_t from_us = now_us - l->route->window_us;
	const struct store_query q = { .from_us = from_us,
				       .to_us = now_us,
				       .ca = ca,
				       .op = l->route->op,
				       .latest_first = true,
				       .limit = SAMPLES_MAX };
	bool good;

	if (!l->route->ca[0]) {
		web_say(l->reply, 400,
			"ca is to be said: times of several "
			"CAs are not mixed");
		return true;
	}
	good = l->route->op < 0
		       ? store_issuances(w->store, &q, on_whole, l, why)
		       : store_exchanges(w->store, &q, on_sample, l, why);
	if (!good)
		return false;
	series_sort(&l->series);
	/* What was left out is not within what is answered. */
	if (l->series.count == SAMPLES_MAX)
		from_us = l->series.samples[0].wall_us;
	print_latency(w, l, from_us, now_us);
	return true;
}

/* --- single things ------------------------------------------------------ */

static bool show_exchange(struct web *w, struct listing *l, struct fail *why)
{
	struct exchange e;
	bool found;

	if (!store_exchange_find(w->store, l->route->id, &e, &found, why))
		return false;
	if (!found) {
		web_say(l->reply, 404,
			"there is no exchange of that number, "
			"or not any more");
		return true;
	}
	l->reply->type = TYPE_JSON;
	report_exchange_json(&l->reply->text, &e, name_of(l, e.ca));
	buf_add_char(&l->reply->text, '\n');
	exchange_release(&e);
	return true;
}

static bool show_station(struct web *w, struct listing *l, struct fail *why)
{
	struct gathered g;
	bool good =
		gather(w->store, w->config, loop_now(w->loop).wall_us, &g, why);

	if (good) {
		l->reply->type = TYPE_JSON;
		report_station_json(&l->reply->text, &g.facts);
	}
	gathered_release(&g);
	return good;
}

static bool show(struct web *w, struct listing *l, struct fail *why)
{
	int ca;

	if (l->route->stations[0] &&
	    strcmp(l->route->stations, w->config->station) != 0) {
		web_say(l->reply, 404, "this is another station");
		return true;
	}
	if (!number_of(l, &ca)) {
		web_say(l->reply, 404, "no CA of that name is known here");
		return true;
	}
	switch (l->route->kind) {
	case ROUTE_STATION:
		return show_station(w, l, why);
	case ROUTE_EXCHANGES:
		return list_exchanges(w, l, ca, why);
	case ROUTE_EXCHANGE:
		return show_exchange(w, l, why);
	case ROUTE_ISSUANCES:
		return list_issuances(w, l, ca, why);
	case ROUTE_HOURS:
		return list_hours(w, l, ca, why);
	case ROUTE_LATENCY:
		return show_latency(w, l, ca, why);
	case ROUTE_PAGE:
	case ROUTE_HEALTH:
	case ROUTE_METRICS:
	case ROUTE_STATIONS:
	case ROUTE_SERIES:
	case ROUTE_EVENTS:
	case ROUTE_CELL:
	case ROUTE_EXCHANGE_PAGE:
	case ROUTE_ISSUANCE_PAGE:
	case ROUTE_VERDICT:
	case ROUTE_INCIDENTS:
	case ROUTE_CAS:
	case ROUTE_LOOK:
	case ROUTE_INCIDENT_PAGE:
	case ROUTE_METHOD:
	case ROUTE_ASSET:
	case ROUTE_KINDS:
		break;
	}
	web_say(l->reply, 404, "there is no such page");
	return true;
}

bool web_api(struct web *w, const struct route *route, struct site_reply *reply,
	     bool *ret_empty, struct fail *why)
{
	struct listing l = { .route = route, .reply = reply };
	bool good = store_cas(w->store, on_name, &l, why) && show(w, &l, why);

	*ret_empty = l.rows == 0;

	free(l.names);
	series_release(&l.series);
	return good;
}
