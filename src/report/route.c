#include "report/route.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/accept.h"
#include "report/route_query.h"

#define TYPE_JSON "application/json"
#define TYPE_CSV "text/csv"
#define TYPE_OPENMETRICS "application/openmetrics-text"

bool route_refuse(struct route_refusal *ret_refusal, int status,
		  const char *reason)
{
	ret_refusal->status = status;
	text_copy(ret_refusal->reason, sizeof(ret_refusal->reason), reason);
	return false;
}

/* --- header fields ------------------------------------------------------ */

/* RFC 9110 5.6.2. */
static bool is_token(const char *text)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	if (!*text)
		return false;
	for (; *text; text++) {
		char c = *text;

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && !strchr(marks, c))
			return false;
	}
	return true;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* A name or address with or without a port; which one is nobody's concern. */
static bool is_host(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 255 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789.-_:[]%") == len;
}

static unsigned count(const struct route_request *r, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->header_count; i++) {
		if (text_same_nocase(r->headers[i].name, name))
			n++;
	}
	return n;
}

const char *route_header_find(const struct route_request *r, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < r->header_count; i++) {
		if (!text_same_nocase(r->headers[i].name, name))
			continue;
		if (value)
			return NULL;
		value = r->headers[i].value;
	}
	return value;
}

static bool check_fields(const struct route_request *r,
			 struct route_refusal *refusal)
{
	size_t bytes = 0;

	if (r->header_count > ROUTE_HEADERS_MAX)
		return route_refuse(refusal, 431,
				    "a request has at most 64 header fields");
	for (size_t i = 0; i < r->header_count; i++) {
		const struct route_header *h = &r->headers[i];

		if (!is_token(h->name))
			return route_refuse(refusal, 400,
					    "the name of a header field is a "
					    "token (RFC 9110, 5.6.2)");
		if (has_control(h->value))
			return route_refuse(refusal, 400,
					    "a header field has no control "
					    "characters");
		bytes += strlen(h->name) + strlen(h->value);
	}
	if (bytes > ROUTE_HEADER_BYTES)
		return route_refuse(refusal, 431,
				    "the header fields have at most 8 KiB");
	return true;
}

static bool check_version(const struct route_request *r,
			  struct route_refusal *refusal)
{
	if (r->http_version != 10 && r->http_version != 11)
		return route_refuse(refusal, 505,
				    "HTTP/1.1 is spoken here, and HTTP/1.0");
	return true;
}

static bool check_framing(const struct route_request *r,
			  struct route_refusal *refusal)
{
	const char *host = route_header_find(r, "Host");
	const char *length = route_header_find(r, "Content-Length");

	if (!host || !is_host(host))
		return route_refuse(refusal, 400,
				    "a request has exactly one Host, which is "
				    "a name or an address");
	if (count(r, "Transfer-Encoding") > 0)
		return route_refuse(refusal, 400,
				    "no Transfer-Encoding is taken here: "
				    "requests have no body");
	if (count(r, "Content-Length") > 0 &&
	    (!length || strcmp(length, "0") != 0))
		return route_refuse(refusal, 400,
				    "requests have no body here: at most one "
				    "Content-Length, and that is 0");
	return true;
}

static bool is_read(const struct route_request *r)
{
	return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

/* Whatever it asks for. */
static bool check_method(const struct route_request *r,
			 struct route_refusal *refusal)
{
	return is_read(r) || strcmp(r->method, "POST") == 0 ||
	       route_refuse(refusal, 405,
			    "only GET and HEAD: everything here is read");
}

/* The kind of the route is known. */
static bool check_method_of_route(const struct route_request *r,
				  struct route *route,
				  struct route_refusal *refusal)
{
	route->head = strcmp(r->method, "HEAD") == 0;
	refusal->post = route->kind == ROUTE_LOOK;
	return is_read(r) != refusal->post ||
	       route_refuse(refusal, 405,
			    refusal->post
				    ? "only POST: a station is asked to do "
				      "something here"
				    : "only GET and HEAD: this is read");
}

/* --- the target --------------------------------------------------------- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* The escape at p is one that hides a NUL, a slash or a backslash. */
static bool is_disguise(const char *p)
{
	return (p[1] == '0' && p[2] == '0') ||
	       (p[1] == '2' && (p[2] == 'f' || p[2] == 'F')) ||
	       (p[1] == '5' && (p[2] == 'c' || p[2] == 'C'));
}

static bool check_characters(const char *target, struct route_refusal *refusal)
{
	for (const char *p = target; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= 0x20 || c >= 0x7f || strchr("\"#<>\\^`{|}", c))
			return route_refuse(refusal, 400,
					    "the target of a request holds "
					    "characters of a URL only (RFC "
					    "3986)");
		if (c != '%')
			continue;
		if (!is_hex(p[1]) || !is_hex(p[2]))
			return route_refuse(refusal, 400,
					    "% stands before two hexadecimal "
					    "digits");
		if (is_disguise(p))
			return route_refuse(refusal, 400,
					    "%00, %2f and %5c are not taken");
	}
	return true;
}

