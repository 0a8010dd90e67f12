/*
 * A page, or a problem document, that says one thing.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"

/* A page that says one thing: a status and a sentence. */
void page_message(struct buf *out, int status, const char *sentence);

/* The same message for a program: problem details of RFC 9457. */
void json_message(struct buf *out, int status, const char *sentence);

#endif
