#include "app/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/web_private.h"
#include "report/json_write.h"
#include "report/page.h"

enum { OTHER_DESCRIPTORS = 64 }; /* than those of visitors */
#define TICK_US US_PER_S
#define SHARED_US US_PER_S
#define GRACE_US (2 * US_PER_S)
#define TALLIED_US US_PER_HOUR /* before this process began */
#define STYLE_FRESH_S 3600

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

void web_say(struct web_reply *reply, int status, const char *sentence)
{
	buf_clear(&reply->text);
	reply->status = status;
	reply->type = "application/problem+json";
	json_message(&reply->text, status, sentence);
}

static void show_page(const struct station_facts *f, struct web_reply *reply)
{
	reply->type = "text/html; charset=utf-8";
	page_station(&reply->text, f);
}

static void show_metrics(struct web *w, const struct station_facts *f,
			 bool open, struct web_reply *reply)
{
	enum metrics_format format = open ? METRICS_OPENMETRICS : METRICS_TEXT;

	reply->type = metrics_content_type(format);
	if (!web_tally_print(w->tally, f, format, &reply->text))
		reply->text.full = true;
}

static void show_health(const struct station_facts *f, struct web_reply *reply)
{
	reply->type = "application/json";
	if (!report_health_json(&reply->text, f))
		reply->status = 503;
}

/* Those that show the station as it is now. */
static bool show_gathered(struct web *w, const struct route *route,
			  struct web_reply *reply, struct fail *why)
{
	struct gathered g;
	bool good =
		gather(w->store, w->config, loop_now(w->loop).wall_us, &g, why);

	if (good && route->kind == ROUTE_PAGE)
		show_page(&g.facts, reply);
	else if (good && route->kind == ROUTE_HEALTH)
		show_health(&g.facts, reply);
	else if (good)
		show_metrics(w, &g.facts, route->openmetrics, reply);
	gathered_release(&g);
	return good;
}

/* Without a record. */
static void show_nothing(struct web *w, const struct route *route,
			 struct web_reply *reply)
{
	static const char sentence[] =
		"the station's record cannot be read now: it may just be "
		"starting, and its log says more";

	reply->status = 503;
	if (route->kind == ROUTE_PAGE) {
		reply->type = "text/html; charset=utf-8";
		page_message(&reply->text, 503, sentence);
	} else if (route->kind == ROUTE_HEALTH) {
		reply->type = "application/json";
		buf_add_char(&reply->text, '{');
		json_text(&reply->text, "station", w->config->station);
		json_text(&reply->text, "status", "failing");
		json_name(&reply->text, "reasons");
		buf_add_char(&reply->text, '[');
		json_add_string(&reply->text, sentence);
		buf_add_text(&reply->text, "]}\n");
	} else {
		web_say(reply, 503, sentence);
	}
}

static bool make(struct web *w, const struct route *route,
		 struct web_reply *reply, struct fail *why)
{
	switch (route->kind) {
	case ROUTE_METRICS:
		while (count(w))
			;
		if (!w->store)
			return false;
		return show_gathered(w, route, reply, why);
	case ROUTE_PAGE:
	case ROUTE_HEALTH:
		return show_gathered(w, route, reply, why);
	case ROUTE_STATION:
	case ROUTE_EXCHANGES:
	case ROUTE_EXCHANGE:
	case ROUTE_ISSUANCES:
	case ROUTE_HOURS:
	case ROUTE_LATENCY:
		return web_api(w, route, reply, why);
	case ROUTE_STYLE:
	case ROUTE_KINDS:
		break;
	}
	web_say(reply, 404, "there is no such page");
	return true;
}

static void reply_to(struct web *w, const struct route *route,
		     struct web_reply *reply)
{
	struct fail why = { .code = FAIL_NONE };

	*reply = (struct web_reply){ .status = 200,
				     .text = BUF_INIT(WEB_BODY_MAX) };
	if (route->kind == ROUTE_STYLE) {
		reply->type = "text/css; charset=utf-8";
		reply->fresh_s = STYLE_FRESH_S;
		buf_add_text(&reply->text, page_style());
		return;
	}
	open_store(w);
	if (!w->store || !make(w, route, reply, &why)) {
		if (w->store && why.code != FAIL_NONE)
			lose_store(w, &why);
		buf_clear(&reply->text);
		show_nothing(w, route, reply);
	}
	if (reply->text.full)
		web_say(reply, 500,
			"the answer would be too long: ask for fewer rows");
}

