#include "app/hub.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/hub_private.h"
#include "app/user_agent.h"
#include "app/warnings.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "edge/config_file.h"
#include "edge/random.h"
#include "report/json_write.h"

#define BOARD_US (US_PER_S / 2)	  /* a board may be so old */
#define LEAST_US (5 * US_PER_MIN) /* of the window */
#define GRACE_US (2 * US_PER_S)
#define TICK_US US_PER_S
#define SETTLE_US (10 * US_PER_S) /* at most: then it judges by what it has */

/* --- the board ---------------------------------------------------------- */

/* An hour; less when all of it is younger, so that it can be seen. */
static int64_t window_start(const struct hub *h, int64_t now_us)
{
	int64_t first_us = now_us - LEAST_US;

	for (size_t i = 0; i < h->config->station_count; i++) {
		const struct station_facts *f = h->stations[i].facts;

		for (size_t k = 0; f && k < f->ca_count; k++) {
			const struct series *s = &f->cas[k].ops[OP_DIRECTORY];

			if (s->count && s->samples[0].wall_us < first_us)
				first_us = s->samples[0].wall_us;
		}
	}
	return first_us < now_us - US_PER_HOUR ? now_us - US_PER_HOUR
					       : first_us;
}

static const struct board *on_board(void *ctx, const char **ret_reason)
{
	struct hub *h = ctx;
	struct now now = loop_now(h->loop);
	size_t count = h->config->station_count;

	*ret_reason = "";
	if (h->made_us && now.mono_us - h->made_us < BOARD_US)
		return &h->board;
	for (size_t i = 0; i < count; i++)
		remote_show(h->remotes[i], now, &h->stations[i]);
	h->made_us = now.mono_us;
	h->board = (struct board){
		.title = h->config->title,
		.note = h->config->note,
		.version = ACMETER_VERSION,
		.hub = true,
		.now_us = now.wall_us,
		.from_us = window_start(h, now.wall_us),
		.stations = h->stations,
		.station_count = count,
		.court = judging_court(h->judging),
	};
	hub_status_show(h, &h->board);
	return &h->board;
}

static struct court *on_court(void *ctx)
{
	return judging_court(((struct hub *)ctx)->judging);
}

/* --- what the hub itself answers ---------------------------------------- */

static unsigned answering(const struct board *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->station_count; i++)
		n += b->stations[i].answer == BOARD_ANSWERS;
	return n;
}

static void show_health(struct hub *h, struct site_reply *reply)
{
	const char *reason;
	const struct board *b = on_board(h, &reason);
	unsigned n = answering(b);

	reply->type = "application/json";
	reply->status = n ? 200 : 503;
	buf_add_char(&reply->text, '{');
	json_text(&reply->text, "status", n ? "ok" : "failing");
	json_count(&reply->text, "stations", b->station_count);
	json_count(&reply->text, "answering", n);
	buf_add_text(&reply->text, "}\n");
}

static void add_family(struct buf *out, const struct board *b, const char *name,
		       const char *help,
		       bool (*value)(const struct board *b,
				     const struct board_station *s,
				     double *ret_value))
{
	double v;

	buf_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	for (size_t i = 0; i < b->station_count; i++) {
		if (value(b, &b->stations[i], &v))
			buf_addf(out, "%s{station=\"%s\"} %.6f\n", name,
				 b->stations[i].name, v);
	}
}

static bool is_up(const struct board *b, const struct board_station *s,
		  double *ret_value)
{
	(void)b;
	*ret_value = s->answer == BOARD_ANSWERS;
	return true;
}

static bool heard_ago(const struct board *b, const struct board_station *s,
		      double *ret_value)
{
	*ret_value = (double)(b->now_us - s->heard_us) / (double)US_PER_S;
	return s->heard_us > 0;
}

static bool offset(const struct board *b, const struct board_station *s,
		   double *ret_value)
{
	(void)b;
	*ret_value = (double)s->offset_us / (double)US_PER_S;
	return s->offset_known;
}

