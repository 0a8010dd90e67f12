#include "acme/outcome.h"

#include <stddef.h>
#include <string.h>

static const char *const op_names[OPS] = {
#define X(op, name) [op] = name,
#include "acme/op.def"
#undef X
};

static const struct {
	const char *slug;
	enum fault fault;
	const char *meaning;
} outcomes[OUTCOMES] = {
#define X(outcome, slug, fault, meaning) [outcome] = { slug, fault, meaning },
#include "acme/outcome.def"
#undef X
};

const char *op_name(enum op op)
{
	return op_names[op];
}

bool op_find(const char *name, enum op *ret_op)
{
	for (unsigned i = 0; i < OPS; i++) {
		if (strcmp(name, op_names[i]) == 0) {
			*ret_op = (enum op)i;
			return true;
		}
	}
	return false;
}

const char *outcome_slug(enum outcome outcome)
{
	return outcomes[outcome].slug;
}

const char *outcome_meaning(enum outcome outcome)
{
	return outcomes[outcome].meaning;
}

enum fault outcome_fault(enum outcome outcome)
{
	return outcomes[outcome].fault;
}

bool outcome_find(const char *slug, enum outcome *ret_outcome)
{
	for (unsigned i = 0; i < OUTCOMES; i++) {
		if (strcmp(slug, outcomes[i].slug) == 0) {
			*ret_outcome = (enum outcome)i;
			return true;
		}
	}
	return false;
}
