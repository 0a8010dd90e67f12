/*
 * Where the stations are: a small map in SVG, an equirectangular projection of
 * a coarse outline of our own. Nothing when no station has a place.
 */
#ifndef REPORT_MAP_H
#define REPORT_MAP_H

#include "base/buf.h"
#include "report/board.h"

void map_print(struct buf *out, const struct board *b);

#endif
