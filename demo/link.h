/*
 * The connections over one distance: who knocks at the door reaches the place
 * at the other end, half a round trip later in each direction, from the first
 * SYN to the last FIN.
 *
 * LINK_CONNECTIONS at most are open at once; who knocks then waits, as at a
 * host that is full.
 */
#ifndef DEMO_LINK_H
#define DEMO_LINK_H

#include <netinet/in.h>

#include "base/fail.h"
#include "delay.h"
#include "edge/loop.h"

struct links;

enum { LINK_CONNECTIONS = 1000 };

/* The delay stays the caller's, who may share it between several. */
bool links_new(struct loop *l, struct delay *d,
	       const struct sockaddr_in *listen, const struct sockaddr_in *to,
	       struct links **ret_links, struct fail *why);
/* What is open is reset. */
void links_free(struct links *ls);

#endif
