#include "report/route.h"

#include <string.h>

static char *key_number(char *p, int64_t value)
{
	/* Nothing for ROUTE_ANY, which most of them are. */
	uint64_t rest = (uint64_t)value + 1;

	*p++ = ' ';
	for (; rest; rest >>= 4)
		*p++ = "0123456789abcdef"[rest & 15];
	return p;
}

static char *key_text(char *p, const char *text)
{
	*p++ = ' ';
	return stpcpy(p, text);
}

/* Made for each request, so without printf(). */
void route_key(const struct route *route, char dst[static ROUTE_KEY])
{
	const int64_t numbers[] = { route->kind,	route->format,
				    route->openmetrics, route->id,
				    route->log,		route->part,
				    route->op,		route->after,
				    route->issuance,	route->from_us,
				    route->to_us,	route->window_us,
				    route->limit,	route->failed_only };
	char *p = dst;

	_Static_assert(ROUTE_KEY > (sizeof(numbers) / sizeof(numbers[0])) * 17 +
					   sizeof(route->path) +
					   sizeof(route->ca) +
					   sizeof(route->stations),
		       "the longest key fits");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		p = key_number(p, numbers[i]);
	p = key_text(p, route->path);
	p = key_text(p, route->ca);
	key_text(p, route->stations);
}
