#include "judge/scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "judge/rules.h"
#include "measure/config_schema.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member, count)                \
	.offset = offsetof(struct type, member), \
	.count_offset = offsetof(struct type, count)

enum { TEXT_MOST = 400, PATH_MAX_BYTES = 96 };

/* --- the tables --------------------------------------------------------- */

static const char *const losses[] = {
	[LOSS_SILENCE] = "silence",
	[LOSS_REFUSED] = "refused",
	[LOSS_UNREACHABLE] = "unreachable",
	[LOSS_DNS] = "dns",
	NULL,
};

static const char *const answers[] = {
	[ACT_USUAL] = "usual",
	[ACT_PROBLEM] = "problem",
	[ACT_PAGE] = "page",
	[ACT_REFUSED] = "refused",
	[ACT_DROPPED] = "dropped",
	[ACT_SILENCE] = "silence",
	[ACT_RESET] = "reset",
	[ACT_PROCESSING] = "processing",
	[ACT_WITHDRAWN] = "withdrawn",
	[ACT_INVALID] = "invalid",
	NULL,
};

static const char *const shares[] = {
	[SHARE_OF_REQUESTS] = "requests",
	[SHARE_OF_ATTEMPTS] = "attempts",
	NULL,
};

static const struct config_field ca_fields[] = {
	{ "name", FIELD_TEXT, true, AT(scenario_ca, name), .least = 1,
	  .most = 32, .expected = CONFIG_NAME_EXPECTED },
	{ "challenge", FIELD_CHALLENGE, AT(scenario_ca, challenge),
	  .preset = "http-01" },
	{ .key = NULL },
};
static const struct config_shape ca_shape = { sizeof(struct scenario_ca),
					      ca_fields };

static const struct config_field clock_fields[] = {
	{ "at", FIELD_SPAN, true, AT(scenario_clock, at) },
	{ "forward", FIELD_DURATION, AT(scenario_clock, forward_us),
	  .preset = "0", .most = 3650 * US_PER_DAY },
	{ "back", FIELD_DURATION, AT(scenario_clock, back_us), .preset = "0",
	  .most = 3650 * US_PER_DAY },
	{ .key = NULL },
};
static const struct config_shape clock_shape = { sizeof(struct scenario_clock),
						 clock_fields };

static const struct config_field network_fields[] = {
	{ "during", FIELD_SPAN, true, AT(scenario_outage, during) },
	{ "fails", FIELD_CHOICE, AT(scenario_outage, fails),
	  .preset = "silence", .words = losses },
	{ "controls", FIELD_BOOL, AT(scenario_outage, controls),
	  .preset = "true" },
	{ "heard", FIELD_BOOL, AT(scenario_outage, heard), .preset = "false" },
	{ .key = NULL },
};
static const struct config_shape network_shape = {
	sizeof(struct scenario_outage), network_fields
};

static const struct config_field station_fields[] = {
	{ "name", FIELD_TEXT, true, AT(scenario_station, name), .least = 1,
	  .most = 32, .expected = CONFIG_NAME_EXPECTED },
	{ "operator", FIELD_TEXT, AT(scenario_station, operator), .preset = "",
	  .most = CONFIG_OPERATOR_MOST,
	  .expected = "a network operator such as AS64496" },
	{ "rate", FIELD_RATE, AT(scenario_station, rate), .preset = "1/min" },
	{ "path", FIELD_DURATION, AT(scenario_station, path_us),
	  .preset = "40ms", .most = 5 * US_PER_S },
	{ "present", FIELD_SPAN, AT(scenario_station, present),
	  .preset = "../.." },
	{ "clock", FIELD_STRUCTS, LIST(scenario_station, clock, clock_count),
	  .least = 1, .most = 16, .shape = &clock_shape },
	{ "network", FIELD_STRUCTS,
	  LIST(scenario_station, network, network_count), .least = 1,
	  .most = 16, .shape = &network_shape },
	{ .key = NULL },
};
static const struct config_shape station_shape = {
	sizeof(struct scenario_station), station_fields
};

