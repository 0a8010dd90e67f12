#include "app/remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/url.h"
#include "edge/whole.h"
#include "report/json_read.h"
#include "report/window.h"

enum {
	OFFSETS = 8, /* measurements, of which the best counts */
	ASKED_MOST = 16,
	TARGET_MAX = 256,
	TOKEN_MAX = 4096,
	BODY_MAX = 8 * 1024 * 1024,
	BACKOFFS = 5,
};
#define WAIT_S "5s" /* a reader's wait: it also paces the questions below */
#define DESCRIBE_US (10 * US_PER_S)
#define SILENT_US (15 * US_PER_S)
#define ASK_US (5 * US_PER_S)
#define FUTURE_US (10 * US_PER_S) /* rows may be so far ahead */

enum step { STEP_DESCRIBE, STEP_EXCHANGES, STEP_ISSUANCES };

/* Something else that is being asked. */
struct asking {
	struct remote *remote;
	struct http_session *session;
	struct loop_timer *end;
	remote_got *got;
	void *ctx;
	bool answered;
	struct asking *next;
};

struct remote {
	struct loop *loop;
	struct http *http;
	const struct trust *trust;
	const struct hub_station *station;
	struct remote_ears ears;
	struct rng rng;
	struct http_session *session; /* NULL: to be made anew */
	struct loop_timer *timer;
	struct window *window;
	enum step step;
	int64_t described_us;	    /* mono: when it was asked how it is */
	int64_t exchange, issuance; /* cursors */
	int64_t from_us;	    /* its clock: older rows are not wanted */
	int64_t now_us;		    /* its clock, when it described itself */
	int64_t at_us;		    /* ours, mono, at that moment */
	bool warm;		    /* the hour before the start is here */
	bool more;		    /* a page was full */
	unsigned failures;	    /* in a row */
	bool refused;
	int64_t heard_us, heard_mono_us; /* the last good answer; 0 never */
	struct fail trouble;
	struct {
		int64_t offset_us, error_us;
	} offsets[OFFSETS];
	unsigned offset_count;
	struct asking *askings;
	unsigned asking_count;
};

/* --- what went wrong ---------------------------------------------------- */

/* 1, 2, 4, 8, 16, 32 s, and up to a quarter more. */
static void try_later(struct remote *r)
{
	unsigned power = r->failures < BACKOFFS ? r->failures : BACKOFFS;
	int64_t us = US_PER_S << power;

	us += (int64_t)rng_below(&r->rng, (uint64_t)us / 4);
	r->failures++;
	r->step = STEP_DESCRIBE;
	r->more = false;
	loop_timer_set(r->timer, loop_now(r->loop).mono_us + us);
	r->ears.changed(r->ears.ctx);
}

static void start_anew(struct remote *r)
{
	window_clear(r->window);
	r->exchange = r->issuance = 0;
	r->warm = false;
	r->offset_count = 0;
}

/* It answered what cannot be: nothing of it is shown. */
static void refuse(struct remote *r, const struct fail *why)
{
	r->trouble = *why;
	r->refused = true;
	start_anew(r);
	try_later(r);
}

static void fall_silent(struct remote *r, const char *why)
{
	fail_set(&r->trouble, FAIL_NETWORK, "%s", why);
	try_later(r);
}

/* --- rows --------------------------------------------------------------- */

/* Its clock now, as far as it told. */
static int64_t its_now_us(const struct remote *r)
{
	return r->now_us + loop_now(r->loop).mono_us - r->at_us;
}

static bool is_credible(struct remote *r, int64_t id, int64_t cursor,
			int64_t wall_us, struct fail *why)
{
	if (id <= cursor)
		return fail_set(why, FAIL_PEER,
				"row %" PRId64 " came behind row %" PRId64, id,
				cursor);
	if (wall_us > its_now_us(r) + FUTURE_US)
		return fail_set(why, FAIL_PEER,
				"row %" PRId64 " is from its own future", id);
	return true;
}

static bool on_exchange(void *ctx, const char *ca, const struct exchange *e,
			struct fail *why)
{
	struct remote *r = ctx;

	if (!is_credible(r, e->id, r->exchange, e->wall_us, why))
		return false;
	r->exchange = e->id;
	window_exchange(r->window, ca, e);
	r->ears.exchange(r->ears.ctx, r->station, ca, e, r->warm);
	return true;
}

static bool on_issuance(void *ctx, const char *ca, const struct issuance *i,
			struct fail *why)
{
	int64_t ended_us = i->took_us > 0 ? i->wall_us + i->took_us
					  : i->wall_us;
	struct remote *r = ctx;

