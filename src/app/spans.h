/*
 * The hours and minutes that are being filled: the statistics of each (CA,
 * operation), kept in memory so that adding an exchange means encoding and
 * writing, not reading.
 *
 * Invariant: what is in memory is what the database holds after the
 * transaction under way; when that fails, spans_forget() makes it so again.
 */
#ifndef APP_SPANS_H
#define APP_SPANS_H

#include <stdbool.h>

#include "base/fail.h"
#include "edge/store.h"

struct spans;

struct spans *spans_new(struct store *store);
void spans_free(struct spans *s);

/*
 * Adds the exchange to its hour and its minute and writes both, in the
 * transaction under way and before the exchange itself is written. A span that
 * is not in memory is read first; statistics that cannot be decoded are counted
 * again from the exchanges.
 */
bool spans_add(struct spans *s, const struct exchange *e, struct fail *why);

/* The transaction failed: the database is right, memory is not. */
void spans_forget(struct spans *s);

#endif
