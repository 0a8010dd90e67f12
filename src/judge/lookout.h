/*
 * When others are asked to look: one station saw a failure that is a CA's
 * fault, nothing is declared yet, and what the others see now decides.
 *
 * Asking takes the place of attempts that would come anyway (schedule_look()),
 * so that it costs a CA nothing; it happens once in a while for each CA, and
 * not while an incident is open, so that stations do not fall into step.
 */
#ifndef JUDGE_LOOKOUT_H
#define JUDGE_LOOKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/court.h"
#include "measure/issuance.h"

/* Zeroed, it has asked nobody yet. */
struct lookout {
	struct {
		char ca[COURT_NAME];
		int64_t asked_us;
	} cas[COURT_CAS];
	size_t count;
};

/*
 * True: the other stations are to be asked now. ended_us: when the issuance
 * ended, by the clock of now_us; what is told late is nothing to run for.
 */
bool lookout_sees(struct lookout *l, struct court *court, const char *ca,
		  const struct issuance *i, int64_t ended_us, int64_t now_us);

#endif
