/*
 * The pages of a station, made whole on the server: no script, one style sheet
 * at /style.css, all foreign text through report/html.
 *
 * What is not known is said to be not known. Nothing is green because nobody
 * looked.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"
#include "report/station.h"

/* The page at "/". */
void page_station(struct buf *out, const struct station_facts *f);

/* A page that says one thing: a status and a sentence. */
void page_message(struct buf *out, int status, const char *sentence);

/* The style sheet of all of them; light and dark, wide and narrow. */
const char *page_style(void);

/* The same message for a program: problem details of RFC 9457. */
void json_message(struct buf *out, int status, const char *sentence);

#endif
