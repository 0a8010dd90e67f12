/*
 * An incident as lines for a terminal or a file: when it began, was declared
 * and ended, its verdicts, its causes and what followed from them, what each
 * station saw, and how long before the CA's own status page it was said.
 */
#ifndef REPORT_INCIDENT_LOG_H
#define REPORT_INCIDENT_LOG_H

#include "base/buf.h"
#include "judge/incident.h"

/*
 * names are those of the judge's stations, in its order. page_us: when the
 * status page first spoke of it; 0 when it did not, or is not known.
 */
void incident_log(struct buf *out, const char *ca, const struct incident *i,
		  const char *const *names, int64_t page_us);

#endif
