#include "edge/store_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum {
	/* While a database is opened, and for readers. */
	PATIENT_MS = 2000,
	/* A writer shares its thread with what measures. */
	HURRIED_MS = 50,

	/* No value of ours is longer; a forged file may have some. */
	VALUE_MAX = 1024 * 1024,
};

static bool is_no_room(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/*
 * What the system said of an I/O error. SQLite keeps it only for some of them,
 * and does not forget it; errno, which calls that succeed leave alone, was 0
 * before the statement ran.
 */
static int system_error(sqlite3 *db)
{
	int rc = sqlite3_errcode(db) & 0xff;

	if (rc != SQLITE_IOERR && rc != SQLITE_CANTOPEN)
		return 0;
	return errno ? errno : sqlite3_system_errno(db);
}

static enum fail_code code_of(sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_FULL:
		return FAIL_FULL;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return is_no_room(system_error(db)) ? FAIL_FULL : FAIL_FILE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_ERROR: /* our statements fit our tables */
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return FAIL_CORRUPT;
	default:
		return FAIL_FILE;
	}
}

static const char *advice(sqlite3 *db, enum fail_code code)
{
	if (code == FAIL_FULL)
		return "; make room on its file system";
	if (code == FAIL_CORRUPT)
		return "; keep a copy of it, and start with another file";
	if ((sqlite3_errcode(db) & 0xff) == SQLITE_BUSY)
		return "; another program is writing to it";
	return "";
}

bool store_fail(struct store *s, const char *what, struct fail *why)
{
	int error = system_error(s->db);
	enum fail_code code = code_of(s->db);

	return fail_set(why, code, "%s: cannot %s: %s%s%s%s", s->path, what,
			sqlite3_errmsg(s->db), error ? ": " : "",
			error ? strerror(error) : "", advice(s->db, code));
}

/* --- opening ------------------------------------------------------------- */

static bool run_text(struct store *s, const char *sql, struct fail *why)
{
	errno = 0;
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(s, "open the database", why);
	return true;
}

/* The one number that a statement gives. */
static bool ask(struct store *s, const char *sql, int64_t *ret_value,
		struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		return store_fail(s, "open the database", why);
	*ret_value = sqlite3_column_int64(st, 0);
	return true;
}

/*
 * Whose file it is, before anything in it is touched: ours of version
 * *ret_version, or empty with version 0.
 */
static bool identify(struct store *s, int64_t *ret_version, struct fail *why)
{
	int64_t application, version, tables;

	if (!ask(s, "PRAGMA application_id", &application, why) ||
	    !ask(s, "PRAGMA user_version", &version, why) ||
	    !ask(s, "SELECT count(*) FROM sqlite_schema", &tables, why))
		return false;
	if (application == 0 && version == 0 && tables == 0) {
		*ret_version = 0;
		return true;
	}
	if (application != STORE_APPLICATION_ID || version < 1)
		return fail_set(why, FAIL_CORRUPT,
				"%s: is a database of another program; name "
				"another file",
				s->path);
	if (version > store_version)
		return fail_set(why, FAIL_NEWER,
				"%s: was written by a newer acmeter (form "
				"%lld, this one knows up to %d); use that "
				"one, or another file",
				s->path, (long long)version, store_version);
	*ret_version = version;
	return true;
}

