#include "app/recorder_private.h"

#include <stdio.h>

#define RETRY_US (3 * US_PER_S)

static void write_start(struct recorder *r, const struct row *row)
{
	int64_t last_us = row->wall_us;
	int64_t now_us = row->until_us;
	unsigned interrupted;

	store_close_interrupted(r->store, &interrupted);
	if (last_us > now_us)
		store_event(r->store, EVENT_CLOCK, now_us, now_us,
			    "the clock is behind what is in the database");
	else if (last_us != 0 && last_us < now_us)
		store_event(r->store, EVENT_GAP, last_us, now_us, "");
	store_event(r->store, EVENT_START, now_us, now_us, "");
}

static void write_issuance(struct recorder *r, struct running *n)
{
	struct issuance i = n->now;

	if (!n->is_new)
		return;
	i.id = n->row;
	store_issuance(r->store, &i);
	n->row = i.id;
	n->is_new = false;
}

static bool write_exchange(struct recorder *r, const struct row *row,
			   struct fail *why)
{
	struct exchange *e = row->exchange;

	if (row->issuance)
		e->issuance = row->issuance->row;
	if (!spans_add(r->spans, e, why))
		return false;
	store_exchange(r->store, e);
	return true;
}

static bool write_row(struct recorder *r, const struct row *row,
		      struct fail *why)
{
	if (row->issuance)
		write_issuance(r, row->issuance);
	switch (row->kind) {
	case ROW_START:
		write_start(r, row);
		return true;
	case ROW_EXCHANGE:
		return write_exchange(r, row, why);
	case ROW_ISSUANCE:
		return true;
	case ROW_EVENT:
		store_event(r->store, row->event, row->wall_us, row->until_us,
			    row->detail);
		return true;
	}
	return true;
}

/* In the transaction that ends the trouble: what it was, what it cost. */
static void write_trouble(struct recorder *r, struct now now)
{
	char detail[96];

	if (r->state.failing)
		store_event(r->store, EVENT_DISK, r->state.failing_us,
			    now.wall_us, r->state.last.text);
	if (r->lost == 0)
		return;
	snprintf(detail, sizeof(detail), "%llu exchanges were given up",
		 (unsigned long long)r->lost);
	store_event(r->store, EVENT_LOST, r->lost_from_us, r->lost_until_us,
		    detail);
}

static void batch_written(struct recorder *r, struct row *const *batch,
			  unsigned count)
{
	r->state.failing = false;
	r->state.failing_us = 0;
	r->lost = 0;
	r->batch = r->batch < RECORDER_BATCH / 2 ? 2 * r->batch
						 : RECORDER_BATCH;
	for (unsigned i = 0; i < count; i++) {
		struct row *row = batch[i];

		if (row->issuance)
			row->issuance->committed = row->issuance->row;
		if (row->kind == ROW_EXCHANGE)
			r->state.written++;
		recorder_done(r, row);
	}
}

static void keep_in_mind(struct recorder *r, const struct fail *why,
			 struct now now)
{
	spans_forget(r->spans);
	r->state.last = *why;
	r->batch = 1;
	if (why->code == FAIL_OURS)
		return;
	if (!r->state.failing)
		r->state.failing_us = now.wall_us;
	r->state.failing = true;
	r->retry_us = now.mono_us + RETRY_US;
}

/*
 * Everything waits again. A row that is refused for what it is, and not because
 * of the disk, would be in the way for ever: rows then go one by one until it
 * is alone, and is given up.
 */
static void batch_failed(struct recorder *r, struct row *const *batch,
			 unsigned count, const struct fail *why, struct now now)
{
	keep_in_mind(r, why, now);
	for (unsigned i = count; i-- > 0;) {
		struct row *row = batch[i];

		if (row->issuance) {
			row->issuance->row = row->issuance->committed;
			row->issuance->is_new = true;
		}
		if (count == 1 && why->code == FAIL_OURS)
			recorder_give_up(r, row);
		else
			recorder_put_back(r, row);
	}
}

bool recorder_write(struct recorder *r, struct now now)
{
	struct row *batch[RECORDER_BATCH];
	struct fail why = { .code = FAIL_NONE };
	unsigned count = 0;
	bool good = true;

	store_begin(r->store);
	write_trouble(r, now);
	while (good && count < r->batch &&
	       (batch[count] = recorder_take_oldest(r)))
		good = write_row(r, batch[count++], &why);
	if (good)
		good = store_commit(r->store, &why);
	else
		store_rollback(r->store);
	if (good)
		batch_written(r, batch, count);
	else
		batch_failed(r, batch, count, &why, now);
	return good;
}