/* Of each CA one verdict is 1: a state set. Names are of [a-z0-9-]. */
static void add_verdicts(struct buf *out, struct court *court)
{
	const char *cas[COURT_CAS];
	size_t n = court_cas(court, cas);
	struct judge_view view;

	buf_add_text(out, "# HELP acmeter_verdict What the stations agree on "
			  "of a CA.\n# TYPE acmeter_verdict gauge\n");
	for (size_t i = 0; i < n; i++) {
		if (!court_view(court, cas[i], &view))
			continue;
		for (int v = 0; v < VERDICTS; v++)
			buf_addf(out,
				 "acmeter_verdict{ca=\"%s\",verdict=\"%s\"} "
				 "%d\n",
				 cas[i], verdict_name((enum verdict)v),
				 (int)view.verdict == v);
	}
}

static void show_metrics(struct hub *h, struct site_reply *reply)
{
	const char *reason;
	const struct board *b = on_board(h, &reason);

	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	add_family(&reply->text, b, "acmeter_station_up",
		   "Whether the station answers and is believed.", is_up);
	add_family(&reply->text, b, "acmeter_station_heard_seconds",
		   "Since its last good answer.", heard_ago);
	add_family(&reply->text, b, "acmeter_station_clock_offset_seconds",
		   "The station's clock less the hub's.", offset);
	add_verdicts(&reply->text, b->court);
	notifier_metrics(h->notifier, &reply->text);
}

static void show_of_hub(struct hub *h, const struct route *route,
			struct site_wait *wait)
{
	struct site_reply reply = { .status = 200,
				    .text = BUF_INIT(SITE_BODY_MAX) };

	if (route->kind == ROUTE_HEALTH)
		show_health(h, &reply);
	else
		show_metrics(h, &reply);
	site_answer(wait, &reply);
}

static void on_other(void *ctx, const struct route *route,
		     struct site_wait *wait)
{
	struct hub *h = ctx;
	const char *reason;
	const struct board *b = on_board(h, &reason);
	size_t station;

	if (route->kind == ROUTE_HEALTH || route->kind == ROUTE_METRICS) {
		show_of_hub(h, route, wait);
	} else if (route->kind == ROUTE_LOOK) {
		site_say(wait, 404, "this is a hub: its stations look");
	} else if (route->kind == ROUTE_STATION ||
		   route->kind == ROUTE_LATENCY) {
		site_say(wait, 404,
			 "this is a hub: /api/v1/stations and /api/v1/series "
			 "tell of all stations");
	} else if (route->format == ROUTE_CSV) {
		site_say(wait, 406,
			 "a hub passes JSON on; its stations have CSV");
	} else if (route->kind == ROUTE_HOURS && !route->stations[0]) {
		hub_hours(h, route, wait);
	} else if (!route->stations[0]) {
		site_say(wait, 400,
			 "station is to be said: each has its own "
			 "rows");
	} else if (!board_find(b, route->stations, &station)) {
		site_say(wait, 404, "there is no station of that name here");
	} else {
		hub_pass_on(h, station, route, wait);
	}
}

/* --- live --------------------------------------------------------------- */

static unsigned index_of(const struct hub *h, const struct hub_station *station)
{
	return (unsigned)(station - h->config->stations);
}

static void on_exchange(void *ctx, const struct hub_station *station,
			const char *ca, const struct exchange *e, bool is_news)
{
	struct hub *h = ctx;
	unsigned n = index_of(h, station);

	court_exchange(judging_court(h->judging), n, ca, e,
		       remote_offset_us(h->remotes[n]));
	if (is_news)
		site_tell_exchange(h->site, station->name, ca, e);
}

static void tell_sight(struct hub *h, unsigned n)
{
	int64_t since_us;
	enum sight sight = remote_sight(h->remotes[n], &since_us);

	court_sight(judging_court(h->judging), n, sight, since_us);
}