	if (!is_credible(r, i->id, r->issuance, ended_us, why))
		return false;
	r->issuance = i->id;
	window_issuance(r->window, ca, i);
	r->ears.issuance(r->ears.ctx, r->station, ca, i, r->warm);
	return true;
}

/* --- answers ------------------------------------------------------------ */

/*
 * It read its clock between our last byte sent and its first byte received;
 * the middle is off by half of that at most.
 */
static void take_offset(struct remote *r, const struct exchange *e,
			int64_t its_us)
{
	int64_t sent_us = e->marks.sent_us, first_us = e->marks.first_us;
	unsigned i = r->offset_count++ % OFFSETS;

	if (sent_us < 0 || first_us < sent_us)
		return;
	r->offsets[i].offset_us =
		its_us - (e->wall_us + (sent_us + first_us) / 2);
	r->offsets[i].error_us = (first_us - sent_us + 1) / 2;
}

static bool take_description(struct remote *r, const struct exchange *e,
			     const struct http_reply *reply, struct fail *why)
{
	struct json_station s;
	struct now now = loop_now(r->loop);

	if (!json_read_station(reply->body, reply->body_len, &s, why))
		return false;
	if (strcmp(s.name, r->station->name) != 0)
		return fail_set(why, FAIL_PEER, "it calls itself \"%s\"",
				s.name);
	if (s.last_us > s.now_us + FUTURE_US)
		return fail_set(why, FAIL_PEER,
				"its last word is from its own future");
	take_offset(r, e, s.now_us);
	r->now_us = s.now_us;
	r->at_us = now.mono_us;
	r->described_us = now.mono_us;
	r->from_us = s.now_us - WINDOW_US;
	window_describe(r->window, &s);
	return true;
}

static bool take_exchanges(struct remote *r, const struct http_reply *reply,
			   struct fail *why)
{
	int64_t next;
	size_t rows;

	if (!json_read_exchanges(reply->body, reply->body_len, r->station->name,
				 on_exchange, r, &next, &rows, why))
		return false;
	r->more = rows == JSON_READ_ROWS;
	return true;
}

static bool take_issuances(struct remote *r, const struct http_reply *reply,
			   struct fail *why)
{
	int64_t next;
	size_t rows;

	if (!json_read_issuances(reply->body, reply->body_len, r->station->name,
				 on_issuance, r, &next, &rows, why))
		return false;
	if (rows < JSON_READ_ROWS && !r->more)
		r->warm = true;
	return true;
}

static bool take(struct remote *r, const struct exchange *e,
		 const struct http_reply *reply, struct fail *why)
{
	switch (r->step) {
	case STEP_DESCRIBE:
		r->step = STEP_EXCHANGES;
		return take_description(r, e, reply, why);
	case STEP_EXCHANGES:
		if (!take_exchanges(r, reply, why))
			return false;
		/* An issuance is judged by its exchanges: those come first. */
		if (!r->more || r->warm)
			r->step = STEP_ISSUANCES;
		return true;
	case STEP_ISSUANCES:
		r->step = loop_now(r->loop).mono_us - r->described_us >
					  DESCRIBE_US
				  ? STEP_DESCRIBE
				  : STEP_EXCHANGES;
		return take_issuances(r, reply, why);
	}
	return false;
}

static void answered(void *ctx, struct exchange *e,
		     const struct http_reply *reply)
{
	struct remote *r = ctx;
	struct now now = loop_now(r->loop);
	struct fail why;
	char text[64];

	if (e->outcome != OUTCOME_OK) {
		fall_silent(r, e->detail[0] ? e->detail
					    : outcome_meaning(e->outcome));
		return;
	}
	if (e->status != 200) {
		snprintf(text, sizeof(text), "it answered with status %d",
			 e->status);
		fall_silent(r, text);
		return;
	}
	if (!take(r, e, reply, &why)) {
		refuse(r, &why);
		return;
	}
	r->heard_us = now.wall_us;
	r->heard_mono_us = now.mono_us;
	if (r->warm) {
		r->failures = 0;
		r->refused = false;
		r->trouble = (struct fail){ .code = FAIL_NONE };
	}
	/* What comes in the same breath is asked for together. */
	loop_timer_set(r->timer,
		       now.mono_us + (r->warm && r->step == STEP_EXCHANGES
					      ? US_PER_S / 10
					      : 0));
	r->ears.changed(r->ears.ctx);
}

/* --- questions ---------------------------------------------------------- */

