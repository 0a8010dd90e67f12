/*
 * The court of a station or a hub at work: what happens in it is said, and
 * kept where there is a place for it.
 */
#ifndef APP_JUDGING_H
#define APP_JUDGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "judge/court.h"

struct judging;

struct judging_setup {
	const char *who; /* "hub", in what is said */
	const struct judge_station *stations;
	size_t station_count;
	const char *database; /* keeps incidents; NULL: nothing does */
	int64_t history_us;   /* as in struct court_setup */
	bool only_failed_exchanges;
	void (*changed)(void *ctx);
	void *ctx;
};

/* False when the database is no good. */
bool judging_new(const struct judging_setup *setup,
		 struct judging **ret_judging, struct fail *why);

/* What is open is kept as it is now. */
void judging_free(struct judging *j);

/* To be told what happened; owned by it. */
struct court *judging_court(struct judging *j);

/* As court_begin(). */
void judging_begin(struct judging *j, int64_t now_us);

/* As court_hear(): what is news of it is kept. */
void judging_hear(struct judging *j, const char *ca, const struct statement *s);

/* Once a second or so: time went on. */
void judging_tick(struct judging *j, int64_t now_us);

#endif
