/*
 * Answers that may be given again for a second: whoever asks the same within
 * it gets the same.
 */
#ifndef APP_SITE_CACHE_H
#define APP_SITE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve.h"
#include "report/route.h"

enum {
	SITE_CACHE = 32, /* answers */
	SITE_CACHE_BODY_MAX = 2 * 1024 * 1024,
	SITE_VERDICT = ROUTE_CA + 32, /* "letsencrypt=operational" */
};

struct site_cached {
	char key[ROUTE_KEY];
	int64_t made_us; /* mono */
	int status;
	const char *type;
	unsigned fresh_s;
	bool fixed;
	char verdict[SITE_VERDICT];
	struct serve_body *body; /* NULL: free */
};

struct site_cache {
	struct site_cached cached[SITE_CACHE];
};

/* The answer with a reference of its own to its body; false without one. */
bool site_cache_find(struct site_cache *c, const char *key, int64_t now_us,
		     struct serve_answer *ret_answer);

/* Keeps it in the place of the oldest, unless it is too long. */
void site_cache_keep(struct site_cache *c, const char *key,
		     const struct serve_answer *answer, int64_t now_us);

/* Those that are too old to be given again go; all of them go. */
void site_cache_forget_old(struct site_cache *c, int64_t now_us);
void site_cache_release(struct site_cache *c);

#endif