static struct http_session *connect_to(struct remote *r, int64_t most_us)
{
	const struct http_session_options options = {
		.trust = r->trust,
		.limits = { .connect_us = ASK_US,
			    .tls_us = ASK_US,
			    .answer_us = most_us,
			    .total_us = 2 * most_us,
			    .body_bytes = BODY_MAX },
		.certificate = r->station->client_certificate,
		.key = r->station->client_key,
		.any_address = true,
	};

	return http_session_new(r->http, &options);
}

/*
 * Read each time: a token may be changed at any moment. A file that cannot be
 * read gives none, and the station says then what it thinks of that.
 */
static const char *read_token(const struct remote *r, struct buf *out)
{
	struct fail why;
	size_t len;

	if (!r->station->token_file ||
	    !whole_read(r->station->token_file, out, &why))
		return NULL;
	len = strcspn(buf_text(out), "\r\n \t");
	out->data[len] = '\0';
	return len ? out->data : NULL;
}

static void print_url(const struct remote *r, const char *target, char *dst,
		      size_t size)
{
	size_t len = strlen(r->station->url);

	if (len && r->station->url[len - 1] == '/')
		len--;
	snprintf(dst, size, "%.*s%s", (int)len, r->station->url, target);
}

static void print_target(const struct remote *r, char dst[static TARGET_MAX])
{
	const char *wait = r->warm && !r->more ? "&wait=" WAIT_S : "";
	int64_t from_s = r->from_us / US_PER_S;

	switch (r->step) {
	case STEP_DESCRIBE:
		snprintf(dst, TARGET_MAX, "/api/v1/station");
		return;
	case STEP_EXCHANGES:
		snprintf(dst, TARGET_MAX,
			 "/api/v1/exchanges?after=%" PRId64 "&from=%" PRId64
			 "&limit=1000%s",
			 r->exchange, from_s, wait);
		return;
	case STEP_ISSUANCES:
		snprintf(dst, TARGET_MAX,
			 "/api/v1/issuances?after=%" PRId64 "&from=%" PRId64
			 "&limit=1000",
			 r->issuance, from_s);
		return;
	}
}

static void ask(void *ctx)
{
	struct remote *r = ctx;
	char target[TARGET_MAX], url[URL_MAX];
	struct buf token = BUF_INIT(TOKEN_MAX);
	const struct http_request request = { .method = "GET",
					      .url = url,
					      .accept = "application/json",
					      .bearer = read_token(r, &token) };

	/* A connection that failed is not used again. */
	if (r->failures && r->step == STEP_DESCRIBE) {
		http_session_free(r->session);
		r->session = NULL;
	}
	if (!r->session)
		r->session = connect_to(r, 2 * ASK_US);
	print_target(r, target);
	print_url(r, target, url, sizeof(url));
	http_send(r->session, &request, answered, r);
	buf_release(&token);
}

/* --- something else ----------------------------------------------------- */

static void asking_free(struct asking *a)
{
	http_session_free(a->session);
	loop_timer_free(a->end);
	free(a);
}

static void on_asking_end(void *ctx)
{
	struct asking *a = ctx;
	struct asking **at = &a->remote->askings;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	a->remote->asking_count--;
	asking_free(a);
}

static void got(void *ctx, struct exchange *e, const struct http_reply *reply)
{
	struct asking *a = ctx;

	a->answered = true;
	if (e->outcome == OUTCOME_OK)
		a->got(a->ctx, e->status, reply->body, reply->body_len, "");
	else
		a->got(a->ctx, 0, "", 0, e->detail);
	/* The session ends outside its own call. */
	loop_timer_set(a->end, 0);
}

bool remote_ask(struct remote *r, const char *method, const char *target,
		remote_got *callback, void *ctx)
{
	struct asking *a;
	char url[URL_MAX];
	struct buf token = BUF_INIT(TOKEN_MAX);
	struct http_request request = { .method = method,
					.url = url,
					.accept = "application/json" };

	if (r->asking_count >= ASKED_MOST)
		return false;
	a = mem_zalloc(sizeof(*a));
	*a = (struct asking){ .remote = r,
			      .session = connect_to(r, ASK_US / 2),
			      .end = loop_timer_new(r->loop, on_asking_end, a),
			      .got = callback,
			      .ctx = ctx,
			      .next = r->askings };
	r->askings = a;
	r->asking_count++;
	print_url(r, target, url, sizeof(url));
	request.bearer = read_token(r, &token);
	http_send(a->session, &request, got, a);
	buf_release(&token);
	return true;
}

