/*
 * Any bytes as a request: a part, refused with a reason, or a route whose
 * values are within their bounds, and nothing in the bytes that another reader
 * of the stream could take for more than one request.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/request.h"

/* A field with this name, as the laxest of readers would find it. */
static bool has_field(const char *text, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	for (size_t i = 0; i + name_len < len; i++) {
		if (text[i] == '\n' &&
		    strncasecmp(text + i + 1, name, name_len) == 0)
			return true;
	}
	return false;
}

static void check_route(const struct route *r)
{
	char key[ROUTE_KEY];

	assert(r->kind < ROUTE_KINDS);
	assert(r->limit >= 1 && r->limit <= ROUTE_LIMIT_MAX);
	assert(r->window_us >= US_PER_MIN && r->window_us <= US_PER_DAY);
	assert(r->op >= ROUTE_ANY && r->op < (int)OPS);
	assert(r->after >= ROUTE_ANY && r->issuance >= ROUTE_ANY);
	assert(r->id >= 0 && r->from_us >= ROUTE_ANY && r->to_us >= ROUTE_ANY);
	assert(strspn(r->ca, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
	       strlen(r->ca));
	route_key(r, key);
	assert(strlen(key) < ROUTE_KEY - 1);
}

static void check_reason(const struct route_refusal *refusal)
{
	assert(refusal->status >= 400 && refusal->status <= 505);
	assert(refusal->reason[0]);
	for (const char *p = refusal->reason; *p; p++)
		assert(isprint((unsigned char)*p));
}

static void check_accepted(const struct request *q, const char *text)
{
	size_t len = q->len;

	assert(!has_field(text, len, "transfer-encoding:"));
	assert(has_field(text, len, "host:"));
	assert(!memchr(text, '\0', len));
	for (size_t i = 0; i < len; i++)
		assert(text[i] != '\n' || (i > 0 && text[i - 1] == '\r'));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct request *q = malloc(sizeof(*q));
	struct route_refusal refusal = { .status = 0 };
	const char *text = (const char *)data;
	enum request_state state = request_read(q, text, size, &refusal);
	struct route route;

	if (state == REQUEST_BAD)
		check_reason(&refusal);
	if (state == REQUEST_WHOLE) {
		assert(q->len <= size);
		if (route_parse(&q->route, &route, &refusal)) {
			check_route(&route);
			check_accepted(q, text);
		} else {
			check_reason(&refusal);
		}
		(void)request_closes(&q->route);
		/* Not whole before its last byte has come. */
		assert(request_read(q, text, q->len - 1, &refusal) ==
		       REQUEST_PART);
	}
	free(q);
	return 0;
}