static const struct config_field act_fields[] = {
	{ "during", FIELD_SPAN, AT(scenario_act, during), .preset = "../.." },
	{ "every", FIELD_DURATION, AT(scenario_act, every_us), .preset = "0",
	  .most = 366 * US_PER_DAY },
	{ "lasts", FIELD_DURATION, AT(scenario_act, lasts_us), .preset = "0",
	  .most = 366 * US_PER_DAY },
	{ "percent", FIELD_COUNT, AT(scenario_act, percent), .preset = "100",
	  .most = 100 },
	{ "of", FIELD_CHOICE, AT(scenario_act, of), .preset = "requests",
	  .words = shares },
	{ "stations", FIELD_TEXTS, LIST(scenario_act, stations, station_count),
	  .least = 1, .most = SCENARIO_STATIONS,
	  .expected = "the name of a station" },
	{ "cas", FIELD_TEXTS, LIST(scenario_act, cas, ca_count), .least = 1,
	  .most = SCENARIO_CAS, .expected = "the name of a CA" },
	{ "ops", FIELD_TEXTS, LIST(scenario_act, ops, op_count), .least = 1,
	  .most = OPS, .expected = "an operation such as newOrder" },
	{ "follows", FIELD_TEXT, AT(scenario_act, follows), .preset = "",
	  .most = 32, .expected = "an operation such as newAccount" },
	{ "answer", FIELD_CHOICE, true, AT(scenario_act, answer),
	  .words = answers },
	{ "status", FIELD_COUNT, AT(scenario_act, status), .preset = "500",
	  .least = 400, .most = 599 },
	{ "type", FIELD_TEXT, AT(scenario_act, type),
	  .preset = "serverInternal", .most = 63,
	  .expected = "the type of an ACME problem" },
	{ "detail", FIELD_TEXT, AT(scenario_act, detail), .preset = "",
	  .most = TEXT_MOST, .expected = "the words of a problem" },
	{ "retry_after", FIELD_DURATION, AT(scenario_act, retry_after_us),
	  .preset = "0", .most = 30 * US_PER_DAY },
	{ "delay", FIELD_DURATION, AT(scenario_act, delay_us), .preset = "0",
	  .most = US_PER_HOUR },
	{ "delay_most", FIELD_DURATION, AT(scenario_act, delay_most_us),
	  .preset = "0", .most = US_PER_HOUR },
	{ "creeps", FIELD_BOOL, AT(scenario_act, creeps), .preset = "false" },
	{ .key = NULL },
};
static const struct config_shape act_shape = { sizeof(struct scenario_act),
					       act_fields };

static const struct config_field page_fields[] = {
	{ "during", FIELD_SPAN, true, AT(scenario_page, during) },
	{ "says", FIELD_TEXT, AT(scenario_page, says), .preset = "",
	  .most = TEXT_MOST, .expected = "what it says" },
	{ .key = NULL },
};
static const struct config_shape page_shape = { sizeof(struct scenario_page),
						page_fields };

static const struct config_field cause_fields[] = {
	{ "op", FIELD_TEXT, true, AT(scenario_cause, op), .least = 1,
	  .most = 32, .expected = "an operation such as newOrder" },
	{ "outcome", FIELD_TEXT, true, AT(scenario_cause, outcome), .least = 1,
	  .most = 32, .expected = "an outcome such as problem" },
	{ "status", FIELD_COUNT, AT(scenario_cause, status), .preset = "0",
	  .most = 599 },
	{ "problem", FIELD_TEXT, AT(scenario_cause, problem), .preset = "",
	  .most = 63, .expected = "the type of an ACME problem" },
	{ "consequence", FIELD_BOOL, AT(scenario_cause, consequence),
	  .preset = "false" },
	{ .key = NULL },
};
static const struct config_shape cause_shape = { sizeof(struct scenario_cause),
						 cause_fields };

#define VERDICT_EXPECTED "operational, degraded, partial_outage or major_outage"

