#include "report/status_read.h"

#include <string.h>

#include <jansson.h>

#include "acme/json_guard.h"
#include "base/clock.h"
#include "base/text.h"

enum { DEPTH = 16, COMPONENTS = 64, NAMED = 200 };

struct reading {
	const struct status_parts *parts;
	struct status_word word;
	uint64_t found; /* of the names, a bit each */
};

/* --- members ------------------------------------------------------------ */

static const char *words(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *first_words(const json_t *object, const char *key,
			       const char *other)
{
	const char *text = words(object, key);

	return text[0] ? text : words(object, other);
}

static int64_t moment(const char *text)
{
	int64_t us;

	return clock_from_rfc3339(text, &us) && us > 0 ? us : 0;
}

static bool refuse(struct fail *why, const char *lacking, const char *kind)
{
	return fail_set(why, FAIL_PEER, "it has no \"%s\", expected %s",
			lacking, kind);
}

/* --- what counts -------------------------------------------------------- */

static bool is_named(struct reading *r, const char *name)
{
	if (r->parts->count == 0)
		return true;
	for (size_t i = 0; i < r->parts->count && i < COMPONENTS; i++) {
		if (strcmp(r->parts->names[i], name) == 0) {
			r->found |= UINT64_C(1) << i;
			return true;
		}
	}
	return false;
}

static void raise_level(struct reading *r, enum status_level level)
{
	if (level > r->word.level)
		r->word.level = level;
}

/* A notice that names no component is about all of them. */
static bool concerns(struct reading *r, const json_t *components)
{
	uint64_t found = r->found;
	bool any = json_array_size(components) == 0;

	for (size_t i = 0; i < json_array_size(components) && !any; i++) {
		const json_t *one = json_array_get(components, i);

		any = is_named(r, words(one, "name"));
	}
	/* That it stands here is no proof that the page has it. */
	r->found = found;
	return any;
}

/* Of several notices the newest gives the words. */
static void take_notice(struct reading *r, const char *id, const char *title,
			int64_t dated_us, enum status_level level)
{
	raise_level(r, level);
	if (r->word.notices++ && dated_us <= r->word.dated_us)
		return;
	r->word.dated_us = dated_us;
	text_copy(r->word.notice, sizeof(r->word.notice), id);
	text_copy(r->word.text, sizeof(r->word.text), title);
}

/* The worst of the components, for when no notice has words. */
static void take_component(struct reading *r, const char *name,
			   const char *state, enum status_level level)
{
	struct buf text = BUF_INIT(4096);

	if (!is_named(r, name) || r->parts->count == 0)
		return;
	if (r->word.text[0] == '\0' || level > r->word.level) {
		buf_addf(&text, "%s: %s", name, state);
		text_copy(r->word.text, sizeof(r->word.text), buf_text(&text));
	}
	buf_release(&text);
	raise_level(r, level);
}

/* A name that the page does not have would be silent for ever. */
static bool all_found(const struct reading *r, const json_t *components,
		      struct fail *why)
{
	struct buf has = BUF_INIT(NAMED);

	for (size_t i = 0; i < r->parts->count && i < COMPONENTS; i++) {
		if (r->found & UINT64_C(1) << i)
			continue;
		for (size_t k = 0; k < json_array_size(components); k++)
			buf_addf(&has, "%s\"%s\"", k ? ", " : "",
				 words(json_array_get(components, k), "name"));
		fail_set(why, FAIL_INPUT,
			 "it has no component \"%s\"; it has %s%s",
			 r->parts->names[i], has.len ? buf_text(&has) : "none",
			 has.full ? " and more" : "");
		buf_release(&has);
		return false;
	}
	return true;
}

/* --- status.io ---------------------------------------------------------- */

static enum status_level level_of_code(const json_t *code)
{
	json_int_t n = json_integer_value(code);

	if (n >= 500)
		return n == 600 ? STATUS_DEGRADED : STATUS_MAJOR;
	if (n >= 400)
		return STATUS_PARTIAL;
	if (n >= 300)
		return STATUS_DEGRADED;
	return n >= 200 ? STATUS_MAINTENANCE : STATUS_FINE;
}

/*
 * Its numbers begin with the second they were made in, as 8 hexadecimal
 * digits; used where the notice has no date of its own.
 */
static int64_t moment_of_id(const char *id)
{
	uint64_t s = 0;

	if (strlen(id) != 24 || strspn(id, "0123456789abcdefABCDEF") != 24)
		return 0;
	for (int i = 0; i < 8; i++) {
		unsigned c = (unsigned char)id[i];

		s = s << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return (int64_t)s * US_PER_S;
}

static void take_io_notices(struct reading *r, const json_t *list,
			    enum status_level level)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *id = words(one, "_id");
		int64_t us = moment(words(one, "datetime_open"));

		if (concerns(r, json_object_get(one, "components_affected")))
			take_notice(r, id, words(one, "name"),
				    us ? us : moment_of_id(id), level);
	}
}