static bool step_up(struct store *s, int64_t version, struct fail *why)
{
	char number[96];

	snprintf(number, sizeof(number),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 STORE_APPLICATION_ID, (int)version + 1);
	if (!run_text(s, "BEGIN IMMEDIATE", why))
		return false;
	if (run_text(s, store_steps[version], why) &&
	    run_text(s, number, why) && run_text(s, "COMMIT", why))
		return true;
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool use_wal(struct store *s, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	const char *mode;

	if (sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &st,
			       NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		return store_fail(s, "open the database", why);
	mode = (const char *)sqlite3_column_text(st, 0);
	if (!mode || strcmp(mode, "wal") != 0)
		return fail_set(why, FAIL_FILE,
				"%s: its file system cannot share memory "
				"between processes; name a file on a local one",
				s->path);
	return true;
}

static bool prepare_writer(struct store *s, int64_t version, struct fail *why)
{
	if (!use_wal(s, why) || !run_text(s,
					  "PRAGMA synchronous = NORMAL;"
					  "PRAGMA wal_autocheckpoint = 2000;"
					  "PRAGMA journal_size_limit = 8388608",
					  why))
		return false;
	for (; version < store_version; version++) {
		if (!step_up(s, version, why))
			return false;
	}
	sqlite3_busy_timeout(s->db, HURRIED_MS);
	return true;
}

static bool prepare_reader(struct store *s, int64_t version, struct fail *why)
{
	if (version == store_version)
		return true;
	if (version == 0)
		return fail_set(why, FAIL_FILE,
				"%s: is empty; a station that writes to it "
				"has to be started first",
				s->path);
	return fail_set(why, FAIL_FILE,
			"%s: was written by an older acmeter; start the "
			"station once to bring it up to date",
			s->path);
}

static void configure(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, PATIENT_MS);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	/* The file may come from elsewhere: nothing in it may run. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static bool open_in(struct store *s, enum store_mode mode, struct fail *why)
{
	int flags = SQLITE_OPEN_NOMUTEX |
		    (mode == STORE_WRITE
			     ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
			     : SQLITE_OPEN_READONLY);
	int64_t version;

	errno = 0;
	if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
		return store_fail(s, "open the database", why);
	configure(s->db);
	if (!identify(s, &version, why))
		return false;
	return mode == STORE_WRITE ? prepare_writer(s, version, why)
				   : prepare_reader(s, version, why);
}

bool store_open(const char *path, enum store_mode mode,
		struct store **ret_store, struct fail *why)
{
	struct store *s = mem_zalloc(sizeof(*s));

	s->path = mem_strdup(path);
	if (!open_in(s, mode, why)) {
		store_close(s);
		return false;
	}
	*ret_store = s;
	return true;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

void store_checkpoint(struct store *s)
{
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
				  NULL);
}

void store_be_patient(struct store *s)
{
	sqlite3_busy_timeout(s->db, PATIENT_MS);
}

/* --- transactions -------------------------------------------------------- */

void store_keep_failure(struct store *s)
{
	if (s->failed)
		return;
	store_fail(s, "write", &s->why);
	s->failed = true;
}

void store_keep(struct store *s, const struct fail *why)
{
	if (s->failed)
		return;
	s->why = *why;
	s->failed = true;
}

sqlite3_stmt *store_statement(struct store *s, enum store_statement which)
{
	assert(s->in_transaction);
	if (s->failed)
		return NULL;
	if (!s->statements[which] &&
	    sqlite3_prepare_v3(s->db, store_sql[which], -1,
			       SQLITE_PREPARE_PERSISTENT, &s->statements[which],
			       NULL) != SQLITE_OK)
		store_keep_failure(s);
	return s->failed ? NULL : s->statements[which];
}

void store_ready(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

bool store_row(struct store *s, sqlite3_stmt *st)
{
	int rc;

	if (!st || s->failed)
		return false;
	errno = 0;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		store_keep_failure(s);
	store_ready(st);
	return false;
}

bool store_run(struct store *s, sqlite3_stmt *st)
{
	while (store_row(s, st))
		;
	return !s->failed;
}

void store_begin(struct store *s)
{
	assert(!s->in_transaction);
	s->in_transaction = true;
	s->failed = false;
	store_run(s, store_statement(s, STORE_BEGIN));
}

void store_rollback(struct store *s)
{
	assert(s->in_transaction);
	/* SQLite may have done so by itself, as on a full disk. */
	if (!sqlite3_get_autocommit(s->db)) {
		s->failed = false;
		store_run(s, store_statement(s, STORE_ROLLBACK));
	}
	s->in_transaction = false;
}

bool store_commit(struct store *s, struct fail *why)
{
	struct fail kept;

	store_run(s, store_statement(s, STORE_COMMIT));
	if (!s->failed) {
		s->in_transaction = false;
		return true;
	}
	kept = s->why;
	store_rollback(s);
	if (why)
		*why = kept;
	return false;
}
