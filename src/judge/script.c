#include "judge/script.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/rng.h"

/* FNV-1a: what a station draws depends on its name, not on its place. */
static uint64_t hash_of(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t script_seed(const struct scenario *s, const struct script_ask *ask)
{
	struct rng rng = { s->seed ^ hash_of(s->stations[ask->station].name) };

	rng.state = rng_next(&rng) ^ hash_of(s->cas[ask->ca].name);
	return rng_next(&rng);
}

/* Evenly in [0, 1), of this act at this request, or at this attempt. */
static double draw(const struct scenario *s, const struct script_ask *ask,
		   size_t act, uint64_t what)
{
	struct rng rng = { script_seed(s, ask) ^ ask->attempt };

	rng.state = rng_next(&rng) ^ what;
	rng.state = rng_next(&rng) ^ act;
	return rng_unit(&rng);
}

static bool is_on(const struct scenario_act *a, int64_t at_us)
{
	if (!config_span_holds(&a->during, at_us))
		return false;
	return a->every_us == 0 ||
	       (at_us - a->counted_from_us) % a->every_us < a->lasts_us;
}

static bool is_meant(const struct scenario_act *a, const struct script_ask *ask)
{
	return (a->station_count == 0 || a->station_bits >> ask->station & 1) &&
	       (a->ca_count == 0 || a->ca_bits >> ask->ca & 1) &&
	       is_on(a, ask->at_us);
}

static bool is_drawn(const struct scenario *s, const struct script_ask *ask,
		     size_t i)
{
	const struct scenario_act *a = &s->acts[i];
	uint64_t what = a->of == SHARE_OF_ATTEMPTS ? 0 : 1 + ask->request;

	return a->percent == 100 || 100 * draw(s, ask, i, what) < a->percent;
}

static int64_t delay_of(const struct scenario *s, const struct script_ask *ask,
			size_t i)
{
	const struct scenario_act *a = &s->acts[i];
	double us = (double)a->delay_us;

	if (a->delay_most_us)
		us += (double)(a->delay_most_us - a->delay_us) *
		      draw(s, ask, i, UINT64_MAX - ask->request);
	if (a->creeps)
		us *= (double)(ask->at_us - a->during.from_us) /
		      (double)(a->during.until_us - a->during.from_us);
	return (int64_t)us;
}

struct script_answer script_ask(const struct scenario *s,
				const struct script_ask *ask)
{
	struct script_answer answer = { .delay_us = 0 };

	for (size_t i = 0; i < s->act_count; i++) {
		const struct scenario_act *a = &s->acts[i];

		if ((a->op_count && !(a->op_bits >> ask->op & 1)) ||
		    (a->follows_bit & ~ask->failed) || !is_meant(a, ask) ||
		    !is_drawn(s, ask, i))
			continue;
		answer.delay_us += delay_of(s, ask, i);
		if (!answer.act && a->answer != ACT_USUAL)
			answer.act = a;
	}
	return answer;
}

const struct scenario_act *script_follows(const struct scenario *s,
					  const struct script_ask *ask,
					  enum op *ret_op)
{
	for (size_t i = 0; i < s->act_count; i++) {
		const struct scenario_act *a = &s->acts[i];

		if (!a->follows_bit || (a->follows_bit & ~ask->failed) ||
		    !is_meant(a, ask) || !is_drawn(s, ask, i))
			continue;
		*ret_op = (enum op)__builtin_ctzll(a->op_bits);
		return a;
	}
	return NULL;
}

static void add_problem(const struct scenario_act *a, struct buf *out)
{
	json_t *type = json_sprintf("urn:ietf:params:acme:error:%s", a->type);
	json_t *problem =
		json_pack("{soss}", "type", type, "detail", a->detail);
	char *text = json_dumps(problem, JSON_COMPACT);

	buf_add_text(out, text);
	free(text);
	json_decref(problem);
}

void script_add_body(const struct scenario_act *a, struct buf *out)
{
	if (a->answer == ACT_PAGE)
		buf_addf(out, "<html><body>%.200s</body></html>", a->detail);
	else
		add_problem(a, out);
}

const char *script_content_type(const struct scenario_act *a)
{
	return a->answer == ACT_PAGE ? "text/html" : "application/problem+json";
}

const struct scenario_outage *script_outage(const struct scenario_station *t,
					    int64_t at_us)
{
	for (size_t i = 0; i < t->network_count; i++) {
		if (config_span_holds(&t->network[i].during, at_us))
			return &t->network[i];
	}
	return NULL;
}

int64_t script_offset_us(const struct scenario_station *t, int64_t at_us)
{
	int64_t offset_us = 0;

	for (size_t i = 0; i < t->clock_count; i++) {
		if (t->clock[i].at.from_us <= at_us)
			offset_us +=
				t->clock[i].forward_us - t->clock[i].back_us;
	}
	return offset_us;
}
