/*
 * The HTTP server of a station: HTTP/1.1 on libevent's bufferevents, for GET
 * and HEAD only, with the gate of report/route before everything.
 *
 * Nothing a visitor does costs more than its share: a head has 8 KiB and 15 s,
 * an answer 60 s, and there is a cap on connections; who waits longest for
 * nothing makes room for who comes. Times run from the start of a head or an
 * answer, not from the last byte, so that trickling gains nothing.
 */
#ifndef EDGE_SERVE_H
#define EDGE_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "edge/listener.h"
#include "edge/loop.h"
#include "report/route.h"

/* The bytes of a body, shared by the answers that are being sent. */
struct serve_body;

/* Takes the contents of b; one reference is the caller's. */
struct serve_body *serve_body_new(struct buf *b);
struct serve_body *serve_body_ref(struct serve_body *body);
void serve_body_unref(struct serve_body *body); /* NULL is nothing */

struct serve_answer {
	int status;
	const char *type;	 /* Content-Type */
	unsigned fresh_s;	 /* max-age; 0: not to be cached */
	struct serve_body *body; /* the reference is given away */
};

typedef void serve_handler(void *ctx, const struct route *route,
			   struct serve_answer *ret_answer);

struct serve;

/* The listener is borrowed; connections >= 1. */
struct serve *serve_new(struct loop *loop, const struct listener *listener,
			unsigned connections, serve_handler *handle, void *ctx);

/* Takes nobody in any more, and lets those go that wait for nothing. */
void serve_stop(struct serve *s);

/* How many connections there are. */
unsigned serve_count(const struct serve *s);

/* Cuts off whoever is left. */
void serve_free(struct serve *s);

#endif
