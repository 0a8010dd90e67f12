/*
 * An incident: a stretch of time in which a CA did worse than operational,
 * with what each station saw of it. Built by the judge, read by everybody.
 */
#ifndef JUDGE_INCIDENT_H
#define JUDGE_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "judge/verdict.h"
#include "measure/issuance.h"

enum {
	INCIDENT_CAUSES = 12,
	INCIDENT_STEPS = 32,
	INCIDENT_PROBLEM = 64,
	INCIDENT_DETAIL = 160,
};

/* One failed exchange of an attempt, as a station reports it. */
struct failure {
	int64_t exchange; /* its number at the station; 0 unknown */
	int64_t at_us;	  /* when it started */
	enum op op;
	enum outcome outcome;
	enum fault fault;
	int status;
	char problem[INCIDENT_PROBLEM];
	char detail[INCIDENT_DETAIL];
};

/* What a row says of it; offset_us: the station's clock less ours. */
struct failure failure_of_exchange(const struct exchange *e, int64_t offset_us);
struct failure failure_of_issuance(const struct issuance *i, int64_t at_us);

/* Failures of one kind: the same operation, outcome, status and problem. */
struct incident_cause {
	struct failure first;
	int64_t last_us;
	uint64_t count;
	unsigned stations; /* how many saw it */
	/* It came only where an earlier step of the same attempt had failed. */
	bool consequence;
};

/* What one station saw. */
struct incident_station {
	uint64_t attempts, failures; /* scheduled ones and confirmations */
	int64_t first_us, last_us;   /* starts of failed attempts; 0: none */
	int64_t good_us;	     /* first good attempt's end since then */
	int64_t voted_us;	     /* when its failure was confirmed; 0 */
	uint16_t causes;	     /* which of them it saw, a bit each */
	struct failure first;
};

/* The verdict over time. */
struct incident_step {
	int64_t at_us;
	enum verdict verdict;
};

/* The first word on it of the CA's own status page: judge/statement.h. */
struct incident_word {
	int64_t spoke_us;  /* when that was first read; 0: not yet */
	int64_t silent_us; /* the latest reading without it; 0: none */
	int64_t dated_us;  /* its date by the page itself; 0 without */
	char text[INCIDENT_DETAIL];
};

struct incident {
	uint64_t number;     /* of the CA: the second it started in */
	int64_t start_us;    /* the first failure of the first voter */
	int64_t declared_us; /* when it was first said */
	int64_t end_us;	     /* two good attempts at a majority; 0: open */
	int64_t good_us;     /* the first good attempt since the last failure */
	enum verdict worst;
	bool slow;	 /* declared for slowness, not for failures */
	bool few;	 /* fewer than three sighted stations judged */
	unsigned voters; /* sighted, when it was declared */
	uint64_t attempts, failures; /* scheduled ones while it lasted */
	struct incident_cause causes[INCIDENT_CAUSES]; /* by first failure */
	unsigned cause_count;
	struct incident_step steps[INCIDENT_STEPS];
	unsigned step_count;
	struct incident_word word;	   /* is no evidence */
	struct incident_station *stations; /* of the judge's count; owned */
	size_t station_count;
};

void incident_release(struct incident *i);

/* The latest moment that anything in it speaks of. */
int64_t incident_last_us(const struct incident *i);

/* The first cause that is no consequence of another, or NULL. */
const struct incident_cause *incident_root(const struct incident *i);

/*
 * What a station saw failing, into its cause; later: an earlier failure of the
 * same attempt is there already.
 */
void incident_add_failure(struct incident *i, size_t station,
			  const struct failure *f, bool later);

/*
 * f is known with its exchange now, and this may be it without: of the same
 * kind, at the same time within two seconds. Then it has that exchange.
 */
void failure_locate(struct failure *known, const struct failure *f);
void incident_locate(struct incident *i, size_t station,
		     const struct failure *f);

/* The verdict is another now. Steps beyond the last place replace it. */
void incident_add_step(struct incident *i, int64_t at_us, enum verdict verdict);

#endif
