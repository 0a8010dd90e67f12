/*
 * The model CA for tests of the flow, misbehaving where it is told to: which
 * requests of which operation are answered otherwise.
 */
#ifndef TESTS_PURE_CA_H
#define TESTS_PURE_CA_H

#include "acme/model_ca.h"

enum { PURE_CA_TWISTS = 8 };

struct pure_twist {
	enum op op;
	unsigned from, to; /* which requests of the op, from 1 */
	struct model_twist twist;
};

struct pure_ca {
	struct model_ca model;
	struct pure_twist twists[PURE_CA_TWISTS];
	unsigned twist_count;
};

/* A CA that does everything right, for these names (borrowed). */
void pure_ca_init(struct pure_ca *ca, const char *const *names, size_t count);
void pure_ca_release(struct pure_ca *ca);

void pure_ca_twist(struct pure_ca *ca, struct pure_twist twist);

/* Its answer to the request, borrowed until the next one. */
struct flow_answer pure_ca_answer(struct pure_ca *ca,
				  const struct flow_ask *ask);

#endif
