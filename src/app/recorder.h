/*
 * The one door to the record: what was measured goes in here, and is in the
 * database with its statistics, or waits in memory until it can be.
 *
 * Invariant: an exchange, its issuance, and the hour and the minute it started
 * in are written in one transaction, and rows are written in the order in which
 * they were given. What is well may linger a moment, so that a transaction has
 * more than one row to pay for its pages; a failure is written at once, with
 * all that lingered. While the database cannot be written (a full disk, a lock)
 * rows wait, within limits; the oldest healthy exchanges are given up first,
 * and counted. What happened is an event: EVENT_DISK from the first failure to
 * the first success, EVENT_LOST for what was given up.
 *
 * No call fails: measuring goes on whatever the disk does. recorder_state()
 * says how it stands.
 */
#ifndef APP_RECORDER_H
#define APP_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fail.h"
#include "edge/store.h"

struct recorder;

struct recorder_limits {
	int64_t keep_ok_us;	/* exchanges that were ok, and issuances */
	int64_t keep_failed_us; /* failed ones, with what was kept of them */
	unsigned rows;		/* that may wait in memory */
	size_t bytes;		/* of them */
	int64_t linger_us;	/* that a healthy row may wait for others */
	/*
	 * Called when the first one begins to linger, and when rows are left
	 * after writing: recorder_tick() is wanted in linger_us. May be NULL
	 * when that is 0.
	 */
	void (*lingers)(void *ctx);
	void *ctx;
};

/* 90 days and two years; 20,000 rows and 32 MB; nothing lingers. */
#define RECORDER_LIMITS                                                    \
	((struct recorder_limits){ .keep_ok_us = 90 * US_PER_DAY,          \
				   .keep_failed_us = 2 * 365 * US_PER_DAY, \
				   .rows = 20000,                          \
				   .bytes = 32 << 20 })

/*
 * The store is borrowed, opened for writing, and nobody else writes to it.
 * Records what the last run left: issuances that a crash interrupted end,
 * EVENT_GAP goes from the last moment in the database to now (or EVENT_CLOCK,
 * when that lies in the future), then EVENT_START. False, with a sentence, when
 * the database cannot be read.
 */
bool recorder_new(struct store *store, const struct recorder_limits *limits,
		  struct now now, struct recorder **ret_recorder,
		  struct fail *why);

/*
 * Writes what waits and EVENT_STOP, waiting some seconds for a database that
 * another program has locked; `waiting` of recorder_state() then says how many
 * rows found no place.
 */
void recorder_stop(struct recorder *r, struct now now);

/* What still waits is lost. The store is not closed. */
void recorder_free(struct recorder *r);

/*
 * The number of a CA or control for exchanges; the one call that can fail,
 * because without a number nothing can be measured.
 */
bool recorder_ca(struct recorder *r, const char *name, const char *directory,
		 bool is_control, unsigned *ret_number, struct fail *why);

/*
 * An issuance begins; its id must be 0, and is set: to its number in the
 * database, or to a negative one while it waits, which any later call that is
 * given the issuance changes to the other as soon as it is known.
 */
void recorder_issuance_start(struct recorder *r, struct issuance *i,
			     struct now now);

/*
 * An exchange ended. i is its issuance as it is now, NULL when it belongs to
 * none; e->issuance is set from it. Both are copied.
 */
void recorder_exchange(struct recorder *r, struct exchange *e,
		       struct issuance *i, struct now now);

/* Its last word; i must not be given again. */
void recorder_issuance_end(struct recorder *r, struct issuance *i,
			   struct now now);

void recorder_event(struct recorder *r, enum store_event kind, int64_t wall_us,
		    int64_t until_us, const char *detail, struct now now);

/*
 * Writes what waits, in small steps, when it is time to try again. Returns in
 * how many microseconds it wants to be called again, at the latest.
 */
int64_t recorder_tick(struct recorder *r, struct now now);

/*
 * For a moment when nothing is being measured: what may wait for the disk is
 * done now.
 */
void recorder_rest(struct recorder *r);

/*
 * Deletes a little of what is older than the limits, a few milliseconds' work;
 * returns as recorder_tick() does. The caller does not call while the wall
 * clock is in doubt: a clock far in the future makes everything old.
 */
int64_t recorder_expire(struct recorder *r, struct now now);

struct recorder_state {
	unsigned waiting;   /* rows in memory */
	uint64_t written;   /* exchanges since the start */
	uint64_t lost;	    /* exchanges given up since the start */
	bool failing;	    /* the database could not be written last time */
	int64_t failing_us; /* wall time since when; 0 when it is not */
	struct fail last;   /* the last failure, FAIL_NONE without any */
};

/* Borrowed until the next call. */
const struct recorder_state *recorder_state(const struct recorder *r);

#endif
