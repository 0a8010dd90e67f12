#include "report/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "report/accept.h"

static const struct route_header host[] = { { "Host", "station.example" } };

/* The status of a request with these header fields; 200 when it is taken. */
static int status_with(const char *method, const char *target,
		       const struct route_header *headers, size_t count,
		       struct route *ret_route)
{
	const struct route_request r = { .method = method,
					 .target = target,
					 .http_version = 11,
					 .headers = headers,
					 .header_count = count };
	struct route_refusal refusal = { .status = 0 };

	if (route_parse(&r, ret_route, &refusal))
		return 200;
	assert_true(refusal.status >= 400);
	assert_true(refusal.reason[0] != '\0');
	return refusal.status;
}

static int status_of(const char *target, struct route *ret_route)
{
	return status_with("GET", target, host, 1, ret_route);
}

static void every_route_is_found(void **state)
{
	static const struct {
		const char *target;
		enum route_kind kind;
		enum route_format format;
	} rows[] = {
		{ "/", ROUTE_PAGE, ROUTE_TEXT },
		{ "/?", ROUTE_PAGE, ROUTE_TEXT },
		{ "/assets/page-1.css", ROUTE_ASSET, ROUTE_TEXT },
		{ "/method", ROUTE_METHOD, ROUTE_TEXT },
		{ "/exchanges?station=fra&ca=le&op=newOrder", ROUTE_CELL,
		  ROUTE_TEXT },
		{ "/exchanges/fra/7", ROUTE_EXCHANGE_PAGE, ROUTE_TEXT },
		{ "/issuances/fra/7", ROUTE_ISSUANCE_PAGE, ROUTE_TEXT },
		{ "/?ca=le&op=issuance&station=fra&station=bom&scale=log",
		  ROUTE_PAGE, ROUTE_TEXT },
		{ "/?part=1", ROUTE_PAGE, ROUTE_TEXT },
		{ "/api/v1/stations", ROUTE_STATIONS, ROUTE_JSON },
		{ "/api/v1/series?ca=le", ROUTE_SERIES, ROUTE_JSON },
		{ "/api/v1/events?ca=le", ROUTE_EVENTS, ROUTE_TEXT },
		{ "/api/v1/exchanges?after=7&wait=20s", ROUTE_EXCHANGES,
		  ROUTE_JSON },
		{ "/healthz", ROUTE_HEALTH, ROUTE_TEXT },
		{ "/metrics", ROUTE_METRICS, ROUTE_TEXT },
		{ "/api/v1/station", ROUTE_STATION, ROUTE_JSON },
		{ "/api/v1/station.json", ROUTE_STATION, ROUTE_JSON },
		{ "/api/v1/exchanges", ROUTE_EXCHANGES, ROUTE_JSON },
		{ "/api/v1/exchanges.csv", ROUTE_EXCHANGES, ROUTE_CSV },
		{ "/api/v1/exchanges/12", ROUTE_EXCHANGE, ROUTE_JSON },
		{ "/api/v1/exchanges/12.json", ROUTE_EXCHANGE, ROUTE_JSON },
		{ "/api/v1/issuances.json", ROUTE_ISSUANCES, ROUTE_JSON },
		{ "/api/v1/hours", ROUTE_HOURS, ROUTE_JSON },
		{ "/api/v1/latency.csv", ROUTE_LATENCY, ROUTE_CSV },
	};
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(status_of(rows[i].target, &route), 200);
		assert_int_equal(route.kind, rows[i].kind);
		assert_int_equal(route.format, rows[i].format);
	}
	assert_int_equal(status_of("/api/v1/exchanges/9223372036854775807",
				   &route),
			 200);
	assert_int_equal(route.id, INT64_MAX);
}

