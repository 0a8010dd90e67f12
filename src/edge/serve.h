/*
 * The HTTP server of a station: HTTP/1.1 on libevent's bufferevents, for GET
 * and HEAD only, with the gate of report/route before everything.
 *
 * Nothing a visitor does costs more than its share: a head has 8 KiB and 15 s,
 * an answer 60 s, and there is a cap on connections; who waits longest for
 * nothing makes room for who comes. Times run from the start of a head or an
 * answer, not from the last byte, so that trickling gains nothing. A handshake
 * of TLS is a part of the first head.
 */
#ifndef EDGE_SERVE_H
#define EDGE_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "edge/listener.h"
#include "edge/loop.h"
#include "edge/serve_body.h"
#include "edge/serve_guard.h"
#include "report/route.h"

struct serve_answer {
	int status;
	const char *type;	 /* Content-Type */
	unsigned fresh_s;	 /* max-age; 0: not to be cached */
	bool fixed;		 /* it is never another one at this address */
	bool post;		 /* of a 405: POST is what is allowed */
	const char *verdict;	 /* of the CA it is about; NULL of none */
	struct serve_body *body; /* the reference is given away */
};

/* One that has asked and is not answered yet. */
struct serve_request;

/*
 * Answers by serve_reply(), now or later, exactly once; or makes a stream of
 * it. What is answered later is to be said by serve_later().
 */
typedef void serve_handler(void *ctx, const struct route *route,
			   struct serve_request *request);

void serve_reply(struct serve_request *request,
		 const struct serve_answer *answer);

/* The visitor left before it was answered: the request is no more. */
typedef void serve_gone(void *ctx);

/* An answer will come within SERVE_LATER_US, or the visitor is let go. */
#define SERVE_LATER_US (40 * US_PER_S)
void serve_later(struct serve_request *request, serve_gone *gone, void *ctx);

/*
 * The answer is a stream without end (text/event-stream): what serve_send()
 * gives it, until the visitor leaves, which gone() tells. False when there are
 * as many streams as may be; then it is still to be answered.
 */
bool serve_stream(struct serve_request *request, const char *type,
		  serve_gone *gone, void *ctx);

/*
 * Shares the bytes; takes no reference away. A visitor that leaves more than
 * SERVE_PENDING_MAX unread is let go: gone() may be called from here.
 */
enum { SERVE_PENDING_MAX = 256 * 1024 };
void serve_send(struct serve_request *request, struct serve_body *body);

struct serve;

/* The listener is borrowed; connections >= 1, of them half may be streams. */
struct serve *serve_new(struct loop *loop, const struct listener *listener,
			unsigned connections, serve_handler *handle, void *ctx);

/*
 * Takes the guard over, in the place of the one before; NULL lets anybody in.
 * What may be asked is so at once, TLS with the next connection.
 */
void serve_protect(struct serve *s, struct serve_guard *guard);

/* Takes nobody in any more, and lets those go that wait for nothing. */
void serve_stop(struct serve *s);

/* How many connections there are. */
unsigned serve_count(const struct serve *s);

/* Cuts off whoever is left. */
void serve_free(struct serve *s);

#endif
