#include "app/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/web_private.h"
#include "edge/bell.h"
#include "report/json_write.h"
#include "report/page.h"

enum { OTHER_DESCRIPTORS = 64 }; /* than those of visitors */
#define TICK_US (US_PER_S / 4)
#define GRACE_US (2 * US_PER_S)
#define TALLIED_US US_PER_HOUR /* before this process began */
#define COUNT_US US_PER_S      /* between two looks at the counters */

/* --- the record --------------------------------------------------------- */

/* What is wrong is said once on stderr, not at every request. */
static void note_trouble(struct web *w, const struct fail *why)
{
	if (w->trouble.code != why->code ||
	    strcmp(w->trouble.text, why->text) != 0)
		fprintf(stderr, "acmeter web: %s\n", why->text);
	w->trouble = *why;
}

static void open_store(struct web *w)
{
	struct fail why;

	if (w->store)
		return;
	if (store_open(w->config->database, STORE_READ, &w->store, &why))
		w->trouble = (struct fail){ .code = FAIL_NONE };
	else
		note_trouble(w, &why);
}

/* A record that cannot be read is opened anew: it may be another one now. */
static void lose_store(struct web *w, const struct fail *why)
{
	note_trouble(w, why);
	store_close(w->store);
	w->store = NULL;
	web_feed_forget(w);
}

/* Returns whether there is more to count. */
static bool count(struct web *w)
{
	struct fail why;
	bool more = false;

	if (w->store && !web_tally_read(w->tally, w->store, &more, &why))
		lose_store(w, &why);
	return more;
}

/* --- the routes --------------------------------------------------------- */

void web_say(struct site_reply *reply, int status, const char *sentence)
{
	buf_clear(&reply->text);
	reply->status = status;
	reply->type = "application/problem+json";
	json_message(&reply->text, status, sentence);
}

static void show_metrics(struct web *w, const struct station_facts *f,
			 bool open, struct site_reply *reply)
{
	enum metrics_format format = open ? METRICS_OPENMETRICS : METRICS_TEXT;

	reply->type = metrics_content_type(format);
	if (!web_tally_print(w->tally, f, format, &reply->text))
		reply->text.full = true;
}

static void show_health(const struct station_facts *f, struct site_reply *reply)
{
	reply->type = "application/json";
	if (!report_health_json(&reply->text, f))
		reply->status = 503;
}

/* Those that show the station as it is now. */
static bool show_gathered(struct web *w, const struct route *route,
			  struct site_reply *reply, struct fail *why)
{
	struct gathered g;
	bool good =
		gather(w->store, w->config, loop_now(w->loop).wall_us, &g, why);

	if (good && route->kind == ROUTE_HEALTH)
		show_health(&g.facts, reply);
	else if (good)
		show_metrics(w, &g.facts, route->openmetrics, reply);
	gathered_release(&g);
	return good;
}

static const char no_record[] =
	"the station's record cannot be read now: it may just be starting, "
	"and its log says more";

/* Without a record. */
static void show_nothing(struct web *w, const struct route *route,
			 struct site_reply *reply)
{
	if (route->kind != ROUTE_HEALTH) {
		web_say(reply, 503, no_record);
		return;
	}
	reply->status = 503;
	reply->type = "application/json";
	buf_add_char(&reply->text, '{');
	json_text(&reply->text, "station", w->config->station);
	json_text(&reply->text, "status", "failing");
	json_name(&reply->text, "reasons");
	buf_add_char(&reply->text, '[');
	json_add_string(&reply->text, no_record);
	buf_add_text(&reply->text, "]}\n");
}

static bool make(struct web *w, const struct route *route,
		 struct site_reply *reply, bool *ret_empty, struct fail *why)
{
	*ret_empty = false;
	if (route->kind == ROUTE_METRICS) {
		while (count(w))
			;
		return w->store && show_gathered(w, route, reply, why);
	}
	if (route->kind == ROUTE_HEALTH)
		return show_gathered(w, route, reply, why);
	return web_api(w, route, reply, ret_empty, why);
}

