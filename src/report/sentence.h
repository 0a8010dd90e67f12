/*
 * One closing sentence for an issuance: what happened, where, whose it is.
 */
#ifndef REPORT_SENTENCE_H
#define REPORT_SENTENCE_H

#include "base/buf.h"
#include "measure/issuance.h"

/*
 * Computed from the row alone and true when read alone; printable text,
 * without a line break. `host` is the CA's, for people.
 */
void sentence_issuance(struct buf *out, const struct issuance *i,
		       const char *host);

#endif
