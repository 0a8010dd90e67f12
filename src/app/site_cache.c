#include "app/site_cache.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SHARED_US US_PER_S

static void forget(struct site_cached *c)
{
	serve_body_unref(c->body);
	*c = (struct site_cached){ .body = NULL };
}

bool site_cache_find(struct site_cache *cache, const char *key, int64_t now_us,
		     struct serve_answer *ret_answer)
{
	for (int i = 0; i < SITE_CACHE; i++) {
		struct site_cached *c = &cache->cached[i];

		if (!c->body || strcmp(c->key, key) != 0)
			continue;
		if (now_us - c->made_us >= SHARED_US) {
			forget(c);
			continue;
		}
		*ret_answer = (struct serve_answer){
			.status = c->status,
			.type = c->type,
			.fresh_s = c->fresh_s,
			.fixed = c->fixed,
			.verdict = c->verdict[0] ? c->verdict : NULL,
			.body = serve_body_ref(c->body),
		};
		return true;
	}
	return false;
}

void site_cache_keep(struct site_cache *cache, const char *key,
		     const struct serve_answer *answer, int64_t now_us)
{
	struct site_cached *oldest = &cache->cached[0];

	if (answer->body->len > SITE_CACHE_BODY_MAX)
		return;
	for (int i = 0; i < SITE_CACHE; i++) {
		if (!cache->cached[i].body) {
			oldest = &cache->cached[i];
			break;
		}
		if (cache->cached[i].made_us < oldest->made_us)
			oldest = &cache->cached[i];
	}
	forget(oldest);
	snprintf(oldest->key, sizeof(oldest->key), "%s", key);
	oldest->made_us = now_us;
	oldest->status = answer->status;
	oldest->type = answer->type;
	oldest->fresh_s = answer->fresh_s;
	oldest->fixed = answer->fixed;
	text_copy(oldest->verdict, sizeof(oldest->verdict), answer->verdict);
	oldest->body = serve_body_ref(answer->body);
}

void site_cache_forget_old(struct site_cache *cache, int64_t now_us)
{
	for (int i = 0; i < SITE_CACHE; i++) {
		if (cache->cached[i].body &&
		    now_us - cache->cached[i].made_us >= SHARED_US)
			forget(&cache->cached[i]);
	}
}

void site_cache_release(struct site_cache *cache)
{
	for (int i = 0; i < SITE_CACHE; i++)
		forget(&cache->cached[i]);
}
