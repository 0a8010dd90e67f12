#include "judge/incident.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

struct failure failure_of_exchange(const struct exchange *e, int64_t offset_us)
{
	struct failure f = {
		.exchange = e->id,
		.at_us = e->wall_us - offset_us,
		.op = e->op,
		.outcome = e->outcome,
		.fault = outcome_fault(e->outcome),
		.status = e->status,
	};

	text_copy(f.problem, sizeof(f.problem), e->problem);
	text_copy(f.detail, sizeof(f.detail), e->detail);
	return f;
}

struct failure failure_of_issuance(const struct issuance *i, int64_t at_us)
{
	struct failure f = {
		.at_us = at_us,
		.op = i->op,
		.outcome = i->outcome,
		.fault = outcome_fault(i->outcome),
		.status = i->status,
	};

	text_copy(f.problem, sizeof(f.problem), i->problem);
	text_copy(f.detail, sizeof(f.detail), i->detail);
	return f;
}

void incident_release(struct incident *i)
{
	free(i->stations);
	*i = (struct incident){ .number = 0 };
}

const struct incident_cause *incident_root(const struct incident *i)
{
	for (unsigned k = 0; k < i->cause_count; k++) {
		if (!i->causes[k].consequence)
			return &i->causes[k];
	}
	return i->cause_count ? &i->causes[0] : NULL;
}

int64_t incident_last_us(const struct incident *i)
{
	int64_t last_us = i->end_us;

	for (size_t k = 0; k < i->station_count; k++) {
		const struct incident_station *s = &i->stations[k];

		if (s->last_us > last_us)
			last_us = s->last_us;
		if (s->good_us > last_us)
			last_us = s->good_us;
	}
	for (unsigned k = 0; k < i->step_count; k++) {
		if (i->steps[k].at_us > last_us)
			last_us = i->steps[k].at_us;
	}
	return last_us > i->declared_us ? last_us : i->declared_us;
}

static bool is_same(const struct failure *a, const struct failure *b)
{
	return a->op == b->op && a->outcome == b->outcome &&
	       a->status == b->status && strcmp(a->problem, b->problem) == 0;
}

void incident_add_failure(struct incident *i, size_t station,
			  const struct failure *f, bool later)
{
	struct incident_station *seen = &i->stations[station];
	struct incident_cause *c;
	unsigned k = 0;

	while (k < i->cause_count && !is_same(&i->causes[k].first, f))
		k++;
	/* What fails in more than a dozen ways is told in a dozen. */
	if (k == INCIDENT_CAUSES)
		return;
	c = &i->causes[k];
	if (k == i->cause_count) {
		*c = (struct incident_cause){ .first = *f,
					      .consequence = later };
		i->cause_count++;
	}
	if (f->at_us < c->first.at_us)
		c->first = *f;
	c->count++;
	c->stations += !(seen->causes & 1u << k);
	seen->causes |= (uint16_t)(1u << k);
	c->consequence = c->consequence && later;
	if (f->at_us > c->last_us)
		c->last_us = f->at_us;
}

void failure_locate(struct failure *known, const struct failure *f)
{
	int64_t apart_us = known->at_us - f->at_us;

	if (known->exchange == 0 && is_same(known, f) &&
	    apart_us > -2 * US_PER_S && apart_us < 2 * US_PER_S)
		known->exchange = f->exchange;
}

void incident_locate(struct incident *i, size_t station,
		     const struct failure *f)
{
	failure_locate(&i->stations[station].first, f);
	for (unsigned k = 0; k < i->cause_count; k++)
		failure_locate(&i->causes[k].first, f);
}

void incident_add_step(struct incident *i, int64_t at_us, enum verdict verdict)
{
	struct incident_step *last =
		i->step_count ? &i->steps[i->step_count - 1] : NULL;

	if (last && last->verdict == verdict)
		return;
	if (i->step_count < INCIDENT_STEPS)
		last = &i->steps[i->step_count++];
	*last = (struct incident_step){ .at_us = at_us, .verdict = verdict };
}
