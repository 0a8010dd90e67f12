#include "edge/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "edge/ledger_private.h"

/* Columns of a message, in the order of the statements below. */
enum column {
	COLUMN_RECEIVER,
	COLUMN_ID,
	COLUMN_KIND,
	COLUMN_CA,
	COLUMN_VERDICT,
	COLUMN_SUBJECT,
	COLUMN_URL,
	COLUMN_LETTER,
	COLUMN_BODY,
	COLUMN_TEXTS,
	COLUMN_MADE = COLUMN_TEXTS,
	COLUMN_DUE,
	COLUMN_ATTEMPTS,
};

bool outbox_open(struct ledger *l, struct fail *why)
{
	return ledger_run(
		l,
		"CREATE TABLE IF NOT EXISTS message("
		" seq INTEGER PRIMARY KEY, receiver TEXT NOT NULL,"
		" id TEXT NOT NULL, kind TEXT NOT NULL, ca TEXT NOT NULL,"
		" verdict TEXT NOT NULL, subject TEXT NOT NULL,"
		" url TEXT NOT NULL, letter TEXT NOT NULL,"
		" body TEXT NOT NULL, made_us INTEGER NOT NULL,"
		" due_us INTEGER NOT NULL, attempts INTEGER NOT NULL,"
		" UNIQUE(receiver, id));"
		"CREATE TABLE IF NOT EXISTS told("
		" receiver TEXT NOT NULL, ca TEXT NOT NULL,"
		" number INTEGER NOT NULL, worst TEXT NOT NULL,"
		" over INTEGER NOT NULL, said INTEGER NOT NULL,"
		" at_us INTEGER NOT NULL, count INTEGER NOT NULL,"
		" PRIMARY KEY(receiver, ca, number)) WITHOUT ROWID",
		why);
}

static void bind_text(sqlite3_stmt *st, int place, const char *text)
{
	sqlite3_bind_text(st, place, text, -1, SQLITE_STATIC);
}

static bool finish(struct ledger *l, sqlite3_stmt *st, struct fail *why)
{
	return sqlite3_step(st) == SQLITE_DONE || ledger_fail(l, why);
}

/* --- keeping ------------------------------------------------------------ */

static bool put_told(struct ledger *l, const struct outbox_told *t,
		     struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l,
			    "INSERT OR REPLACE INTO told(receiver, ca, number, "
			    "worst, over, said, at_us, count) "
			    "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
			    &st, why))
		return false;
	bind_text(st, 1, t->receiver);
	bind_text(st, 2, t->ca);
	sqlite3_bind_int64(st, 3, (int64_t)t->number);
	bind_text(st, 4, verdict_name(t->told.worst));
	sqlite3_bind_int(st, 5, t->told.over);
	sqlite3_bind_int(st, 6, t->told.said);
	sqlite3_bind_int64(st, 7, t->told.at_us);
	sqlite3_bind_int64(st, 8, t->told.count);
	return finish(l, st, why);
}

static bool put_message(struct ledger *l, const struct outbox_message *m,
			struct fail *why)
{
	const char *const texts[COLUMN_TEXTS] = {
		[COLUMN_RECEIVER] = m->receiver, [COLUMN_ID] = m->id,
		[COLUMN_KIND] = m->kind,	 [COLUMN_CA] = m->ca,
		[COLUMN_VERDICT] = m->verdict,	 [COLUMN_SUBJECT] = m->subject,
		[COLUMN_URL] = m->url,		 [COLUMN_LETTER] = m->letter,
		[COLUMN_BODY] = m->body,
	};
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(
		    l,
		    "INSERT INTO message(receiver, id, kind, ca, verdict, "
		    "subject, url, letter, body, made_us, due_us, attempts) "
		    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT(receiver, id) DO UPDATE SET "
		    "kind = excluded.kind, verdict = excluded.verdict, "
		    "subject = excluded.subject, url = excluded.url, "
		    "letter = excluded.letter, body = excluded.body, "
		    "made_us = excluded.made_us",
		    &st, why))
		return false;
	for (int i = 0; i < COLUMN_TEXTS; i++)
		bind_text(st, i + 1, texts[i]);
	sqlite3_bind_int64(st, COLUMN_MADE + 1, m->made_us);
	sqlite3_bind_int64(st, COLUMN_DUE + 1, m->due_us);
	sqlite3_bind_int64(st, COLUMN_ATTEMPTS + 1, m->attempts);
	return finish(l, st, why);
}

bool outbox_put(struct ledger *l, const struct outbox_told *told,
		const struct outbox_message *message, struct fail *why)
{
	if (!ledger_run(l, "BEGIN IMMEDIATE", why))
		return false;
	if (put_told(l, told, why) &&
	    (!message || put_message(l, message, why)) &&
	    ledger_run(l, "COMMIT", why))
		return true;
	ledger_run(l, "ROLLBACK", NULL);
	return false;
}

/* --- the next one ------------------------------------------------------- */

