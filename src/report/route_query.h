/*
 * The query of a request: keys from a list for each route, each at most once,
 * every value with a type and bounds.
 */
#ifndef REPORT_ROUTE_QUERY_H
#define REPORT_ROUTE_QUERY_H

#include "report/route.h"

/*
 * Reads what stands behind the "?" into the route, whose kind is known. The
 * characters have been checked by route_parse().
 */
bool route_query_take(const char *query, struct route *route,
		      struct route_refusal *refusal);

/* False, so that a check can end with it. */
bool route_refuse(struct route_refusal *ret_refusal, int status,
		  const char *reason);

#endif
