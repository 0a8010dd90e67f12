/*
 * The record: SQLite in WAL mode, one writer, any number of readers.
 *
 * Invariant: an exchange, its issuance, its hour and its minute are committed
 * together or not at all; ids rise and are never given twice. A transaction
 * keeps its first failure: everything after it does nothing, and
 * store_commit() reports it. After kill -9 no committed row is lost
 * (synchronous=NORMAL: a power cut may lose the last commits, never the
 * database).
 */
#ifndef EDGE_STORE_H
#define EDGE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "measure/exchange.h"
#include "measure/issuance.h"
#include "measure/stat.h"

struct store;

enum store_mode {
	STORE_WRITE,	/* creates and migrates */
	STORE_READ	/* refuses what it would have to migrate */
};

/*
 * FAIL_NEWER when a newer acmeter wrote it, FAIL_CORRUPT when it is not ours,
 * FAIL_FILE otherwise; the sentence names the file and what to do.
 */
bool store_open(const char *path, enum store_mode mode,
		struct store **ret_store, struct fail *why);
void store_close(struct store *s);

/* --- writing ------------------------------------------------------------ */

void store_begin(struct store *s);
/* FAIL_FULL when there is no room; nothing of the transaction is kept then. */
bool store_commit(struct store *s, struct fail *why);
void store_rollback(struct store *s);

/* The number of a CA or control, given once for each (name, is_control). */
unsigned store_ca(struct store *s, const char *name, const char *directory,
		  bool is_control);

/* Sets e->id. */
void store_exchange(struct store *s, struct exchange *e);

/* A new row when i->id is 0 (and sets it), otherwise the row as it is now. */
void store_issuance(struct store *s, struct issuance *i);

enum store_span { STORE_HOUR, STORE_MINUTE };
int64_t store_span_us(enum store_span span);

/* Replaces the statistics of (span, ca, op) that start at start_us. */
void store_stat(struct store *s, enum store_span span, unsigned ca, enum op op,
		int64_t start_us, const struct stat_span *stat);

/*
 * What happened to the station itself: stored words, add at the end.
 * X(kind, slug)
 */
#define STORE_EVENTS(X)                                              \
	X(EVENT_START, "start")		/* the prober came up */           \
	X(EVENT_STOP, "stop")		/* it ended cleanly */             \
	X(EVENT_GAP, "gap")		/* nothing was measured meanwhile */ \
	X(EVENT_CLOCK, "clock")		/* the wall clock jumped */        \
	X(EVENT_SUSPEND, "suspend")	/* the machine slept */            \
	X(EVENT_STALL, "stall")		/* the loop stood still */         \
	X(EVENT_DISK, "disk")		/* no room; kept in memory */      \
	X(EVENT_LOST, "lost")		/* memory was full: rows dropped */ \
	X(EVENT_CONFIG, "config")	/* reloaded, or refused */         \
	X(EVENT_BLIND, "blind")		/* controls fail: we are blind */  \
	X(EVENT_SIGHTED, "sighted")	/* and see again */

enum store_event {
#define X_ENUM(kind, slug) kind,
	STORE_EVENTS(X_ENUM)
#undef X_ENUM
	STORE_EVENT_KINDS
};
const char *store_event_slug(enum store_event kind);

/* until_us is when it ended, or equals wall_us for an instant. */
void store_event(struct store *s, enum store_event kind, int64_t wall_us,
		 int64_t until_us, const char *detail);

/*
 * Deletes at most `rows` of what is older: exchanges that were ok before
 * ok_us, failed ones before failed_us, minutes before minutes_us, issuances
 * that no exchange needs. Sets *ret_more when more is left.
 */
void store_expire(struct store *s, int64_t ok_us, int64_t failed_us,
		  int64_t minutes_us, unsigned rows, bool *ret_more);

/* The latest moment any row speaks of, 0 in an empty database. */
bool store_last_us(struct store *s, int64_t *ret_wall_us, struct fail *why);

/* Ends issuances that a crash left running as OUTCOME_INTERRUPTED. */
void store_close_interrupted(struct store *s, unsigned *ret_count);

/* --- reading ------------------------------------------------------------ */

/* Return false to stop early. The row is borrowed for the call. */
typedef bool store_on_exchange(void *ctx, const struct exchange *e);
typedef bool store_on_issuance(void *ctx, const struct issuance *i);
typedef bool store_on_stat(void *ctx, unsigned ca, enum op op,
			   int64_t start_us, const struct stat_span *stat);
typedef bool store_on_event(void *ctx, enum store_event kind, int64_t wall_us,
			    int64_t until_us, const char *detail);

enum { STORE_ANY = -1 };

struct store_query {
	int64_t after;		/* ids above this; 0 for all */
	int64_t from_us, to_us;	/* wall_us in [from, to); 0, 0 for all */
	int ca, op;		/* or STORE_ANY */
	bool failed_only;
	bool latest_first;
	bool with_kept;		/* headers and body as well */
	unsigned limit;		/* rows, 0 without */
};

bool store_exchanges(struct store *s, const struct store_query *q,
		     store_on_exchange *each, void *ctx, struct fail *why);
bool store_exchange_find(struct store *s, int64_t id, struct exchange *ret_e,
			 bool *ret_found, struct fail *why);
bool store_issuances(struct store *s, const struct store_query *q,
		     store_on_issuance *each, void *ctx, struct fail *why);
bool store_stats(struct store *s, enum store_span span,
		 const struct store_query *q, store_on_stat *each, void *ctx,
		 struct fail *why);
bool store_stat_find(struct store *s, enum store_span span, unsigned ca,
		     enum op op, int64_t start_us, struct stat_span *ret_stat,
		     bool *ret_found, struct fail *why);
bool store_events(struct store *s, const struct store_query *q,
		  store_on_event *each, void *ctx, struct fail *why);

struct store_ca_row {
	unsigned number;
	bool is_control;
	char name[64];
	char directory[512];
};
bool store_cas(struct store *s,
	       bool (*each)(void *ctx, const struct store_ca_row *row),
	       void *ctx, struct fail *why);

#endif
