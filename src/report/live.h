/*
 * What is told to those who listen at /api/v1/events, as it happens: messages
 * of the event stream format (HTML, 9.2.5), each complete with its empty line.
 */
#ifndef REPORT_LIVE_H
#define REPORT_LIVE_H

#include "base/buf.h"
#include "measure/exchange.h"
#include "measure/issuance.h"

enum { LIVE_MAX = 4096 };

/* "event: sample": one that has just been recorded. */
void live_exchange(struct buf *out, const char *station, const char *ca,
		   const struct exchange *e);
void live_issuance(struct buf *out, const char *station, const char *ca,
		   const struct issuance *i);

/* "event: board": something on the page is different now. */
void live_board(struct buf *out, int64_t now_us);

/* How soon to come back after a break, and the first board. */
void live_hello(struct buf *out, int64_t now_us);

/* A comment, by which both sides see that the other is there. */
void live_ping(struct buf *out);

#endif