static void what_is_no_route_is_not_found(void **state)
{
	static const char *const targets[] = {
		"/index.html",
		"/api",
		"/api/v1/",
		"/api/v2/station",
		"/api/v1/station.csv",
		"/api/v1/station/",
		"/api/v1/exchanges/",
		"/api/v1/exchanges/x",
		"/api/v1/exchanges/1.csv",
		"/api/v1/exchanges/1x",
		"/api/v1/exchanges/-1",
		"/api/v1/exchanges/9223372036854775808",
		"/api/v1/exchanges/99999999999999999999999",
		"/style.css.json",
		"/healthz.json",
		"/%61pi/v1/station",
		"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		assert_int_equal(status_of(targets[i], &route), 404);
}

static void disguises_and_odd_targets_are_refused(void **state)
{
	static const char *const targets[] = {
		"",
		"*",
		"healthz",
		"http://station.example/",
		"//healthz",
		"/api//v1/station",
		"/../etc/passwd",
		"/api/v1/..",
		"/%00",
		"/healthz%00",
		"/api%2fv1",
		"/api%2Fv1",
		"/api%5cv1",
		"/api%5Cv1",
		"/%",
		"/%4",
		"/%zz",
		"/a\\b",
		"/a#b",
		"/a<b>",
		"/a\"b",
		"/a b",
		"/a\x01",
		"/a\x7f",
		"/\xc3\xa4",
		"/api/v1/exchanges?ca=%00",
		"/api/v1/exchanges?ca=%2f",
	};
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		assert_int_equal(status_of(targets[i], &route), 400);
}

static void a_target_that_is_too_long_is_said_to_be(void **state)
{
	char target[ROUTE_TARGET_MAX + 2];
	struct route route;

	(void)state;
	memset(target, 'a', sizeof(target) - 1);
	target[0] = '/';
	target[sizeof(target) - 1] = '\0';
	assert_int_equal(status_of(target, &route), 414);
	target[ROUTE_TARGET_MAX] = '\0';
	assert_int_equal(status_of(target, &route), 404);
}

static void only_get_and_head_are_taken(void **state)
{
	static const char *const others[] = { "POST", "PUT",	 "DELETE",
					      "get",  "OPTIONS", "TRACE",
					      "" };
	struct route route;

	(void)state;
	assert_int_equal(status_with("HEAD", "/", host, 1, &route), 200);
	assert_true(route.head);
	assert_int_equal(status_with("GET", "/", host, 1, &route), 200);
	assert_false(route.head);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(status_with(others[i], "/", host, 1, &route),
				 405);
}

static void a_request_has_exactly_one_host(void **state)
{
	static const struct route_header two[] = { { "Host", "a" },
						   { "hOST", "a" } };
	static const char *const bad[] = { "", "a b", "a/b", "a@b", "a,b" };
	static const char *const good[] = { "a", "a:8475", "[::1]:1",
					    "1.2.3.4" };
	struct route route;

	(void)state;
	assert_int_equal(status_with("GET", "/", NULL, 0, &route), 400);
	assert_int_equal(status_with("GET", "/", two, 2, &route), 400);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct route_header one = { "Host", bad[i] };

		assert_int_equal(status_with("GET", "/", &one, 1, &route), 400);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct route_header one = { "Host", good[i] };

		assert_int_equal(status_with("GET", "/", &one, 1, &route), 200);
	}
}

static int status_beside(const char *name, const char *value, const char *name2,
			 const char *value2)
{
	const struct route_header headers[] = { { "Host", "a" },
						{ name, value },
						{ name2, value2 } };
	struct route route;

	return status_with("GET", "/", headers, name2 ? 3 : 2, &route);
}

static void bodies_are_refused_in_any_form(void **state)
{
	(void)state;
	assert_int_equal(status_beside("Content-Length", "0", NULL, NULL), 200);
	assert_int_equal(status_beside("Content-Length", "1", NULL, NULL), 400);
	assert_int_equal(status_beside("Content-Length", "00", NULL, NULL),
			 400);
	assert_int_equal(status_beside("Content-Length", "+0", NULL, NULL),
			 400);
	assert_int_equal(status_beside("Content-Length", "", NULL, NULL), 400);
	assert_int_equal(status_beside("Content-Length", "0", "content-length",
				       "0"),
			 400);
	assert_int_equal(
		status_beside("Transfer-Encoding", "chunked", NULL, NULL), 400);
	assert_int_equal(status_beside("transfer-encoding", "identity", NULL,
				       NULL),
			 400);
	assert_int_equal(status_beside("Transfer-Encoding", "",
				       "Content-Length", "0"),
			 400);
}

