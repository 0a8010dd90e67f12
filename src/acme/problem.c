#include "acme/problem.h"

#include <jansson.h>
#include <string.h>

#include "acme/json_guard.h"
#include "base/buf.h"
#include "base/text.h"

enum {
	PROBLEM_BYTES = 64 * 1024,
	PROBLEM_DEPTH = 16,
	SUBPROBLEMS_SHOWN = 3,
};

static const char new_namespace[] = "urn:ietf:params:acme:error:";
static const char old_namespace[] = "urn:acme:error:";

static void read_type(const json_t *json, char *dst, size_t size_bytes)
{
	const char *type = json_string_value(json_object_get(json, "type"));

	dst[0] = '\0';
	if (!type)
		return;
	if (text_starts(type, new_namespace))
		type += sizeof(new_namespace) - 1;
	else if (text_starts(type, old_namespace))
		type += sizeof(old_namespace) - 1;
	text_printable(dst, size_bytes, type, strlen(type));
}

static void add_text(struct buf *out, const char *text)
{
	char printable[PROBLEM_DETAIL];

	text_printable(printable, sizeof(printable), text, strlen(text));
	buf_add_text(out, printable);
}

/* The text behind the mark, which is ": " from then on; without it nothing. */
static void add_part(struct buf *out, const char *text, const char **mark)
{
	if (!text || !*text)
		return;
	buf_add_text(out, *mark);
	add_text(out, text);
	*mark = ": ";
}

/* "; a.example: dns: no such host" behind the detail. */
static void add_subproblem(struct buf *out, const json_t *json)
{
	const char *mark = "; ";
	const json_t *identifier = json_object_get(json, "identifier");
	const char *name =
		json_string_value(json_object_get(identifier, "value"));
	const char *detail = json_string_value(json_object_get(json, "detail"));
	char type[PROBLEM_TYPE];

	read_type(json, type, sizeof(type));
	add_part(out, name, &mark);
	add_part(out, type, &mark);
	add_part(out, detail, &mark);
}

static bool looks_like_problem(const json_t *json)
{
	return json_is_object(json) &&
	       (json_is_string(json_object_get(json, "type")) ||
		json_is_string(json_object_get(json, "detail")) ||
		json_is_integer(json_object_get(json, "status")));
}

bool problem_from_json(const struct json_t *json, struct problem *ret_problem)
{
	struct buf detail = BUF_INIT(16 * PROBLEM_DETAIL);
	struct problem p = { .subproblems = 0 };
	const json_t *list = json_object_get(json, "subproblems");
	const char *text;

	if (!looks_like_problem(json))
		return false;
	read_type(json, p.type, sizeof(p.type));
	text = json_string_value(json_object_get(json, "detail"));
	if (text)
		add_text(&detail, text);
	p.subproblems = (unsigned)json_array_size(list);
	for (unsigned i = 0; i < p.subproblems && i < SUBPROBLEMS_SHOWN; i++)
		add_subproblem(&detail, json_array_get(list, i));
	if (p.subproblems > SUBPROBLEMS_SHOWN)
		buf_addf(&detail, "; and %u more",
			 p.subproblems - SUBPROBLEMS_SHOWN);
	/* Once more, to cut at a whole character. */
	text_printable(p.detail, sizeof(p.detail), buf_text(&detail),
		       detail.len);
	buf_release(&detail);
	*ret_problem = p;
	return true;
}

bool problem_parse(const char *body, size_t len, struct problem *ret_problem)
{
	json_t *json;
	bool good;

	if (!json_guarded_load(body, len, PROBLEM_BYTES, PROBLEM_DEPTH, &json,
			       NULL))
		return false;
	good = problem_from_json(json, ret_problem);
	json_decref(json);
	return good;
}
