#include "edge/store_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "edge/pack.h"

int64_t store_column_or_minus1(sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL
		       ? -1
		       : sqlite3_column_int64(st, column);
}

void store_column_text(sqlite3_stmt *st, int column, char *dst,
		       size_t size_bytes)
{
	text_copy(dst, size_bytes,
		  (const char *)sqlite3_column_text(st, column));
}

bool store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret_st,
		   struct fail *why)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_fail(s, "read", why);
	*ret_st = st;
	return true;
}

bool store_next(struct store *s, sqlite3_stmt *st, bool *good, struct fail *why)
{
	int rc;

	errno = 0;
	rc = sqlite3_step(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		*good = store_fail(s, "read", why);
	return rc == SQLITE_ROW;
}

/* --- rows ---------------------------------------------------------------- */

static void read_marks(sqlite3_stmt *st, struct marks *ret_m)
{
	int64_t *const marks[] = { &ret_m->dns_us,   &ret_m->connect_us,
				   &ret_m->tls_us,   &ret_m->sent_us,
				   &ret_m->first_us, &ret_m->done_us };
	uint64_t before = 0;

	for (int i = 0; i < 6; i++) {
		*marks[i] = MARK_NONE;
		if (sqlite3_column_type(st, X_DNS + i) == SQLITE_NULL)
			continue;
		before += (uint64_t)sqlite3_column_int64(st, X_DNS + i);
		*marks[i] = (int64_t)before;
	}
}

static void read_address(sqlite3_stmt *st, struct ip *ret_ip)
{
	const void *bytes = sqlite3_column_blob(st, X_ADDRESS);
	int len = sqlite3_column_bytes(st, X_ADDRESS);

	if (!bytes || (len != 4 && len != 16))
		return;
	ret_ip->family = len == 4 ? IP_V4 : IP_V6;
	memcpy(ret_ip->bytes, bytes, (size_t)len);
}

bool store_word(struct store *s, sqlite3_stmt *st, int column, unsigned count,
		unsigned *ret_value, struct fail *why)
{
	int64_t value = sqlite3_column_int64(st, column);

	if (value < 0 || value >= count)
		return fail_set(why, FAIL_CORRUPT,
				"%s: row %lld has %s %lld, expected less than "
				"%u",
				s->path, (long long)sqlite3_column_int64(st, 0),
				sqlite3_column_name(st, column),
				(long long)value, count);
	*ret_value = (unsigned)value;
	return true;
}

static bool read_exchange(struct store *s, sqlite3_stmt *st,
			  struct exchange *ret_e, struct fail *why)
{
	struct exchange e;
	unsigned op, outcome;

	if (!store_word(s, st, X_OP, OPS, &op, why) ||
	    !store_word(s, st, X_OUTCOME, OUTCOMES, &outcome, why))
		return false;
	memset(&e, 0, sizeof(e));
	e.id = sqlite3_column_int64(st, X_ID);
	e.issuance = sqlite3_column_int64(st, X_ISSUANCE);
	e.ca = (unsigned)sqlite3_column_int64(st, X_CA);
	e.op = (enum op)op;
	e.attempt = (unsigned)sqlite3_column_int64(st, X_ATTEMPT);
	e.wall_us = store_wall(sqlite3_column_int64(st, X_TIME));
	read_marks(st, &e.marks);
	e.outcome = (enum outcome)outcome;
	e.status = sqlite3_column_int(st, X_STATUS);
	store_column_text(st, X_PROBLEM, e.problem, sizeof(e.problem));
	store_column_text(st, X_DETAIL, e.detail, sizeof(e.detail));
	e.retry_after_us = store_column_or_minus1(st, X_RETRY_AFTER);
	store_column_text(st, X_REQUEST_ID, e.request_id, sizeof(e.request_id));
	read_address(st, &e.remote);
	e.remote_port = (uint16_t)sqlite3_column_int(st, X_PORT);
	e.http_version = sqlite3_column_int(st, X_HTTP);
	store_column_text(st, X_TLS_VERSION, e.tls_version,
			  sizeof(e.tls_version));
	store_column_text(st, X_CIPHER, e.cipher, sizeof(e.cipher));
	e.reused = sqlite3_column_int(st, X_REUSED);
	e.resends = (unsigned)sqlite3_column_int64(st, X_RESENDS);
	e.request_bytes = sqlite3_column_int64(st, X_REQUEST_BYTES);
	e.header_bytes = sqlite3_column_int64(st, X_HEADER_BYTES);
	e.body_bytes = sqlite3_column_int64(st, X_BODY_BYTES);
	e.rtt_us = store_column_or_minus1(st, X_RTT);
	e.retransmits = (unsigned)sqlite3_column_int64(st, X_RETRANSMITS);
	e.lag_us = sqlite3_column_int64(st, X_LAG);
	*ret_e = e;
	return true;
}

/* A column of bytes as they were before packing; NULL stays NULL. */
static bool read_packed(struct store *s, sqlite3_stmt *st, int column,
			char **ret_data, size_t *ret_len, struct fail *why)
{
	const void *packed = sqlite3_column_blob(st, column);
	int len = sqlite3_column_bytes(st, column);

	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return true;
	if (!unpack_bytes(packed, (size_t)len, EXCHANGE_KEPT_MAX, ret_data,
			  ret_len, why))
		return fail_at(why, "%s: kept %s", s->path,
			       sqlite3_column_name(st, column));
	return true;
}

static bool read_kept(struct store *s, sqlite3_stmt *st, struct exchange *e,
		      struct fail *why)
{
	bool good = true;

	sqlite3_bind_int64(st, 1, e->id);
	if (store_next(s, st, &good, why))
		good = read_packed(s, st, 0, &e->kept_headers,
				   &e->kept_headers_len, why) &&
		       read_packed(s, st, 1, &e->kept_body, &e->kept_body_len,
				   why);
	sqlite3_reset(st);
	return good;
}

static void read_serial(sqlite3_stmt *st, struct issuance *i)
{
	size_t len = (size_t)sqlite3_column_bytes(st, I_SERIAL);

	if (sqlite3_column_type(st, I_SERIAL) != SQLITE_BLOB)
		store_column_text(st, I_SERIAL, i->serial, sizeof(i->serial));
	else if (2 * len < sizeof(i->serial))
		text_hex(i->serial, sqlite3_column_blob(st, I_SERIAL), len);
}

static void read_validity(sqlite3_stmt *st, struct issuance *i)
{
	uint64_t from = (uint64_t)i->wall_us;

	if (sqlite3_column_type(st, I_NOT_BEFORE) != SQLITE_NULL) {
		from += (uint64_t)sqlite3_column_int64(st, I_NOT_BEFORE);
		i->not_before_us = (int64_t)from;
	}
	if (sqlite3_column_type(st, I_NOT_AFTER) != SQLITE_NULL) {
		from += (uint64_t)sqlite3_column_int64(st, I_NOT_AFTER);
		i->not_after_us = (int64_t)from;
	}
}

static bool read_issuance(struct store *s, sqlite3_stmt *st,
			  struct issuance *ret_i, struct fail *why)
{
	struct issuance i;
	unsigned op, outcome;

	if (!store_word(s, st, I_OP, OPS, &op, why) ||
	    !store_word(s, st, I_OUTCOME, OUTCOMES, &outcome, why))
		return false;
	memset(&i, 0, sizeof(i));
	i.id = sqlite3_column_int64(st, I_ID);
	i.ca = (unsigned)sqlite3_column_int64(st, I_CA);
	i.wall_us = store_wall(sqlite3_column_int64(st, I_TIME));
	i.took_us = store_column_or_minus1(st, I_TOOK);
	i.waited_us = sqlite3_column_int64(st, I_WAITED);
	i.shallow = sqlite3_column_int(st, I_SHALLOW);
	i.outcome = (enum outcome)outcome;
	i.op = (enum op)op;
	i.status = sqlite3_column_int(st, I_STATUS);
	store_column_text(st, I_PROBLEM, i.problem, sizeof(i.problem));
	store_column_text(st, I_DETAIL, i.detail, sizeof(i.detail));
	store_column_text(st, I_NAME, i.name, sizeof(i.name));
	i.names = (unsigned)sqlite3_column_int64(st, I_NAMES);
	i.exchanges = (unsigned)sqlite3_column_int64(st, I_EXCHANGES);
	i.first_validation_us = store_column_or_minus1(st, I_FIRST_VALIDATION);
	i.validations = (unsigned)sqlite3_column_int64(st, I_VALIDATIONS);
	i.valid_after_us = store_column_or_minus1(st, I_VALID_AFTER);
	i.valid_before_us = store_column_or_minus1(st, I_VALID_BEFORE);
	read_serial(st, &i);
	store_column_text(st, I_ISSUER, i.issuer, sizeof(i.issuer));
	read_validity(st, &i);
	i.chain_length = (unsigned)sqlite3_column_int64(st, I_CHAIN_LENGTH);
	i.alternates = (unsigned)sqlite3_column_int64(st, I_ALTERNATES);
	i.confirms = sqlite3_column_int(st, I_CONFIRMS);
	if (!store_read_requests(s, st, &i, why))
		return false;
	*ret_i = i;
	return true;
}

/* --- queries ------------------------------------------------------------- */

/* The walk of one query over exchanges. */
struct walk {
	struct store *s;
	const struct store_query *q;
	sqlite3_stmt *rows, *kept;
	store_on_exchange *each;
	void *ctx;
	unsigned seen;
	bool stopped;
};

static bool give(struct walk *w, struct fail *why)
{
	struct exchange e;
	bool good = read_exchange(w->s, w->rows, &e, why);

	if (!good)
		return false;
	if (w->q->with_kept && e.outcome != OUTCOME_OK)
		good = read_kept(w->s, w->kept, &e, why);
	if (good) {
		w->seen++;
		w->stopped = !w->each(w->ctx, &e) ||
			     (w->q->limit && w->seen == w->q->limit);
	}
	exchange_release(&e);
	return good;
}

/* All rows with ids of first to last. */
static bool walk_ids(struct walk *w, int64_t first, int64_t last,
		     struct fail *why)
{
	bool good = true;

	sqlite3_bind_int64(w->rows, 1, first);
	sqlite3_bind_int64(w->rows, 2, last);
	while (good && !w->stopped && store_next(w->s, w->rows, &good, why))
		good = give(w, why);
	sqlite3_reset(w->rows);
	return good;
}

/* Through the blocks that may hold rows of the time asked for. */
static bool walk_blocks(struct walk *w, int64_t first, int64_t last,
			struct fail *why)
{
	char sql[STORE_QUERY_TEXT];
	AUTO(statement) sqlite3_stmt *st = NULL;
	bool good = true;

	snprintf(sql, sizeof(sql),
		 "SELECT block FROM block WHERE block BETWEEN ?1 AND ?2"
		 " AND upto >= ?3 AND (ok_from <= ?4 OR failed_from <= ?4)"
		 " ORDER BY block%s",
		 store_descending(w->q));
	if (!store_prepare(w->s, sql, &st, why))
		return false;
	sqlite3_bind_int64(st, 1, first / STORE_BLOCK);
	sqlite3_bind_int64(st, 2, last / STORE_BLOCK);
	sqlite3_bind_int64(st, 3, store_from_time(w->q));
	sqlite3_bind_int64(st, 4, store_to_time(w->q));
	while (good && !w->stopped && store_next(w->s, st, &good, why)) {
		int64_t low = sqlite3_column_int64(st, 0) * STORE_BLOCK;
		int64_t high = low + STORE_BLOCK - 1;

		good = walk_ids(w, low > first ? low : first,
				high < last ? high : last, why);
	}
	return good;
}

/* The ids that can belong to the issuance asked for. */
static bool span_of_issuance(struct store *s, int64_t issuance,
			     int64_t *ret_first, int64_t *ret_last,
			     struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	bool good = true;

	if (!store_prepare(
		    s,
		    "SELECT ifnull(first_exchange, 1), "
		    "ifnull(last_exchange, 0) FROM issuance WHERE id = ?",
		    &st, why))
		return false;
	sqlite3_bind_int64(st, 1, issuance);
	if (store_next(s, st, &good, why)) {
		*ret_first = sqlite3_column_int64(st, 0);
		*ret_last = sqlite3_column_int64(st, 1);
	}
	return good;
}

static bool prepare_exchanges(struct walk *w, struct fail *why)
{
	const struct store_query *q = w->q;
	char sql[STORE_QUERY_TEXT];

	snprintf(sql, sizeof(sql),
		 "%s WHERE id BETWEEN ?1 AND ?2 AND time BETWEEN ?3 AND ?4"
		 " AND (?5 < 0 OR ca = ?5) AND (?6 < 0 OR op = ?6)"
		 " AND (?7 = 0 OR issuance = ?7)%s ORDER BY id%s",
		 store_exchange_select,
		 q->failed_only ? " AND outcome <> 0" : "",
		 store_descending(q));
	if (!store_prepare(w->s, sql, &w->rows, why) ||
	    (q->with_kept &&
	     !store_prepare(w->s, store_sql[STORE_KEPT_FIND], &w->kept, why)))
		return false;
	sqlite3_bind_int64(w->rows, 3, store_from_time(q));
	sqlite3_bind_int64(w->rows, 4, store_to_time(q));
	sqlite3_bind_int(w->rows, 5, q->ca);
	sqlite3_bind_int(w->rows, 6, q->op);
	sqlite3_bind_int64(w->rows, 7, q->issuance);
	return true;
}

bool store_exchanges(struct store *s, const struct store_query *q,
		     store_on_exchange *each, void *ctx, struct fail *why)
{
	struct walk w = { .s = s, .q = q, .each = each, .ctx = ctx };
	int64_t first = 1, last = INT64_MAX;
	bool good = prepare_exchanges(&w, why);

	if (good && q->issuance)
		good = span_of_issuance(s, q->issuance, &first, &last, why);
	if (q->after >= first)
		first = q->after < INT64_MAX ? q->after + 1 : INT64_MAX;
	if (good && first <= last)
		good = store_is_timed(q) ? walk_blocks(&w, first, last, why)
					 : walk_ids(&w, first, last, why);
	sqlite3_finalize(w.rows);
	sqlite3_finalize(w.kept);
	return good;
}

bool store_exchange_find(struct store *s, int64_t id, struct exchange *ret_e,
			 bool *ret_found, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	AUTO(statement) sqlite3_stmt *kept = NULL;
	char sql[STORE_QUERY_TEXT];
	struct exchange e;
	bool good = true;
	bool found;

	snprintf(sql, sizeof(sql), "%s WHERE id = ?", store_exchange_select);
	if (!store_prepare(s, sql, &st, why) ||
	    !store_prepare(s, store_sql[STORE_KEPT_FIND], &kept, why))
		return false;
	sqlite3_bind_int64(st, 1, id);
	found = store_next(s, st, &good, why);
	if (!good || (found && !read_exchange(s, st, &e, why)))
		return false;
	if (found && !read_kept(s, kept, &e, why)) {
		exchange_release(&e);
		return false;
	}
	if (found)
		*ret_e = e;
	*ret_found = found;
	return true;
}

/*
 * `+` keeps a column from being looked up: with times given, the index of
 * times is to be used, otherwise the order of the ids.
 */
static bool prepare_issuances(struct store *s, const struct store_query *q,
			      sqlite3_stmt **ret_st, struct fail *why)
{
	char sql[STORE_QUERY_TEXT];

	snprintf(sql, sizeof(sql),
		 "%s WHERE %sid > ?1%s AND (?4 < 0 OR ca = ?4)"
		 " AND (?5 < 0 OR op = ?5)%s ORDER BY id%s",
		 store_issuance_select, store_is_timed(q) ? "+" : "",
		 store_is_timed(q) ? " AND time BETWEEN ?2 AND ?3" : "",
		 q->failed_only ? " AND outcome <> 0" : "",
		 store_descending(q));
	if (!store_prepare(s, sql, ret_st, why))
		return false;
	sqlite3_bind_int64(*ret_st, 1, q->after);
	if (store_is_timed(q)) {
		sqlite3_bind_int64(*ret_st, 2, store_from_time(q));
		sqlite3_bind_int64(*ret_st, 3, store_to_time(q));
	}
	sqlite3_bind_int(*ret_st, 4, q->ca);
	sqlite3_bind_int(*ret_st, 5, q->op);
	return true;
}

bool store_issuances(struct store *s, const struct store_query *q,
		     store_on_issuance *each, void *ctx, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	unsigned seen = 0;
	bool good = true;

	if (!prepare_issuances(s, q, &st, why))
		return false;
	while ((q->limit == 0 || seen < q->limit) &&
	       store_next(s, st, &good, why)) {
		struct issuance i;

		if (!read_issuance(s, st, &i, why))
			return false;
		seen++;
		if (!each(ctx, &i))
			break;
	}
	return good;
}
