/*
 * A listening address on loopback that hears who knocks and does not open.
 *
 * A connection over a distance stands after a round trip, and who measures
 * connecting must see that. The kernel would answer a SYN at once: so the
 * listening socket has a filter that drops everything, and whoever knocks waits
 * until door_open() comes to meet it from this same address. TCP calls that a
 * simultaneous open (RFC 9293 section 3.5); on loopback it costs nothing, and
 * the one who knocked sees an ordinary connection that took its time.
 *
 * IPv4 only: /proc/net/tcp is where the knocking is seen.
 */
#ifndef DEMO_DOOR_H
#define DEMO_DOOR_H

#include <netinet/in.h>

#include "base/fail.h"
#include "edge/loop.h"

struct door;

/*
 * Called for everybody who waits at the door, again and again as long as
 * somebody new knocks: the same one may be told of twice.
 */
typedef void door_knock(void *ctx, const struct sockaddr_in *who);

bool door_new(struct loop *l, const struct sockaddr_in *address,
	      door_knock *knock, void *ctx, struct door **ret_door,
	      struct fail *why);
void door_free(struct door *d);

/*
 * A non-blocking socket that is connecting from the door's address to the one
 * who knocked; writable when that has ended. -1 with errno when it has left.
 */
int door_open(const struct door *d, const struct sockaddr_in *who);

#endif
