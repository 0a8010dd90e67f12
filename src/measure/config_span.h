/*
 * A stretch of time as a file says it: "2020-06-25T06:53:33Z/..". One time
 * stands for its second, ".." for an end that is open.
 */
#ifndef MEASURE_CONFIG_SPAN_H
#define MEASURE_CONFIG_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/* [from, until); INT64_MIN and INT64_MAX are open. */
struct config_span {
	int64_t from_us, until_us;
};

/* RFC 3339 times, a slash between two; an end after its beginning. */
bool config_span_parse(const char *text, struct config_span *ret_span);

/* What a text is to be that is none. */
#define CONFIG_SPAN_EXPECTED                                              \
	"a time such as 2020-06-25T06:53:33Z, or two with / between, .. " \
	"for an open end"

bool config_span_holds(const struct config_span *s, int64_t wall_us);

/* It is not open at either side. */
bool config_span_is_closed(const struct config_span *s);

#endif
