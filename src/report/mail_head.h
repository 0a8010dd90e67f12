/*
 * The head of a mail (RFC 5322). Whatever is put into it stays in its line:
 * control characters are shown as \xNN, and what is not ASCII is written as
 * encoded words (RFC 2047).
 */
#ifndef REPORT_MAIL_HEAD_H
#define REPORT_MAIL_HEAD_H

#include <stdint.h>

#include "base/buf.h"

/* The text of a field such as Subject, folded where it is encoded. */
void mail_words(struct buf *out, const char *text);

/* "Mon, 23 Nov 2026 06:01:28 +0000" */
void mail_date(struct buf *out, int64_t wall_us);

/* "<ID@DOMAIN>", the domain that of the address. */
void mail_message_id(struct buf *out, const char *id, const char *address);

#endif
