/*
 * The record: SQLite in WAL mode, one writer, any number of readers.
 *
 * Invariant: an exchange, its issuance, its hour and its minute are committed
 * together or not at all; ids of committed rows rise and are never given
 * twice, also not after the newest rows were deleted. A transaction keeps its
 * first failure: everything after it does nothing, and store_commit() reports
 * it. After kill -9 no committed row is lost (synchronous=NORMAL: a power cut
 * may lose the last commits, never the database).
 *
 * Rows come back exactly as they went in. Times may jump back while ids rise;
 * queries by time are right nevertheless.
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
	STORE_WRITE, /* creates and migrates */
	STORE_READ   /* refuses what it would have to migrate */
};

/*
 * FAIL_NEWER when a newer acmeter wrote it, FAIL_CORRUPT when it is not ours,
 * FAIL_FILE otherwise; the sentence names the file and what to do.
 */
bool store_open(const char *path, enum store_mode mode,
		struct store **ret_store, struct fail *why);
void store_close(struct store *s);

/*
 * Moves what was committed from the log into the database, which may wait for
 * the disk: for a moment when nothing is being measured. It happens by itself
 * when the log grows past some megabytes; a failure harms nothing.
 */
void store_checkpoint(struct store *s);

/*
 * A writer gives up soon when another has the lock, because it shares its
 * thread with what measures. From here on it waits: nothing is measured then.
 */
void store_be_patient(struct store *s);

/* --- writing: all between store_begin() and the end of the transaction --- */

void store_begin(struct store *s);
/*
 * FAIL_FULL when there is no room. On failure nothing of the transaction is
 * kept, and the ids that it gave may be given again.
 */
bool store_commit(struct store *s, struct fail *why);
void store_rollback(struct store *s);

/*
 * The number of a CA or control, from 1, given once for each (name,
 * is_control); the directory is kept as it was given last. 0 on failure.
 */
unsigned store_ca(struct store *s, const char *name, const char *directory,
		  bool is_control);

/* Sets e->id. */
void store_exchange(struct store *s, struct exchange *e);

/*
 * A new row when i->id is 0 (and sets it), otherwise the row as it is now,
 * which must have been stored before its exchanges.
 */
void store_issuance(struct store *s, struct issuance *i);

enum store_span { STORE_HOUR, STORE_MINUTE };
int64_t store_span_us(enum store_span span);

/*
 * Replaces the statistics of (span, ca, op) that start at start_us, a multiple
 * of the span.
 */
void store_stat(struct store *s, enum store_span span, unsigned ca, enum op op,
		int64_t start_us, const struct stat_span *stat);

/*
 * What happened to the station itself: stored words, add at the end.
 * X(kind, slug)
 */
#define STORE_EVENTS(X)                                                  \
	X(EVENT_START, "start")	    /* the prober came up */             \
	X(EVENT_STOP, "stop")	    /* it ended cleanly */               \
	X(EVENT_GAP, "gap")	    /* nothing was measured meanwhile */ \
	X(EVENT_CLOCK, "clock")	    /* the wall clock jumped */          \
	X(EVENT_SUSPEND, "suspend") /* the machine slept */              \
	X(EVENT_STALL, "stall")	    /* the loop stood still */           \
	X(EVENT_DISK, "disk")	    /* no room; kept in memory */        \
	X(EVENT_LOST, "lost")	    /* memory was full: rows dropped */  \
	X(EVENT_CONFIG, "config")   /* a new one was refused */          \
	X(EVENT_BLIND, "blind")	    /* controls fail: we are blind */    \
	X(EVENT_SIGHTED, "sighted") /* and see again */

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
 * ok_us, failed ones before failed_us, minutes before minutes_us, and
 * issuances of that age that no exchange needs. Sets *ret_more to whether more
 * may be left. Hours and events stay for ever.
 */
void store_expire(struct store *s, int64_t ok_us, int64_t failed_us,
		  int64_t minutes_us, unsigned rows, bool *ret_more);

/*
 * The latest moment that the newest exchange, issuance or event speaks of; 0
 * in an empty database.
 */
bool store_last_us(struct store *s, int64_t *ret_wall_us, struct fail *why);

/*
 * Ends issuances that a crash left running as OUTCOME_INTERRUPTED, with the
 * end of their last exchange as theirs.
 */
void store_close_interrupted(struct store *s, unsigned *ret_count);

/* --- reading ------------------------------------------------------------ */

/* Return false to stop early. The row is borrowed for the call. */
typedef bool store_on_exchange(void *ctx, const struct exchange *e);
typedef bool store_on_issuance(void *ctx, const struct issuance *i);
typedef bool store_on_stat(void *ctx, unsigned ca, enum op op, int64_t start_us,
			   const struct stat_span *stat);
typedef bool store_on_event(void *ctx, enum store_event kind, int64_t wall_us,
			    int64_t until_us, const char *detail);

enum { STORE_ANY = -1 };

struct store_query {
	int64_t after; /* ids above this; 0 for all */
	int64_t from_us,
		to_us;	  /* wall_us in [from, to); 0: open on that side */
	int ca, op;	  /* or STORE_ANY */
	int64_t issuance; /* exchanges of this one only; 0 for all */
	bool failed_only;
	bool latest_first;
	bool with_kept; /* headers and body as well */
	unsigned limit; /* rows, 0 without */
};

/*
 * Rows in the order of their ids (statistics: of their start, CA and op).
 * What a query cannot select by is ignored: `after` for statistics, everything
 * but the times, order and limit for events. FAIL_CORRUPT when a row is not
 * what we write.
 */
bool store_exchanges(struct store *s, const struct store_query *q,
		     store_on_exchange *each, void *ctx, struct fail *why);

/* ret_e is to be released with exchange_release(); kept parts included. */
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
