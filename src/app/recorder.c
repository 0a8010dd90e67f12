#include "app/recorder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/recorder_private.h"
#include "base/mem.h"

/* Rows in one go; deleting looks at more than writing does. */
enum { EXPIRE_BATCH = 100 };

#define CALM_US US_PER_MIN /* nothing to do: look again then */

/* The page shows sixty minutes; a visitor's clock may be behind. */
#define KEEP_MINUTES_US (90 * US_PER_MIN)

/* Between two deletions while there is more to delete. */
#define EXPIRE_PAUSE_US (100 * US_PER_MS)

/* --- the queue ----------------------------------------------------------- */

static void queue_add(struct queue *q, struct row *row)
{
	row->next = NULL;
	if (q->last)
		q->last->next = row;
	else
		q->first = row;
	q->last = row;
}

static void queue_put_back(struct queue *q, struct row *row)
{
	row->next = q->first;
	q->first = row;
	if (!q->last)
		q->last = row;
}

static struct row *queue_take(struct queue *q)
{
	struct row *row = q->first;

	q->first = row->next;
	if (!q->first)
		q->last = NULL;
	row->next = NULL;
	return row;
}

struct row *recorder_take_oldest(struct recorder *r)
{
	struct queue *oldest = NULL;

	for (unsigned i = 0; i < WORTHS; i++) {
		struct queue *q = &r->queues[i];

		if (q->first &&
		    (!oldest || q->first->number < oldest->first->number))
			oldest = q;
	}
	return oldest ? queue_take(oldest) : NULL;
}

/* --- issuances ----------------------------------------------------------- */

static struct running *running_find(struct recorder *r, int64_t id)
{
	for (struct running *n = r->running; n; n = n->next) {
		if (id == n->ticket || (id > 0 && id == n->committed))
			return n;
	}
	return NULL;
}

/* The one that i is, with what i says now. */
static struct running *running_of(struct recorder *r, const struct issuance *i)
{
	struct running *n = i->id ? running_find(r, i->id) : NULL;

	if (!n) {
		n = mem_zalloc(sizeof(*n));
		n->ticket = --r->last_ticket;
		n->committed = n->row = i->id > 0 ? i->id : 0;
		n->next = r->running;
		r->running = n;
	}
	n->now = *i;
	n->is_new = true;
	return n;
}

static int64_t running_id(const struct running *n)
{
	return n->committed ? n->committed : n->ticket;
}

/* Frees it when its last word is written, or given up. */
static void running_settle(struct recorder *r, struct running *n)
{
	if (!n->ended || n->rows > 0)
		return;
	for (struct running **at = &r->running; *at; at = &(*at)->next) {
		if (*at != n)
			continue;
		*at = n->next;
		free(n);
		return;
	}
}

/* --- rows ---------------------------------------------------------------- */

static void row_free(struct row *row)
{
	if (row->exchange)
		exchange_release(row->exchange);
	free(row->exchange);
	free(row->detail);
	free(row);
}

void recorder_done(struct recorder *r, struct row *row)
{
	struct running *n = row->issuance;

	r->state.waiting--;
	r->bytes -= row->bytes;
	row_free(row);
	if (!n)
		return;
	n->rows--;
	running_settle(r, n);
}

static int64_t row_wall_us(const struct row *row)
{
	if (row->exchange)
		return row->exchange->wall_us;
	return row->issuance ? row->issuance->now.wall_us : row->wall_us;
}

void recorder_give_up(struct recorder *r, struct row *row)
{
	int64_t wall_us = row_wall_us(row);

	if (row->kind == ROW_EXCHANGE) {
		if (r->lost == 0 || wall_us < r->lost_from_us)
			r->lost_from_us = wall_us;
		if (r->lost == 0 || wall_us > r->lost_until_us)
			r->lost_until_us = wall_us;
		r->lost++;
		r->state.lost++;
	}
	recorder_done(r, row);
}

static void keep_limits(struct recorder *r)
{
	unsigned worth = 0;

	while (worth < WORTHS && (r->state.waiting > r->limits.rows ||
				  r->bytes > r->limits.bytes)) {
		if (r->queues[worth].first)
			recorder_give_up(r, queue_take(&r->queues[worth]));
		else
			worth++;
	}
}

void recorder_put_back(struct recorder *r, struct row *row)
{
	queue_put_back(&r->queues[row->worth], row);
}

/* A row that is to be written, in its place in the queue. */
static void row_add(struct recorder *r, struct row model)
{
	struct row *row = mem_zalloc(sizeof(*row));

	*row = model;
	row->number = ++r->last_number;
	row->bytes += sizeof(*row);
	if (row->issuance)
		row->issuance->rows++;
	r->bytes += row->bytes;
	r->state.waiting++;
	queue_add(&r->queues[row->worth], row);
}

static struct exchange *exchange_copy(const struct exchange *e,
				      size_t *ret_bytes)
{
	struct exchange *copy = mem_zalloc(sizeof(*copy));

	*copy = *e;
	*ret_bytes = sizeof(*copy);
	if (e->kept_headers) {
		copy->kept_headers =
			mem_dup(e->kept_headers, e->kept_headers_len);
		*ret_bytes += e->kept_headers_len;
	}
	if (e->kept_body) {
		copy->kept_body = mem_dup(e->kept_body, e->kept_body_len);
		*ret_bytes += e->kept_body_len;
	}
	return copy;
}

static void event_add(struct recorder *r, enum store_event kind,
		      int64_t wall_us, int64_t until_us, const char *detail)
{
	row_add(r, (struct row){
			   .kind = ROW_EVENT,
			   .worth = WORTH_OTHER,
			   .event = kind,
			   .wall_us = wall_us,
			   .until_us = until_us,
			   .detail = mem_strdup(detail),
			   .bytes = strlen(detail),
		   });
}