/* The path alone, which ends at `len`. */
static bool check_path(const char *path, size_t len,
		       struct route_refusal *refusal)
{
	for (size_t i = 0; i < len; i++) {
		bool second = i + 1 < len;

		if (path[i] == '/' && second && path[i + 1] == '/')
			return route_refuse(refusal, 400,
					    "a path has no empty part (//)");
		if (path[i] == '.' && second && path[i + 1] == '.')
			return route_refuse(refusal, 400,
					    "a path has no .. in it");
	}
	return true;
}

static bool check_target(const char *target, struct route_refusal *refusal)
{
	if (strlen(target) > ROUTE_TARGET_MAX)
		return route_refuse(refusal, 414,
				    "the target of a request has at most 2 "
				    "KiB");
	if (target[0] != '/')
		return route_refuse(refusal, 400,
				    "the target of a request begins with /");
	return check_characters(target, refusal) &&
	       check_path(target, strcspn(target, "?"), refusal);
}

/* --- the routes --------------------------------------------------------- */

static const struct {
	const char *path;
	enum route_kind kind;
	bool is_data;  /* JSON, by suffix or Accept */
	bool is_table; /* and CSV */
} table[] = {
	{ "/", ROUTE_PAGE, false, false },
	{ "/healthz", ROUTE_HEALTH, false, false },
	{ "/metrics", ROUTE_METRICS, false, false },
	{ "/api/v1/station", ROUTE_STATION, true, false },
	{ "/api/v1/exchanges", ROUTE_EXCHANGES, true, true },
	{ "/api/v1/exchanges/", ROUTE_EXCHANGE, true, false },
	{ "/api/v1/issuances", ROUTE_ISSUANCES, true, true },
	{ "/api/v1/hours", ROUTE_HOURS, true, true },
	{ "/api/v1/latency", ROUTE_LATENCY, true, true },
	{ "/api/v1/stations", ROUTE_STATIONS, true, false },
	{ "/api/v1/series", ROUTE_SERIES, true, false },
	{ "/api/v1/events", ROUTE_EVENTS, false, false },
	{ "/exchanges", ROUTE_CELL, false, false },
	{ "/exchanges/", ROUTE_EXCHANGE_PAGE, false, false },
	{ "/issuances/", ROUTE_ISSUANCE_PAGE, false, false },
	{ "/api/v1/verdict", ROUTE_VERDICT, true, false },
	{ "/api/v1/incidents", ROUTE_INCIDENTS, true, false },
	{ "/api/v1/cas", ROUTE_CAS, true, false },
	{ "/api/v1/look", ROUTE_LOOK, true, false },
	{ "/incidents/", ROUTE_INCIDENT_PAGE, false, false },
	{ "/method", ROUTE_METHOD, false, false },
	{ "/assets/", ROUTE_ASSET, false, false },
};

enum { TABLE = sizeof(table) / sizeof(table[0]) };

/* What is left of a path behind a route of data: nothing, or a suffix. */
static bool take_suffix(const char *rest, bool is_table, struct route *route,
			bool *ret_chosen)
{
	*ret_chosen = *rest != '\0';
	if (strcmp(rest, ".csv") == 0 && is_table) {
		route->format = ROUTE_CSV;
		return true;
	}
	return *rest == '\0' || strcmp(rest, ".json") == 0;
}