static void on_issuance(void *ctx, const struct hub_station *station,
			const char *ca, const struct issuance *i, bool is_news)
{
	struct hub *h = ctx;
	unsigned n = index_of(h, station);

	/* It described itself first: who comes back says that it was blind. */
	if (h->judges)
		tell_sight(h, n);
	court_issuance(judging_court(h->judging), n, ca, i,
		       remote_offset_us(h->remotes[n]));
	if (is_news) {
		site_tell_issuance(h->site, station->name, ca, i);
		hub_looks_hear(h, n, ca, i);
	}
}

/* Where nobody has told anything yet there is no history to judge by. */
static bool is_settled(const struct hub *h, int64_t now_us)
{
	bool late = now_us - h->started_us >= SETTLE_US, any = false;

	for (size_t i = 0; i < h->config->station_count; i++) {
		if (!late && !remote_is_settled(h->remotes[i]))
			return false;
		any = any || remote_is_warm(h->remotes[i]);
	}
	return any;
}

/* Once a second: who sees, who fell silent. */
static void on_tick(void *ctx)
{
	struct hub *h = ctx;
	struct now now = loop_now(h->loop);
	const char *reason;

	for (size_t i = 0; i < h->config->station_count; i++)
		tell_sight(h, (unsigned)i);
	if (!h->judges && is_settled(h, now.mono_us)) {
		h->judges = true;
		judging_begin(h->judging, now.wall_us);
		site_changed(h->site);
	}
	judging_tick(h->judging, now.wall_us);
	if (h->judges) {
		notifier_look(h->notifier, judging_court(h->judging));
		if (answering(on_board(h, &reason)) > 0)
			heartbeat_beat(h->heartbeat);
	}
	hub_status_tick(h);
	loop_timer_set(h->tick, now.mono_us + TICK_US);
}

static void on_changed(void *ctx)
{
	site_changed(((struct hub *)ctx)->site);
}

/* --- the process -------------------------------------------------------- */

static void on_end(void *ctx)
{
	loop_stop(((struct hub *)ctx)->loop);
}

static void finish(struct hub *h)
{
	if (h->ending)
		return;
	h->ending = true;
	site_stop(h->site);
	loop_timer_set(h->end, site_count(h->site)
				       ? loop_now(h->loop).mono_us + GRACE_US
				       : 0);
}

static void on_sigterm(void *ctx)
{
	finish(ctx);
}

/* The old one goes on while the new one is not good. */
static void on_sighup(void *ctx)
{
	struct hub *h = ctx;
	struct hub_config *next;
	struct fail why;

	if (h->ending)
		return;
	if (!hub_config_load(h->config->path, &next, &why)) {
		fprintf(stderr, "acmeter hub: refused, the old one stays: %s\n",
			why.text);
		return;
	}
	h->next = next;
	finish(h);
}

/* Only for when to try again: if there is none, all do it alike. */
static uint64_t seed_of(size_t i)
{
	uint64_t seed = i;
	struct fail why;

	random_bytes(&seed, sizeof(seed), &why);
	return seed;
}

static bool open_remotes(struct hub *h, struct fail *why)
{
	const struct remote_ears ears = { .ctx = h,
					  .exchange = on_exchange,
					  .issuance = on_issuance,
					  .changed = on_changed };
	size_t count = h->config->station_count;

	h->remotes = mem_array(count, sizeof(struct remote *));
	h->stations = mem_array(count, sizeof(*h->stations));
	for (size_t i = 0; i < count; i++) {
		const struct hub_station *s = &h->config->stations[i];
		const struct trust *trust = NULL;

		if (text_starts(s->url, "https:") &&
		    !roots_get(h->roots, &s->ca_file, s->ca_file ? 1 : 0,
			       &trust, why))
			return false;
		h->remotes[i] = remote_new(h->loop, h->http, trust, s,
					   seed_of(i), &ears);
	}
	return true;
}

