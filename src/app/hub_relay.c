/*
 * What only a station itself can tell: an exchange with all that was kept of
 * it, an issuance, the rows behind a figure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/hub_private.h"
#include "base/buf.h"
#include "base/mem.h"
#include "report/json_read.h"
#include "report/json_write.h"

enum { ROWS_MOST = 200, TARGET_MAX = 512 };

struct relay {
	struct hub *hub;
	size_t station;
	struct site_wait *wait;
	int64_t chosen, number; /* the exchange; the issuance */
	bool cell;
	char ca[JSON_READ_NAME];
	struct issuance issuance;
	bool has_issuance;
	struct exchange full; /* the chosen one, with what was kept */
	struct exchange list[ROWS_MOST];
	size_t count;
};

static void relay_free(struct relay *r)
{
	exchange_release(&r->full);
	free(r);
}

static void say(struct relay *r, int status, const char *sentence)
{
	site_say(r->wait, status, sentence);
	relay_free(r);
}

static void ask(struct relay *r, const char *target, remote_got *got)
{
	if (!remote_ask(r->hub->remotes[r->station], "GET", target, got, r))
		say(r, 503, "the station is being asked too much already");
}

/* False, and it is said, when there is no good answer. */
static bool is_answer(struct relay *r, int status, const char *why)
{
	char sentence[256];

	if (status == 200)
		return true;
	if (status == 404) {
		say(r, 404, "there is nothing of that number, or not any more");
		return false;
	}
	snprintf(sentence, sizeof(sentence), "the station did not answer: %s",
		 status ? "its server refused" : why);
	say(r, status ? 502 : 504, sentence);
	return false;
}

static bool on_row(void *ctx, const char *ca, const struct exchange *e,
		   struct fail *why)
{
	struct relay *r = ctx;

	(void)why;
	if (r->count == ROWS_MOST)
		return true;
	snprintf(r->ca, sizeof(r->ca), "%s", ca);
	r->list[r->count] = *e;
	r->list[r->count].ca =
		remote_ca_number(r->hub->remotes[r->station], ca);
	/* Shown with what was kept, which only the question for it gave. */
	if (e->id == r->full.id)
		r->list[r->count] = r->full;
	r->count++;
	return true;
}

static void got_rows(void *ctx, int status, const char *body, size_t len,
		     const char *why)
{
	struct relay *r = ctx;
	struct fail fail;
	int64_t next;
	size_t rows;

	if (!is_answer(r, status, why))
		return;
	if (!json_read_exchanges(body, len,
				 r->hub->config->stations[r->station].name,
				 on_row, r, &next, &rows, &fail)) {
		say(r, 502, "the station answered what cannot be true");
		return;
	}
	if (r->cell)
		site_show_cell(r->wait, r->station, r->list, r->count);
	else
		site_show_issuance(r->wait, r->station, r->ca,
				   r->has_issuance ? &r->issuance : NULL,
				   r->list, r->count, r->chosen);
	relay_free(r);
}

static bool on_issuance(void *ctx, const char *ca, const struct issuance *i,
			struct fail *why)
{
	struct relay *r = ctx;

	(void)why;
	snprintf(r->ca, sizeof(r->ca), "%s", ca);
	r->has_issuance = i->id == r->number;
	r->issuance = *i;
	return true;
}

static void ask_rows(struct relay *r)
{
	char target[TARGET_MAX];

	snprintf(target, sizeof(target),
		 "/api/v1/exchanges?after=0&limit=%d&issuance=%" PRId64,
		 ROWS_MOST, r->number);
	ask(r, target, got_rows);
}

static void got_issuance(void *ctx, int status, const char *body, size_t len,
			 const char *why)
{
	struct relay *r = ctx;
	struct fail fail;
	int64_t next;
	size_t rows;

	if (!is_answer(r, status, why))
		return;
	if (!json_read_issuances(body, len,
				 r->hub->config->stations[r->station].name,
				 on_issuance, r, &next, &rows, &fail)) {
		say(r, 502, "the station answered what cannot be true");
		return;
	}
	if (!r->has_issuance && !r->chosen) {
		say(r, 404, "there is nothing of that number, or not any more");
		return;
	}
	ask_rows(r);
}

