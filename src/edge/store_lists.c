#include "edge/store_private.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* --- the times of a query ------------------------------------------------ */

int64_t store_from_time(const struct store_query *q)
{
	return q->from_us ? store_time(q->from_us) : INT64_MIN;
}

int64_t store_to_time(const struct store_query *q)
{
	return q->to_us ? store_time(q->to_us - 1) : INT64_MAX;
}

bool store_is_timed(const struct store_query *q)
{
	return q->from_us || q->to_us;
}

const char *store_descending(const struct store_query *q)
{
	return q->latest_first ? " DESC" : "";
}

/* --- statistics ---------------------------------------------------------- */

static const char *table_of(enum store_span span)
{
	return span == STORE_HOUR ? "hour" : "minute";
}

static bool read_stat(struct store *s, sqlite3_stmt *st, int column,
		      struct stat_span *ret_stat, struct fail *why)
{
	const void *bytes = sqlite3_column_blob(st, column);
	int len = sqlite3_column_bytes(st, column);

	if (!stat_decode(ret_stat, bytes, (size_t)len, why))
		return fail_at(why, "%s", s->path);
	return true;
}

/* The number that the first span at or behind a moment starts with. */
static int64_t row_at(enum store_span span, int64_t wall_us)
{
	int64_t length_us = store_span_us(span);
	int64_t limit_us = length_us * STORE_ROW_STARTS;
	int64_t start_us;
	int64_t row;

	if (wall_us < -limit_us)
		return INT64_MIN;
	if (wall_us > limit_us)
		return INT64_MAX;
	start_us = clock_floor(wall_us, length_us);
	if (start_us < wall_us)
		start_us += length_us;
	return store_stat_row(span, 0, (enum op)0, start_us, &row) ? row
								   : INT64_MAX;
}

static bool prepare_stats(struct store *s, enum store_span span,
			  const struct store_query *q, sqlite3_stmt **ret_st,
			  struct fail *why)
{
	char sql[STORE_QUERY_TEXT];

	snprintf(sql, sizeof(sql),
		 "SELECT row, row & %d AS op, stat FROM %s"
		 " WHERE row >= ?1 AND row < ?2"
		 " AND (?3 < 0 OR (row >> %d & %d) = ?3)"
		 " AND (?4 < 0 OR (row & %d) = ?4) ORDER BY row%s",
		 (1 << STORE_ROW_OP_BITS) - 1, table_of(span),
		 STORE_ROW_OP_BITS, (1 << STORE_ROW_CA_BITS) - 1,
		 (1 << STORE_ROW_OP_BITS) - 1, store_descending(q));
	if (!store_prepare(s, sql, ret_st, why))
		return false;
	sqlite3_bind_int64(*ret_st, 1,
			   q->from_us ? row_at(span, q->from_us) : INT64_MIN);
	sqlite3_bind_int64(*ret_st, 2,
			   q->to_us ? row_at(span, q->to_us) : INT64_MAX);
	sqlite3_bind_int(*ret_st, 3, q->ca);
	sqlite3_bind_int(*ret_st, 4, q->op);
	return true;
}

bool store_stats(struct store *s, enum store_span span,
		 const struct store_query *q, store_on_stat *each, void *ctx,
		 struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	unsigned seen = 0;
	bool good = true;

	if (!prepare_stats(s, span, q, &st, why))
		return false;
	while ((q->limit == 0 || seen < q->limit) &&
	       store_next(s, st, &good, why)) {
		struct stat_span stat;
		int64_t rest = sqlite3_column_int64(st, 0) >> STORE_ROW_OP_BITS;
		unsigned ca = rest & ((1 << STORE_ROW_CA_BITS) - 1);
		int64_t start_us =
			(rest >> STORE_ROW_CA_BITS) * store_span_us(span);
		unsigned op;

		if (!store_word(s, st, 1, OPS, &op, why) ||
		    !read_stat(s, st, 2, &stat, why))
			return false;
		seen++;
		if (!each(ctx, ca, (enum op)op, start_us, &stat))
			break;
	}
	return good;
}

bool store_stat_find(struct store *s, enum store_span span, unsigned ca,
		     enum op op, int64_t start_us, struct stat_span *ret_stat,
		     bool *ret_found, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	bool good = true;
	bool found = false;
	int64_t row;

	if (store_stat_row(span, ca, op, start_us, &row)) {
		if (!store_prepare(
			    s,
			    store_sql[span == STORE_HOUR ? STORE_HOUR_FIND
							 : STORE_MINUTE_FIND],
			    &st, why))
			return false;
		sqlite3_bind_int64(st, 1, row);
		found = store_next(s, st, &good, why);
	}
	if (!good || (found && !read_stat(s, st, 0, ret_stat, why)))
		return false;
	*ret_found = found;
	return true;
}

/* --- events, CAs, the last moment ---------------------------------------- */

bool store_events(struct store *s, const struct store_query *q,
		  store_on_event *each, void *ctx, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	char sql[STORE_QUERY_TEXT];
	unsigned seen = 0;
	bool good = true;

	snprintf(sql, sizeof(sql),
		 "SELECT id, kind, time, until, ifnull(detail, '') FROM event"
		 " WHERE time BETWEEN ?1 AND ?2 ORDER BY id%s",
		 store_descending(q));
	if (!store_prepare(s, sql, &st, why))
		return false;
	sqlite3_bind_int64(st, 1, store_from_time(q));
	sqlite3_bind_int64(st, 2, store_to_time(q));
	while ((q->limit == 0 || seen < q->limit) &&
	       store_next(s, st, &good, why)) {
		unsigned kind;

		if (!store_word(s, st, 1, STORE_EVENT_KINDS, &kind, why))
			return false;
		seen++;
		if (!each(ctx, (enum store_event)kind,
			  store_wall(sqlite3_column_int64(st, 2)),
			  store_wall(sqlite3_column_int64(st, 3)),
			  (const char *)sqlite3_column_text(st, 4)))
			break;
	}
	return good;
}

bool store_cas(struct store *s,
	       bool (*each)(void *ctx, const struct store_ca_row *row),
	       void *ctx, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	bool good = true;

	if (!store_prepare(s,
			   "SELECT number, is_control, name, directory FROM ca"
			   " ORDER BY number",
			   &st, why))
		return false;
	while (store_next(s, st, &good, why)) {
		struct store_ca_row row = {
			.number = (unsigned)sqlite3_column_int64(st, 0),
			.is_control = sqlite3_column_int(st, 1),
		};

		store_column_text(st, 2, row.name, sizeof(row.name));
		store_column_text(st, 3, row.directory, sizeof(row.directory));
		if (!each(ctx, &row))
			break;
	}
	return good;
}

bool store_last_us(struct store *s, int64_t *ret_wall_us, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	bool good = true;

	if (!store_prepare(s, store_last_select, &st, why))
		return false;
	store_next(s, st, &good, why);
	if (!good)
		return false;
	*ret_wall_us = sqlite3_column_type(st, 0) == SQLITE_NULL
			       ? 0
			       : store_wall(sqlite3_column_int64(st, 0));
	return true;
}
