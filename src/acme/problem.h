/*
 * Problem documents (RFC 7807 as RFC 8555 section 6.7 uses it), read without
 * trust.
 */
#ifndef ACME_PROBLEM_H
#define ACME_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PROBLEM_TYPE = 64,
	PROBLEM_DETAIL = 512,
};

struct problem {
	/*
	 * The error type without "urn:ietf:params:acme:error:" or the older
	 * "urn:acme:error:"; any other type as it is; printable; "" if absent.
	 */
	char type[PROBLEM_TYPE];
	/*
	 * The detail as received but printable and cut, with the first three
	 * subproblems (6.7.1) behind it: "; NAME: TYPE: DETAIL".
	 */
	char detail[PROBLEM_DETAIL];
	unsigned subproblems;
};

/* False when the bytes are no JSON object that looks like a problem. */
bool problem_parse(const char *body, size_t len, struct problem *ret_problem);

struct json_t;
/* The same from a JSON value, as in a challenge's "error" field. */
bool problem_from_json(const struct json_t *json, struct problem *ret_problem);

#endif