static void header_fields_are_clean(void **state)
{
	(void)state;
	assert_int_equal(status_beside("X-A", "a\tb", NULL, NULL), 200);
	assert_int_equal(status_beside("Content-Length ", "0", NULL, NULL),
			 400);
	assert_int_equal(status_beside("", "0", NULL, NULL), 400);
	assert_int_equal(status_beside("X A", "0", NULL, NULL), 400);
	assert_int_equal(status_beside("X(A)", "0", NULL, NULL), 400);
	assert_int_equal(status_beside("X\xc3\xa4", "0", NULL, NULL), 400);
	assert_int_equal(status_beside("X-A", "a\x01", NULL, NULL), 400);
	assert_int_equal(status_beside("X-A", "a\nb", NULL, NULL), 400);
}

static void too_many_or_too_large_headers_are_said_to_be(void **state)
{
	struct route_header many[ROUTE_HEADERS_MAX + 1];
	static char large[ROUTE_HEADER_BYTES + 1];
	struct route route;

	(void)state;
	for (size_t i = 0; i <= ROUTE_HEADERS_MAX; i++)
		many[i] = (struct route_header){ "X", "y" };
	many[0] = host[0];
	assert_int_equal(
		status_with("GET", "/", many, ROUTE_HEADERS_MAX, &route), 200);
	assert_int_equal(status_with("GET", "/", many, ROUTE_HEADERS_MAX + 1,
				     &route),
			 431);
	memset(large, 'a', sizeof(large) - 1);
	assert_int_equal(status_beside("X", large, NULL, NULL), 431);
}

static void other_versions_are_refused(void **state)
{
	struct route_request r = { .method = "GET",
				   .target = "/",
				   .headers = host,
				   .header_count = 1 };
	static const struct {
		int version;
		bool taken;
	} rows[] = { { 9, false },  { 10, true },  { 11, true },
		     { 12, false }, { 20, false }, { 30, false } };
	struct route_refusal refusal;
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r.http_version = rows[i].version;
		assert_int_equal(route_parse(&r, &route, &refusal),
				 rows[i].taken);
		if (!rows[i].taken)
			assert_int_equal(refusal.status, 505);
	}
}

static void query_values_become_values(void **state)
{
	struct route route;

	(void)state;
	assert_int_equal(
		status_of("/api/v1/exchanges?ca=le-1&op=newOrder&after=7"
			  "&issuance=9&limit=1000&failed=1"
			  "&from=1700000000&to=2026-11-23T06:01:28.5%2B02:00",
			  &route),
		200);
	assert_string_equal(route.ca, "le-1");
	assert_int_equal(route.op, OP_NEW_ORDER);
	assert_int_equal(route.after, 7);
	assert_int_equal(route.issuance, 9);
	assert_int_equal(route.limit, 1000);
	assert_true(route.failed_only);
	assert_int_equal(route.from_us, INT64_C(1700000000) * US_PER_S);
	assert_int_equal(route.to_us, INT64_C(1795406488500000));
	assert_int_equal(status_of("/api/v1/hours?from="
				   "2026-11-23T06:01:28+02:00",
				   &route),
			 200);
	assert_int_equal(route.from_us, INT64_C(1795406488000000));
	assert_int_equal(status_of("/api/v1/latency?ca=a&window=90m", &route),
			 200);
	assert_int_equal(route.window_us, 90 * US_PER_MIN);
	assert_int_equal(status_of("/api/v1/exchanges", &route), 200);
	assert_int_equal(route.op, ROUTE_ANY);
	assert_int_equal(route.after, ROUTE_ANY);
	assert_int_equal(route.limit, ROUTE_LIMIT);
	assert_int_equal(
		status_of("/api/v1/exchanges?after=0&failed=0", &route), 200);
	assert_int_equal(route.after, 0);
	assert_false(route.failed_only);
}

