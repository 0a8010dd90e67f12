/*
 * What stands at the doors of the HTTP server: TLS with its certificate, the
 * CA of those who may ask, the token that they say. The server itself knows
 * only bufferevents, and whether a request may be answered.
 *
 * TLS 1.2 and 1.3 alone, HTTP/1.1 by ALPN (RFC 7301), no renegotiation. A
 * guard is read from its files once and never changes; a new one takes its
 * place, and connections that stand keep what they began with.
 */
#ifndef EDGE_SERVE_GUARD_H
#define EDGE_SERVE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "measure/config_parts.h"
#include "report/route.h"

struct bufferevent;
struct event_base;
struct serve_guard;

/*
 * Reads the files. FAIL_FILE or FAIL_INPUT: *ret_key is the key of web at
 * fault, "certificate" for instance. Free with serve_guard_free().
 */
bool serve_guard_load(const struct config_web *web,
		      struct serve_guard **ret_guard, const char **ret_key,
		      struct fail *why);
void serve_guard_free(struct serve_guard *g); /* NULL is nothing */

/* Which files those are: what it tells apart is read anew. */
struct serve_guard_stamp {
	uint64_t parts[4][4];
};
void serve_guard_look(const struct config_web *web,
		      struct serve_guard_stamp *ret_stamp);

/*
 * A bufferevent on an accepted socket, which it closes; with TLS its handshake
 * comes first, and BEV_EVENT_CONNECTED then. A guard of NULL speaks plainly.
 */
struct bufferevent *serve_guard_open(const struct serve_guard *g,
				     struct event_base *base, int fd);

/*
 * Puts what OpenSSL has decrypted already into the input, up to its high
 * watermark: no socket will tell of it any more.
 */
void serve_guard_pull(struct bufferevent *bev);

/*
 * Whether to write is asked of the kernel only when it took not all at once:
 * for most answers that saves two calls and a turn of the loop.
 *
 * serve_guard_rest() after the bufferevent is made and each time its output is
 * empty; serve_guard_push() after adding to it: what is over then is written by
 * libevent, and when all is, the write callback is called (never from within).
 * With TLS both do nothing: the bufferevent encrypts, and writes by itself.
 */
void serve_guard_rest(struct bufferevent *bev);
void serve_guard_push(struct bufferevent *bev, size_t most);

/*
 * Of one whose handshake has failed: a plain bufferevent on the same socket,
 * by which to wait until the other side has read why; else NULL. The old one
 * is still to be freed.
 */
struct bufferevent *serve_guard_salvage(struct bufferevent *bev);

/* Nothing more will be sent: says so by TLS (close_notify) and by TCP. */
void serve_guard_finish(struct bufferevent *bev);

/* Whether the request says the token, or none is asked for (RFC 6750 2.1). */
bool serve_guard_admits(const struct serve_guard *g,
			const struct route_request *r);

#endif
