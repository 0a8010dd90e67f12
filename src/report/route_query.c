#include "report/route_query.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum { VALUE_MAX = 64 };
#define WAIT_MOST_US (30 * US_PER_S)

enum key {
	KEY_CA,
	KEY_OP,
	KEY_AFTER,
	KEY_ISSUANCE,
	KEY_FROM,
	KEY_TO,
	KEY_WINDOW,
	KEY_LIMIT,
	KEY_FAILED,
	KEY_STATION,
	KEY_SCALE,
	KEY_PART,
	KEY_WAIT,
	KEYS
};

static const struct {
	const char *name, *expected;
} keys[KEYS] = {
	[KEY_CA] = { "ca", "the name of a CA" },
	[KEY_OP] = { "op", "an operation such as newOrder" },
	[KEY_AFTER] = { "after", "the number of a row" },
	[KEY_ISSUANCE] = { "issuance", "the number of an issuance" },
	[KEY_FROM] = { "from", "a time: RFC 3339, or seconds since 1970" },
	[KEY_TO] = { "to", "a time: RFC 3339, or seconds since 1970" },
	[KEY_WINDOW] = { "window", "a duration from 1m to 24h such as 60m" },
	[KEY_LIMIT] = { "limit", "a number from 1 to 1000" },
	[KEY_FAILED] = { "failed", "0 or 1" },
	[KEY_STATION] = { "station", "the name of a station" },
	[KEY_SCALE] = { "scale", "linear or log" },
	[KEY_PART] = { "part", "0 or 1" },
	[KEY_WAIT] = { "wait", "a duration from 1s to 30s, with after" },
};

#define BIT(key) (1U << (key))

static const unsigned allowed[ROUTE_KINDS] = {
	[ROUTE_EXCHANGES] = BIT(KEY_CA) | BIT(KEY_OP) | BIT(KEY_AFTER) |
			    BIT(KEY_ISSUANCE) | BIT(KEY_FROM) | BIT(KEY_TO) |
			    BIT(KEY_LIMIT) | BIT(KEY_FAILED) | BIT(KEY_WAIT) |
			    BIT(KEY_STATION),
	[ROUTE_ISSUANCES] = BIT(KEY_CA) | BIT(KEY_AFTER) | BIT(KEY_FROM) |
			    BIT(KEY_TO) | BIT(KEY_LIMIT) | BIT(KEY_FAILED) |
			    BIT(KEY_WAIT) | BIT(KEY_STATION),
	[ROUTE_EXCHANGE] = BIT(KEY_STATION),
	[ROUTE_HOURS] = BIT(KEY_CA) | BIT(KEY_OP) | BIT(KEY_FROM) |
			BIT(KEY_TO) | BIT(KEY_LIMIT) | BIT(KEY_STATION),
	[ROUTE_PAGE] = BIT(KEY_CA) | BIT(KEY_OP) | BIT(KEY_STATION) |
		       BIT(KEY_SCALE) | BIT(KEY_PART),
	[ROUTE_SERIES] = BIT(KEY_CA) | BIT(KEY_OP) | BIT(KEY_STATION),
	[ROUTE_EVENTS] = BIT(KEY_CA),
	[ROUTE_VERDICT] = BIT(KEY_CA),
	[ROUTE_INCIDENTS] = BIT(KEY_CA),
	[ROUTE_LOOK] = BIT(KEY_CA),
	[ROUTE_CELL] = BIT(KEY_STATION) | BIT(KEY_CA) | BIT(KEY_OP) |
		       BIT(KEY_FAILED),
	[ROUTE_LATENCY] = BIT(KEY_CA) | BIT(KEY_OP) | BIT(KEY_WINDOW),
};

/* --- values ------------------------------------------------------------- */