static void what_is_no_value_is_refused(void **state)
{
	static const char *const queries[] = {
		"x=1",
		"ca",
		"ca=",
		"ca=A",
		"ca=-a",
		"ca=a/b",
		"ca=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"op=",
		"op=neworder",
		"after=-1",
		"after=1x",
		"after=",
		"after=9223372036854775808",
		"limit=0",
		"limit=1001",
		"limit=ten",
		"failed=yes",
		"from=yesterday",
		"from=-1",
		"from=1969-12-31T23:59:59Z",
		"from=253402300801",
		"from=99999999999999999999",
		"from=2&to=1",
		"from=1&to=1",
		"ca=a&ca=b",
		"ca=a&ca=a",
		"ca=a&",
		"&ca=a",
		"ca=a&&op=order",
		"=a",
		"ca=a%09",
		"ca=%ff",
		"window=60m",
		"from=00000000000000000000000000000000000000000000000000000000"
		"00000000000000000001",
	};
	struct route route;
	char target[256];

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		snprintf(target, sizeof(target), "/api/v1/exchanges?%s",
			 queries[i]);
		if (status_of(target, &route) != 400)
			fail_msg("taken: %s", queries[i]);
	}
	assert_int_equal(status_of("/?a=b", &route), 400);
	assert_int_equal(status_of("/healthz?ca=a", &route), 400);
	assert_int_equal(status_of("/api/v1/latency?window=59s", &route), 400);
	assert_int_equal(status_of("/api/v1/latency?window=25h", &route), 400);
	assert_int_equal(status_of("/api/v1/latency?window=60", &route), 400);
}

static void accept_chooses_the_form(void **state)
{
	static const struct {
		const char *accept;
		int status;
		enum route_format format;
	} rows[] = {
		{ "*/*", 200, ROUTE_JSON },
		{ "", 200, ROUTE_JSON },
		{ "text/csv", 200, ROUTE_CSV },
		{ "text/*", 200, ROUTE_CSV },
		{ "TEXT/CSV;q=0.9, */*;q=0.1", 200, ROUTE_CSV },
		{ "text/csv;q=0.1, application/json", 200, ROUTE_JSON },
		{ "text/csv;q=0, */*", 200, ROUTE_JSON },
		{ "application/json;q=0, */*;q=0.5", 200, ROUTE_CSV },
		{ "text/html,application/xml;q=0.9,*/*;q=0.8", 200,
		  ROUTE_JSON },
		{ "image/png", 406, ROUTE_TEXT },
		{ "text/csv;q=0", 406, ROUTE_TEXT },
		{ "nonsense", 200, ROUTE_JSON },
		{ ",,;;,", 200, ROUTE_JSON },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct route_header headers[] = {
			{ "Host", "a" }, { "Accept", rows[i].accept }
		};
		struct route route;

		assert_int_equal(status_with("GET", "/api/v1/hours", headers, 2,
					     &route),
				 rows[i].status);
		if (rows[i].status == 200)
			assert_int_equal(route.format, rows[i].format);
		/* A suffix says it all. */
		assert_int_equal(status_with("GET", "/api/v1/hours.csv",
					     headers, 2, &route),
				 200);
		assert_int_equal(route.format, ROUTE_CSV);
	}
}

static void openmetrics_is_for_those_who_name_it(void **state)
{
	static const struct {
		const char *accept;
		bool open;
	} rows[] = {
		{ "*/*", false },
		{ "text/plain", false },
		{ "application/openmetrics-text", true },
		{ "application/openmetrics-text;version=1.0.0;q=0.5,"
		  "text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
		  true },
		{ "application/openmetrics-text;q=0.1,text/plain;q=0.9",
		  false },
		{ "application/openmetrics-text;q=0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct route_header headers[] = {
			{ "Host", "a" }, { "Accept", rows[i].accept }
		};
		struct route route;

		assert_int_equal(status_with("GET", "/metrics", headers, 2,
					     &route),
				 200);
		assert_int_equal(route.openmetrics, rows[i].open);
	}
}

