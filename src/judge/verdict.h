/*
 * What is said of a CA now, in the words of status pages and one honest word
 * more. Ordered: a larger verdict is a worse one, but for unknown, which is no
 * verdict.
 */
#ifndef JUDGE_VERDICT_H
#define JUDGE_VERDICT_H

#include <stdbool.h>

enum verdict {
	VERDICT_UNKNOWN, /* nobody who sees has looked lately */
	VERDICT_OPERATIONAL,
	VERDICT_DEGRADED,	/* slower, or few attempts fail */
	VERDICT_PARTIAL_OUTAGE, /* many fail, or fail for some */
	VERDICT_MAJOR_OUTAGE,	/* a majority of stations cannot issue */
	VERDICTS
};

/* "partial_outage": stored and served; verdict_find is false for another. */
const char *verdict_name(enum verdict verdict);
bool verdict_find(const char *name, enum verdict *ret_verdict);

#endif
