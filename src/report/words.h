/*
 * Figures as people say them.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "base/buf.h"

enum { WORDS = 48 };

/* How long ago or how long: "14 s", "12 min", "3 h 5 min", "2 d 4 h". */
void words_age(char dst[static WORDS], int64_t us);

/* "14:07:09 UTC" of that moment; with the date when it is not of now's day. */
void words_time(char dst[static WORDS], int64_t wall_us, int64_t now_us);

/* Foreign text, as far as a line should be long. */
void words_printable(struct buf *out, const char *text);

/* `problem, status 500, serverInternal "detail"`; 0 and "" are left out. */
void words_failure(struct buf *out, enum outcome outcome, int status,
		   const char *problem, const char *detail);

/* A stretch that begins now or ends now: "60 minutes", "24 hours". */
void words_span(char dst[static WORDS], int64_t us);

#endif