static const struct config_field incident_fields[] = {
	{ "ca", FIELD_TEXT, true, AT(scenario_incident, ca), .least = 1,
	  .most = 32, .expected = "the name of a CA" },
	{ "worst", FIELD_TEXT, true, AT(scenario_incident, worst), .least = 1,
	  .most = 32, .expected = VERDICT_EXPECTED },
	{ "course", FIELD_TEXTS, LIST(scenario_incident, course, course_count),
	  .least = 1, .most = INCIDENT_STEPS, .expected = VERDICT_EXPECTED },
	{ "start", FIELD_SPAN, true, AT(scenario_incident, start) },
	{ "declared", FIELD_SPAN, true, AT(scenario_incident, declared) },
	{ "end", FIELD_SPAN, true, AT(scenario_incident, end) },
	{ "good", FIELD_SPAN, AT(scenario_incident, good), .preset = "../.." },
	{ "lead", FIELD_DURATION, AT(scenario_incident, lead_us), .preset = "0",
	  .most = 30 * US_PER_DAY },
	{ "causes", FIELD_STRUCTS, LIST(scenario_incident, causes, cause_count),
	  .least = 0, .most = INCIDENT_CAUSES, .shape = &cause_shape },
	{ "stations", FIELD_TEXTS,
	  LIST(scenario_incident, stations, station_count), .least = 1,
	  .most = SCENARIO_STATIONS, .expected = "the name of a station" },
	{ .key = NULL },
};
static const struct config_shape incident_shape = {
	sizeof(struct scenario_incident), incident_fields
};

static const struct config_field fields[] = {
	{ "title", FIELD_TEXT, true, AT(scenario, title), .least = 1,
	  .most = TEXT_MOST, .expected = "what is played, in a few words" },
	{ "seed", FIELD_SEED, AT(scenario, seed), .preset = "1" },
	{ "looks", FIELD_BOOL, AT(scenario, looks), .preset = "false" },
	{ "during", FIELD_SPAN, true, AT(scenario, during) },
	{ "rules", FIELD_GROUP, AT(scenario, rules),
	  .shape = &judge_rules_shape },
	{ "cas", FIELD_STRUCTS, true, LIST(scenario, cas, ca_count), .least = 1,
	  .most = SCENARIO_CAS, .shape = &ca_shape },
	{ "stations", FIELD_STRUCTS, true,
	  LIST(scenario, stations, station_count), .least = 1,
	  .most = SCENARIO_STATIONS, .shape = &station_shape },
	{ "acts", FIELD_STRUCTS, LIST(scenario, acts, act_count), .least = 0,
	  .most = SCENARIO_ACTS, .shape = &act_shape },
	{ "status_page", FIELD_STRUCTS, LIST(scenario, pages, page_count),
	  .least = 0, .most = 16, .shape = &page_shape },
	{ "expect", FIELD_STRUCTS, true, LIST(scenario, expect, expect_count),
	  .least = 0, .most = SCENARIO_INCIDENTS, .shape = &incident_shape },
	{ .key = NULL },
};
static const struct config_shape shape = { sizeof(struct scenario), fields };

const struct config_shape *scenario_shape(void)
{
	return &shape;
}

void scenario_release(struct scenario *s)
{
	config_shape_release(&shape, s);
	free(s->path);
	memset(s, 0, sizeof(*s));
}

/* --- what holds between them -------------------------------------------- */

/* Where the check stands; its sentences are about that value. */
struct check {
	struct scenario *s;
	char path[PATH_MAX_BYTES];
	struct fail *why;
};

/* Always false. */
static bool refuse(struct check *c, const char *found, const char *expected)
{
	char shown[CONFIG_SHOWN];

	config_show(shown, found);
	return fail_set(c->why, FAIL_INPUT, "found %s, expected %s", shown,
			expected);
}

__attribute__((format(printf, 2, 3))) static void
look_at(struct check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->path, sizeof(c->path), format, args);
	va_end(args);
}

static bool find_station(const struct scenario *s, const char *name,
			 uint64_t *bits)
{
	for (size_t i = 0; i < s->station_count; i++) {
		if (strcmp(s->stations[i].name, name) == 0) {
			*bits |= UINT64_C(1) << i;
			return true;
		}
	}
	return false;
}

static bool find_ca(const struct scenario *s, const char *name, uint64_t *bits)
{
	for (size_t i = 0; i < s->ca_count; i++) {
		if (strcmp(s->cas[i].name, name) == 0) {
			*bits |= UINT64_C(1) << i;
			return true;
		}
	}
	return false;
}

static bool find_op(const char *name, uint64_t *bits)
{
	enum op op;

	if (!op_find(name, &op) || op == OP_CONTROL)
		return false;
	*bits |= UINT64_C(1) << op;
	return true;
}

