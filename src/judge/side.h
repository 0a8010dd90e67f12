/*
 * "Is it me?": what one machine sees of a CA, laid beside what stations see of
 * it, and whose trouble that makes it. Pure, and total: every pair of evidences
 * has an answer, of which "nobody can tell" is one.
 */
#ifndef JUDGE_SIDE_H
#define JUDGE_SIDE_H

#include <stdbool.h>

#include "acme/outcome.h"
#include "judge/verdict.h"

enum side {
	SIDE_NOTHING, /* is wrong now */
	SIDE_YOU,     /* this machine, or what it asks for */
	SIDE_CA,
	SIDE_UNKNOWN, /* it cannot be told */
	SIDE_PATH,    /* between this machine and the CA */
	SIDES
};

/* "nothing", "you", "ca", "unknown", "path": for programs. */
const char *side_name(enum side side);

/* What is heard of the stations. */
enum side_there {
	THERE_SAID,	   /* a verdict that is fresh */
	THERE_STALE,	   /* one that is not */
	THERE_UNREACHABLE, /* the network does not reach the hub */
	THERE_ODD,	   /* it answers, but not as a hub does */
	THERE_UNWATCHED,   /* it knows of no such CA */
	THERES
};

/* How the step that decided here went at the stations lately. */
enum side_step { STEP_UNSEEN, STEP_WORKS, STEP_FAILS, SIDE_STEPS };

struct side_evidence {
	/* Of this machine's attempt, which ends before any name is proved. */
	enum outcome outcome;
	int status; /* HTTP status of the step that decided, or 0 */

	enum side_there there;
	enum verdict verdict; /* of THERE_SAID */
	enum side_step step;
};

/* Why: each is a sentence and an advice in report/check_show. */
enum side_reason {
	SIDE_WELL,	    /* here and there */
	SIDE_WELL_HERE,	    /* of the others nothing is known */
	SIDE_CA_ELSEWHERE,  /* good here, as far as this goes */
	SIDE_CA_SAME,	    /* the same step fails there */
	SIDE_CA_OUTAGE,	    /* an outage; others do not come to this step */
	SIDE_CA_PARTLY,	    /* it fails for some, and here */
	SIDE_CA_ANSWERS,    /* it says itself that it fails; nobody else said */
	SIDE_CA_HERE_ALONE, /* it says so to this machine alone */
	SIDE_YOU_REQUEST,   /* it refuses what is asked for */
	SIDE_YOU_TLS,	    /* its certificate is not believed here */
	SIDE_YOU_DNS,	    /* its name is not known here */
	SIDE_YOU_LIMIT,	    /* over a rate limit */
	SIDE_YOU_SELF,	    /* this machine itself */
	SIDE_YOU_OFFLINE,   /* neither CA nor hub is reached */
	SIDE_PATH_ALONE,    /* the stations reach it */
	SIDE_ALONE_FAILING, /* not reached, and nobody else said */
	SIDE_ALONE_STOPPED, /* ended before there was an answer */
	SIDE_REASONS
};

struct side_finding {
	enum side side;
	bool sure; /* both evidences say so */
	enum side_reason reason;
};

struct side_finding side_find(const struct side_evidence *e);

#endif
