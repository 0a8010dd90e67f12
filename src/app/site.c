#include "app/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/site_cache.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/serve.h"
#include "judge/court.h"
#include "report/assets.h"
#include "report/incident_json.h"
#include "report/live.h"
#include "report/page.h"
#include "report/page_incident.h"
#include "report/verdict_json.h"

#define TELL_US US_PER_S	      /* "look again", at most so often, */
#define TELL_LEAST_US (10 * US_PER_S) /* and at least */
#define PING_US (15 * US_PER_S)

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_EVENTS "text/event-stream"

/* One that listens. */
struct ear {
	struct site *site;
	struct serve_request *request;
	char ca[ROUTE_CA];
	struct ear *next;
};

struct site_wait {
	struct site *site;
	struct route route;
	char ca[ROUTE_CA];	       /* that the answer is about; "" none */
	struct serve_request *request; /* NULL: the visitor has left */
	bool answered;
	struct site_wait *next;
};

struct site {
	struct loop *loop;
	struct serve *serve;
	struct site_source source;
	struct site_cache cache;
	struct ear *ears;
	struct site_wait *waits; /* answered ones for a while as well */
	struct loop_timer *tick;
	int64_t told_us, pinged_us; /* mono */
	bool changed, stopped;
};

/* --- who waits ---------------------------------------------------------- */

const struct route *site_route(const struct site_wait *w)
{
	return &w->route;
}

bool site_has_left(const struct site_wait *w)
{
	return !w->request;
}

/* Those that are answered go; nobody holds them any more then. */
static void sweep(struct site *s)
{
	struct site_wait **at = &s->waits;

	while (*at) {
		struct site_wait *w = *at;

		if (w->answered) {
			*at = w->next;
			free(w);
		} else {
			at = &w->next;
		}
	}
}

static void on_left(void *ctx)
{
	((struct site_wait *)ctx)->request = NULL;
}

static struct site_reply reply_new(const char *type)
{
	return (struct site_reply){ .status = 200,
				    .type = type,
				    .text = BUF_INIT(SITE_BODY_MAX) };
}

/* What is judged of the CA that the answer is about, as a header says it. */
static bool print_verdict(const struct site_wait *w,
			  char dst[static SITE_VERDICT])
{
	const struct site_source *source = &w->site->source;
	const char *ca = w->ca[0] ? w->ca : w->route.ca;
	struct judge_view view = { .verdict = VERDICT_UNKNOWN };
	struct court *court = source->court(source->ctx);

	if (!ca[0] || !court)
		return false;
	court_view(court, ca, &view);
	snprintf(dst, SITE_VERDICT, "%s=%s", ca, verdict_name(view.verdict));
	return true;
}

void site_answer(struct site_wait *w, struct site_reply *reply)
{
	struct serve_answer answer = { .status = reply->status,
				       .type = reply->type,
				       .fresh_s = reply->fresh_s };
	char key[ROUTE_KEY], verdict[SITE_VERDICT];

	if (reply->text.full) {
		buf_release(&reply->text);
		site_say(w, 500,
			 "the answer would be too long: ask for fewer rows");
		return;
	}
	w->answered = true;
	if (!w->request) {
		buf_release(&reply->text);
	} else {
		if (reply->status == 200 && print_verdict(w, verdict))
			answer.verdict = verdict;
		answer.body = serve_body_new(&reply->text);
		route_key(&w->route, key);
		/* What waited for something new is nobody else's answer, nor
		   is what was asked to be done. */
		if (w->route.wait_us == 0 && w->route.kind != ROUTE_LOOK)
			site_cache_keep(&w->site->cache, key, &answer,
					loop_now(w->site->loop).mono_us);
		serve_reply(w->request, &answer);
	}
}

void site_say(struct site_wait *w, int status, const char *sentence)
{
	struct site_reply reply = reply_new("application/problem+json");

	reply.status = status;
	if (route_is_page(w->route.kind)) {
		reply.type = TYPE_HTML;
		page_message(&reply.text, status, sentence);
	} else {
		json_message(&reply.text, status, sentence);
	}
	site_answer(w, &reply);
}

