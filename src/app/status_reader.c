#include "app/status_reader.h"

#include <stdlib.h>
#include <string.h>

#include "acme/headers.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "edge/feed.h"
#include "report/status_read.h"

enum { BACKOFFS = 5, TAG_MAX = 200, LOCATION_MAX = 300 };
#define ANSWER_US (15 * US_PER_S)
#define LONGEST_US US_PER_HOUR /* between two questions, whatever happens */

struct status_reader {
	struct loop *loop;
	struct http *http;
	const struct trust *trust;
	const struct hub_status_page *page;
	enum status_kind kind;
	struct rng rng;
	void (*changed)(void *ctx);
	void *ctx;
	struct http_session *session; /* of the question that is asked */
	struct loop_timer *timer;
	unsigned failures; /* in a row */
	char etag[TAG_MAX], modified[TAG_MAX];
	struct statement statement;
	struct fail trouble;
};

/* --- when --------------------------------------------------------------- */

/* Twice as long with each failure, and up to a tenth more. */
static void ask_again(struct status_reader *r, int64_t least_us)
{
	unsigned power = r->failures < BACKOFFS ? r->failures : BACKOFFS;
	int64_t us = r->page->every_us << power;

	if (us > LONGEST_US)
		us = LONGEST_US;
	if (us < least_us)
		us = least_us;
	us += (int64_t)rng_below(&r->rng, (uint64_t)us / 10 + 1);
	loop_timer_set(r->timer, loop_now(r->loop).mono_us + us);
	r->changed(r->ctx);
}

static void fail_and_ask_again(struct status_reader *r, int64_t least_us)
{
	r->failures++;
	ask_again(r, least_us);
}

/* --- answers ------------------------------------------------------------ */

static bool read_feed(const struct status_reader *r, const char *text,
		      size_t len, const struct status_parts *parts,
		      struct status_word *ret_word, struct fail *why)
{
	struct feed_entry *entries;
	size_t count;

	if (!feed_read(text, len, &entries, &count, why))
		return false;
	status_of_feed(entries, count, parts, loop_now(r->loop).wall_us,
		       ret_word);
	free(entries);
	return true;
}

static bool read_body(const struct status_reader *r,
		      const struct http_reply *reply,
		      struct status_word *ret_word, struct fail *why)
{
	const struct status_parts parts = { r->page->components,
					    r->page->component_count };
	const char *text = reply->body;
	size_t len = reply->body_len;

	switch (r->kind) {
	case STATUS_KIND_IO:
		return status_read_io(text, len, &parts, ret_word, why);
	case STATUS_KIND_PAGE:
		return status_read_page(text, len, &parts, ret_word, why);
	case STATUS_KIND_FEED:
		return read_feed(r, text, len, &parts, ret_word, why);
	case STATUS_KINDS:
		break;
	}
	return fail_set(why, FAIL_OURS, "no such kind");
}

/* What is told by the answer that is not what was asked for. */
static bool refuse_status(const struct exchange *e,
			  const struct http_reply *reply, struct fail *why)
{
	char to[LOCATION_MAX];

	if (e->status >= 300 && e->status < 400 &&
	    headers_copy(reply->headers, reply->headers_len, "Location", to,
			 sizeof(to)))
		return fail_set(why, FAIL_PEER,
				"it leads elsewhere (status %d), which is not "
				"followed; if %s is right, put that into the "
				"configuration",
				e->status, to);
	return fail_set(why, FAIL_PEER, "it answered with status %d",
			e->status);
}

static void keep_tags(struct status_reader *r, const struct http_reply *reply)
{
	headers_copy(reply->headers, reply->headers_len, "ETag", r->etag,
		     sizeof(r->etag));
	headers_copy(reply->headers, reply->headers_len, "Last-Modified",
		     r->modified, sizeof(r->modified));
}

static bool take(struct status_reader *r, const struct exchange *e,
		 const struct http_reply *reply, struct fail *why)
{
	int64_t now_us = loop_now(r->loop).wall_us;
	struct status_word word = r->statement.word;
	bool same = e->status == 304 && (r->etag[0] || r->modified[0]) &&
		    r->statement.read_us;

	if (!same && e->status != 200)
		return refuse_status(e, reply, why);
	if (!same && !read_body(r, reply, &word, why)) {
		/* What cannot be read is not to be "not modified". */
		r->etag[0] = r->modified[0] = '\0';
		return false;
	}
	if (!same)
		keep_tags(r, reply);
	statement_take(&r->statement, &word, now_us);
	return true;
}

static void answered(void *ctx, struct exchange *e,
		     const struct http_reply *reply)
{
	struct status_reader *r = ctx;
	int64_t now_us = loop_now(r->loop).wall_us, least_us;

	if (e->outcome != OUTCOME_OK) {
		fail_set(&r->trouble, FAIL_NETWORK, "%s",
			 e->detail[0] ? e->detail
				      : outcome_meaning(e->outcome));
		fail_and_ask_again(r, 0);
		return;
	}
	least_us = headers_retry_after_us(reply->headers, reply->headers_len,
					  now_us, LONGEST_US);
	if (!take(r, e, reply, &r->trouble)) {
		fail_and_ask_again(r, least_us);
		return;
	}
	r->trouble = (struct fail){ .code = FAIL_NONE };
	r->failures = 0;
	ask_again(r, least_us);
}

/* --- questions ---------------------------------------------------------- */

static void ask(void *ctx)
{
	struct status_reader *r = ctx;
	const struct http_session_options options = {
		.trust = r->trust,
		.limits = { .answer_us = ANSWER_US,
			    .total_us = 2 * ANSWER_US,
			    .body_bytes = STATUS_READ_BYTES },
		.any_address = true,
	};
	const struct http_request request = {
		.method = "GET",
		.url = r->page->url,
		.accept = r->kind == STATUS_KIND_FEED
				  ? "application/atom+xml, "
				    "application/rss+xml, application/xml, "
				    "text/xml"
				  : "application/json",
		.if_none_match = r->etag,
		.if_modified_since = r->modified,
	};

	/* Rarely asked: no connection is kept for it. */
	http_session_free(r->session);
	r->session = http_session_new(r->http, &options);
	http_send(r->session, &request, answered, r);
}

/* --- the reader --------------------------------------------------------- */

struct status_reader *status_reader_new(struct loop *loop, struct http *http,
					const struct trust *trust,
					const struct hub_status_page *page,
					uint64_t seed,
					void (*changed)(void *ctx), void *ctx)
{
	struct status_reader *r = mem_zalloc(sizeof(*r));

	r->loop = loop;
	r->http = http;
	r->trust = trust;
	r->page = page;
	status_kind_find(page->kind, &r->kind);
	r->rng.state = seed;
	r->changed = changed;
	r->ctx = ctx;
	r->timer = loop_timer_new(loop, ask, r);
	loop_timer_set(r->timer, 0);
	return r;
}

void status_reader_free(struct status_reader *r)
{
	if (!r)
		return;
	http_session_free(r->session);
	loop_timer_free(r->timer);
	free(r);
}

const struct statement *status_reader_statement(const struct status_reader *r)
{
	return &r->statement;
}

const char *status_reader_trouble(const struct status_reader *r)
{
	return r->trouble.code == FAIL_NONE ? "" : r->trouble.text;
}
