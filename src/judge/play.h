/*
 * A scenario played on a virtual clock: the real schedule and the real flow at
 * each station, before a CA that follows the script, and the real judge over
 * all of them as a hub has it. A month takes seconds, and the same scenario
 * gives the same rows.
 *
 * What a play leaves out: a station's row is heard of when it is made, and the
 * loop of a station never lags.
 */
#ifndef JUDGE_PLAY_H
#define JUDGE_PLAY_H

#include "base/buf.h"
#include "judge/court.h"
#include "judge/scenario.h"

struct play;

/*
 * Each row as the station makes it, on its own clock, whether the hub hears of
 * it or not. Any may be NULL.
 */
struct play_watch_rows {
	void (*exchange)(void *ctx, size_t station, size_t ca,
			 const struct exchange *e);
	void (*issuance)(void *ctx, size_t station, size_t ca,
			 const struct issuance *i);
	void *ctx;
};

/*
 * Plays all of it. The scenario is borrowed, has been checked, and outlives the
 * play. rows may be NULL.
 */
struct play *play_new(const struct scenario *s,
		      const struct play_watch_rows *rows);
void play_free(struct play *p);

/* What came of it; owned by the play. */
struct court *play_court(struct play *p);

/* The stations' names, in the order of the scenario. */
const char *const *play_names(const struct play *p);

struct play_count {
	uint64_t attempts, good, confirmations, exchanges;
};

/* Of all stations at that CA. */
struct play_count play_count(const struct play *p, size_t ca);

/*
 * One line for each thing that is expected and did not happen, or happened and
 * was not expected; true when there is none.
 */
bool play_differences(struct play *p, struct buf *out);

#endif
