#include "judge/sight.h"

#include <assert.h>

enum { FRESH_PERIODS = 3, RESULTS_TO_CHANGE = 2 };

const char *sight_name(enum sight sight)
{
	switch (sight) {
	case SIGHT_UNKNOWN:
		return "unknown";
	case SIGHT_SIGHTED:
		return "sighted";
	case SIGHT_BLIND:
		return "blind";
	}
	return "unknown";
}

void sight_init(struct sight_watch *w, unsigned count, int64_t period_us)
{
	assert(count <= SIGHT_CONTROLS);
	*w = (struct sight_watch){ .count = count, .period_us = period_us };
}

/* What the fresh results say by themselves. */
static enum sight fresh_majority(const struct sight_watch *w, struct now now)
{
	unsigned fresh = 0, failed = 0;

	for (unsigned i = 0; i < w->count; i++) {
		if (!w->last[i].known || now.mono_us - w->last[i].at_us >
						 FRESH_PERIODS * w->period_us)
			continue;
		fresh++;
		failed += !w->last[i].good;
	}
	if (fresh == 0)
		return SIGHT_UNKNOWN;
	return 2 * failed > fresh ? SIGHT_BLIND : SIGHT_SIGHTED;
}

void sight_result(struct sight_watch *w, unsigned control, bool good,
		  struct now now)
{
	bool was_unknown = sight_now(w, now) == SIGHT_UNKNOWN;
	enum sight said;

	assert(control < w->count);
	w->last[control].known = true;
	w->last[control].good = good;
	w->last[control].at_us = now.mono_us;
	said = fresh_majority(w, now);
	if (said == w->sight) {
		w->against = 0;
		return;
	}
	if (++w->against < RESULTS_TO_CHANGE && !was_unknown)
		return;
	w->sight = said;
	w->against = 0;
}

enum sight sight_now(const struct sight_watch *w, struct now now)
{
	if (fresh_majority(w, now) == SIGHT_UNKNOWN)
		return SIGHT_UNKNOWN;
	return w->sight;
}
