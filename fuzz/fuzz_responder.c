/*
 * The responder's reader on what anybody may send to port 80. What it takes
 * must be a plain GET or HEAD of a token.
 */
#include "edge/responder_request.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct responder_request r = { .token = "untouched" };
	char *bytes = malloc(len ? len : 1);
	size_t end;

	if (!bytes)
		return 0;
	/* A copy without a NUL behind it: an overrun is seen. */
	memcpy(bytes, data, len);
	end = responder_head_end(bytes, len);
	assert(end <= len);
	if (end && responder_read(bytes, end, &r) == 200) {
		assert(strlen(r.token) > 0 &&
		       strlen(r.token) < sizeof(r.token));
		assert(memcmp(bytes, r.is_head ? "HEAD " : "GET ",
			      r.is_head ? 5 : 4) == 0);
		assert(memmem(bytes, end, r.token, strlen(r.token)));
	} else {
		assert(strcmp(r.token, "untouched") == 0);
	}
	free(bytes);
	return 0;
}
