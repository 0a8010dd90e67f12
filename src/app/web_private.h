/*
 * What the files of the web process share.
 */
#ifndef APP_WEB_PRIVATE_H
#define APP_WEB_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/web_gather.h"
#include "app/web_tally.h"
#include "edge/loop.h"
#include "edge/serve.h"
#include "edge/store.h"
#include "measure/config.h"
#include "report/route.h"

enum {
	WEB_BODY_MAX = 16 * 1024 * 1024,
	WEB_CACHE = 16, /* answers */
	WEB_CACHE_BODY_MAX = 2 * 1024 * 1024,
};

/* An answer that may be given again for a second. */
struct web_cached {
	char key[ROUTE_KEY];
	int64_t made_us; /* mono */
	int status;
	const char *type;
	struct serve_body *body; /* NULL: free */
};

struct web {
	const struct config *config;
	struct loop *loop;
	struct serve *serve;
	struct store *store; /* NULL while there is none */
	struct fail trouble; /* why, or why it cannot be read */
	struct web_tally *tally;
	struct loop_timer *tick;
	struct loop_timer *end;
	bool ending;
	struct web_cached cached[WEB_CACHE];
};

/* What an answer is made of; text is full when it got too long. */
struct web_reply {
	int status;
	const char *type;
	unsigned fresh_s;
	struct buf text;
};

/* web_api.c: the routes below /api/v1. False when the record failed. */
bool web_api(struct web *w, const struct route *route, struct web_reply *reply,
	     struct fail *why);

/* A sentence instead of what was asked for, as JSON. */
void web_say(struct web_reply *reply, int status, const char *sentence);

#endif
