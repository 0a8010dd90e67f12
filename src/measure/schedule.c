#include "measure/schedule.h"

#include <assert.h>

/* Of a spacing: how much may be added to it. */
enum { JITTER_PART = 10 };

/* A Retry-After beyond it is not believed. */
#define HOLD_MOST_US US_PER_DAY

#define CONFIRM_US (5 * US_PER_S) /* at least, and at most twice that */
#define LOOK_US (8 * US_PER_S) /* at most: a moment of trouble is no outage */

void schedule_init(struct schedule *s, const struct config_rate *rate,
		   unsigned concurrent, uint64_t seed, struct now now)
{
	assert(rate->count > 0 && rate->per_us > 0 && concurrent > 0);
	*s = (struct schedule){
		.rng = { seed },
		/* Rounded up, so that count of them are never too short. */
		.spacing_us = (rate->per_us + rate->count - 1) / rate->count,
		.concurrent = concurrent,
	};
	s->next_us = now.mono_us +
		     (int64_t)rng_below(&s->rng, (uint64_t)s->spacing_us);
}

int64_t schedule_next_us(const struct schedule *s)
{
	int64_t next_us = s->early_us ? s->early_us : s->next_us;

	if (s->running >= s->concurrent)
		return SCHEDULE_NEVER;
	return next_us > s->hold_us ? next_us : s->hold_us;
}

static int64_t jitter_us(struct schedule *s)
{
	return (int64_t)rng_below(&s->rng,
				  (uint64_t)s->spacing_us / JITTER_PART + 1);
}

bool schedule_take(struct schedule *s, struct now now)
{
	int64_t place_us;

	if (now.mono_us < schedule_next_us(s))
		return false;
	s->running++;
	s->confirms = s->early_us && !s->asked;
	/* In the place of the next one, which may have been missed. */
	place_us = s->early_us && s->next_us > now.mono_us ? s->next_us
							   : now.mono_us;
	s->next_us = place_us + s->spacing_us + jitter_us(s);
	s->early_us = 0;
	return true;
}

bool schedule_confirms(const struct schedule *s)
{
	return s->confirms;
}

void schedule_confirm(struct schedule *s, struct now now)
{
	int64_t us = now.mono_us + CONFIRM_US +
		     (int64_t)rng_below(&s->rng, CONFIRM_US);

	if (us < s->next_us) {
		s->early_us = us;
		s->asked = false;
	}
}

void schedule_look(struct schedule *s, struct now now)
{
	int64_t us = now.mono_us + (int64_t)rng_below(&s->rng, LOOK_US);
	int64_t most_us = s->spacing_us + s->spacing_us / JITTER_PART;

	if (!s->early_us && us < s->next_us &&
	    s->next_us - now.mono_us <= most_us) {
		s->early_us = us;
		s->asked = true;
	}
}

void schedule_ended(struct schedule *s)
{
	assert(s->running > 0);
	s->running--;
}

void schedule_hold(struct schedule *s, int64_t until_us)
{
	if (until_us > s->hold_us)
		s->hold_us = until_us + jitter_us(s);
}

/* The first that fails is looked at again soon. */
static void confirm(struct schedule *s, enum outcome outcome, struct now now)
{
	enum fault fault = outcome_fault(outcome);

	if (fault == FAULT_OURS || fault == FAULT_PATH)
		return;
	if (fault == FAULT_CA && !s->failing)
		schedule_confirm(s, now);
	s->failing = fault == FAULT_CA;
}

void schedule_take_outcome(struct schedule *s, enum outcome outcome,
			   int64_t retry_after_us, struct now now)
{
	/* The CA said until when it wants to be left alone. */
	if (retry_after_us >= 0)
		schedule_hold(s, now.mono_us + (retry_after_us < HOLD_MOST_US
							? retry_after_us
							: HOLD_MOST_US));
	schedule_ended(s);
	confirm(s, outcome, now);
}

void schedule_paused(struct schedule *s, struct now now)
{
	s->early_us = 0;
	if (s->next_us < now.mono_us)
		s->next_us =
			now.mono_us +
			(int64_t)rng_below(&s->rng, (uint64_t)s->spacing_us);
}