/* One block: the struct, and its texts behind it. */
static struct outbox_message *copy_row(sqlite3_stmt *st)
{
	const char *texts[COLUMN_TEXTS];
	size_t sizes[COLUMN_TEXTS], total = sizeof(struct outbox_message);
	struct outbox_message *m;
	char *at;

	for (int i = 0; i < COLUMN_TEXTS; i++) {
		texts[i] = (const char *)sqlite3_column_text(st, i);
		texts[i] = texts[i] ? texts[i] : "";
		sizes[i] = strlen(texts[i]) + 1;
		total += sizes[i];
	}
	m = mem_zalloc(total);
	at = (char *)(m + 1);
	for (int i = 0; i < COLUMN_TEXTS; i++) {
		memcpy(at, texts[i], sizes[i]);
		texts[i] = at;
		at += sizes[i];
	}
	*m = (struct outbox_message){
		.receiver = texts[COLUMN_RECEIVER],
		.id = texts[COLUMN_ID],
		.kind = texts[COLUMN_KIND],
		.ca = texts[COLUMN_CA],
		.verdict = texts[COLUMN_VERDICT],
		.subject = texts[COLUMN_SUBJECT],
		.url = texts[COLUMN_URL],
		.letter = texts[COLUMN_LETTER],
		.body = texts[COLUMN_BODY],
		.made_us = sqlite3_column_int64(st, COLUMN_MADE),
		.due_us = sqlite3_column_int64(st, COLUMN_DUE),
		.attempts = (unsigned)sqlite3_column_int64(st, COLUMN_ATTEMPTS),
	};
	return m;
}

bool outbox_next(struct ledger *l, const char *receiver,
		 struct outbox_message **ret_message, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	int step;

	/* Those that let others pass are in the order in which they are due. */
	if (!ledger_prepare(l,
			    "SELECT receiver, id, kind, ca, verdict, subject, "
			    "url, letter, body, made_us, due_us, attempts "
			    "FROM message WHERE receiver = ?1 "
			    "ORDER BY attempts >= ?2, "
			    "CASE WHEN attempts >= ?2 THEN due_us ELSE 0 END, "
			    "seq LIMIT 1",
			    &st, why))
		return false;
	bind_text(st, 1, receiver);
	sqlite3_bind_int(st, 2, OUTBOX_PATIENCE);
	step = sqlite3_step(st);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return ledger_fail(l, why);
	*ret_message = step == SQLITE_ROW ? copy_row(st) : NULL;
	return true;
}

bool outbox_postpone(struct ledger *l, const struct outbox_message *message,
		     int64_t due_us, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l,
			    "UPDATE message SET attempts = attempts + 1, "
			    "due_us = ? WHERE receiver = ? AND id = ?",
			    &st, why))
		return false;
	sqlite3_bind_int64(st, 1, due_us);
	bind_text(st, 2, message->receiver);
	bind_text(st, 3, message->id);
	return finish(l, st, why);
}

bool outbox_remove(struct ledger *l, const struct outbox_message *message,
		   struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l,
			    "DELETE FROM message WHERE receiver = ? AND id = ? "
			    "AND made_us = ?",
			    &st, why))
		return false;
	bind_text(st, 1, message->receiver);
	bind_text(st, 2, message->id);
	sqlite3_bind_int64(st, 3, message->made_us);
	return finish(l, st, why);
}

bool outbox_count(struct ledger *l, const char *receiver, uint64_t *ret_count,
		  struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l,
			    "SELECT count(*) FROM message WHERE receiver = ?",
			    &st, why))
		return false;
	bind_text(st, 1, receiver);
	if (sqlite3_step(st) != SQLITE_ROW)
		return ledger_fail(l, why);
	*ret_count = (uint64_t)sqlite3_column_int64(st, 0);
	return true;
}

/* --- what was told ------------------------------------------------------ */

static const char *word(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? text : "";
}

bool outbox_each_told(struct ledger *l,
		      void (*each)(void *ctx, const struct outbox_told *told),
		      void *ctx, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;
	int step;

	if (!ledger_prepare(l,
			    "SELECT receiver, ca, number, worst, over, said, "
			    "at_us, count FROM told",
			    &st, why))
		return false;
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		struct outbox_told t = {
			.receiver = word(st, 0),
			.ca = word(st, 1),
			.number = (uint64_t)sqlite3_column_int64(st, 2),
			.told = { .over = sqlite3_column_int(st, 4) != 0,
				  .said = sqlite3_column_int(st, 5) != 0,
				  .at_us = sqlite3_column_int64(st, 6),
				  .count = (unsigned)sqlite3_column_int64(st,
									  7) },
		};

		verdict_find(word(st, 3), &t.told.worst);
		each(ctx, &t);
	}
	return step == SQLITE_DONE || ledger_fail(l, why);
}

bool outbox_forget(struct ledger *l, int64_t before_us, struct fail *why)
{
	AUTO(statement) sqlite3_stmt *st = NULL;

	if (!ledger_prepare(l, "DELETE FROM told WHERE over AND at_us < ?", &st,
			    why))
		return false;
	sqlite3_bind_int64(st, 1, before_us);
	return finish(l, st, why);
}
