#include "app/spans.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SPAN_KINDS = STORE_MINUTE + 1 };

struct span {
	bool known; /* stat is that of the span that starts at start_us */
	int64_t start_us;
	struct stat_span stat;
};

/* One (CA, operation). */
struct series {
	struct series *next;
	unsigned ca;
	enum op op;
	struct span spans[SPAN_KINDS];
};

struct spans {
	struct store *store;
	struct series *first;
};

struct spans *spans_new(struct store *store)
{
	struct spans *s = mem_zalloc(sizeof(*s));

	s->store = store;
	return s;
}

void spans_free(struct spans *s)
{
	if (!s)
		return;
	while (s->first) {
		struct series *series = s->first;

		s->first = series->next;
		free(series);
	}
	free(s);
}

void spans_forget(struct spans *s)
{
	for (struct series *n = s->first; n; n = n->next) {
		for (unsigned kind = 0; kind < SPAN_KINDS; kind++)
			n->spans[kind].known = false;
	}
}

static struct series *series_of(struct spans *s, unsigned ca, enum op op)
{
	struct series *made;

	for (struct series *n = s->first; n; n = n->next) {
		if (n->ca == ca && n->op == op)
			return n;
	}
	made = mem_zalloc(sizeof(*made));
	made->ca = ca;
	made->op = op;
	made->next = s->first;
	s->first = made;
	return made;
}

static bool count_again(void *ctx, const struct exchange *e)
{
	stat_add(ctx, e);
	return true;
}

static bool recount(struct spans *s, enum store_span kind,
		    const struct exchange *e, struct span *span,
		    struct fail *why)
{
	const struct store_query q = {
		.from_us = span->start_us,
		.to_us = span->start_us + store_span_us(kind),
		.ca = (int)e->ca,
		.op = (int)e->op,
	};

	memset(&span->stat, 0, sizeof(span->stat));
	return store_exchanges(s->store, &q, count_again, &span->stat, why);
}

/* Makes span the one that starts at start_us. */
static bool turn_to(struct spans *s, enum store_span kind,
		    const struct exchange *e, int64_t start_us,
		    struct span *span, struct fail *why)
{
	struct fail trouble;
	bool found;

	span->known = false;
	span->start_us = start_us;
	if (store_stat_find(s->store, kind, e->ca, e->op, start_us, &span->stat,
			    &found, &trouble)) {
		if (!found)
			memset(&span->stat, 0, sizeof(span->stat));
	} else if (trouble.code != FAIL_CORRUPT ||
		   !recount(s, kind, e, span, &trouble)) {
		if (why)
			*why = trouble;
		return false;
	}
	span->known = true;
	return true;
}

bool spans_add(struct spans *s, const struct exchange *e, struct fail *why)
{
	struct series *series = series_of(s, e->ca, e->op);

	for (unsigned i = 0; i < SPAN_KINDS; i++) {
		enum store_span kind = (enum store_span)i;
		struct span *span = &series->spans[i];
		int64_t start_us = clock_floor(e->wall_us, store_span_us(kind));

		if ((!span->known || span->start_us != start_us) &&
		    !turn_to(s, kind, e, start_us, span, why))
			return false;
		stat_add(&span->stat, e);
		store_stat(s->store, kind, e->ca, e->op, start_us, &span->stat);
	}
	return true;
}