/* --- what is made of a board -------------------------------------------- */

static const struct board *board_of(struct site_wait *w, const char **reason)
{
	struct site_source *source = &w->site->source;

	return source->board(source->ctx, reason);
}

static struct board_view view_of(const struct route *route)
{
	return (struct board_view){ .ca = route->ca,
				    .op = route->op,
				    .stations = route->stations,
				    .log = route->log };
}

static bool is_of_ca(enum route_kind kind)
{
	return kind == ROUTE_PAGE || kind == ROUTE_SERIES ||
	       kind == ROUTE_VERDICT || kind == ROUTE_INCIDENTS;
}

static void show_board(struct site_wait *w)
{
	struct board_view view = view_of(&w->route);
	struct site_reply reply = reply_new(TYPE_HTML);
	const char *reason = "";
	const struct board *b = board_of(w, &reason);

	if (!b) {
		site_say(w, 503, reason);
		return;
	}
	if (is_of_ca(w->route.kind))
		text_copy(w->ca, sizeof(w->ca), board_ca(b, &view));
	if (w->route.kind == ROUTE_VERDICT && !board_knows(b, w->ca)) {
		site_say(w, 404,
			 "no station here watches a CA of that name: "
			 "/api/v1/cas has the names");
		return;
	}
	if (w->route.kind == ROUTE_METHOD) {
		page_method(&reply.text, b);
	} else if (w->route.kind == ROUTE_SERIES) {
		reply.type = TYPE_JSON;
		board_series_json(&reply.text, b, &view);
	} else if (w->route.kind == ROUTE_STATIONS) {
		reply.type = TYPE_JSON;
		board_stations_json(&reply.text, b);
	} else if (w->route.kind == ROUTE_VERDICT) {
		reply.type = TYPE_JSON;
		reply.fresh_s = VERDICT_FRESH_S;
		board_verdict_json(&reply.text, b, w->ca);
	} else if (w->route.kind == ROUTE_CAS) {
		reply.type = TYPE_JSON;
		reply.fresh_s = VERDICT_FRESH_S;
		board_cas_json(&reply.text, b);
	} else if (w->route.kind == ROUTE_INCIDENTS) {
		reply.type = TYPE_JSON;
		board_incidents_json(&reply.text, b, board_ca(b, &view));
	} else if (w->route.part) {
		page_part(&reply.text, b, &view);
	} else {
		page_board(&reply.text, b, &view);
	}
	site_answer(w, &reply);
}

void site_show_issuance(struct site_wait *w, size_t station, const char *ca,
			const struct issuance *i,
			const struct exchange *exchanges, size_t count,
			int64_t chosen)
{
	struct site_reply reply = reply_new(TYPE_HTML);
	const char *reason = "";
	const struct board *b = board_of(w, &reason);

	if (!b || station >= b->station_count) {
		site_say(w, 503,
			 b ? "the station is not there any more" : reason);
		return;
	}
	text_copy(w->ca, sizeof(w->ca), ca);
	page_issuance(&reply.text, b, station, ca, i, exchanges, count, chosen);
	site_answer(w, &reply);
}

void site_show_cell(struct site_wait *w, size_t station,
		    const struct exchange *list, size_t count)
{
	struct board_view view = view_of(&w->route);
	struct site_reply reply = reply_new(TYPE_HTML);
	const char *reason = "";
	const struct board *b = board_of(w, &reason);

	if (!b || station >= b->station_count) {
		site_say(w, 503,
			 b ? "the station is not there any more" : reason);
		return;
	}
	page_cell(&reply.text, b, &view, station, list, count);
	site_answer(w, &reply);
}