static bool take_ca(const char *value, char dst[static ROUTE_CA])
{
	size_t len = strlen(value);

	if (len == 0 || len >= ROUTE_CA || value[0] == '-' ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		return false;
	memcpy(dst, value, len + 1);
	return true;
}

static bool take_number(const char *value, int64_t *ret_number)
{
	uint64_t number;

	if (!text_to_u64(value, INT64_MAX, &number))
		return false;
	*ret_number = (int64_t)number;
	return true;
}

/* Until the year 9999, and not before 1970. */
static bool take_time(const char *value, int64_t *ret_us)
{
	const int64_t end_us = INT64_C(253402300800) * US_PER_S;
	uint64_t seconds;
	int64_t us;

	if (text_to_u64(value, (uint64_t)(end_us / US_PER_S), &seconds)) {
		*ret_us = (int64_t)seconds * US_PER_S;
		return true;
	}
	if (!clock_from_rfc3339(value, &us) || us < 0 || us > end_us)
		return false;
	*ret_us = us;
	return true;
}

static bool take_limit(const char *value, unsigned *ret_limit)
{
	uint64_t limit;

	if (!text_to_u64(value, ROUTE_LIMIT_MAX, &limit) || limit == 0)
		return false;
	*ret_limit = (unsigned)limit;
	return true;
}

static bool take_window(const char *value, int64_t *ret_us)
{
	int64_t us;

	if (!text_to_duration(value, &us) || us < US_PER_MIN || us > US_PER_DAY)
		return false;
	*ret_us = us;
	return true;
}

/* Behind those that were named before it. */
static bool add_station(const char *value, char dst[static ROUTE_STATIONS_TEXT])
{
	size_t used = strlen(dst);
	char name[ROUTE_CA];

	if (!take_ca(value, name) ||
	    used + strlen(name) + 2 > ROUTE_STATIONS_TEXT)
		return false;
	snprintf(dst + used, ROUTE_STATIONS_TEXT - used, "%s%s",
		 used ? "," : "", name);
	return true;
}

/* An operation, or the word for all of them as one. */
static bool take_op(const char *value, struct route *route)
{
	enum op op;

	if (route->kind != ROUTE_EXCHANGES && strcmp(value, "issuance") == 0) {
		route->op = ROUTE_ANY;
		return true;
	}
	if (!op_find(value, &op))
		return false;
	route->op = (int)op;
	return true;
}

static bool take_choice(const char *value, const char *no, const char *yes,
			bool *ret_chosen)
{
	*ret_chosen = strcmp(value, yes) == 0;
	return *ret_chosen || strcmp(value, no) == 0;
}

static bool take_wait(const char *value, int64_t *ret_us)
{
	int64_t us;

	if (!text_to_duration(value, &us) || us < US_PER_S || us > WAIT_MOST_US)
		return false;
	*ret_us = us;
	return true;
}

static bool take_value(enum key key, const char *value, struct route *route)
{
	switch (key) {
	case KEY_CA:
		return take_ca(value, route->ca);
	case KEY_OP:
		return take_op(value, route);
	case KEY_AFTER:
		return take_number(value, &route->after);
	case KEY_ISSUANCE:
		return take_number(value, &route->issuance);
	case KEY_FROM:
		return take_time(value, &route->from_us);
	case KEY_TO:
		return take_time(value, &route->to_us);
	case KEY_WINDOW:
		return take_window(value, &route->window_us);
	case KEY_LIMIT:
		return take_limit(value, &route->limit);
	case KEY_FAILED:
		return take_choice(value, "0", "1", &route->failed_only);
	case KEY_STATION:
		return add_station(value, route->stations);
	case KEY_SCALE:
		return take_choice(value, "linear", "log", &route->log);
	case KEY_PART:
		return take_choice(value, "0", "1", &route->part);
	case KEY_WAIT:
		return take_wait(value, &route->wait_us);
	case KEYS:
		break;
	}
	return false;
}

/* --- the query ---------------------------------------------------------- */

static unsigned nibble(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a' + 10);
}

/* Undoes %XX; "+" stays, which times with an offset have. */
static bool decode(const char *text, size_t len, char dst[static VALUE_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (used + 1 >= VALUE_MAX)
			return false;
		if (c == '%' && i + 2 < len) {
			c = (unsigned char)(nibble(text[i + 1]) << 4 |
					    nibble(text[i + 2]));
			i += 2;
		}
		if (c < 0x20 || c >= 0x7f)
			return false;
		dst[used++] = (char)c;
	}
	dst[used] = '\0';
	return true;
}

static bool refuse_key(const struct route *route, struct route_refusal *refusal)
{
	struct buf reason = BUF_INIT(ROUTE_REASON);
	const char *between = "the keys here are ";

	for (unsigned i = 0; i < KEYS; i++) {
		if (allowed[route->kind] & BIT(i)) {
			buf_addf(&reason, "%s%s", between, keys[i].name);
			between = ", ";
		}
	}
	route_refuse(refusal, 400,
		     reason.len ? buf_text(&reason) : "no query is taken here");
	buf_release(&reason);
	return false;
}

static bool find_key(const char *text, size_t len, const struct route *route,
		     enum key *ret_key)
{
	for (unsigned i = 0; i < KEYS; i++) {
		if (strlen(keys[i].name) == len &&
		    memcmp(keys[i].name, text, len) == 0) {
			*ret_key = (enum key)i;
			return allowed[route->kind] & BIT(i);
		}
	}
	return false;
}

/* A form with a box for each station says its key again and again. */
static bool has_many(const struct route *route)
{
	return route->kind == ROUTE_PAGE || route->kind == ROUTE_SERIES;
}

/* One "key=value". */
static bool take_pair(const char *pair, size_t len, unsigned *seen,
		      struct route *route, struct route_refusal *refusal)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals ? (size_t)(equals - pair) : len;
	char value[VALUE_MAX], reason[ROUTE_REASON];
	enum key key;

	if (!find_key(pair, name_len, route, &key))
		return refuse_key(route, refusal);
	if ((*seen & BIT(key)) && !(key == KEY_STATION && has_many(route))) {
		snprintf(reason, sizeof(reason), "%s is said once at most",
			 keys[key].name);
		return route_refuse(refusal, 400, reason);
	}
	*seen |= BIT(key);
	if (!equals || !decode(equals + 1, len - name_len - 1, value) ||
	    !take_value(key, value, route)) {
		snprintf(reason, sizeof(reason), "%s is %s", keys[key].name,
			 keys[key].expected);
		return route_refuse(refusal, 400, reason);
	}
	return true;
}

/* What only the values together can get wrong. */
static bool check_whole(const struct route *route,
			struct route_refusal *refusal)
{
	if (route->from_us != ROUTE_ANY && route->to_us != ROUTE_ANY &&
	    route->from_us >= route->to_us)
		return route_refuse(refusal, 400, "from lies before to");
	if (route->wait_us > 0 && route->after == ROUTE_ANY)
		return route_refuse(refusal, 400, "wait goes with after");
	return true;
}

bool route_query_take(const char *query, struct route *route,
		      struct route_refusal *refusal)
{
	unsigned seen = 0;

	while (*query) {
		size_t len = strcspn(query, "&");

		if (!take_pair(query, len, &seen, route, refusal))
			return false;
		query += len;
		if (*query && !*++query)
			return refuse_key(route, refusal);
	}
	return check_whole(route, refusal);
}
