/*
 * What a CA may do wrong, and what acmeter has to say of it.
 */
#ifndef TESTS_IT_CA_CASES_H
#define TESTS_IT_CA_CASES_H

#include <stddef.h>

#include "support/fake_ca.h"

struct wrong {
	const char *name; /* a sentence */
	struct fake_fault faults[2];
	struct fake_options options; /* all but the faults */
	const char *outcome;	     /* slug */
	enum op op;		     /* that it is blamed on */
	const char *says;	     /* part of the detail, or NULL */
};

extern const struct wrong wrongs[];
extern const size_t wrong_count;

#endif
