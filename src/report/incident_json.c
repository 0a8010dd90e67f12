#include "report/incident_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "judge/statement.h"
#include "report/json_fields.h"
#include "report/json_write.h"
#include "report/status_show.h"

enum { COUNT_MOST = 1000000000, NUMBER_MOST = INT32_MAX };

/* --- writing ------------------------------------------------------------ */

static void add_failure(struct buf *out, const struct failure *f)
{
	json_text(out, "op", op_name(f->op));
	json_text(out, "outcome", outcome_slug(f->outcome));
	json_known(out, "status", f->status ? f->status : -1);
	json_text(out, "problem", f->problem);
	json_text(out, "detail", f->detail);
	json_known_time(out, "at", f->at_us);
	json_known(out, "exchange", f->exchange ? f->exchange : -1);
}

static void add_cause(struct buf *out, const struct incident_cause *c)
{
	buf_add_char(out, '{');
	add_failure(out, &c->first);
	json_time(out, "last", c->last_us);
	json_count(out, "count", c->count);
	json_count(out, "stations", c->stations);
	json_bool(out, "consequence", c->consequence);
	buf_add_char(out, '}');
}

static void add_step(struct buf *out, const struct incident_step *s)
{
	buf_add_char(out, '{');
	json_time(out, "at", s->at_us);
	json_text(out, "verdict", verdict_name(s->verdict));
	buf_add_char(out, '}');
}

static void add_station(struct buf *out, const char *name,
			const struct incident_station *s)
{
	buf_add_char(out, '{');
	json_text(out, "station", name);
	json_count(out, "attempts", s->attempts);
	json_count(out, "failures", s->failures);
	json_known_time(out, "first", s->first_us);
	json_known_time(out, "last", s->last_us);
	json_known_time(out, "good", s->good_us);
	json_known_time(out, "voted", s->voted_us);
	json_count(out, "causes", s->causes);
	json_name(out, "failure");
	if (s->failures) {
		buf_add_char(out, '{');
		add_failure(out, &s->first);
		buf_add_char(out, '}');
	} else {
		buf_add_text(out, "null");
	}
	buf_add_char(out, '}');
}

/* What the CA's own status page said of it; null as long as none was read. */
static void add_word(struct buf *out, const struct incident *i)
{
	const struct incident_word *w = &i->word;
	int64_t first_us = incident_word_us(i);

	json_name(out, "status_page");
	if (!w->spoke_us && !w->silent_us) {
		buf_add_text(out, "null");
		return;
	}
	buf_add_char(out, '{');
	json_known_time(out, "spoke", w->spoke_us);
	json_known_time(out, "silent", w->silent_us);
	json_known_time(out, "dated", w->dated_us);
	json_text(out, "words", w->text);
	json_name(out, "lead_us");
	if (first_us)
		buf_addf(out, "%" PRId64, first_us - i->declared_us);
	else
		buf_add_text(out, "null");
	buf_add_char(out, '}');
}

static void add_members(struct buf *out, const struct incident *i)
{
	json_count(out, "number", i->number);
	json_time(out, "start", i->start_us);
	json_time(out, "declared", i->declared_us);
	json_known_time(out, "end", i->end_us);
	json_known_time(out, "good", i->good_us);
	json_text(out, "worst", verdict_name(i->worst));
	json_bool(out, "slow", i->slow);
	json_bool(out, "few", i->few);
	json_count(out, "voters", i->voters);
	json_count(out, "attempts", i->attempts);
	json_count(out, "failures", i->failures);
	add_word(out, i);
}

void incident_json(struct buf *out, const char *ca, const struct incident *i,
		   const char *const *names, size_t name_count)
{
	buf_add_char(out, '{');
	json_text(out, "ca", ca);
	add_members(out, i);
	json_name(out, "causes");
	buf_add_char(out, '[');
	for (unsigned k = 0; k < i->cause_count; k++) {
		buf_add_text(out, k ? "," : "");
		add_cause(out, &i->causes[k]);
	}
	buf_add_char(out, ']');
	json_name(out, "verdicts");
	buf_add_char(out, '[');
	for (unsigned k = 0; k < i->step_count; k++) {
		buf_add_text(out, k ? "," : "");
		add_step(out, &i->steps[k]);
	}
	buf_add_char(out, ']');
	json_name(out, "stations");
	buf_add_char(out, '[');
	for (size_t k = 0; k < i->station_count && k < name_count; k++) {
		buf_add_text(out, k ? ",\n" : "");
		add_station(out, names[k], &i->stations[k]);
	}
	buf_add_text(out, "]}");
}

/* --- reading ------------------------------------------------------------ */

static enum verdict read_verdict(struct fields *r, const char *key)
{
	enum verdict verdict = VERDICT_UNKNOWN;
	char text[32];

	field_words(r, key, text, sizeof(text));
	if (!verdict_find(text, &verdict))
		field_wrong(r, key, "a verdict");
	return verdict;
}

static struct failure read_failure(struct fields *r)
{
	struct failure f = { .op = field_op(r, "op"),
			     .outcome = field_outcome(r, "outcome") };
	int64_t status = field_known(r, "status", 999);
	int64_t exchange = field_known(r, "exchange", INT64_MAX);

	f.fault = outcome_fault(f.outcome);
	f.status = status < 0 ? 0 : (int)status;
	f.exchange = exchange < 0 ? 0 : exchange;
	f.at_us = field_moment(r, "at", true);
	field_words(r, "problem", f.problem, sizeof(f.problem));
	field_words(r, "detail", f.detail, sizeof(f.detail));
	return f;
}