/* When it is not too early after a failure. */
static void write_some(struct recorder *r, struct now now)
{
	if (r->state.waiting == 0 ||
	    (r->state.failing && now.mono_us < r->retry_us))
		return;
	r->lingering = false;
	recorder_write(r, now);
	/* What did not go with it is not to wait for the next row. */
	if (r->state.waiting > 0 && r->limits.lingers)
		r->limits.lingers(r->limits.ctx);
}

/* A row has come. After a healthy one others may follow soon. */
static void write_soon(struct recorder *r, bool healthy, struct now now)
{
	keep_limits(r);
	if (!healthy || r->limits.linger_us == 0 || r->state.failing ||
	    r->state.waiting >= RECORDER_BATCH) {
		write_some(r, now);
	} else if (!r->lingering) {
		r->lingering = true;
		r->linger_from_us = now.mono_us;
		r->limits.lingers(r->limits.ctx);
	}
}

/* --- the door ------------------------------------------------------------ */

bool recorder_new(struct store *store, const struct recorder_limits *limits,
		  struct now now, struct recorder **ret_recorder,
		  struct fail *why)
{
	struct recorder *r;
	int64_t last_us;

	if (!store_last_us(store, &last_us, why))
		return false;
	r = mem_zalloc(sizeof(*r));
	r->store = store;
	r->limits = *limits;
	r->spans = spans_new(store);
	r->batch = RECORDER_BATCH;
	row_add(r, (struct row){ .kind = ROW_START,
				 .worth = WORTH_OTHER,
				 .wall_us = last_us,
				 .until_us = now.wall_us });
	write_some(r, now);
	*ret_recorder = r;
	return true;
}

void recorder_stop(struct recorder *r, struct now now)
{
	store_be_patient(r->store);
	event_add(r, EVENT_STOP, now.wall_us, now.wall_us, "");
	while (r->state.waiting > 0 &&
	       (recorder_write(r, now) || !r->state.failing))
		;
}

void recorder_free(struct recorder *r)
{
	struct row *row;

	if (!r)
		return;
	while ((row = recorder_take_oldest(r)))
		row_free(row);
	while (r->running) {
		struct running *n = r->running;

		r->running = n->next;
		free(n);
	}
	spans_free(r->spans);
	free(r);
}

bool recorder_ca(struct recorder *r, const char *name, const char *directory,
		 bool is_control, unsigned *ret_number, struct fail *why)
{
	unsigned number;

	store_begin(r->store);
	number = store_ca(r->store, name, directory, is_control);
	if (!store_commit(r->store, why))
		return false;
	*ret_number = number;
	return true;
}

static void issuance_add(struct recorder *r, struct issuance *i, bool ended,
			 struct now now)
{
	struct running *n = running_of(r, i);

	row_add(r, (struct row){ .kind = ROW_ISSUANCE,
				 .worth = WORTH_OTHER,
				 .issuance = n,
				 .bytes = sizeof(*n) });
	write_soon(r, i->outcome == OUTCOME_OK, now);
	i->id = running_id(n);
	n->ended = ended;
	running_settle(r, n);
}

void recorder_issuance_start(struct recorder *r, struct issuance *i,
			     struct now now)
{
	assert(i->id == 0);
	issuance_add(r, i, false, now);
}

void recorder_issuance_end(struct recorder *r, struct issuance *i,
			   struct now now)
{
	issuance_add(r, i, true, now);
}

void recorder_exchange(struct recorder *r, struct exchange *e,
		       struct issuance *i, struct now now)
{
	struct row model = { .kind = ROW_EXCHANGE,
			     .worth = e->outcome == OUTCOME_OK ? WORTH_OK
							       : WORTH_FAILED };

	if (i)
		model.issuance = running_of(r, i);
	model.exchange = exchange_copy(e, &model.bytes);
	row_add(r, model);
	write_soon(r, e->outcome == OUTCOME_OK, now);
	if (!i)
		return;
	i->id = running_id(model.issuance);
	e->issuance = i->id;
}

void recorder_event(struct recorder *r, enum store_event kind, int64_t wall_us,
		    int64_t until_us, const char *detail, struct now now)
{
	event_add(r, kind, wall_us, until_us, detail);
	write_soon(r, false, now);
}

int64_t recorder_tick(struct recorder *r, struct now now)
{
	int64_t over_us = r->linger_from_us + r->limits.linger_us;

	if (r->lingering && now.mono_us < over_us)
		return over_us - now.mono_us;
	write_some(r, now);
	if (r->state.waiting == 0)
		return CALM_US;
	if (!r->state.failing)
		return 0;
	return r->retry_us > now.mono_us ? r->retry_us - now.mono_us : 0;
}

void recorder_rest(struct recorder *r)
{
	if (!r->state.failing)
		store_checkpoint(r->store);
}

int64_t recorder_expire(struct recorder *r, struct now now)
{
	struct fail why;
	bool more = false;

	if (r->state.failing)
		return CALM_US;
	store_begin(r->store);
	store_expire(r->store, now.wall_us - r->limits.keep_ok_us,
		     now.wall_us - r->limits.keep_failed_us,
		     now.wall_us - KEEP_MINUTES_US, EXPIRE_BATCH, &more);
	if (!store_commit(r->store, &why)) {
		r->state.last = why;
		return CALM_US;
	}
	return more ? EXPIRE_PAUSE_US : CALM_US;
}

const struct recorder_state *recorder_state(const struct recorder *r)
{
	return &r->state;
}
