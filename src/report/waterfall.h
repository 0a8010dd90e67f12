/*
 * An issuance drawn as a waterfall for a terminal: a line for each exchange,
 * its bar at its place in time, its phases one after the other.
 */
#ifndef REPORT_WATERFALL_H
#define REPORT_WATERFALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "measure/exchange.h"
#include "measure/issuance.h"

struct waterfall_style {
	unsigned columns; /* of the terminal; kept within 60 .. 160 */
	bool color;	  /* ANSI colours; letters without */
	bool utf8;	  /* blocks instead of letters, with color */
};

/* Exchanges in the order they were made. */
void waterfall_print(struct buf *out, const struct issuance *i,
		     const struct exchange *exchanges, size_t count,
		     const struct waterfall_style *style);

#endif
