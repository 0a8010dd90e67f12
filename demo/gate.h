/*
 * A listening address that can be open, refuse who connects, or be as if nobody
 * were there. What is connected already stays so.
 */
#ifndef DEMO_GATE_H
#define DEMO_GATE_H

#include <netinet/in.h>

#include "base/fail.h"

struct evhttp;
struct gate;

enum gate_state {
	GATE_OPEN,
	GATE_REFUSES, /* a connection is refused by the kernel */
	GATE_SILENT,  /* connecting gets no answer */
};

/* Open; who comes in belongs to the server, which outlives the gate. */
bool gate_new(struct evhttp *server, const struct sockaddr_in *address,
	      struct gate **ret_gate, struct fail *why);
/* NULL is nothing. */
void gate_free(struct gate *g);

/* False when it cannot listen again; it refuses then. */
bool gate_set(struct gate *g, enum gate_state state, struct fail *why);

#endif
