/*
 * The tables of the page.
 */
#ifndef REPORT_PAGE_TABLE_H
#define REPORT_PAGE_TABLE_H

#include "base/buf.h"
#include "report/station.h"

/* The operations of one CA, and its issuances in the last row. */
void page_operations(struct buf *out, const struct station_facts *f,
		     const struct station_ca *ca);

/* The latest exchanges, each with its phases as a bar. */
void page_exchanges(struct buf *out, const struct station_facts *f);

/* Controls, the station's own facts and what happened to it. */
void page_facts(struct buf *out, const struct station_facts *f);

#endif