static void quality_is_read_in_thousandths(void **state)
{
	(void)state;
	assert_int_equal(accept_per_mille("a/b;q=0.25", "a/b"), 250);
	assert_int_equal(accept_per_mille("a/b; q=0.333", "a/b"), 333);
	assert_int_equal(accept_per_mille("a/b;q=1.0", "a/b"), 1000);
	assert_int_equal(accept_per_mille("a/b;x=y;q=0.5", "a/b"), 500);
	assert_int_equal(accept_per_mille("a/b;q=9", "a/b"), 1000);
	assert_int_equal(accept_per_mille("a/*;q=0.1, a/b;q=0.2", "a/b"), 200);
	assert_int_equal(accept_per_mille("a/c", "a/b"), 0);
	assert_int_equal(accept_per_mille("", "a/b"), -1);
}

static void only_browsers_get_a_page_of_refusal(void **state)
{
	const struct route_header headers[] = {
		{ "Host", "a" }, { "Accept", "text/html,*/*;q=0.8" }
	};
	struct route_request r = { .method = "GET",
				   .target = "/nix",
				   .http_version = 11,
				   .headers = headers,
				   .header_count = 2 };
	struct route_refusal refusal;
	struct route route;

	(void)state;
	assert_false(route_parse(&r, &route, &refusal));
	assert_true(refusal.html);
	r.header_count = 1;
	assert_false(route_parse(&r, &route, &refusal));
	assert_false(refusal.html);
}

static void the_same_question_has_the_same_key(void **state)
{
	char a[ROUTE_KEY], b[ROUTE_KEY];
	struct route x, y;

	(void)state;
	assert_int_equal(status_of("/api/v1/hours?ca=a&limit=5", &x), 200);
	assert_int_equal(status_with("HEAD", "/api/v1/hours?limit=5&ca=a", host,
				     1, &y),
			 200);
	route_key(&x, a);
	route_key(&y, b);
	assert_string_equal(a, b);
	assert_int_equal(status_of("/api/v1/hours?ca=a&limit=6", &y), 200);
	route_key(&y, b);
	assert_string_not_equal(a, b);
	assert_int_equal(status_of("/api/v1/hours.csv?ca=a&limit=5", &y), 200);
	route_key(&y, b);
	assert_string_not_equal(a, b);
}

static void entity_tags_are_compared_weakly(void **state)
{
	(void)state;
	assert_true(route_etag_matches("\"a\"", "\"a\""));
	assert_true(route_etag_matches("W/\"a\"", "\"a\""));
	assert_true(route_etag_matches("\"b\", \"a\" ", "\"a\""));
	assert_true(route_etag_matches("*", "\"a\""));
	assert_false(route_etag_matches("\"b\"", "\"a\""));
	assert_false(route_etag_matches("a", "\"a\""));
	assert_false(route_etag_matches("", "\"a\""));
	assert_false(route_etag_matches("\"aa\"", "\"a\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_found),
		cmocka_unit_test(what_is_no_route_is_not_found),
		cmocka_unit_test(disguises_and_odd_targets_are_refused),
		cmocka_unit_test(a_target_that_is_too_long_is_said_to_be),
		cmocka_unit_test(only_get_and_head_are_taken),
		cmocka_unit_test(a_request_has_exactly_one_host),
		cmocka_unit_test(bodies_are_refused_in_any_form),
		cmocka_unit_test(header_fields_are_clean),
		cmocka_unit_test(too_many_or_too_large_headers_are_said_to_be),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(query_values_become_values),
		cmocka_unit_test(what_is_no_value_is_refused),
		cmocka_unit_test(accept_chooses_the_form),
		cmocka_unit_test(openmetrics_is_for_those_who_name_it),
		cmocka_unit_test(quality_is_read_in_thousandths),
		cmocka_unit_test(only_browsers_get_a_page_of_refusal),
		cmocka_unit_test(the_same_question_has_the_same_key),
		cmocka_unit_test(entity_tags_are_compared_weakly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