/* False: there is nothing yet, and who asks may wait for it. */
static bool try_answer(struct web *w, struct site_wait *wait, bool patient)
{
	const struct route *route = site_route(wait);
	struct site_reply reply = { .status = 200,
				    .text = BUF_INIT(SITE_BODY_MAX) };
	struct fail why = { .code = FAIL_NONE };
	bool empty = false;

	open_store(w);
	if (!w->store || !make(w, route, &reply, &empty, &why)) {
		if (w->store && why.code != FAIL_NONE)
			lose_store(w, &why);
		buf_clear(&reply.text);
		show_nothing(w, route, &reply);
	} else if (empty && patient && reply.status == 200) {
		buf_release(&reply.text);
		return false;
	}
	site_answer(wait, &reply);
	return true;
}

void web_answer(struct web *w, struct site_wait *wait)
{
	try_answer(w, wait, false);
}

bool web_retry(struct web *w, struct site_wait *wait)
{
	return try_answer(w, wait, true);
}

/*
 * Only for those who have shown who they are: anybody could choose the moment
 * of an attempt otherwise, if not how many there are.
 */
static void look(struct web *w, const struct route *route,
		 struct site_wait *wait)
{
	const struct config *c = w->config;
	struct site_reply reply = { .status = 202,
				    .type = "application/json",
				    .text = BUF_INIT(SITE_BODY_MAX) };
	size_t n = 0;

	while (n < c->ca_count && strcmp(c->cas[n].name, route->ca) != 0)
		n++;
	if (!c->web.token_file && !c->web.client_ca) {
		site_say(wait, 403,
			 "a station looks for those only who show who they "
			 "are: it has neither token_file nor client_ca");
	} else if (n == c->ca_count) {
		site_say(wait, route->ca[0] ? 404 : 400,
			 route->ca[0] ? "no CA of that name is watched here"
				      : "ca is to be said");
	} else if (w->looks < 0 || !bell_ring(w->looks, (uint16_t)n)) {
		site_say(wait, 503, "the prober does not listen now");
	} else {
		buf_add_char(&reply.text, '{');
		json_text(&reply.text, "ca", route->ca);
		buf_add_text(&reply.text, "}\n");
		site_answer(wait, &reply);
	}
}

static void on_other(void *ctx, const struct route *route,
		     struct site_wait *wait)
{
	struct web *w = ctx;

	if (route->kind == ROUTE_LOOK)
		look(w, route, wait);
	else if (!try_answer(w, wait, route->wait_us > 0 && !w->ending))
		web_polls_add(w, wait);
}

/* --- the board ---------------------------------------------------------- */

static struct court *on_court(void *ctx)
{
	const struct web *w = ctx;

	return w->judging ? judging_court(w->judging) : NULL;
}

static const struct board *on_board(void *ctx, const char **ret_reason)
{
	struct web *w = ctx;
	const struct station_place *place;
	struct now now = loop_now(w->loop);
	struct fail why;

	*ret_reason = no_record;
	open_store(w);
	if (!w->store)
		return NULL;
	if (w->board_made)
		gathered_release(&w->gathered);
	w->board_made = true;
	if (!gather(w->store, w->config, now.wall_us, &w->gathered, &why)) {
		lose_store(w, &why);
		return NULL;
	}
	place = &w->gathered.facts.place;
	w->station = (struct board_station){
		.name = w->config->station,
		.city = place->city,
		.country = place->country,
		.operator= place->operator,
		.placed = place->known,
		.latitude = place->latitude,
		.longitude = place->longitude,
		.note = place->note,
		.facts = &w->gathered.facts,
		.answer = BOARD_ANSWERS,
		.trouble = "",
		.heard_us = now.wall_us,
		.offset_known = true,
	};
	w->board = (struct board){
		.title = w->config->station,
		.note = w->config->note,
		.version = ACMETER_VERSION,
		.now_us = now.wall_us,
		.from_us = w->gathered.facts.from_us,
		.stations = &w->station,
		.station_count = 1,
		.court = w->judging ? judging_court(w->judging) : NULL,
	};
	return &w->board;
}