/* The name of a station or a CA, and the slash behind it. */
static bool take_name(const char **rest, char dst[static ROUTE_CA])
{
	size_t len = strspn(*rest, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len == 0 || len >= ROUTE_CA || (*rest)[len] != '/')
		return false;
	memcpy(dst, *rest, len);
	dst[len] = '\0';
	*rest += len + 1;
	return true;
}

/* The number that ends the path of one exchange. */
static bool take_id(const char **rest, struct route *route)
{
	size_t len = strspn(*rest, "0123456789");
	char digits[20];
	uint64_t id;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, *rest, len);
	digits[len] = '\0';
	if (!text_to_u64(digits, INT64_MAX, &id))
		return false;
	route->id = (int64_t)id;
	*rest += len;
	return true;
}

static bool match(size_t row, const char *path, struct route *route,
		  bool *ret_chosen)
{
	const char *rest = path + strlen(table[row].path);

	*ret_chosen = false;
	if (!text_starts(path, table[row].path))
		return false;
	route->kind = table[row].kind;
	if (route->kind == ROUTE_EXCHANGE_PAGE ||
	    route->kind == ROUTE_ISSUANCE_PAGE)
		return take_name(&rest, route->stations) &&
		       take_id(&rest, route) && *rest == '\0';
	if (route->kind == ROUTE_INCIDENT_PAGE)
		return take_name(&rest, route->ca) && take_id(&rest, route) &&
		       *rest == '\0';
	if (route->kind == ROUTE_ASSET) {
		text_copy(route->path, sizeof(route->path), path);
		return true;
	}
	if (!table[row].is_data)
		return *rest == '\0';
	route->format = ROUTE_JSON;
	if (route->kind == ROUTE_EXCHANGE && !take_id(&rest, route))
		return false;
	return take_suffix(rest, table[row].is_table, route, ret_chosen);
}

static bool find(const char *path, struct route *route, bool *ret_chosen,
		 bool *ret_is_table)
{
	for (size_t i = 0; i < TABLE; i++) {
		if (match(i, path, route, ret_chosen)) {
			*ret_is_table = table[i].is_table;
			return true;
		}
	}
	return false;
}

/* How much the request wants of a media type; -1 when it does not say. */
static int wanted(const struct route_request *r, const char *type)
{
	int most = -1;

	for (size_t i = 0; i < r->header_count; i++) {
		if (text_same_nocase(r->headers[i].name, "Accept")) {
			int q = accept_per_mille(r->headers[i].value, type);

			if (q > most)
				most = q;
		}
	}
	return most;
}

/* A media type is named itself, not only by a range. */
static bool is_named(const struct route_request *r, const char *type)
{
	for (size_t i = 0; i < r->header_count; i++) {
		if (text_same_nocase(r->headers[i].name, "Accept") &&
		    strcasestr(r->headers[i].value, type))
			return true;
	}
	return false;
}

static bool choose_format(const struct route_request *r, bool is_table,
			  struct route *route, struct route_refusal *refusal)
{
	int json = wanted(r, TYPE_JSON);
	int csv = is_table ? wanted(r, TYPE_CSV) : 0;

	if (json < 0)
		return true;
	if (json == 0 && csv == 0)
		return route_refuse(refusal, 406,
				    is_table ? "there is application/json and "
					       "text/csv here"
					     : "there is application/json "
					       "here");
	route->format = csv > json ? ROUTE_CSV : ROUTE_JSON;
	return true;
}

/* Only who names it: one that takes anything gets the older text. */
static bool wants_openmetrics(const struct route_request *r)
{
	int q = wanted(r, TYPE_OPENMETRICS);

	return q > 0 && q >= wanted(r, "text/plain") &&
	       is_named(r, TYPE_OPENMETRICS);
}

static bool take_path(const struct route_request *r, struct route *route,
		      struct route_refusal *refusal)
{
	size_t len = strcspn(r->target, "?");
	char path[ROUTE_PATH];
	bool chosen = false, is_table = false;

