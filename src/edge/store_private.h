/*
 * What the files of the store share: the connection, its statements, and how
 * values lie in the rows. Included by store*.c alone.
 *
 * Invariant: between calls no statement is in the middle of its rows.
 */
#ifndef EDGE_STORE_PRIVATE_H
#define EDGE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "edge/cleanup.h"
#include "edge/store.h"

enum {
	STORE_APPLICATION_ID = 0x41434d45, /* "ACME" */

	/*
	 * Exchanges are summed up in blocks of this many ids, so that a stretch
	 * of time is found without an index of an entry each.
	 */
	STORE_BLOCK = 256,

	/* The number of a row of statistics: start, CA, operation. */
	STORE_ROW_CA_BITS = 20,
	STORE_ROW_OP_BITS = 8,
	STORE_ROW_STARTS = INT32_MAX, /* 4,000 years of minutes */

	STORE_QUERY_TEXT = 2048, /* a SELECT put together */

	STORE_STAT_MAX = 256 * 1024, /* encoded; the most is about 45 kB */
};

/*
 * Times are kept as the distance to 2030-01-01, which SQLite stores in six
 * bytes from July 2025 to June 2034 and in eight otherwise.
 */
#define STORE_EPOCH_US INT64_C(1893456000000000)

/* Wraps, so that every int64_t comes back. */
static inline int64_t store_time(int64_t wall_us)
{
	return (int64_t)((uint64_t)wall_us - (uint64_t)STORE_EPOCH_US);
}

static inline int64_t store_wall(int64_t time_us)
{
	return (int64_t)((uint64_t)time_us + (uint64_t)STORE_EPOCH_US);
}

/* The statements that are prepared once; their text is in store_sql.c. */
enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_CA_FIND,
	STORE_CA_ADD,
	STORE_CA_DIRECTORY,
	STORE_PEER_FIND,
	STORE_PEER_ADD,
	STORE_EXCHANGE_ADD,
	STORE_BLOCK_NOTE,
	STORE_ISSUANCE_SPAN,
	STORE_KEPT_ADD,
	STORE_KEPT_FIND,
	STORE_ISSUANCE_ADD,
	STORE_ISSUANCE_SET,
	STORE_HOUR_SET,
	STORE_MINUTE_SET,
	STORE_HOUR_FIND,
	STORE_MINUTE_FIND,
	STORE_EVENT_ADD,
	STORE_INTERRUPT,
	STORE_OLD_BLOCK,
	STORE_OLD_EXCHANGES,
	STORE_EXCHANGE_DROP,
	STORE_KEPT_DROP,
	STORE_ISSUANCE_BARE,
	STORE_BLOCK_AGAIN,
	STORE_BLOCK_DROP,
	STORE_OLD_MINUTES,
	STORE_OLD_ISSUANCES,
	STORE_STATEMENTS
};

struct store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *statements[STORE_STATEMENTS];
	bool in_transaction;
	bool failed; /* the transaction; why says how */
	struct fail why;
};

extern const char *const store_sql[STORE_STATEMENTS];

/* The numbered steps from an empty file to what is written now. */
extern const char *const store_steps[];
extern const int store_version; /* how many they are */

/*
 * The order of columns: exchanges and issuances are bound, and read, by these.
 * The lists of names in store_sql.c have the same order.
 */
enum store_exchange_column {
	X_ID,
	X_TIME,
	X_ISSUANCE,
	X_CA,
	X_OP,
	X_ATTEMPT,
	X_DNS, /* durations of the phases: each mark less the one before */
	X_CONNECT,
	X_TLS,
	X_SEND,
	X_WAIT,
	X_RECEIVE,
	X_OUTCOME,
	X_STATUS,
	X_PROBLEM,
	X_DETAIL,
	X_RETRY_AFTER,
	X_REQUEST_ID,
	X_PEER,
	X_REUSED,
	X_RESENDS,
	X_REQUEST_BYTES,
	X_HEADER_BYTES,
	X_BODY_BYTES,
	X_RTT,
	X_RETRANSMITS,
	X_LAG,
	X_COLUMNS,
	/* Read only, from the table of peers. */
	X_ADDRESS = X_COLUMNS,
	X_PORT,
	X_HTTP,
	X_TLS_VERSION,
	X_CIPHER,
};

