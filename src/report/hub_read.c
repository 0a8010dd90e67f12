#include "report/hub_read.h"

#include <string.h>

#include <jansson.h>

#include "acme/json_guard.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/url.h"
#include "report/json_fields.h"

enum { DEPTH = 8, COUNT_MOST = 1000000 };

static bool load(const char *text, size_t len, json_t **ret_json,
		 struct fail *why)
{
	if (!json_guarded_load(text, len, HUB_READ_BYTES, DEPTH, ret_json, why))
		return false;
	if (json_is_object(*ret_json))
		return true;
	json_decref(*ret_json);
	return fail_set(why, FAIL_PEER,
			"it is JSON, but no object, expected the answer of an "
			"acmeter hub");
}

/* --- all CAs ------------------------------------------------------------ */

bool hub_read_cas(const char *text, size_t len, struct hub_cas *ret_cas,
		  struct fail *why)
{
	struct fields whole = { NULL, why, true };
	struct hub_cas cas = { .count = 0 };
	const json_t *list;
	json_t *json;

	if (!load(text, len, &json, why))
		return false;
	list = json_object_get(json, "cas");
	if (!json_is_array(list))
		field_wrong(&whole, "cas", "a list");
	for (size_t i = 0; i < json_array_size(list) && cas.count < HUB_CAS;
	     i++) {
		struct hub_ca *ca = &cas.list[cas.count++];
		struct fields one = { json_array_get(list, i), why,
				      whole.good };

		field_name(&one, "ca", ca->name);
		field_words(&one, "directory", ca->directory,
			    sizeof(ca->directory));
		whole.good = one.good;
	}
	json_decref(json);
	if (whole.good)
		*ret_cas = cas;
	return whole.good;
}

bool hub_is_same_url(const char *a, const char *b)
{
	struct url one, other;
	struct fail why;

	if (!url_parse(a, &one, &why) || !url_parse(b, &other, &why))
		return strcmp(a, b) == 0;
	return url_same_origin(&one, &other) &&
	       strcmp(one.target, other.target) == 0;
}

const struct hub_ca *hub_cas_find(const struct hub_cas *cas,
				  const char *directory)
{
	for (size_t i = 0; i < cas->count; i++) {
		if (hub_is_same_url(cas->list[i].directory, directory))
			return &cas->list[i];
	}
	return NULL;
}

/* --- one verdict -------------------------------------------------------- */

static unsigned count_of(struct fields *r, const char *key)
{
	return (unsigned)field_number(r, key, 0, COUNT_MOST);
}

static void read_verdict_word(struct fields *r, enum verdict *ret_verdict)
{
	char word[32];

	field_words(r, "verdict", word, sizeof(word));
	if (!verdict_find(word, ret_verdict))
		field_wrong(r, "verdict", "one that is known here");
}

static void read_operations(const json_t *operations, const char *key,
			    bool ops[OPS])
{
	const json_t *list = json_object_get(operations, key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum op op;

		if (name && op_find(name, &op))
			ops[op] = true;
	}
}

static void read_cause(struct fields *r, struct hub_verdict *v)
{
	int64_t status;

	v->has_cause = true;
	v->cause.op = field_op(r, "op");
	v->cause.outcome = field_outcome(r, "outcome");
	status = field_known(r, "status", 999);
	v->cause.status = status < 0 ? 0 : (int)status;
	field_words(r, "problem", v->cause.problem, sizeof(v->cause.problem));
	field_words(r, "detail", v->cause.detail, sizeof(v->cause.detail));
}

static void read_incident(struct fields *r, struct hub_verdict *v)
{
	const json_t *incident = json_object_get(r->object, "incident");
	const json_t *cause = json_object_get(incident, "cause");
	struct fields i = { incident, r->why, r->good };
	struct fields c = { cause, r->why, r->good };

	if (!incident || json_is_null(incident))
		return;
	v->start_us = field_moment(&i, "start", false);
	v->slow = field_truth(&i, "slow");
	c.good = i.good;
	if (cause && !json_is_null(cause))
		read_cause(&c, v);
	r->good = c.good;
}

/* What an answer may lack: -1 and null are the same. */
static int64_t known(struct fields *r, const char *key, int64_t most)
{
	return json_object_get(r->object, key) ? field_known(r, key, most) : -1;
}

bool hub_read_verdict(const char *text, size_t len,
		      struct hub_verdict *ret_verdict, struct fail *why)
{
	struct hub_verdict v = { .verdict = VERDICT_UNKNOWN };
	struct fields r = { NULL, why, true }, issuances;
	const json_t *operations;
	json_t *json;

	if (!load(text, len, &json, why))
		return false;
	r.object = json;
	field_name(&r, "ca", v.ca);
	if (json_object_get(json, "directory"))
		field_words(&r, "directory", v.directory, sizeof(v.directory));
	v.as_of_us = field_moment(&r, "as_of", false);
	read_verdict_word(&r, &v.verdict);
	v.few = field_truth(&r, "few");
	v.stations = count_of(&r, "stations");
	v.voices = count_of(&r, "voices");
	v.failing = count_of(&r, "failing");
	v.suspect = count_of(&r, "suspect");
	v.evidence_age_s = known(&r, "evidence_age", INT32_MAX);
	v.retry_after_s = known(&r, "retry_after", INT32_MAX);
	operations = json_object_get(json, "operations");
	read_operations(operations, "work", v.works);
	read_operations(operations, "fail", v.fails);
	issuances = (struct fields){ json_object_get(json, "issuances"), why,
				     r.good };
	v.p95_us = known(&issuances, "p95_us", US_PER_DAY);
	r.good = issuances.good;
	read_incident(&r, &v);
	json_decref(json);
	if (r.good)
		*ret_verdict = v;
	return r.good;
}
