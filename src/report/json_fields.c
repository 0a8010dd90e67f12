#include "report/json_fields.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* No time that is spoken of lies beyond the year 9999. */
#define LAST_US (INT64_C(253402300800) * US_PER_S)

/* The first that is wrong is told. */
void field_wrong(struct fields *r, const char *key, const char *expected)
{
	if (r->good)
		fail_set(r->why, FAIL_PEER, "\"%s\" is not %s", key, expected);
	r->good = false;
}

int64_t field_number(struct fields *r, const char *key, int64_t least,
		     int64_t most)
{
	const json_t *value = json_object_get(r->object, key);
	int64_t n = json_integer_value(value);

	if (json_is_integer(value) && n >= least && n <= most)
		return n;
	field_wrong(r, key, "a whole number in its range");
	return least;
}

/* null is -1, which stands for "not known". */
int64_t field_known(struct fields *r, const char *key, int64_t most)
{
	if (json_is_null(json_object_get(r->object, key)))
		return -1;
	return field_number(r, key, 0, most);
}

bool field_truth(struct fields *r, const char *key)
{
	const json_t *value = json_object_get(r->object, key);

	if (!json_is_boolean(value))
		field_wrong(r, key, "true or false");
	return json_is_true(value);
}

/* null is ""; a longer one is cut, as it would have been when it was written.
 */
void field_words(struct fields *r, const char *key, char *dst, size_t size)
{
	const json_t *value = json_object_get(r->object, key);

	dst[0] = '\0';
	if (json_is_null(value))
		return;
	if (json_is_string(value))
		text_copy(dst, size, json_string_value(value));
	else
		field_wrong(r, key, "a text");
}

void field_name(struct fields *r, const char *key, char dst[static FIELD_NAME])
{
	size_t len;

	field_words(r, key, dst, FIELD_NAME);
	len = strlen(dst);
	if (len == 0 || dst[0] == '-' ||
	    strspn(dst, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		field_wrong(r, key, "a name");
}

/* null is 0, when it may be. */
int64_t field_moment(struct fields *r, const char *key, bool optional)
{
	const json_t *value = json_object_get(r->object, key);
	int64_t us;

	if (optional && json_is_null(value))
		return 0;
	if (json_is_string(value) &&
	    clock_from_rfc3339(json_string_value(value), &us) && us > 0 &&
	    us < LAST_US)
		return us;
	field_wrong(r, key, "a time");
	return 0;
}

enum op field_op(struct fields *r, const char *key)
{
	enum op op = OP_DIRECTORY;
	char text[32];

	field_words(r, key, text, sizeof(text));
	if (!op_find(text, &op))
		field_wrong(r, key, "an operation");
	return op;
}

enum outcome field_outcome(struct fields *r, const char *key)
{
	enum outcome outcome = OUTCOME_SELF;
	char text[32];

	field_words(r, key, text, sizeof(text));
	if (!outcome_find(text, &outcome))
		field_wrong(r, key, "an outcome");
	return outcome;
}
