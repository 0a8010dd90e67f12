/*
 * What is judged of a CA now, for programs that decide whether to go on, wait,
 * or use another one: small, and the same bytes for some seconds.
 */
#ifndef REPORT_VERDICT_JSON_H
#define REPORT_VERDICT_JSON_H

#include <stdbool.h>

#include "acme/outcome.h"
#include "base/buf.h"
#include "judge/verdict.h"
#include "report/board.h"

/* An answer may be kept so long; its as_of is a multiple of that. */
enum { VERDICT_FRESH_S = 5 };

enum op_state {
	OP_UNSEEN, /* nobody who sees has tried it lately */
	OP_WORKS,
	OP_FAILS, /* at half of those that tried lately, or more */
};

/*
 * How each operation went when it was tried last, station by station; and when
 * the latest of them ended, by our clock, 0 without any.
 */
void board_operations(const struct board *b, const char *ca,
		      enum op_state ret_states[OPS], int64_t *ret_evidence_us);

/* False when stations were heard and none of them watches such a CA. */
bool board_knows(const struct board *b, const char *ca);

/* What to wait before trying again, in seconds; -1 when waiting is no help. */
int verdict_retry_after_s(enum verdict verdict);

/* /api/v1/verdict, /api/v1/cas */
void board_verdict_json(struct buf *out, const struct board *b, const char *ca);
void board_cas_json(struct buf *out, const struct board *b);

#endif
