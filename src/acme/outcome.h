/*
 * The words that are stored of every exchange: which operation, how it ended,
 * and against whom that counts.
 */
#ifndef ACME_OUTCOME_H
#define ACME_OUTCOME_H

#include <stdbool.h>

enum op {
#define X(op, name) op,
#include "acme/op.def"
#undef X
	OPS
};

enum fault {
	FAULT_NONE,
	FAULT_CA,   /* the CA's, as far as one station can tell */
	FAULT_PATH, /* between us and the CA */
	FAULT_OURS, /* never held against the CA */
};

enum outcome {
#define X(outcome, slug, fault, meaning) outcome,
#include "acme/outcome.def"
#undef X
	OUTCOMES
};

/* "newOrder"; op_find is false for a name that is none. */
const char *op_name(enum op op);
bool op_find(const char *name, enum op *ret_op);

/* "rate_limited"; its sentence; its fault. */
const char *outcome_slug(enum outcome outcome);
const char *outcome_meaning(enum outcome outcome);
enum fault outcome_fault(enum outcome outcome);
bool outcome_find(const char *slug, enum outcome *ret_outcome);

#endif
