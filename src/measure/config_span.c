#include "measure/config_span.h"

#include <string.h>

#include "base/clock.h"

static bool parse_end(const char *text, int64_t open_us, int64_t *ret_us)
{
	if (strcmp(text, "..") != 0)
		return clock_from_rfc3339(text, ret_us);
	*ret_us = open_us;
	return true;
}

bool config_span_parse(const char *text, struct config_span *ret_span)
{
	struct config_span s = { INT64_MIN, INT64_MAX };
	const char *slash = strchr(text, '/');
	char first[64];

	if (!slash) {
		if (!clock_from_rfc3339(text, &s.from_us))
			return false;
		s.until_us = s.from_us + US_PER_S;
		*ret_span = s;
		return true;
	}
	if ((size_t)(slash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(slash - text));
	first[slash - text] = '\0';
	if (!parse_end(first, INT64_MIN, &s.from_us) ||
	    !parse_end(slash + 1, INT64_MAX, &s.until_us) ||
	    s.from_us >= s.until_us)
		return false;
	*ret_span = s;
	return true;
}

bool config_span_holds(const struct config_span *s, int64_t wall_us)
{
	return wall_us >= s->from_us && wall_us < s->until_us;
}

bool config_span_is_closed(const struct config_span *s)
{
	return s->from_us != INT64_MIN && s->until_us != INT64_MAX;
}
