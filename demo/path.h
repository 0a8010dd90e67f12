/*
 * One direction of a connection: what is read at one end is written at the
 * other when it has been on its way long enough.
 *
 * Bytes arrive in the order in which they left, and so does the end of the
 * stream. What is on its way takes PATH_HELD_BYTES at most: then nothing more
 * is read, as with a full window.
 */
#ifndef DEMO_PATH_H
#define DEMO_PATH_H

#include "delay.h"
#include "edge/loop.h"

struct path;

enum path_end {
	PATH_ENDED,  /* the end of the stream has arrived */
	PATH_BROKEN, /* the connection was reset, and that has arrived */
	PATH_REFUSED /* who should receive has gone; it happened just now */
};

enum { PATH_HELD_BYTES = 256 * 1024 };

typedef void path_over(void *ctx, struct path *p, enum path_end end);

/*
 * From one non-blocking socket to another; both belong to the caller. `over`
 * is called once, and may free the path.
 */
struct path *path_new(struct loop *l, struct delay *d, int from, int to,
		      path_over *over, void *ctx);
void path_free(struct path *p);

/* Nothing more is read; behind what is on its way comes a reset. */
void path_break(struct path *p);

#endif
