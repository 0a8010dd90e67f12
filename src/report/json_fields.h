/*
 * The members of a JSON object that somebody else wrote, each as what it has to
 * be. What is not is told once, with its name, and the reading goes on with a
 * harmless value: whether all was good is asked at the end.
 */
#ifndef REPORT_JSON_FIELDS_H
#define REPORT_JSON_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "acme/outcome.h"
#include "base/fail.h"

enum { FIELD_NAME = 33 };

struct fields {
	const json_t *object; /* borrowed; one that is none has no members */
	struct fail *why;     /* FAIL_PEER */
	bool good;
};

/* Not as expected: "a time". */
void field_wrong(struct fields *r, const char *key, const char *expected);

int64_t field_number(struct fields *r, const char *key, int64_t least,
		     int64_t most);

/* null is -1, which stands for "not known". */
int64_t field_known(struct fields *r, const char *key, int64_t most);
bool field_truth(struct fields *r, const char *key);

/* null is ""; a longer text is cut, as it would have been when written. */
void field_words(struct fields *r, const char *key, char *dst, size_t size);

/* Of lower-case letters, digits and hyphens. */
void field_name(struct fields *r, const char *key, char dst[static FIELD_NAME]);

/* RFC 3339; null is 0, when it may be. */
int64_t field_moment(struct fields *r, const char *key, bool optional);

enum op field_op(struct fields *r, const char *key);
enum outcome field_outcome(struct fields *r, const char *key);

#endif
