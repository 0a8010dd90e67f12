/*
 * Which operation a request is: learnt from the answers of the CA, as a client
 * learns where to go, and so what its client asks for next.
 *
 * Knows PLACES_MOST, of orders the latest; of one client, an attempt at a time.
 */
#ifndef DEMO_PLACES_H
#define DEMO_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/outcome.h"

enum { PLACES_MOST = 256 };

struct place {
	char *target; /* of the request: path and query */
	enum op op;
};

struct places {
	struct place known[PLACES_MOST];
	size_t count, oldest;
	bool challenged; /* the challenge of this attempt has been answered */
};

/* The target of the directory is all that is known of a CA. */
void places_init(struct places *p, const char *directory);
void places_release(struct places *p);

/* False when no answer has told of it. */
bool places_find(const struct places *p, const char *target, enum op *ret_op);

struct places_answer {
	enum op op; /* which it answers */
	int status;
	const char *location; /* the header; NULL without */
	const char *body;     /* NULL when it is empty */
	size_t len;
};

/*
 * Learns from an answer; returns what is asked for next. OP_DIRECTORY: a new
 * attempt begins, this one is over.
 */
enum op places_learn(struct places *p, const struct places_answer *a);

#endif