static bool check_time(struct check *c)
{
	const struct config_span *d = &c->s->during;
	const char *key;

	look_at(c, "during");
	if (!config_span_is_closed(d) ||
	    d->until_us - d->from_us > SCENARIO_DAYS * US_PER_DAY)
		return refuse(c, "it",
			      "a beginning and an end, a month apart at most");
	for (size_t i = 0; i < c->s->page_count; i++) {
		look_at(c, "status_page[%zu].during", i);
		if (c->s->pages[i].during.from_us == INT64_MIN)
			return refuse(c, "..", "when it began to say so");
	}
	if (judge_rules_check(&c->s->rules, &key, c->why))
		return true;
	look_at(c, "rules.%s", key);
	return false;
}

/* A slip of the pen would play for days. */
static bool check_amount(struct check *c)
{
	const struct scenario *s = c->s;
	double us = (double)(s->during.until_us - s->during.from_us);
	double attempts = 0;

	for (size_t i = 0; i < s->station_count; i++) {
		const struct config_rate *r = &s->stations[i].rate;

		attempts +=
			us / (double)r->per_us * r->count * (double)s->ca_count;
		look_at(c, "stations[%zu].rate", i);
		if (attempts > SCENARIO_ATTEMPTS)
			return fail_set(c->why, FAIL_INPUT,
					"found %.0f attempts up to this "
					"station, expected %d at most",
					attempts, SCENARIO_ATTEMPTS);
	}
	return true;
}

static bool check_cas(struct check *c)
{
	const struct scenario *s = c->s;

	for (size_t i = 0; i < s->ca_count; i++) {
		uint64_t first = 0;

		look_at(c, "cas[%zu].name", i);
		if (!config_is_name(s->cas[i].name))
			return refuse(c, s->cas[i].name, CONFIG_NAME_EXPECTED);
		find_ca(s, s->cas[i].name, &first);
		if (first != UINT64_C(1) << i)
			return refuse(c, s->cas[i].name,
				      "a name that no other CA has");
	}
	return true;
}

static bool check_clock(struct check *c, size_t i)
{
	const struct scenario_station *t = &c->s->stations[i];

	for (size_t k = 0; k < t->clock_count; k++) {
		look_at(c, "stations[%zu].clock[%zu].at", i, k);
		if (t->clock[k].at.from_us == INT64_MIN)
			return refuse(c, "..", "when it jumps");
		look_at(c, "stations[%zu].clock[%zu]", i, k);
		if (!t->clock[k].forward_us == !t->clock[k].back_us)
			return refuse(c, "both or neither",
				      "forward or back, and how far");
	}
	return true;
}

static bool check_stations(struct check *c)
{
	const struct scenario *s = c->s;

	for (size_t i = 0; i < s->station_count; i++) {
		uint64_t first = 0;

		look_at(c, "stations[%zu].name", i);
		if (!config_is_name(s->stations[i].name))
			return refuse(c, s->stations[i].name,
				      CONFIG_NAME_EXPECTED);
		find_station(s, s->stations[i].name, &first);
		if (first != UINT64_C(1) << i)
			return refuse(c, s->stations[i].name,
				      "a name that no other station has");
		if (!check_clock(c, i))
			return false;
	}
	return true;
}

/* --- acts --------------------------------------------------------------- */

static bool find_meant(struct check *c, size_t i)
{
	struct scenario_act *a = &c->s->acts[i];

	for (size_t k = 0; k < a->station_count; k++) {
		look_at(c, "acts[%zu].stations[%zu]", i, k);
		if (!find_station(c->s, a->stations[k], &a->station_bits))
			return refuse(c, a->stations[k],
				      "the name of a station");
	}
	for (size_t k = 0; k < a->ca_count; k++) {
		look_at(c, "acts[%zu].cas[%zu]", i, k);
		if (!find_ca(c->s, a->cas[k], &a->ca_bits))
			return refuse(c, a->cas[k], "the name of a CA");
	}
	for (size_t k = 0; k < a->op_count; k++) {
		look_at(c, "acts[%zu].ops[%zu]", i, k);
		if (!find_op(a->ops[k], &a->op_bits))
			return refuse(c, a->ops[k],
				      "an operation such as newOrder");
	}
	look_at(c, "acts[%zu].follows", i);
	if (a->follows[0] && !find_op(a->follows, &a->follows_bit))
		return refuse(c, a->follows, "an operation such as newAccount");
	return true;
}

