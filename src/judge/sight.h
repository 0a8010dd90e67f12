/*
 * Whether a station sees: its control targets have nothing to do with any CA,
 * so when most of them fail together it is the station that is blind.
 *
 * Of the controls that gave a result within the last three periods, more than
 * half failing is blind, otherwise sighted; without any such result it is
 * unknown. The first result counts at once; after that two results in a row
 * have to speak for a change, so that one lost packet changes nothing.
 */
#ifndef JUDGE_SIGHT_H
#define JUDGE_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { SIGHT_CONTROLS = 16 };

enum sight {
	SIGHT_UNKNOWN,
	SIGHT_SIGHTED,
	SIGHT_BLIND,
};

/* "unknown", "sighted", "blind". */
const char *sight_name(enum sight sight);

struct sight_watch {
	unsigned count;
	int64_t period_us;
	struct {
		bool known, good;
		int64_t at_us; /* mono */
	} last[SIGHT_CONTROLS];
	enum sight sight; /* as it was after the last result */
	unsigned against; /* results in a row that spoke for a change */
};

/* count <= SIGHT_CONTROLS; period_us is how often each is asked. */
void sight_init(struct sight_watch *w, unsigned count, int64_t period_us);

/* One control answered, or failed to. */
void sight_result(struct sight_watch *w, unsigned control, bool good,
		  struct now now);

enum sight sight_now(const struct sight_watch *w, struct now now);

#endif