/* --- what is known ------------------------------------------------------ */

static bool best_offset(const struct remote *r, int64_t *ret_offset_us,
			int64_t *ret_error_us)
{
	unsigned n = r->offset_count < OFFSETS ? r->offset_count : OFFSETS;
	unsigned best = 0;

	for (unsigned i = 1; i < n; i++) {
		if (r->offsets[i].error_us < r->offsets[best].error_us)
			best = i;
	}
	*ret_offset_us = n ? r->offsets[best].offset_us : 0;
	*ret_error_us = n ? r->offsets[best].error_us : 0;
	return n > 0;
}

static enum board_answer answer_of(const struct remote *r, struct now now)
{
	if (r->refused)
		return BOARD_REFUSED;
	if (!r->warm && r->heard_us == 0)
		return BOARD_NEVER;
	if (r->failures || now.mono_us - r->heard_mono_us > SILENT_US)
		return r->heard_us ? BOARD_SILENT : BOARD_NEVER;
	return r->warm ? BOARD_ANSWERS : BOARD_NEVER;
}

/*
 * Where it stands: what the hub's own configuration says of that, or else what
 * the station says; not a city from here with coordinates from there.
 */
static void show_place(const struct remote *r, struct board_station *s)
{
	const struct config_place *ours = &r->station->place;
	const struct station_place *its = s->facts ? &s->facts->place : NULL;
	bool said = ours->city[0] || ours->country[0] || ours->latitude[0];

	s->operator= its && !ours->operator[0] ? its->operator: ours->operator;
	s->note = its ? its->note : "";
	if (said || !its) {
		s->city = ours->city;
		s->country = ours->country;
		s->placed =
			config_place_degrees(ours, &s->latitude, &s->longitude);
	} else {
		s->city = its->city;
		s->country = its->country;
		s->placed = its->known;
		s->latitude = its->latitude;
		s->longitude = its->longitude;
	}
}

void remote_show(struct remote *r, struct now now,
		 struct board_station *ret_station)
{
	struct board_station s = { .name = r->station->name,
				   .answer = answer_of(r, now),
				   .trouble = "",
				   .heard_us = r->heard_us };

	s.offset_known = best_offset(r, &s.offset_us, &s.offset_error_us);
	if (s.answer != BOARD_ANSWERS && r->trouble.code != FAIL_NONE)
		s.trouble = r->trouble.text;
	if (s.answer == BOARD_ANSWERS || s.answer == BOARD_SILENT)
		s.facts = window_facts(r->window, now.wall_us + s.offset_us);
	show_place(r, &s);
	*ret_station = s;
}

bool remote_is_warm(const struct remote *r)
{
	return r->warm;
}

bool remote_is_settled(const struct remote *r)
{
	return r->warm || r->failures > 0;
}

int64_t remote_offset_us(const struct remote *r)
{
	int64_t offset_us, error_us;

	return best_offset(r, &offset_us, &error_us) ? offset_us : 0;
}

enum sight remote_sight(const struct remote *r, int64_t *ret_since_us)
{
	enum sight sight = window_sight(r->window, ret_since_us);

	if (*ret_since_us)
		*ret_since_us -= remote_offset_us(r);
	return sight;
}

unsigned remote_ca_number(struct remote *r, const char *ca)
{
	const struct station_facts *f = window_facts(r->window, its_now_us(r));

	for (size_t i = 0; f && i < f->ca_count; i++) {
		if (strcmp(f->cas[i].name, ca) == 0)
			return f->cas[i].number;
	}
	return 0;
}

/* --- the remote --------------------------------------------------------- */

struct remote *remote_new(struct loop *loop, struct http *http,
			  const struct trust *trust,
			  const struct hub_station *station, uint64_t seed,
			  const struct remote_ears *ears)
{
	struct remote *r = mem_zalloc(sizeof(*r));

	r->loop = loop;
	r->http = http;
	r->trust = trust;
	r->station = station;
	r->ears = *ears;
	r->rng.state = seed;
	r->window = window_new();
	r->timer = loop_timer_new(loop, ask, r);
	loop_timer_set(r->timer, 0);
	return r;
}

void remote_free(struct remote *r)
{
	if (!r)
		return;
	for (struct asking *a = r->askings, *next; a; a = next) {
		next = a->next;
		if (!a->answered)
			a->got(a->ctx, 0, "", 0, "the hub ends");
		asking_free(a);
	}
	http_session_free(r->session);
	loop_timer_free(r->timer);
	window_free(r->window);
	free(r);
}
