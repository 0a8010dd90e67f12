#include "edge/store_private.h"

/*
 * What one call may still delete. Everything is found through indexes that hold
 * only what can become old, so a call with nothing to do costs nothing, however
 * much is kept.
 */
struct expiry {
	int64_t ok, failed; /* as store_time() makes them */
	unsigned left;
};

/* An exchange that goes. */
struct old {
	int64_t id, issuance;
	bool failed;
};

static bool old_block(struct store *s, const struct expiry *x,
		      int64_t *ret_block)
{
	sqlite3_stmt *st = store_statement(s, STORE_OLD_BLOCK);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, x->ok);
	sqlite3_bind_int64(st, 2, x->failed);
	if (!store_row(s, st))
		return false;
	*ret_block = sqlite3_column_int64(st, 0);
	store_ready(st);
	return true;
}

static unsigned old_exchanges(struct store *s, const struct expiry *x,
			      int64_t block,
			      struct old ret_old[static STORE_BLOCK])
{
	sqlite3_stmt *st = store_statement(s, STORE_OLD_EXCHANGES);
	unsigned n = 0;

	if (!st)
		return 0;
	sqlite3_bind_int64(st, 1, block * STORE_BLOCK);
	sqlite3_bind_int64(st, 2, block * STORE_BLOCK + STORE_BLOCK - 1);
	sqlite3_bind_int64(st, 3, x->ok);
	sqlite3_bind_int64(st, 4, x->failed);
	sqlite3_bind_int64(st, 5, x->left);
	while (n < STORE_BLOCK && store_row(s, st))
		ret_old[n++] = (struct old){
			.id = sqlite3_column_int64(st, 0),
			.issuance = sqlite3_column_int64(st, 1),
			.failed = sqlite3_column_int(st, 2),
		};
	store_ready(st);
	return n;
}

static void run_with(struct store *s, enum store_statement which, int64_t id)
{
	sqlite3_stmt *st = store_statement(s, which);

	if (!st)
		return;
	sqlite3_bind_int64(st, 1, id);
	store_run(s, st);
}

static void sum_up_again(struct store *s, int64_t block)
{
	sqlite3_stmt *st = store_statement(s, STORE_BLOCK_AGAIN);

	if (!st)
		return;
	sqlite3_bind_int64(st, 1, block);
	sqlite3_bind_int64(st, 2, block * STORE_BLOCK);
	sqlite3_bind_int64(st, 3, block * STORE_BLOCK + STORE_BLOCK - 1);
	store_run(s, st);
	run_with(s, STORE_BLOCK_DROP, block);
}

static void expire_block(struct store *s, struct expiry *x, int64_t block)
{
	struct old old[STORE_BLOCK];
	unsigned n = old_exchanges(s, x, block, old);

	for (unsigned i = 0; i < n; i++) {
		run_with(s, STORE_EXCHANGE_DROP, old[i].id);
		if (old[i].failed)
			run_with(s, STORE_KEPT_DROP, old[i].id);
	}
	/* Behind the last of a run, when all of its rows are gone. */
	for (unsigned i = 0; i < n; i++) {
		if (old[i].issuance != 0 &&
		    (i + 1 == n || old[i + 1].issuance != old[i].issuance))
			run_with(s, STORE_ISSUANCE_BARE, old[i].issuance);
	}
	sum_up_again(s, block);
	x->left -= n;
}

static void expire_minutes(struct store *s, struct expiry *x,
			   int64_t minutes_us)
{
	sqlite3_stmt *st = store_statement(s, STORE_OLD_MINUTES);
	int64_t start_us = clock_floor(minutes_us, US_PER_MIN);
	int64_t row;

	if (!st)
		return;
	if (!store_stat_row(STORE_MINUTE, 0, (enum op)0, start_us, &row)) {
		store_ready(st);
		return;
	}
	sqlite3_bind_int64(st, 1, row);
	sqlite3_bind_int64(st, 2, x->left);
	if (store_run(s, st))
		x->left -= (unsigned)sqlite3_changes(s->db);
}

static void expire_issuances(struct store *s, struct expiry *x)
{
	sqlite3_stmt *st = store_statement(s, STORE_OLD_ISSUANCES);

	if (!st)
		return;
	sqlite3_bind_int64(st, 1, x->ok);
	sqlite3_bind_int64(st, 2, x->failed);
	sqlite3_bind_int64(st, 3, x->left);
	if (store_run(s, st))
		x->left -= (unsigned)sqlite3_changes(s->db);
}

void store_expire(struct store *s, int64_t ok_us, int64_t failed_us,
		  int64_t minutes_us, unsigned rows, bool *ret_more)
{
	struct expiry x = {
		.ok = store_time(ok_us),
		.failed = store_time(failed_us),
		.left = rows,
	};
	int64_t block;

	while (x.left > 0 && old_block(s, &x, &block))
		expire_block(s, &x, block);
	if (x.left > 0)
		expire_minutes(s, &x, minutes_us);
	if (x.left > 0)
		expire_issuances(s, &x);
	*ret_more = x.left == 0;
}