enum store_issuance_column {
	I_ID,
	I_TIME,
	I_CA,
	I_TOOK,
	I_WAITED,
	I_SHALLOW,
	I_OUTCOME,
	I_OP,
	I_STATUS,
	I_PROBLEM,
	I_DETAIL,
	I_NAME,
	I_NAMES,
	I_EXCHANGES,
	I_FIRST_VALIDATION,
	I_VALIDATIONS,
	I_VALID_AFTER,
	I_VALID_BEFORE,
	I_SERIAL,
	I_ISSUER,
	I_NOT_BEFORE,
	I_NOT_AFTER,
	I_CHAIN_LENGTH,
	I_ALTERNATES,
	I_CONFIRMS,
	I_REQUESTS,
	I_COLUMNS,
};

/* For SELECT, in the order above. */
extern const char *const store_exchange_select;
extern const char *const store_issuance_select;

/* The moment of store_last_us(). */
extern const char *const store_last_select;

AUTO_KIND(statement, sqlite3_stmt, sqlite3_finalize)

/* Says what SQLite said last, with our code for it: "PATH: cannot DO: ...". */
bool store_fail(struct store *s, const char *what, struct fail *why);

/* --- statements of a transaction: NULL and false once it has failed --------
 */

sqlite3_stmt *store_statement(struct store *s, enum store_statement which);

/* Runs it to its end and makes it ready again. */
bool store_run(struct store *s, sqlite3_stmt *st);

/* Goes to the next row; false behind the last, or on failure, and then it is
   ready again. */
bool store_row(struct store *s, sqlite3_stmt *st);

/* Makes it ready again when rows may be left. */
void store_ready(sqlite3_stmt *st);

/* Keeps SQLite's complaint, or one of ours, as the transaction's failure. */
void store_keep_failure(struct store *s);
void store_keep(struct store *s, const struct fail *why);

/* --- values -------------------------------------------------------------- */

/* -1 and "" are NULL in the row, 0 is NULL where 0 means absent. */
void store_bind_or_minus1(sqlite3_stmt *st, int column, int64_t value);
void store_bind_text(sqlite3_stmt *st, int column, const char *text);
int64_t store_column_or_minus1(sqlite3_stmt *st, int column);
void store_column_text(sqlite3_stmt *st, int column, char *dst,
		       size_t size_bytes);

/*
 * The validation requests of an issuance, as one value. Binding copies; reading
 * is false, with FAIL_CORRUPT, when the value is none that we write.
 */
void store_bind_requests(sqlite3_stmt *st, const struct issuance *i);
bool store_read_requests(struct store *s, sqlite3_stmt *st, struct issuance *i,
			 struct fail *why);

/*
 * The row number of the statistics of (ca, op) from start_us on: the start in
 * spans, then the CA, then the operation. False when it cannot have one.
 */
bool store_stat_row(enum store_span span, unsigned ca, enum op op,
		    int64_t start_us, int64_t *ret_row);

/* --- reading, in or out of a transaction ---------------------------------- */

bool store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret_st,
		   struct fail *why);

/* False behind the last row, and on failure, when *good becomes false. */
bool store_next(struct store *s, sqlite3_stmt *st, bool *good,
		struct fail *why);

/* A column that is to be a value of an enumeration of count. */
bool store_word(struct store *s, sqlite3_stmt *st, int column, unsigned count,
		unsigned *ret_value, struct fail *why);

/* The times of a query, both of them in; everything when it has none. */
int64_t store_from_time(const struct store_query *q);
int64_t store_to_time(const struct store_query *q);
bool store_is_timed(const struct store_query *q);

/* " DESC" or "". */
const char *store_descending(const struct store_query *q);

#endif