static bool open_judging(struct hub *h, struct fail *why)
{
	size_t count = h->config->station_count;
	struct judge_station *stations = mem_array(count, sizeof(*stations));
	bool good;

	for (size_t i = 0; i < count; i++)
		stations[i] = (struct judge_station){
			.name = h->config->stations[i].name,
			.operator= h->config->stations[i].place.operator, };
	good = judging_new(
		&(struct judging_setup){
			.who = "hub",
			.stations = stations,
			.station_count = count,
			.database = h->config->database,
			/* What its stations are asked for, and some doubt. */
			.history_us = US_PER_HOUR + 5 * US_PER_MIN,
			.changed = on_changed,
			.ctx = h,
		},
		&h->judging, why);
	free(stations);
	return good;
}

/* The judging has made the database, or found it good. */
static bool open_notifier(struct hub *h, struct fail *why)
{
	return notifier_new(&(struct notifier_setup){ .loop = h->loop,
						      .http = h->http,
						      .roots = h->roots,
						      .config = h->config },
			    &h->notifier, why);
}

static bool open_hub(struct hub *h, const struct listener *listener,
		     struct fail *why)
{
	const struct site_source source = { .ctx = h,
					    .board = on_board,
					    .court = on_court,
					    .issuance = hub_issuance,
					    .cell = hub_cell,
					    .other = on_other };

	h->roots = roots_new();
	if (!loop_new(&h->loop, why) ||
	    !http_new(h->loop, USER_AGENT, &h->http, why))
		return false;
	if (!open_judging(h, why) || !open_notifier(h, why))
		return false;
	hub_looks_open(h);
	h->heartbeat = heartbeat_new(h->loop, h->http, h->roots, h->config);
	h->started_us = loop_now(h->loop).mono_us;
	h->end = loop_timer_new(h->loop, on_end, h);
	h->tick = loop_timer_new(h->loop, on_tick, h);
	h->site = site_new(h->loop, listener, h->config->web_connections,
			   &source);
	if (!protection_new(h->loop, h->site, &h->config->web, "acmeter hub",
			    &h->protection, why))
		return false;
	loop_on_signal(h->loop, SIGTERM, on_sigterm, h);
	loop_on_signal(h->loop, SIGINT, on_sigterm, h);
	loop_on_signal(h->loop, SIGHUP, on_sighup, h);
	if (!open_remotes(h, why) || !hub_status_open(h, seed_of, why))
		return false;
	loop_timer_set(h->tick, 0);
	return true;
}

/* Those who wait for a station are told before the site ends. */
static void close_hub(struct hub *h)
{
	for (size_t i = 0; h->remotes && i < h->config->station_count; i++)
		remote_free(h->remotes[i]);
	hub_status_close(h);
	protection_free(h->protection);
	site_free(h->site);
	free(h->remotes);
	free(h->stations);
	free(h->looks);
	heartbeat_free(h->heartbeat);
	notifier_free(h->notifier);
	judging_free(h->judging);
	loop_timer_free(h->tick);
	loop_timer_free(h->end);
	http_free(h->http);
	roots_free(h->roots);
	loop_free(h->loop);
	hub_config_release(h->config);
	free(h->config);
}

/* One configuration; NULL, or the next one. */
static struct hub_config *
run_one(struct hub_config *c, const struct listener *listener, int *ret_status)
{
	struct hub h = { .config = c };
	struct fail why;

	*ret_status = EXIT_GOOD;
	if (open_hub(&h, listener, &why)) {
		loop_run(h.loop);
	} else {
		fprintf(stderr, "acmeter hub: %s\n", why.text);
		*ret_status = EXIT_OURS;
	}
	close_hub(&h);
	return h.next;
}

int hub_run(struct hub_config *c)
{
	struct listener listener;
	struct fail why;
	int status = EXIT_GOOD;

	signal(SIGPIPE, SIG_IGN);
	while (c) {
		if (!listener_open(c->listen, &listener, &why)) {
			fprintf(stderr, "acmeter hub: %s\n", why.text);
			hub_config_release(c);
			free(c);
			return EXIT_OURS;
		}
		warnings_tell("acmeter hub: ", &c->warnings);
		c = run_one(c, &listener, &status);
		listener_close(&listener);
	}
	return status;
}
