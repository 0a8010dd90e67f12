/*
 * The incidents of one CA that the judge has done with, the latest first; and
 * those that were told from where such are kept.
 */
#ifndef JUDGE_PAST_H
#define JUDGE_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/incident.h"

enum { PAST_INCIDENTS = 50 };

struct past {
	struct incident list[PAST_INCIDENTS];
	size_t count;
};

void past_release(struct past *p);

/*
 * Takes what the incident owns, in the place of one with the same number. The
 * earliest goes when there are too many.
 */
void past_take(struct past *p, struct incident *i);
void past_copy(struct past *p, const struct incident *i);

void past_forget(struct past *p, uint64_t number);

/* One that this incident continues, or is again; or NULL. */
const struct incident *past_find_same(const struct past *p,
				      const struct incident *i,
				      int64_t merge_us);

/* What is open ends at the last moment that it speaks of. */
void past_close(struct past *p);

#endif