static void show_incident(struct site_wait *w)
{
	struct site_reply reply = reply_new(TYPE_HTML);
	const char *reason = "";
	const struct board *b = board_of(w, &reason);
	const struct incident *i =
		b && b->court ? court_incident(b->court, w->route.ca,
					       (uint64_t)w->route.id)
			      : NULL;

	if (!b) {
		site_say(w, 503, reason);
		return;
	}
	if (!i) {
		site_say(w, 404, "no incident of that number is known here");
		return;
	}
	page_incident(&reply.text, b, w->route.ca, i);
	site_answer(w, &reply);
}

/* The pages of one station. */
static void show_of_station(struct site_wait *w)
{
	struct site_source *source = &w->site->source;
	const char *reason = "";
	const struct board *b = board_of(w, &reason);
	size_t station;

	if (!b) {
		site_say(w, 503, reason);
		return;
	}
	if (!board_find(b, w->route.stations, &station)) {
		site_say(w, 404, "there is no station of that name here");
		return;
	}
	if (w->route.kind == ROUTE_CELL)
		source->cell(source->ctx, station, &w->route, w);
	else
		source->issuance(source->ctx, station, w->route.id,
				 w->route.kind == ROUTE_EXCHANGE_PAGE, w);
}

/* --- live --------------------------------------------------------------- */

static void on_deaf(void *ctx)
{
	struct ear *ear = ctx;
	struct ear **at = &ear->site->ears;

	while (*at != ear)
		at = &(*at)->next;
	*at = ear->next;
	free(ear);
}

/* To all who listen to this CA; "" to everybody. */
static void tell(struct site *s, const char *ca, struct buf *text)
{
	struct serve_body *body = serve_body_new(text);

	for (struct ear *ear = s->ears, *next; ear; ear = next) {
		next = ear->next;
		if (!ca[0] || !ear->ca[0] || strcmp(ca, ear->ca) == 0)
			serve_send(ear->request, body);
	}
	serve_body_unref(body);
}

void site_tell_exchange(struct site *s, const char *station, const char *ca,
			const struct exchange *e)
{
	struct buf text = BUF_INIT(LIVE_MAX);

	s->changed = true;
	if (!s->ears)
		return;
	live_exchange(&text, station, ca, e);
	tell(s, ca, &text);
}

void site_tell_issuance(struct site *s, const char *station, const char *ca,
			const struct issuance *i)
{
	struct buf text = BUF_INIT(LIVE_MAX);

	s->changed = true;
	if (!s->ears)
		return;
	live_issuance(&text, station, ca, i);
	tell(s, ca, &text);
}

void site_changed(struct site *s)
{
	s->changed = true;
}

static void listen_to(struct site *s, const struct route *route,
		      struct serve_request *request)
{
	struct ear *ear = mem_zalloc(sizeof(*ear));
	struct buf text = BUF_INIT(LIVE_MAX);
	struct serve_answer refusal = { .status = 503, .type = TYPE_JSON };
	struct serve_body *hello;

	*ear = (struct ear){ .site = s, .request = request };
	memcpy(ear->ca, route->ca, sizeof(ear->ca));
	if (!serve_stream(request, TYPE_EVENTS, on_deaf, ear)) {
		free(ear);
		json_message(&text, 503,
			     "too many listen already: ask /api/v1/series "
			     "instead, every ten seconds");
		refusal.body = serve_body_new(&text);
		serve_reply(request, &refusal);
		return;
	}
	ear->next = s->ears;
	s->ears = ear;
	live_hello(&text, loop_now(s->loop).wall_us);
	hello = serve_body_new(&text);
	serve_send(request, hello);
	serve_body_unref(hello);
}

static void on_tick(void *ctx)
{
	struct site *s = ctx;
	struct now now = loop_now(s->loop);
	struct buf text = BUF_INIT(LIVE_MAX);

	site_cache_forget_old(&s->cache, now.mono_us);
	sweep(s);
	if ((s->changed && now.mono_us - s->told_us >= TELL_US) ||
	    now.mono_us - s->told_us >= TELL_LEAST_US) {
		s->changed = false;
		s->told_us = now.mono_us;
		live_board(&text, now.wall_us);
		tell(s, "", &text);
	} else if (now.mono_us - s->pinged_us >= PING_US) {
		s->pinged_us = now.mono_us;
		live_ping(&text);
		tell(s, "", &text);
	}
	loop_timer_set(s->tick, now.mono_us + TELL_US / 2);
}

