/*
 * What the CA of a scenario does with one request: the acts of its file, for
 * whoever plays them, a pure play on a virtual clock or a process in front of a
 * real CA.
 *
 * A pure function: shares and delays are drawn from the seed, the station and
 * the numbers of attempt and request, so that neither the order of stations nor
 * that of requests changes anything.
 */
#ifndef JUDGE_SCRIPT_H
#define JUDGE_SCRIPT_H

#include "base/buf.h"
#include "judge/scenario.h"

struct script_ask {
	size_t station, ca; /* of the scenario's */
	enum op op;
	int64_t at_us;	  /* wall clock of the play */
	uint64_t attempt; /* the station's n-th at this CA */
	unsigned request; /* the n-th of the attempt */
	uint64_t failed;  /* ops that failed in it before, a bit each */
};

struct script_answer {
	/* The act that answers; NULL: the CA does what it should. */
	const struct scenario_act *act;
	int64_t delay_us; /* beyond the usual, of all acts that delay */
};

struct script_answer script_ask(const struct scenario *s,
				const struct script_ask *ask);

/*
 * What a client sees that goes on after `ask` has failed: the act that follows
 * it, and of which operation. NULL when none does.
 */
const struct scenario_act *script_follows(const struct scenario *s,
					  const struct script_ask *ask,
					  enum op *ret_op);

/* The problem document or the page that the act answers with. */
void script_add_body(const struct scenario_act *a, struct buf *out);
const char *script_content_type(const struct scenario_act *a);

/* Of a station at a CA: for what else is drawn there. */
uint64_t script_seed(const struct scenario *s, const struct script_ask *ask);

/* How the network of the station fails at that time, or NULL. */
const struct scenario_outage *script_outage(const struct scenario_station *t,
					    int64_t at_us);

/* The station's clock less the play's. */
int64_t script_offset_us(const struct scenario_station *t, int64_t at_us);

#endif