static bool check_act(struct check *c, size_t i)
{
	const struct scenario_act *a = &c->s->acts[i];

	if (!find_meant(c, i))
		return false;
	look_at(c, "acts[%zu].lasts", i);
	if (!a->every_us != !a->lasts_us || a->lasts_us > a->every_us)
		return refuse(
			c, "it",
			"every and lasts together, and lasts the shorter");
	look_at(c, "acts[%zu].delay_most", i);
	if (a->delay_most_us && a->delay_most_us < a->delay_us)
		return refuse(c, "it", "no less than delay");
	look_at(c, "acts[%zu].creeps", i);
	if (a->creeps && !config_span_is_closed(&a->during))
		return refuse(c, "true", "a beginning and an end in during");
	look_at(c, "acts[%zu].follows", i);
	if (a->follows[0] && a->op_count != 1)
		return refuse(c, a->follows,
			      "one operation in ops, that fails "
			      "with it");
	return true;
}

/* --- what is expected --------------------------------------------------- */

static bool is_verdict(const char *name)
{
	enum verdict verdict;

	return verdict_find(name, &verdict) && verdict != VERDICT_UNKNOWN;
}

static bool check_causes(struct check *c, size_t i)
{
	const struct scenario_incident *e = &c->s->expect[i];

	for (size_t k = 0; k < e->cause_count; k++) {
		uint64_t bits = 0;
		enum outcome outcome;

		look_at(c, "expect[%zu].causes[%zu].op", i, k);
		if (!find_op(e->causes[k].op, &bits))
			return refuse(c, e->causes[k].op,
				      "an operation such as newOrder");
		look_at(c, "expect[%zu].causes[%zu].outcome", i, k);
		if (!outcome_find(e->causes[k].outcome, &outcome))
			return refuse(c, e->causes[k].outcome,
				      "an outcome such as problem");
	}
	return true;
}

static bool check_incident(struct check *c, size_t i)
{
	const struct scenario_incident *e = &c->s->expect[i];
	uint64_t bits = 0;

	look_at(c, "expect[%zu].ca", i);
	if (!find_ca(c->s, e->ca, &bits))
		return refuse(c, e->ca, "the name of a CA");
	look_at(c, "expect[%zu].worst", i);
	if (!is_verdict(e->worst))
		return refuse(c, e->worst, VERDICT_EXPECTED);
	for (size_t k = 0; k < e->course_count; k++) {
		look_at(c, "expect[%zu].course[%zu]", i, k);
		if (!is_verdict(e->course[k]))
			return refuse(c, e->course[k], VERDICT_EXPECTED);
	}
	for (size_t k = 0; k < e->station_count; k++) {
		look_at(c, "expect[%zu].stations[%zu]", i, k);
		if (!find_station(c->s, e->stations[k], &bits))
			return refuse(c, e->stations[k],
				      "the name of a station");
	}
	return check_causes(c, i);
}

static bool check_all(struct check *c)
{
	if (!check_time(c) || !check_cas(c) || !check_stations(c) ||
	    !check_amount(c))
		return false;
	for (size_t i = 0; i < c->s->act_count; i++) {
		if (!check_act(c, i))
			return false;
	}
	for (size_t i = 0; i < c->s->expect_count; i++) {
		if (!check_incident(c, i))
			return false;
	}
	return true;
}

bool scenario_check(struct scenario *s, char **ret_path, struct fail *why)
{
	struct check c = { .s = s, .why = why };

	if (check_all(&c))
		return true;
	*ret_path = mem_strdup(c.path);
	return false;
}

/* --- the status page ---------------------------------------------------- */

bool scenario_page_us(const struct scenario *s, int64_t from_us,
		      int64_t until_us, int64_t *ret_us)
{
	bool any = false;

	for (size_t i = 0; i < s->page_count; i++) {
		const struct config_span *d = &s->pages[i].during;

		if (d->until_us <= from_us ||
		    d->from_us > until_us + US_PER_HOUR)
			continue;
		if (!any || d->from_us < *ret_us)
			*ret_us = d->from_us;
		any = true;
	}
	return any;
}
