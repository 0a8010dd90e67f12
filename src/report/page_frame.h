/*
 * What every page has around it, and parts that several pages share.
 */
#ifndef REPORT_PAGE_FRAME_H
#define REPORT_PAGE_FRAME_H

#include "base/buf.h"
#include "report/board.h"

/* From the doctype to the start of main; `trail` is where we are, or NULL. */
void frame_open(struct buf *out, const struct board *b, const char *title,
		const char *trail);
void frame_close(struct buf *out, const struct board *b);

/* A query that leads to this view; of the parts that are not the usual. */
void frame_query(struct buf *out, const struct board_view *v, const char *ca,
		 int op);

/* An exchange, and which station made it. */
struct frame_row {
	const struct exchange *exchange;
	size_t station;
};

/* A table of exchanges, each a link to its page. */
void frame_exchanges(struct buf *out, const struct board *b,
		     const struct frame_row *rows, size_t count);

/* Which series style a station has. */
unsigned frame_style(size_t station);

/* "87 ms", or a dash below 0. */
void frame_latency(struct buf *out, int64_t us);

/* A line of a list of facts; a dash for a moment that is 0. */
void frame_moment(struct buf *out, const struct board *b, const char *name,
		  int64_t wall_us);

#endif