static void ask_issuance(struct relay *r)
{
	char target[TARGET_MAX];

	snprintf(target, sizeof(target),
		 "/api/v1/issuances?after=%" PRId64 "&limit=1", r->number - 1);
	ask(r, target, got_issuance);
}

static void got_exchange(void *ctx, int status, const char *body, size_t len,
			 const char *why)
{
	struct relay *r = ctx;
	struct fail fail;

	if (!is_answer(r, status, why))
		return;
	if (!json_read_exchange(body, len, r->ca, &r->full, &fail)) {
		say(r, 502, "the station answered what cannot be true");
		return;
	}
	r->number = r->full.issuance;
	if (r->number > 0) {
		ask_issuance(r);
		return;
	}
	/* A control belongs to no issuance: it stands alone. */
	site_show_issuance(r->wait, r->station, r->ca, NULL, &r->full, 1,
			   r->chosen);
	relay_free(r);
}

static struct relay *relay_new(struct hub *h, size_t station,
			       struct site_wait *wait)
{
	struct relay *r = mem_zalloc(sizeof(*r));

	r->hub = h;
	r->station = station;
	r->wait = wait;
	return r;
}

void hub_issuance(void *ctx, size_t station, int64_t number, bool is_exchange,
		  struct site_wait *wait)
{
	struct relay *r = relay_new(ctx, station, wait);
	char target[TARGET_MAX];

	if (!is_exchange) {
		r->number = number;
		ask_issuance(r);
		return;
	}
	r->chosen = number;
	snprintf(target, sizeof(target), "/api/v1/exchanges/%" PRId64, number);
	ask(r, target, got_exchange);
}

void hub_cell(void *ctx, size_t station, const struct route *route,
	      struct site_wait *wait)
{
	struct relay *r = relay_new(ctx, station, wait);
	struct buf target = BUF_INIT(TARGET_MAX);

	r->cell = true;
	buf_add_text(&target, "/api/v1/exchanges?limit=100");
	if (route->ca[0])
		buf_addf(&target, "&ca=%s", route->ca);
	if (route->op >= 0)
		buf_addf(&target, "&op=%s", op_name((enum op)route->op));
	if (route->failed_only)
		buf_add_text(&target, "&failed=1");
	ask(r, buf_text(&target), got_rows);
	buf_release(&target);
}

/* --- as it is ----------------------------------------------------------- */

static void got_anything(void *ctx, int status, const char *body, size_t len,
			 const char *why)
{
	struct relay *r = ctx;
	struct site_reply reply = { .status = 200,
				    .type = "application/json",
				    .text = BUF_INIT(SITE_BODY_MAX) };

	if (!is_answer(r, status, why))
		return;
	buf_add(&reply.text, body, len);
	site_answer(r->wait, &reply);
	relay_free(r);
}

static void add_number(struct buf *out, const char *key, int64_t number)
{
	if (number != ROUTE_ANY)
		buf_addf(out, "&%s=%" PRId64, key, number);
}

void hub_pass_on(struct hub *h, size_t station, const struct route *route,
		 struct site_wait *wait)
{
	struct relay *r = relay_new(h, station, wait);
	struct buf target = BUF_INIT(TARGET_MAX);

	if (route->kind == ROUTE_EXCHANGE) {
		buf_addf(&target, "/api/v1/exchanges/%" PRId64, route->id);
	} else {
		buf_addf(&target, "/api/v1/%s?limit=%u",
			 route->kind == ROUTE_EXCHANGES	  ? "exchanges"
			 : route->kind == ROUTE_ISSUANCES ? "issuances"
							  : "hours",
			 route->limit);
		if (route->ca[0])
			buf_addf(&target, "&ca=%s", route->ca);
		if (route->op >= 0)
			buf_addf(&target, "&op=%s",
				 op_name((enum op)route->op));
		if (route->kind != ROUTE_HOURS)
			add_number(&target, "after", route->after);
		add_number(&target, "issuance", route->issuance);
		if (route->from_us != ROUTE_ANY)
			add_number(&target, "from", route->from_us / US_PER_S);
		if (route->to_us != ROUTE_ANY)
			add_number(&target, "to", route->to_us / US_PER_S);
		if (route->failed_only)
			buf_add_text(&target, "&failed=1");
	}
	ask(r, buf_text(&target), got_anything);
	buf_release(&target);
}
