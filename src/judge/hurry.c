#include "judge/hurry.h"

#include <assert.h>

#include "base/clock.h"

struct pace {
	int64_t from_us, begin_us;
	unsigned speed;
};

/* An open end stays open. */
static void hurry_time(const struct pace *p, int64_t *us)
{
	if (*us != INT64_MIN && *us != INT64_MAX)
		*us = p->begin_us + (*us - p->from_us) / p->speed;
}

static void hurry_span(const struct pace *p, struct config_span *s)
{
	hurry_time(p, &s->from_us);
	hurry_time(p, &s->until_us);
}

static void hurry_act(const struct pace *p, struct scenario_act *a)
{
	hurry_span(p, &a->during);
	hurry_time(p, &a->counted_from_us);
	a->every_us /= p->speed;
	a->lasts_us /= p->speed;
	/* A time of the scenario too; whole seconds are all that can be said.
	 */
	if (a->retry_after_us) {
		a->retry_after_us /= p->speed;
		if (a->retry_after_us < US_PER_S)
			a->retry_after_us = US_PER_S;
	}
}

static bool hurry_station(const struct pace *p, struct scenario_station *t,
			  struct fail *why)
{
	if (t->rate.count > CONFIG_RATE_MAX / p->speed)
		return fail_set(why, FAIL_INPUT,
				"station %s: %u times its rate is beyond what "
				"a station takes, %d",
				t->name, p->speed, CONFIG_RATE_MAX);
	t->rate.count *= p->speed;
	hurry_span(p, &t->present);
	for (size_t i = 0; i < t->clock_count; i++)
		hurry_span(p, &t->clock[i].at);
	for (size_t i = 0; i < t->network_count; i++)
		hurry_span(p, &t->network[i].during);
	return true;
}

bool scenario_hurry(struct scenario *s, unsigned speed, int64_t begin_us,
		    struct fail *why)
{
	const struct pace p = { s->during.from_us, begin_us, speed };

	assert(speed >= 1 && speed <= HURRY_MOST);
	hurry_span(&p, &s->during);
	for (size_t i = 0; i < s->station_count; i++) {
		if (!hurry_station(&p, &s->stations[i], why))
			return false;
	}
	for (size_t i = 0; i < s->act_count; i++)
		hurry_act(&p, &s->acts[i]);
	for (size_t i = 0; i < s->page_count; i++)
		hurry_span(&p, &s->pages[i].during);
	return true;
}