/* --- requests ----------------------------------------------------------- */

static void dispatch(struct site_wait *w)
{
	struct site_source *source = &w->site->source;

	switch (w->route.kind) {
	case ROUTE_PAGE:
	case ROUTE_METHOD:
	case ROUTE_SERIES:
	case ROUTE_STATIONS:
	case ROUTE_VERDICT:
	case ROUTE_INCIDENTS:
	case ROUTE_CAS:
		show_board(w);
		return;
	case ROUTE_INCIDENT_PAGE:
		show_incident(w);
		return;
	case ROUTE_CELL:
	case ROUTE_EXCHANGE_PAGE:
	case ROUTE_ISSUANCE_PAGE:
		show_of_station(w);
		return;
	case ROUTE_HEALTH:
	case ROUTE_METRICS:
	case ROUTE_STATION:
	case ROUTE_EXCHANGES:
	case ROUTE_EXCHANGE:
	case ROUTE_ISSUANCES:
	case ROUTE_HOURS:
	case ROUTE_LATENCY:
	case ROUTE_LOOK:
		source->other(source->ctx, &w->route, w);
		return;
	case ROUTE_ASSET:
	case ROUTE_EVENTS:
	case ROUTE_KINDS:
		break;
	}
	site_say(w, 404, "there is no such page");
}

static bool give_asset(struct site *s, const char *key,
		       const struct route *route, struct serve_request *request)
{
	const struct asset *a = asset_find(route->path);
	struct serve_answer answer = { .status = 200, .fixed = true };

	if (!a)
		return false;
	answer.type = a->type;
	answer.body = serve_body_fixed(a->bytes, a->len, a->gzip, a->gzip_len);
	site_cache_keep(&s->cache, key, &answer, loop_now(s->loop).mono_us);
	serve_reply(request, &answer);
	return true;
}

static void on_request(void *ctx, const struct route *route,
		       struct serve_request *request)
{
	struct site *s = ctx;
	struct serve_answer again;
	struct site_wait *w;
	char key[ROUTE_KEY];

	if (route->kind == ROUTE_EVENTS && !route->head) {
		listen_to(s, route, request);
		return;
	}
	route_key(route, key);
	if (site_cache_find(&s->cache, key, loop_now(s->loop).mono_us,
			    &again)) {
		serve_reply(request, &again);
		return;
	}
	if (route->kind == ROUTE_ASSET && give_asset(s, key, route, request))
		return;
	sweep(s);
	w = mem_zalloc(sizeof(*w));
	*w = (struct site_wait){
		.site = s, .route = *route, .request = request, .next = s->waits
	};
	s->waits = w;
	dispatch(w);
	if (!w->answered)
		serve_later(request, on_left, w);
}

/* --- the site ----------------------------------------------------------- */

struct site *site_new(struct loop *loop, const struct listener *listener,
		      unsigned connections, const struct site_source *source)
{
	struct site *s = mem_zalloc(sizeof(*s));

	s->loop = loop;
	s->source = *source;
	s->tick = loop_timer_new(loop, on_tick, s);
	s->serve = serve_new(loop, listener, connections, on_request, s);
	loop_timer_set(s->tick, 0);
	return s;
}

void site_protect(struct site *s, struct serve_guard *guard)
{
	serve_protect(s->serve, guard);
}

void site_stop(struct site *s)
{
	s->stopped = true;
	serve_stop(s->serve);
}

unsigned site_count(const struct site *s)
{
	return serve_count(s->serve);
}

void site_free(struct site *s)
{
	if (!s)
		return;
	serve_free(s->serve);
	while (s->waits) {
		struct site_wait *w = s->waits;

		s->waits = w->next;
		free(w);
	}
	site_cache_release(&s->cache);
	loop_timer_free(s->tick);
	free(s);
}
