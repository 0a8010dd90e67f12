/*
 * The one door by which JSON of a CA comes in: bounded in size and depth
 * before anything is built from it.
 */
#ifndef ACME_JSON_GUARD_H
#define ACME_JSON_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

struct json_t;

/*
 * A new reference, for json_decref(). FAIL_LIMIT when text is over max_bytes
 * or nested deeper than max_depth; FAIL_PEER when it is no JSON (RFC 8259),
 * has the same member twice, or holds a NUL inside a string.
 */
bool json_guarded_load(const char *text, size_t len, size_t max_bytes,
		       unsigned max_depth, struct json_t **ret_json,
		       struct fail *why);

#endif
