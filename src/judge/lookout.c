#include "judge/lookout.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define AGAIN_US US_PER_MIN /* not sooner, for the same CA */
#define FRESH_US (30 * US_PER_S)

/* When they were asked last, to be written; NULL: that is one CA too many. */
static int64_t *asked(struct lookout *l, const char *ca, int64_t now_us)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->cas[i].ca, ca) == 0)
			return &l->cas[i].asked_us;
	}
	if (l->count == COURT_CAS)
		return NULL;
	text_copy(l->cas[l->count].ca, COURT_NAME, ca);
	l->cas[l->count].asked_us = now_us - AGAIN_US;
	return &l->cas[l->count++].asked_us;
}

bool lookout_sees(struct lookout *l, struct court *court, const char *ca,
		  const struct issuance *i, int64_t ended_us, int64_t now_us)
{
	struct judge_view view;
	int64_t *asked_us;

	if (outcome_fault(i->outcome) != FAULT_CA ||
	    now_us - ended_us > FRESH_US ||
	    (court_view(court, ca, &view) && view.incident))
		return false;
	asked_us = asked(l, ca, now_us);
	/* A clock that was set back silences nobody. */
	if (!asked_us || (now_us - *asked_us < AGAIN_US && now_us >= *asked_us))
		return false;
	*asked_us = now_us;
	return true;
}
