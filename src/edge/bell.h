/*
 * A pipe by which one process asks another to do something that has a number,
 * and can say nothing else.
 */
#ifndef EDGE_BELL_H
#define EDGE_BELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "edge/loop.h"

struct bell;

/* fds: to hear and to ring; closed at exec. */
bool bell_pipe(int fds[static 2], struct fail *why);

/* False when so much is waiting that nobody seems to listen. */
bool bell_ring(int fd, uint16_t number);

/* Calls rung() in the loop for each. Borrows fd. */
struct bell *bell_hear(struct loop *l, int fd,
		       void (*rung)(void *ctx, uint16_t number), void *ctx);
void bell_free(struct bell *b); /* NULL is nothing */

#endif
