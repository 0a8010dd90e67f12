/*
 * What a station and a hub serve alike: the page, the pages of an exchange and
 * of a cell, the method, the assets, the live events. Where the facts come
 * from is the business of a source.
 *
 * An answer may be a second old: within that second it is shared.
 */
#ifndef APP_SITE_H
#define APP_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "edge/listener.h"
#include "edge/loop.h"
#include "edge/serve_guard.h"
#include "report/board.h"
#include "report/route.h"

enum { SITE_BODY_MAX = 16 * 1024 * 1024 };

/* What an answer is made of; text is full when it got too long. */
struct site_reply {
	int status;
	const char *type;
	unsigned fresh_s;
	struct buf text;
};

/* One that waits for its answer, perhaps in vain. */
struct site_wait;

struct court;

struct site_source {
	void *ctx;

	/* Now; valid until the next call. NULL: reason says why there is none.
	 */
	const struct board *(*board)(void *ctx, const char **ret_reason);

	/* What is judged, without gathering anything; NULL: nothing is. */
	struct court *(*court)(void *ctx);

	/*
	 * Ends with site_show_issuance() or site_say(). number is that of the
	 * exchange, or of the issuance.
	 */
	void (*issuance)(void *ctx, size_t station, int64_t number,
			 bool is_exchange, struct site_wait *w);

	/* Ends with site_show_cell() or site_say(). */
	void (*cell)(void *ctx, size_t station, const struct route *route,
		     struct site_wait *w);

	/* All other routes; ends with site_answer() or site_say(). */
	void (*other)(void *ctx, const struct route *route,
		      struct site_wait *w);
};

struct site;

/* The listener and the source's context are borrowed; connections >= 1. */
struct site *site_new(struct loop *loop, const struct listener *listener,
		      unsigned connections, const struct site_source *source);

/* As serve_protect(). */
void site_protect(struct site *s, struct serve_guard *guard);

/*
 * As serve_stop(), serve_count() and serve_free(). No answer may come after
 * site_free().
 */
void site_stop(struct site *s);
unsigned site_count(const struct site *s);
void site_free(struct site *s);

/* --- answers, each exactly once ------------------------------------------ */

/* What it asked for; valid until it is answered. */
const struct route *site_route(const struct site_wait *w);

/* The visitor has left: what is answered goes nowhere, but is to be. */
bool site_has_left(const struct site_wait *w);

/* Takes the text of the reply. */
void site_answer(struct site_wait *w, struct site_reply *reply);

/* A sentence instead, as a page for who asked for a page, or as JSON. */
void site_say(struct site_wait *w, int status, const char *sentence);

void site_show_issuance(struct site_wait *w, size_t station, const char *ca,
			const struct issuance *i,
			const struct exchange *exchanges, size_t count,
			int64_t chosen);
void site_show_cell(struct site_wait *w, size_t station,
		    const struct exchange *list, size_t count);

/* --- live ----------------------------------------------------------------- */

/* To everybody who listens, at once. */
void site_tell_exchange(struct site *s, const char *station, const char *ca,
			const struct exchange *e);
void site_tell_issuance(struct site *s, const char *station, const char *ca,
			const struct issuance *i);

/* Something else is different now: pages are to be looked at again. */
void site_changed(struct site *s);

#endif
