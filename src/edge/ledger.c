#include "edge/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "edge/ledger_private.h"

enum {
	APPLICATION_ID = 0x41434d48, /* "ACMH" */
	PATIENCE_MS = 2000,
};

bool ledger_fail(struct ledger *l, struct fail *why)
{
	return fail_set(why, FAIL_FILE, "%s: %s", l->path,
			l->db ? sqlite3_errmsg(l->db) : "no memory");
}

bool ledger_run(struct ledger *l, const char *sql, struct fail *why)
{
	return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       ledger_fail(l, why);
}

bool ledger_prepare(struct ledger *l, const char *sql, sqlite3_stmt **ret_st,
		    struct fail *why)
{
	return sqlite3_prepare_v2(l->db, sql, -1, ret_st, NULL) == SQLITE_OK ||
	       ledger_fail(l, why);
}

static bool ask(struct ledger *l, const char *sql, int64_t *ret_value,
		struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l, sql, &st, why))
		return false;
	if (sqlite3_step(st) != SQLITE_ROW)
		return ledger_fail(l, why);
	*ret_value = sqlite3_column_int64(st, 0);
	return true;
}

/* A station's record, or somebody else's database, is not touched. */
static bool identify(struct ledger *l, struct fail *why)
{
	int64_t application, tables;

	if (!ask(l, "PRAGMA application_id", &application, why) ||
	    !ask(l, "SELECT count(*) FROM sqlite_schema", &tables, why))
		return false;
	if (application == APPLICATION_ID || (application == 0 && tables == 0))
		return true;
	return fail_set(why, FAIL_CORRUPT,
			"%s: is not a hub's database; name another file",
			l->path);
}

bool ledger_open(const char *path, struct ledger **ret_ledger, struct fail *why)
{
	struct ledger *l = mem_zalloc(sizeof(*l));
	char setup[512];

	l->path = mem_strdup(path);
	snprintf(setup, sizeof(setup),
		 "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		 "PRAGMA application_id = %d;"
		 "CREATE TABLE IF NOT EXISTS incident("
		 " ca TEXT NOT NULL, number INTEGER NOT NULL,"
		 " body TEXT NOT NULL, PRIMARY KEY(ca, number)) WITHOUT ROWID",
		 APPLICATION_ID);
	if ((sqlite3_open(path, &l->db) == SQLITE_OK || ledger_fail(l, why)) &&
	    sqlite3_busy_timeout(l->db, PATIENCE_MS) == SQLITE_OK &&
	    identify(l, why) && ledger_run(l, setup, why)) {
		*ret_ledger = l;
		return true;
	}
	ledger_close(l);
	return false;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	sqlite3_close(l->db);
	free(l->path);
	free(l);
}

bool ledger_put(struct ledger *l, const char *ca, uint64_t number,
		const char *text, size_t len, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l,
			    "INSERT OR REPLACE INTO incident(ca, number, body) "
			    "VALUES(?, ?, ?)",
			    &st, why))
		return false;
	sqlite3_bind_text(st, 1, ca, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, (int64_t)number);
	sqlite3_bind_text64(st, 3, text, len, SQLITE_STATIC, SQLITE_UTF8);
	return sqlite3_step(st) == SQLITE_DONE || ledger_fail(l, why);
}

bool ledger_each(struct ledger *l,
		 void (*each)(void *ctx, const char *text, size_t len),
		 void *ctx, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	int step;

	if (!ledger_prepare(l, "SELECT body FROM incident ORDER BY number DESC",
			    &st, why))
		return false;
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (text)
			each(ctx, text, (size_t)sqlite3_column_bytes(st, 0));
	}
	return step == SQLITE_DONE || ledger_fail(l, why);
}