static void read_cause(struct fields *r, struct incident_cause *c)
{
	c->first = read_failure(r);
	c->last_us = field_moment(r, "last", false);
	c->count = (uint64_t)field_number(r, "count", 0, COUNT_MOST);
	c->stations = (unsigned)field_number(r, "stations", 0, COUNT_MOST);
	c->consequence = field_truth(r, "consequence");
}

static void read_step(struct fields *r, struct incident_step *s)
{
	s->at_us = field_moment(r, "at", false);
	s->verdict = read_verdict(r, "verdict");
}

static void read_station(struct fields *r, struct incident_station *s)
{
	const json_t *failure = json_object_get(r->object, "failure");
	struct fields f = { failure, r->why, r->good };

	s->attempts = (uint64_t)field_number(r, "attempts", 0, COUNT_MOST);
	s->failures = (uint64_t)field_number(r, "failures", 0, COUNT_MOST);
	s->first_us = field_moment(r, "first", true);
	s->last_us = field_moment(r, "last", true);
	s->good_us = field_moment(r, "good", true);
	s->voted_us = field_moment(r, "voted", true);
	s->causes = (uint16_t)field_number(r, "causes", 0, UINT16_MAX);
	if (!s->failures)
		return;
	s->first = read_failure(&f);
	r->good = r->good && f.good;
}

/* Each in the place of the station with that name. */
static void read_stations(struct fields *r, const char *const *names,
			  size_t name_count, struct incident *i)
{
	const json_t *list = json_object_get(r->object, "stations");
	char name[FIELD_NAME];

	for (size_t k = 0; k < json_array_size(list); k++) {
		struct fields one = { json_array_get(list, k), r->why,
				      r->good };

		field_name(&one, "station", name);
		for (size_t n = 0; n < name_count; n++) {
			if (strcmp(names[n], name) == 0)
				read_station(&one, &i->stations[n]);
		}
		r->good = one.good;
	}
}

static void read_lists(struct fields *r, struct incident *i)
{
	const json_t *causes = json_object_get(r->object, "causes");
	const json_t *steps = json_object_get(r->object, "verdicts");

	while (i->cause_count < INCIDENT_CAUSES &&
	       i->cause_count < json_array_size(causes)) {
		struct fields one = { json_array_get(causes, i->cause_count),
				      r->why, r->good };

		read_cause(&one, &i->causes[i->cause_count++]);
		r->good = one.good;
	}
	while (i->step_count < INCIDENT_STEPS &&
	       i->step_count < json_array_size(steps)) {
		struct fields one = { json_array_get(steps, i->step_count),
				      r->why, r->good };

		read_step(&one, &i->steps[i->step_count++]);
		r->good = one.good;
	}
}

/* One that was kept before status pages were read has none. */
static void read_word(struct fields *r, struct incident_word *w)
{
	const json_t *word = json_object_get(r->object, "status_page");
	struct fields one = { word, r->why, r->good };

	if (!word || json_is_null(word))
		return;
	w->spoke_us = field_moment(&one, "spoke", true);
	w->silent_us = field_moment(&one, "silent", true);
	w->dated_us = field_moment(&one, "dated", true);
	field_words(&one, "words", w->text, sizeof(w->text));
	r->good = one.good;
}

bool incident_read(const char *text, size_t len, const char *const *names,
		   size_t name_count, char *ret_ca, struct incident *ret_i,
		   struct fail *why)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	struct fields r = { object, why, true };
	struct incident i = { .station_count = name_count };
	char ca[FIELD_NAME];

	i.stations = mem_array(name_count, sizeof(*i.stations));
	if (!json_is_object(object))
		field_wrong(&r, "incident", "a JSON object");
	field_name(&r, "ca", ca);
	text_copy(ret_ca, COURT_NAME, ca);
	i.number = (uint64_t)field_number(&r, "number", 1, INT64_MAX);
	i.start_us = field_moment(&r, "start", false);
	i.declared_us = field_moment(&r, "declared", false);
	i.end_us = field_moment(&r, "end", true);
	i.good_us = field_moment(&r, "good", true);
	i.worst = read_verdict(&r, "worst");
	i.slow = field_truth(&r, "slow");
	i.few = field_truth(&r, "few");
	i.voters = (unsigned)field_number(&r, "voters", 0, NUMBER_MOST);
	i.attempts = (uint64_t)field_number(&r, "attempts", 0, COUNT_MOST);
	i.failures = (uint64_t)field_number(&r, "failures", 0, COUNT_MOST);
	read_word(&r, &i.word);
	read_lists(&r, &i);
	read_stations(&r, names, name_count, &i);
	json_decref(object);
	if (r.good)
		*ret_i = i;
	else
		incident_release(&i);
	return r.good;
}

/* --- for programs ------------------------------------------------------- */

void incident_brief_json(struct buf *out, const struct incident *i)
{
	const struct incident_cause *root = incident_root(i);

	buf_add_char(out, '{');
	add_members(out, i);
	json_name(out, "cause");
	if (root)
		add_cause(out, root);
	else
		buf_add_text(out, "null");
	buf_add_char(out, '}');
}

static const char **names_of(const struct board *b)
{
	const char **names = mem_array(b->station_count, sizeof(*names));

	for (size_t i = 0; i < b->station_count; i++)
		names[i] = b->stations[i].name;
	return names;
}

void board_incidents_json(struct buf *out, const struct board *b,
			  const char *ca)
{
	const struct incident *list[COURT_INCIDENTS];
	size_t n = b->court ? court_incidents(b->court, ca, list) : 0;
	const char **names = names_of(b);

	buf_add_char(out, '{');
	json_text(out, "ca", ca);
	json_time(out, "as_of", b->now_us);
	status_json(out, b, ca);
	json_name(out, "incidents");
	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_add_text(out, i ? ",\n" : "");
		incident_json(out, ca, list[i], names, b->station_count);
	}
	buf_add_text(out, "]}\n");
	free(names);
}