/* --- the process -------------------------------------------------------- */

static void feed(struct web *w)
{
	struct fail why;
	bool news = false;

	if (w->store && !web_feed(w, &news, &why))
		lose_store(w, &why);
	web_polls_look(w, news);
}

static void on_tick(void *ctx)
{
	struct web *w = ctx;
	int64_t now_us = loop_now(w->loop).mono_us;
	bool more = false;

	open_store(w);
	feed(w);
	if (now_us - w->counted_us >= COUNT_US) {
		more = count(w);
		if (!more)
			w->counted_us = now_us;
	}
	if (w->ending && site_count(w->site) == 0)
		loop_stop(w->loop);
	loop_timer_set(w->tick,
		       now_us + (more || w->ending ? US_PER_S / 20 : TICK_US));
}

static void on_end(void *ctx)
{
	loop_stop(((struct web *)ctx)->loop);
}

static void on_sigterm(void *ctx)
{
	struct web *w = ctx;

	if (w->ending)
		return;
	w->ending = true;
	web_polls_end(w);
	site_stop(w->site);
	if (site_count(w->site) == 0)
		loop_stop(w->loop);
	loop_timer_set(w->end, loop_now(w->loop).mono_us + GRACE_US);
	loop_timer_set(w->tick, 0);
}

/* Descriptors for as many visitors as there may be, if we may. */
static void raise_limit(unsigned connections)
{
	struct rlimit limit;
	rlim_t wanted = connections + OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		fprintf(stderr,
			"acmeter web: %ju descriptors are not to be "
			"had; connections beyond what is there will "
			"wait\n",
			(uintmax_t)wanted);
}

static void say_ready(int fd)
{
	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		fprintf(stderr, "acmeter web: nobody waits for us\n");
	close(fd);
}

static void web_close(struct web *w)
{
	web_polls_end(w);
	protection_free(w->protection);
	site_free(w->site);
	if (w->board_made)
		gathered_release(&w->gathered);
	web_feed_forget(w);
	web_tally_free(w->tally);
	store_close(w->store);
	loop_timer_free(w->tick);
	loop_timer_free(w->end);
	loop_free(w->loop);
}

static bool web_open(struct web *w, const struct listener *listener,
		     struct fail *why)
{
	const struct site_source source = { .ctx = w,
					    .board = on_board,
					    .court = on_court,
					    .issuance = web_issuance,
					    .cell = web_cell,
					    .other = on_other };

	if (!loop_new(&w->loop, why))
		return false;
	w->tally = web_tally_new(loop_now(w->loop).wall_us - TALLIED_US);
	w->tick = loop_timer_new(w->loop, on_tick, w);
	w->end = loop_timer_new(w->loop, on_end, w);
	loop_on_signal(w->loop, SIGTERM, on_sigterm, w);
	loop_on_signal(w->loop, SIGINT, on_sigterm, w);
	w->site = site_new(w->loop, listener, w->config->web_connections,
			   &source);
	loop_timer_set(w->tick, 0);
	return protection_new(w->loop, w->site, &w->config->web, "acmeter web",
			      &w->protection, why);
}

int web_run(const struct config *c, const struct listener *listener,
	    int looks_fd, int ready_fd)
{
	struct web w = { .config = c, .looks = looks_fd };
	struct fail why;
	bool up;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	raise_limit(c->web_connections);
	up = web_open(&w, listener, &why);
	if (up) {
		say_ready(ready_fd);
		loop_run(w.loop);
	} else {
		fprintf(stderr, "acmeter web: %s\n", why.text);
	}
	web_close(&w);
	return up ? EXIT_GOOD : EXIT_OURS;
}