/* --- shared answers ----------------------------------------------------- */

static void forget(struct web_cached *c)
{
	serve_body_unref(c->body);
	*c = (struct web_cached){ .body = NULL };
}

/* The one with this key that is not too old, or NULL. */
static struct web_cached *find_cached(struct web *w, const char *key,
				      int64_t now_us)
{
	for (int i = 0; i < WEB_CACHE; i++) {
		struct web_cached *c = &w->cached[i];

		if (!c->body || strcmp(c->key, key) != 0)
			continue;
		if (now_us - c->made_us < SHARED_US)
			return c;
		forget(c);
	}
	return NULL;
}

/* In the place of the oldest. */
static void keep(struct web *w, const char *key, int64_t now_us,
		 const struct serve_answer *answer)
{
	struct web_cached *oldest = &w->cached[0];

	for (int i = 0; i < WEB_CACHE; i++) {
		if (!w->cached[i].body) {
			oldest = &w->cached[i];
			break;
		}
		if (w->cached[i].made_us < oldest->made_us)
			oldest = &w->cached[i];
	}
	forget(oldest);
	snprintf(oldest->key, sizeof(oldest->key), "%s", key);
	oldest->made_us = now_us;
	oldest->status = answer->status;
	oldest->type = answer->type;
	oldest->body = serve_body_ref(answer->body);
}

static void on_request(void *ctx, const struct route *route,
		       struct serve_answer *ret_answer)
{
	struct web *w = ctx;
	int64_t now_us = loop_now(w->loop).mono_us;
	struct web_reply reply;
	struct web_cached *c;
	char key[ROUTE_KEY];
	size_t size;

	route_key(route, key);
	c = find_cached(w, key, now_us);
	if (c) {
		*ret_answer = (struct serve_answer){
			.status = c->status,
			.type = c->type,
			.body = serve_body_ref(c->body),
		};
		return;
	}
	reply_to(w, route, &reply);
	*ret_answer = (struct serve_answer){ .status = reply.status,
					     .type = reply.type,
					     .fresh_s = reply.fresh_s };
	size = reply.text.len;
	ret_answer->body = serve_body_new(&reply.text);
	if (route->kind != ROUTE_STYLE && size <= WEB_CACHE_BODY_MAX)
		keep(w, key, now_us, ret_answer);
}

/* --- the process -------------------------------------------------------- */

static void on_tick(void *ctx)
{
	struct web *w = ctx;
	int64_t now_us = loop_now(w->loop).mono_us;
	bool more;

	open_store(w);
	more = count(w);
	for (int i = 0; i < WEB_CACHE; i++) {
		if (w->cached[i].body &&
		    now_us - w->cached[i].made_us >= SHARED_US)
			forget(&w->cached[i]);
	}
	if (w->ending && serve_count(w->serve) == 0)
		loop_stop(w->loop);
	loop_timer_set(w->tick,
		       now_us + (more || w->ending ? TICK_US / 20 : TICK_US));
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
	serve_stop(w->serve);
	if (serve_count(w->serve) == 0)
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
	serve_free(w->serve);
	for (int i = 0; i < WEB_CACHE; i++)
		forget(&w->cached[i]);
	web_tally_free(w->tally);
	store_close(w->store);
	loop_timer_free(w->tick);
	loop_timer_free(w->end);
	loop_free(w->loop);
}

int web_run(const struct config *c, const struct listener *listener,
	    int ready_fd)
{
	struct web w = { .config = c };
	struct fail why;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	raise_limit(c->web_connections);
	if (!loop_new(&w.loop, &why)) {
		fprintf(stderr, "acmeter web: %s\n", why.text);
		return EXIT_OURS;
	}
	w.tally = web_tally_new(loop_now(w.loop).wall_us - TALLIED_US);
	w.tick = loop_timer_new(w.loop, on_tick, &w);
	w.end = loop_timer_new(w.loop, on_end, &w);
	loop_on_signal(w.loop, SIGTERM, on_sigterm, &w);
	loop_on_signal(w.loop, SIGINT, on_sigterm, &w);
	w.serve =
		serve_new(w.loop, listener, c->web_connections, on_request, &w);
	loop_timer_set(w.tick, 0);
	say_ready(ready_fd);
	loop_run(w.loop);
	web_close(&w);
	return EXIT_GOOD;
}
