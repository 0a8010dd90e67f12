/*
 * What the files of the web process share.
 */
#ifndef APP_WEB_PRIVATE_H
#define APP_WEB_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/judging.h"
#include "app/protection.h"
#include "app/site.h"
#include "app/web_gather.h"
#include "app/web_tally.h"
#include "edge/loop.h"
#include "edge/store.h"
#include "measure/config.h"
#include "report/route.h"

/* A reader with a cursor that waits for the next row. */
struct web_poll {
	struct site_wait *wait;
	int64_t until_us; /* mono */
	struct web_poll *next;
};

struct web {
	const struct config *config;
	int looks; /* the prober's bell, or -1 */
	struct loop *loop;
	struct site *site;
	struct protection *protection;
	struct store *store; /* NULL while there is none */
	struct fail trouble; /* why, or why it cannot be read */
	struct web_tally *tally;
	struct loop_timer *tick;
	struct loop_timer *end;
	bool ending;
	int64_t counted_us;	 /* mono: when the tally was read */
	struct judging *judging; /* this station alone; NULL before the feed */
	int64_t looked_us;	 /* mono: when it was told the time */

	/* web_feed.c: how far the record has been told. */
	bool fed; /* the cursors are set */
	int64_t exchange, issuance;
	struct store_ca_row *names; /* owned */
	size_t name_count;
	struct web_poll *polls;

	/* The board that was made last, and what it points to. */
	struct gathered gathered;
	struct board_station station;
	struct board board;
	bool board_made;
};

/*
 * web_api.c: the routes below /api/v1. *ret_empty when the list has no rows.
 * False when the record failed.
 */
bool web_api(struct web *w, const struct route *route, struct site_reply *reply,
	     bool *ret_empty, struct fail *why);

/* A sentence instead of what was asked for, as JSON. */
void web_say(struct site_reply *reply, int status, const char *sentence);

/* web_feed.c: tells what has come since the last call. */
bool web_feed(struct web *w, bool *ret_news, struct fail *why);

/* Another record now: what it holds is not news. */
void web_feed_forget(struct web *w);

/* The name of the CA with this number, or "". */
const char *web_ca_name(struct web *w, unsigned number);

/* Asks again for those who wait, and answers those who waited enough. */
void web_polls_look(struct web *w, bool news);
void web_polls_add(struct web *w, struct site_wait *wait);
void web_polls_end(struct web *w);

/* web.c: answers from the record, or says why not. */
void web_answer(struct web *w, struct site_wait *wait);

/* The same; false, and not answered, while there is no row to give. */
bool web_retry(struct web *w, struct site_wait *wait);

/* web_pages.c: the pages of an issuance and of a cell. */
void web_issuance(void *ctx, size_t station, int64_t number, bool is_exchange,
		  struct site_wait *wait);
void web_cell(void *ctx, size_t station, const struct route *route,
	      struct site_wait *wait);

#endif
