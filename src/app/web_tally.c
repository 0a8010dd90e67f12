#include "app/web_tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "measure/stat.h"

enum { ROWS_MAX = 5000 };
#define LATELY_US (5 * US_PER_MIN)

struct counted {
	unsigned number;
	char name[64];
	struct stat_span *ops[OPS]; /* NULL: none yet */
	uint64_t issuances[OUTCOMES];
	struct hist *took;
	int64_t last_certificate_us;
};

struct web_tally {
	int64_t from_us;
	int64_t exchange, issuance; /* the last that was counted */
	struct counted **cas;
	size_t count;
	size_t rows; /* of this call */
	/* The longest turn of the prober, and when. */
	int64_t lag_us, lag_at_us;
};

struct web_tally *web_tally_new(int64_t from_us)
{
	struct web_tally *t = mem_zalloc(sizeof(*t));

	t->from_us = from_us;
	return t;
}

void web_tally_free(struct web_tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		for (unsigned op = 0; op < OPS; op++)
			free(t->cas[i]->ops[op]);
		free(t->cas[i]->took);
		free(t->cas[i]);
	}
	free(t->cas);
	free(t);
}

static struct counted *find(struct web_tally *t, unsigned number)
{
	struct counted *c;

	for (size_t i = 0; i < t->count; i++) {
		if (t->cas[i]->number == number)
			return t->cas[i];
	}
	c = mem_zalloc(sizeof(*c));
	c->number = number;
	c->took = mem_zalloc(sizeof(*c->took));
	t->cas = mem_resize(t->cas, (t->count + 1) * sizeof(struct counted *));
	t->cas[t->count++] = c;
	return c;
}

static bool on_exchange(void *ctx, const struct exchange *e)
{
	struct web_tally *t = ctx;
	struct counted *c = find(t, e->ca);

	t->exchange = e->id;
	t->rows++;
	if (!c->ops[e->op])
		c->ops[e->op] = mem_zalloc(sizeof(struct stat_span));
	stat_add(c->ops[e->op], e);
	if (e->lag_us >= t->lag_us || e->wall_us - t->lag_at_us > LATELY_US) {
		t->lag_us = e->lag_us;
		t->lag_at_us = e->wall_us;
	}
	return true;
}

/* One that still runs is counted when it has ended, and so are those behind. */
static bool on_issuance(void *ctx, const struct issuance *i)
{
	struct web_tally *t = ctx;
	struct counted *c;

	if (i->took_us < 0)
		return false;
	t->issuance = i->id;
	t->rows++;
	c = find(t, i->ca);
	c->issuances[i->outcome]++;
	if (i->outcome != OUTCOME_OK)
		return true;
	hist_add(c->took, i->took_us);
	if (!i->shallow)
		c->last_certificate_us = i->wall_us + i->took_us;
	return true;
}

static bool on_ca(void *ctx, const struct store_ca_row *row)
{
	struct web_tally *t = ctx;

	for (size_t i = 0; i < t->count; i++) {
		if (t->cas[i]->number == row->number)
			memcpy(t->cas[i]->name, row->name, sizeof(row->name));
	}
	return true;
}

bool web_tally_read(struct web_tally *t, struct store *store, bool *ret_more,
		    struct fail *why)
{
	struct store_query q = { .after = t->exchange,
				 .from_us = t->exchange ? 0 : t->from_us,
				 .ca = STORE_ANY,
				 .op = STORE_ANY,
				 .limit = ROWS_MAX };

	t->rows = 0;
	if (!store_exchanges(store, &q, on_exchange, t, why))
		return false;
	*ret_more = t->rows == ROWS_MAX;
	q.after = t->issuance;
	q.from_us = t->issuance ? 0 : t->from_us;
	return store_issuances(store, &q, on_issuance, t, why) &&
	       store_cas(store, on_ca, t, why);
}

/* --- printing ----------------------------------------------------------- */

static size_t list_ops(const struct web_tally *t, struct metrics_op *ops)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		for (unsigned op = 0; op < OPS; op++) {
			if (t->cas[i]->ops[op])
				ops[count++] = (struct metrics_op){
					.ca = t->cas[i]->name,
					.op = (enum op)op,
					.stat = t->cas[i]->ops[op],
				};
		}
	}
	return count;
}

/* CAs only: controls are asked, and issue nothing. */
static size_t list_cas(const struct web_tally *t, const struct station_facts *f,
		       struct metrics_ca *cas)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct counted *c = t->cas[i];
		const struct station_ca *ca = station_ca_find(f, c->number);

		if (!ca || ca->is_control)
			continue;
		cas[count] = (struct metrics_ca){
			.ca = c->name,
			.took = c->took,
			.last_certificate_us = c->last_certificate_us,
		};
		memcpy(cas[count].issuances, c->issuances,
		       sizeof(c->issuances));
		count++;
	}
	return count;
}

bool web_tally_print(const struct web_tally *t, const struct station_facts *f,
		     enum metrics_format format, struct buf *out)
{
	struct metrics_op *ops = mem_array(t->count * OPS + 1, sizeof(*ops));
	struct metrics_ca *cas = mem_array(t->count + 1, sizeof(*cas));
	struct metrics m = {
		.version = f->version,
		.ops = ops,
		.op_count = list_ops(t, ops),
		.cas = cas,
		.ca_count = list_cas(t, f, cas),
		.sighted = f->sight == SIGHT_UNKNOWN
				   ? METRICS_UNKNOWN
				   : f->sight == SIGHT_SIGHTED,
		.loop_lag_us = t->exchange ? t->lag_us : METRICS_UNKNOWN,
		.queued_rows = METRICS_UNKNOWN,
		.lost_rows = METRICS_UNKNOWN,
	};
	bool good = metrics_print(out, &m, format);

	free(ops);
	free(cas);
	return good;
}
