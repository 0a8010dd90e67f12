/*
 * RSS 2.0 and Atom (RFC 4287), by expat: their entries, with limits.
 *
 * A document type is refused, and with it every entity but XML's own five: no
 * feed needs one, and what grows without end (entities within entities) or
 * reads files needs one.
 */
#ifndef EDGE_FEED_H
#define EDGE_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "report/status_read.h"

/*
 * Reads at most FEED_ENTRIES of them, the first; what is over is passed over,
 * and long texts are cut. FAIL_PEER when it is no feed. ret_entries is to be
 * freed; NULL without any.
 */
bool feed_read(const char *text, size_t len, struct feed_entry **ret_entries,
	       size_t *ret_count, struct fail *why);

#endif
