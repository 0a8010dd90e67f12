/*
 * The parts of the page that are about the stations.
 */
#ifndef REPORT_PAGE_STATION_H
#define REPORT_PAGE_STATION_H

#include "base/buf.h"
#include "report/board.h"

/* A row a station, a column an operation; each cell leads to its exchanges. */
void page_matrix(struct buf *out, const struct board *b, const char *ca);

/* Map and list of the stations; what happened to one that is alone. */
void page_stations(struct buf *out, const struct board *b);

/* The latest exchanges of all stations, the newest first. */
void page_latest(struct buf *out, const struct board *b);

#endif
