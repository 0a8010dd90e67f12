/*
 * A plain HTTP/1.1 server on 127.0.0.1 for tests that can answer as no server
 * should: not at all, one byte a second, for ever, or half.
 *
 * A thread for each connection, so that one that hangs holds up no other.
 */
#ifndef TESTS_SUPPORT_FAKE_HTTP_H
#define TESTS_SUPPORT_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct fake_http;

struct fake_request {
	char method[16];
	char path[512];
	const char *body; /* NUL ended */
	size_t body_len;
};

enum fake_wire {
	WIRE_PLAIN,	      /* as it should be */
	WIRE_CHUNKED,	      /* right too: in chunks of 7 bytes */
	WIRE_HANG,	      /* no byte, ever */
	WIRE_CLOSE,	      /* closed instead of answered */
	WIRE_RESET,	      /* likewise, by RST */
	WIRE_CUT,	      /* half of the body, then closed */
	WIRE_CUT_HEADERS,     /* half of the header block, then closed */
	WIRE_DRIP,	      /* the body, one byte a second */
	WIRE_DRIP_HEADERS,    /* everything, one byte a second */
	WIRE_HUGE,	      /* a body of 1 GB, announced */
	WIRE_ENDLESS,	      /* chunks without an end */
	WIRE_ENDLESS_HEADERS, /* header lines without an end */
	WIRE_ENDLESS_INTERIM, /* 100 Continue without an end */
	WIRE_RAW,	      /* the body is the whole answer */
};

struct fake_reply {
	enum fake_wire wire;
	int status;
	struct buf headers; /* CRLF lines, without Content-Length */
	struct buf body;
};

/*
 * Answers one request; called from many threads, one at a time. The reply is
 * empty and released by the caller. When it is written, after() is called.
 */
typedef void fake_answer(void *ctx, const struct fake_request *request,
			 struct fake_reply *reply);
typedef void fake_after(void *ctx, const struct fake_request *request);

/* Ends the program when no port can be had. after may be NULL. */
struct fake_http *fake_http_start(fake_answer *answer, fake_after *after,
				  void *ctx);
uint16_t fake_http_port(const struct fake_http *h);

/* Closes everything, joins every thread, frees. */
void fake_http_stop(struct fake_http *h);

#endif
