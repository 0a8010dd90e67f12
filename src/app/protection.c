#include "app/protection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LOOK_US (10 * US_PER_S)

struct protection {
	struct loop *loop;
	struct site *site;
	const struct config_web *web;
	const char *who;
	struct loop_timer *timer;
	struct serve_guard_stamp used; /* of what protects it now */
	struct serve_guard_stamp seen; /* when it was looked at last */
	struct fail trouble;	       /* what was told of it */
};

static bool is_same(const struct serve_guard_stamp *a,
		    const struct serve_guard_stamp *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool take(struct protection *p, const struct serve_guard_stamp *stamp,
		 struct fail *why)
{
	struct serve_guard *guard;
	const char *key;

	if (!serve_guard_load(p->web, &guard, &key, why))
		return fail_at(why, "web.%s", key);
	site_protect(p->site, guard);
	p->used = *stamp;
	return true;
}

static void renew(struct protection *p, const struct serve_guard_stamp *stamp)
{
	struct fail why = { .code = FAIL_NONE };

	if (take(p, stamp, &why))
		fprintf(stderr,
			"%s: certificate, key and token are read again\n",
			p->who);
	else if (strcmp(p->trouble.text, why.text) != 0)
		fprintf(stderr, "%s: refused, the old one stays: %s\n", p->who,
			why.text);
	p->trouble = why;
}

/* Files change one after the other: they are read when they have settled. */
static void on_look(void *ctx)
{
	struct protection *p = ctx;
	struct serve_guard_stamp now;

	serve_guard_look(p->web, &now);
	if (!is_same(&now, &p->used) && is_same(&now, &p->seen))
		renew(p, &now);
	p->seen = now;
	loop_timer_set(p->timer, loop_now(p->loop).mono_us + LOOK_US);
}

bool protection_new(struct loop *loop, struct site *site,
		    const struct config_web *web, const char *who,
		    struct protection **ret_protection, struct fail *why)
{
	struct protection *p = mem_zalloc(sizeof(*p));

	p->loop = loop;
	p->site = site;
	p->web = web;
	p->who = who;
	serve_guard_look(web, &p->seen);
	if (!take(p, &p->seen, why)) {
		free(p);
		return false;
	}
	p->timer = loop_timer_new(loop, on_look, p);
	loop_timer_set(p->timer, loop_now(loop).mono_us + LOOK_US);
	*ret_protection = p;
	return true;
}

void protection_free(struct protection *p)
{
	if (!p)
		return;
	loop_timer_free(p->timer);
	free(p);
}
