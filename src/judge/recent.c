#include "judge/recent.h"

const struct failure *attempt_root(const struct judge_attempt *a)
{
	for (size_t i = 0; i < a->failure_count; i++) {
		if (a->failures[i].fault == FAULT_CA)
			return &a->failures[i];
	}
	return NULL;
}

void recent_take(struct recent *r, const struct judge_attempt *a)
{
	r->ring[r->count++ % RECENT_ATTEMPTS] = *a;
}

void recent_locate(struct recent *r, unsigned station, const struct failure *f)
{
	for (size_t k = 0; k < RECENT_ATTEMPTS && k < r->count; k++) {
		struct judge_attempt *a = &r->ring[k];

		for (size_t n = 0;
		     a->station == station && n < a->failure_count; n++)
			failure_locate(&a->failures[n], f);
	}
}

static void write_good(struct incident *i, const struct judge_attempt *a)
{
	struct incident_station *seen = &i->stations[a->station];

	if (seen->failures && !seen->good_us)
		seen->good_us = a->ended_us;
	/* The incident's own is of one that did as a whole what it should. */
	if (i->failures && !i->good_us)
		i->good_us = a->ended_us;
}

static void write_bad(struct incident *i, const struct judge_attempt *a)
{
	struct incident_station *seen = &i->stations[a->station];
	const struct failure *root = attempt_root(a);
	bool later = false;

	if (seen->failures++ == 0 && root) {
		seen->first = *root;
		seen->first_us = a->started_us;
	}
	seen->last_us = a->started_us;
	seen->good_us = 0;
	i->good_us = 0;
	if (!seen->voted_us && a->bad_row >= 2)
		seen->voted_us = a->ended_us;
	for (size_t k = 0; k < a->failure_count; k++) {
		if (a->failures[k].fault != FAULT_CA)
			continue;
		incident_add_failure(i, a->station, &a->failures[k], later);
		later = true;
	}
}

void incident_write(struct incident *i, const struct judge_attempt *a)
{
	i->stations[a->station].attempts++;
	if (!a->confirm) {
		i->attempts++;
		i->failures += !a->good;
	}
	if (a->good)
		write_good(i, a);
	else
		write_bad(i, a);
}

void recent_write(const struct recent *r, struct incident *i, int64_t from_us)
{
	size_t n = r->count < RECENT_ATTEMPTS ? r->count : RECENT_ATTEMPTS;

	for (size_t k = r->count - n; k < r->count; k++) {
		const struct judge_attempt *a = &r->ring[k % RECENT_ATTEMPTS];

		if (a->started_us >= from_us)
			incident_write(i, a);
	}
}
