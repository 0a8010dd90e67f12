/*
 * Series of several stations as an inline SVG: a mark for each sample that was
 * ok, a cross on a rail above the plot for each that was not, a line of the
 * medians of five minutes for each station, and hatching where nobody measured
 * anything.
 *
 * It has no colours and no style of its own: those are classes of the page's
 * style sheet, "s0" to "s7" for the stations. Each also has marks of its own
 * shape. It says in words (title, desc) what it shows.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/series.h"

enum { CHART_STYLES = 8 };

struct chart_line {
	const char *name; /* of the station; only the table tells it */
	const struct series *series; /* in the order of the starts */
	unsigned style;		     /* below CHART_STYLES */
	int64_t gap_us; /* a longer stretch without a sample is a gap */
};

struct chart {
	unsigned number;   /* tells its ids from those of other charts */
	const char *title; /* "newOrder at letsencrypt" */
	const struct chart_line *lines;
	size_t line_count;
	int64_t from_us, to_us; /* the window; wall clock */
	bool log;		/* the scale of the values */
};

void chart_print(struct buf *out, const struct chart *c);

/* The values as a table that is opened by a click, without any script. */
void chart_table(struct buf *out, const struct chart *c);

/* The mark of a style alone, for a legend; about 12 units wide. */
void chart_mark(struct buf *out, unsigned style);

#endif
