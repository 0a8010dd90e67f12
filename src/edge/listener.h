/*
 * Listening TCP sockets of one address, as configuration and command line
 * write it.
 */
#ifndef EDGE_LISTENER_H
#define EDGE_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

enum { LISTENER_SOCKETS = 2 };

struct listener {
	int fds[LISTENER_SOCKETS]; /* non-blocking, close-on-exec */
	unsigned count;
	uint16_t port; /* the one it got when 0 was asked for */
};

/*
 * "127.0.0.1:8475", "[::1]:8475" (that address only), ":80" (all addresses, a
 * socket for each family that the machine has). FAIL_INPUT or FAIL_NETWORK.
 */
bool listener_open(const char *address, struct listener *ret_listener,
		   struct fail *why);
void listener_close(struct listener *l);

#endif