static bool take_io(struct reading *r, const json_t *answer, struct fail *why)
{
	const json_t *result = json_object_get(answer, "result");
	const json_t *overall = json_object_get(result, "status_overall");
	const json_t *code = json_object_get(overall, "status_code");
	const json_t *components = json_object_get(result, "status");
	const json_t *planned = json_object_get(result, "maintenance");

	if (!json_is_integer(code))
		return refuse(why, "result.status_overall.status_code",
			      "the answer of status.io's /1.0/status/ID");
	for (size_t i = 0; i < json_array_size(components); i++) {
		const json_t *one = json_array_get(components, i);

		take_component(
			r, words(one, "name"), words(one, "status"),
			level_of_code(json_object_get(one, "status_code")));
	}
	if (!all_found(r, components, why))
		return false;
	if (r->parts->count == 0) {
		raise_level(r, level_of_code(code));
		text_copy(r->word.text, sizeof(r->word.text),
			  words(overall, "status"));
	}
	take_io_notices(r, json_object_get(planned, "active"),
			STATUS_MAINTENANCE);
	take_io_notices(r, json_object_get(result, "incidents"),
			STATUS_DEGRADED);
	return true;
}

/* --- Statuspage --------------------------------------------------------- */

struct level_word {
	const char *word;
	enum status_level level;
};

static enum status_level level_of_word(const char *word,
				       enum status_level otherwise)
{
	static const struct level_word table[] = {
		{ "operational", STATUS_FINE },
		{ "none", STATUS_FINE },
		{ "under_maintenance", STATUS_MAINTENANCE },
		{ "maintenance", STATUS_MAINTENANCE },
		{ "degraded_performance", STATUS_DEGRADED },
		{ "minor", STATUS_DEGRADED },
		{ "partial_outage", STATUS_PARTIAL },
		{ "major", STATUS_PARTIAL },
		{ "major_outage", STATUS_MAJOR },
		{ "critical", STATUS_MAJOR },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].word, word) == 0)
			return table[i].level;
	}
	return otherwise;
}

static bool is_over(const char *state)
{
	return strcmp(state, "resolved") == 0 ||
	       strcmp(state, "postmortem") == 0 ||
	       strcmp(state, "completed") == 0 ||
	       strcmp(state, "scheduled") == 0;
}

static void take_page_notices(struct reading *r, const json_t *list,
			      bool planned)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		enum status_level level = STATUS_MAINTENANCE;

		if (is_over(words(one, "status")) ||
		    !concerns(r, json_object_get(one, "components")))
			continue;
		/* One without any impact is a word all the same. */
		if (!planned)
			level = level_of_word(words(one, "impact"),
					      STATUS_DEGRADED);
		if (!planned && level < STATUS_DEGRADED)
			level = STATUS_DEGRADED;
		take_notice(
			r, words(one, "id"), words(one, "name"),
			moment(first_words(one, "started_at", "created_at")),
			level);
	}
}

static bool take_page(struct reading *r, const json_t *answer, struct fail *why)
{
	const json_t *incidents = json_object_get(answer, "incidents");
	const json_t *components = json_object_get(answer, "components");
	const json_t *status = json_object_get(answer, "status");

	if (!json_is_array(incidents))
		return refuse(why, "incidents",
			      "the answer of a Statuspage's "
			      "/api/v2/summary.json");
	for (size_t i = 0; i < json_array_size(components); i++) {
		const json_t *one = json_array_get(components, i);
		const char *state = words(one, "status");

		take_component(r, words(one, "name"), state,
			       level_of_word(state, STATUS_DEGRADED));
	}
	if (components && !all_found(r, components, why))
		return false;
	if (r->parts->count == 0) {
		raise_level(r, level_of_word(words(status, "indicator"),
					     STATUS_FINE));
		text_copy(r->word.text, sizeof(r->word.text),
			  words(status, "description"));
	}
	take_page_notices(r, json_object_get(answer, "scheduled_maintenances"),
			  true);
	take_page_notices(r, incidents, false);
	return true;
}

/* --- both --------------------------------------------------------------- */

static bool
read_by(bool (*take)(struct reading *r, const json_t *answer, struct fail *why),
	const char *text, size_t len, const struct status_parts *parts,
	struct status_word *ret_word, struct fail *why)
{
	struct reading r = { .parts = parts };
	json_t *answer;
	bool good;

	if (!json_guarded_load(text, len, STATUS_READ_BYTES, DEPTH, &answer,
			       why))
		return false;
	good = take(&r, answer, why);
	json_decref(answer);
	if (good)
		*ret_word = r.word;
	return good;
}

bool status_read_io(const char *text, size_t len,
		    const struct status_parts *parts,
		    struct status_word *ret_word, struct fail *why)
{
	return read_by(take_io, text, len, parts, ret_word, why);
}

bool status_read_page(const char *text, size_t len,
		      const struct status_parts *parts,
		      struct status_word *ret_word, struct fail *why)
{
	return read_by(take_page, text, len, parts, ret_word, why);
}