	if (len >= sizeof(path))
		return route_refuse(refusal, 404, "there is no such page");
	memcpy(path, r->target, len);
	path[len] = '\0';
	if (!find(path, route, &chosen, &is_table))
		return route_refuse(refusal, 404, "there is no such page");
	route->openmetrics = route->kind == ROUTE_METRICS &&
			     wants_openmetrics(r);
	if (route->format == ROUTE_TEXT || chosen)
		return true;
	return choose_format(r, is_table, route, refusal);
}

/* RFC 9110 12.5.3, as far as we are concerned: gzip, unless with q=0. */
static bool takes_gzip(const struct route_request *r)
{
	const char *value = route_header_find(r, "Accept-Encoding");
	const char *gzip = value ? strcasestr(value, "gzip") : NULL;

	if (!gzip)
		return false;
	gzip += strlen("gzip");
	gzip += strspn(gzip, " \t;");
	return strncasecmp(gzip, "q=0", 3) != 0 ||
	       strspn(gzip + 3, ".0") != strcspn(gzip + 3, ", ");
}

/* A browser names text/html itself; a program that takes anything does not. */
static bool is_browser(const struct route_request *r)
{
	return is_named(r, "text/html");
}

bool route_parse(const struct route_request *r, struct route *ret_route,
		 struct route_refusal *ret_refusal)
{
	struct route route;
	struct route_refusal refusal = { .status = 0 };
	const char *query;

	memset(&route, 0, sizeof(route));
	route.op = ROUTE_ANY;
	route.after = ROUTE_ANY;
	route.issuance = ROUTE_ANY;
	route.from_us = ROUTE_ANY;
	route.to_us = ROUTE_ANY;
	route.window_us = US_PER_HOUR;
	route.limit = ROUTE_LIMIT;
	if (!check_fields(r, &refusal) || !check_version(r, &refusal) ||
	    !check_method(r, &refusal) || !check_target(r->target, &refusal) ||
	    !take_path(r, &route, &refusal) ||
	    !check_method_of_route(r, &route, &refusal) ||
	    !check_framing(r, &refusal))
		goto refused;
	query = strchr(r->target, '?');
	if (query && !route_query_take(query + 1, &route, &refusal))
		goto refused;
	route.gzip = takes_gzip(r);
	*ret_route = route;
	return true;
refused:
	refusal.html = is_browser(r);
	*ret_refusal = refusal;
	return false;
}

bool route_is_page(enum route_kind kind)
{
	switch (kind) {
	case ROUTE_PAGE:
	case ROUTE_CELL:
	case ROUTE_EXCHANGE_PAGE:
	case ROUTE_ISSUANCE_PAGE:
	case ROUTE_INCIDENT_PAGE:
	case ROUTE_METHOD:
		return true;
	case ROUTE_HEALTH:
	case ROUTE_METRICS:
	case ROUTE_STATION:
	case ROUTE_EXCHANGES:
	case ROUTE_EXCHANGE:
	case ROUTE_ISSUANCES:
	case ROUTE_HOURS:
	case ROUTE_LATENCY:
	case ROUTE_STATIONS:
	case ROUTE_SERIES:
	case ROUTE_EVENTS:
	case ROUTE_VERDICT:
	case ROUTE_INCIDENTS:
	case ROUTE_CAS:
	case ROUTE_LOOK:
	case ROUTE_ASSET:
	case ROUTE_KINDS:
		break;
	}
	return false;
}

bool route_etag_matches(const char *if_none_match, const char *etag)
{
	size_t etag_len = strlen(etag);
	const char *p = if_none_match;

	while (*p) {
		size_t len = strcspn(p, ",");
		const char *tag = p;
		size_t tag_len = len;

		while (tag_len && (*tag == ' ' || *tag == '\t')) {
			tag++;
			tag_len--;
		}
		while (tag_len &&
		       (tag[tag_len - 1] == ' ' || tag[tag_len - 1] == '\t'))
			tag_len--;
		if (tag_len > 2 && memcmp(tag, "W/", 2) == 0) {
			tag += 2;
			tag_len -= 2;
		}
		if ((tag_len == 1 && *tag == '*') ||
		    (tag_len == etag_len && memcmp(tag, etag, etag_len) == 0))
			return true;
		p += len;
		if (*p)
			p++;
	}
	return false;
}

const char *route_status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" },
		{ 202, "Accepted" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Error";
}
