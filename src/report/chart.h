/*
 * A series as an inline SVG: a dot for each sample that was ok, a cross on a
 * rail above the plot for each that was not, a line of the medians of five
 * minutes, and hatching where nothing was measured.
 *
 * It has no colours and no style of its own: those are classes of the page's
 * style sheet. It says in words (title, desc) what it shows.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stdint.h>

#include "base/buf.h"
#include "report/series.h"

struct chart {
	unsigned number;   /* tells its ids from those of other charts */
	const char *title; /* "newOrder at letsencrypt" */
	const struct series *series; /* in the order of the starts */
	int64_t from_us, to_us;	     /* the window; wall clock */
	int64_t gap_us; /* a longer stretch without a sample is a gap */
};

void chart_print(struct buf *out, const struct chart *c);

#endif
