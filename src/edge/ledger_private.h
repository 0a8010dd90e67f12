/*
 * What the files of the ledger share: the hub's database, and SQLite's words
 * when something is wrong with it.
 */
#ifndef EDGE_LEDGER_PRIVATE_H
#define EDGE_LEDGER_PRIVATE_H

#include <sqlite3.h>

#include "edge/cleanup.h"
#include "edge/ledger.h"

struct ledger {
	sqlite3 *db;
	char *path;
};

static inline void ledger_finalize(sqlite3_stmt *st)
{
	sqlite3_finalize(st);
}

AUTO_KIND(statement, sqlite3_stmt, ledger_finalize)

/* SQLite's last word, behind the name of the file; always false. */
bool ledger_fail(struct ledger *l, struct fail *why);

/* One or more statements without values. */
bool ledger_run(struct ledger *l, const char *sql, struct fail *why);

bool ledger_prepare(struct ledger *l, const char *sql, sqlite3_stmt **ret_st,
		    struct fail *why);

#endif
