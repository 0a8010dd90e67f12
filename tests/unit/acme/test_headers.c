#include "acme/headers.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

static const char block[] =
	"HTTP/1.1 200 OK\r\n"
	"Server: a: b\r\n"
	"Content-Type: Application/Problem+JSON;charset=x\r\n"
	"X-Empty:\r\n"
	"X-Spaces: \t in the  middle \t \r\n"
	" folded: no\r\n"
	"X-Twice: one\r\n"
	"x-twice:two\n"
	"Bad Name : x\r\n"
	"no colon\r\n"
	"X-Control: a\x01z\r\n"
	"X-Foreign: gr\xc3\xbc\xc3\x9f\r\n"
	"X-Last: unended";

static void a_field_is_found_by_name(void **state)
{
	static const struct {
		const char *name;
		unsigned nth;
		const char *value; /* NULL: none */
	} rows[] = {
		{ "server", 0, "a: b" },
		{ "SERVER", 0, "a: b" },
		{ "Server", 1, NULL },
		{ "Serve", 0, NULL },
		{ "Server:", 0, NULL },
		{ "x-empty", 0, "" },
		{ "x-spaces", 0, "in the  middle" },
		{ "folded", 0, NULL },
		{ "x-twice", 0, "one" },
		{ "x-twice", 1, "two" },
		{ "x-twice", 2, NULL },
		{ "Bad Name", 0, NULL },
		{ "no colon", 0, NULL },
		{ "x-control", 0, "a\x01z" },
		{ "x-last", 0, "unended" },
		{ "HTTP/1.1 200 OK", 0, NULL },
		{ "absent", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *value = NULL;
		size_t len = 77;
		bool found = headers_find(block, sizeof(block) - 1,
					  rows[i].name, rows[i].nth, &value,
					  &len);

		assert_for(rows[i].name, found == (rows[i].value != NULL));
		if (!found) {
			assert_int_equal(len, 77);
			continue;
		}
		assert_int_equal(len, strlen(rows[i].value));
		assert_memory_equal(value, rows[i].value, len);
	}
}

static void no_block_has_no_fields(void **state)
{
	const char *value;
	char dst[8] = "before";
	size_t len;

	(void)state;
	assert_false(headers_find(NULL, 0, "a", 0, &value, &len));
	assert_false(headers_find("", 0, "a", 0, &value, &len));
	assert_false(headers_find("a", 1, "a", 0, &value, &len));
	assert_false(headers_find("\r\n\n\n", 4, "a", 0, &value, &len));
	assert_false(headers_copy(NULL, 0, "a", dst, sizeof(dst)));
	assert_string_equal(dst, "");
}

static void a_copy_is_whole_and_printable_or_not_made(void **state)
{
	char dst[5];

	(void)state;
	assert_true(headers_copy(block, sizeof(block) - 1, "server", dst, 5));
	assert_string_equal(dst, "a: b");
	assert_false(headers_copy(block, sizeof(block) - 1, "server", dst, 4));
	assert_string_equal(dst, "");
	assert_false(
		headers_copy(block, sizeof(block) - 1, "x-control", dst, 5));
	assert_false(headers_copy("a:\xc3\xbc\r\n", 6, "a", dst, 5));
	assert_false(headers_copy("a:b\0c\r\n", 7, "a", dst, 5));
	assert_false(headers_copy("a:b\r\r\n", 6, "a", dst, 5));
	assert_true(headers_copy("a:\r\n", 4, "a", dst, 5));
	assert_string_equal(dst, "");
}

static void the_media_type_is_bare_and_in_lower_case(void **state)
{
	static const struct {
		const char *block, *type;
	} rows[] = {
		{ "Content-Type: application/json\r\n", "application/json" },
		{ "content-type:Application/Problem+JSON\r\n",
		  "application/problem+json" },
		{ "Content-Type: text/html; charset=utf-8\r\n", "text/html" },
		{ "Content-Type: text/html ;charset=utf-8\r\n", "text/html" },
		{ "Content-Type:\r\n", "" },
		{ "Content-Type: ;\r\n", "" },
		{ "Content-Type: application/\x80\r\n", "" },
		{ "Content-Length: 3\r\n", "" },
		{ "Content-Type: application/too-long-for-the-place-it-is-"
		  "meant-for\r\n",
		  "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char dst[32] = "before";

		headers_media_type(rows[i].block, strlen(rows[i].block), dst,
				   sizeof(dst));
		assert_string_equal(dst, rows[i].type);
	}
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const struct {
		const char *block;
		int64_t us;
	} rows[] = {
		{ "Retry-After: 0\r\n", 0 },
		{ "Retry-After: 3\r\n", 3 * US_PER_S },
		{ "retry-after:\t120 \n", 120 * US_PER_S },
		{ "Retry-After: 007\r\n", 7 * US_PER_S },
		{ "Retry-After: 86400\r\n", US_PER_DAY },
		{ "Retry-After: 86401\r\n", US_PER_DAY },
		{ "Retry-After: 9223372036855\r\n", US_PER_DAY },
		{ "Retry-After: 99999999999999999999999999\r\n", US_PER_DAY },
		/* The clock stands at Sun, 06 Nov 1994 08:49:37 GMT. */
		{ "Retry-After: Sun, 06 Nov 1994 08:50:00 GMT\r\n",
		  23 * US_PER_S },
		{ "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0 },
		{ "Retry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n", 0 },
		{ "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
		  US_PER_DAY },
		{ "Retry-After: Sat, 01 Jan 0000 00:00:00 GMT\r\n", 0 },
		{ "Retry-After: Mon, 06 Nov 1994 08:50:00 GMT\r\n", -1 },
		{ "Retry-After: Sunday, 06-Nov-94 08:50:00 GMT\r\n", -1 },
		{ "Retry-After: 1994-11-06T08:50:00Z\r\n", -1 },
		{ "Retry-After: -1\r\n", -1 },
		{ "Retry-After: +1\r\n", -1 },
		{ "Retry-After: 1.5\r\n", -1 },
		{ "Retry-After: 1e3\r\n", -1 },
		{ "Retry-After: 10s\r\n", -1 },
		{ "Retry-After: 1 0\r\n", -1 },
		{ "Retry-After:\r\n", -1 },
		{ "Retry-After: soon\r\n", -1 },
		{ "Retry-After: 1\x01\r\n", -1 },
		{ "Retry: 1\r\n", -1 },
		{ "", -1 },
	};
	int64_t now_us;

	(void)state;
	assert_true(clock_from_http("Sun, 06 Nov 1994 08:49:37 GMT", &now_us));
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t us = headers_retry_after_us(rows[i].block,
						    strlen(rows[i].block),
						    now_us, US_PER_DAY);

		if (us != rows[i].us)
			fail_msg("%s gave %lld", rows[i].block, (long long)us);
	}
}

static void the_date_of_an_answer_is_its_servers_clock(void **state)
{
	static const char good[] = "Date: Mon, 23 Nov 2026 06:00:00 GMT\r\n";
	static const char bad[] = "Date: yesterday\r\n";

	(void)state;
	assert_int_equal(headers_date_us(good, sizeof(good) - 1),
			 INT64_C(1795413600000000));
	assert_int_equal(headers_date_us(bad, sizeof(bad) - 1), -1);
	assert_int_equal(headers_date_us(NULL, 0), -1);
}

static void a_retry_after_of_megabytes_is_unreadable(void **state)
{
	static char huge[1 << 20];

	(void)state;
	memset(huge, '9', sizeof(huge));
	memcpy(huge, "Retry-After:", 12);
	assert_int_equal(headers_retry_after_us(huge, sizeof(huge), 0, 1000),
			 -1);
}

static void links_are_found_by_relation(void **state)
{
	static const char links[] =
		"Link: <https://ca.example/dir>;rel=\"index\"\r\n"
		"Link: <https://ca.example/cert/1/1>; rel=\"alternate\", "
		"</cert/1/2> ;title=\"a, b; <c>\"; REL = Alternate\r\n"
		"link:<up>;rel=up;rel2=alternate\r\n"
		"Link: , ,<a,b;c>;rel=\"next  ALTERNATE prev\"\r\n"
		"Link: <broken;rel=\"alternate\"\r\n"
		"Link: nothing;rel=\"alternate\"\r\n"
		"Link: <bare>\r\n"
		"Link: <x>;rel\r\n"
		"Link: <x>;rel=\r\n"
		"Link: <x>;rel=\"alternat\"\r\n"
		"Link: <x>;rel=\"alternates\"\r\n"
		"Link: <unclosed>;rel=\"alternate\r\n"
		"Link: <>;rel=empty\r\n"
		"Link: <last>;;rel=last";
	static const struct {
		const char *relation;
		unsigned nth;
		const char *target; /* NULL: none */
	} rows[] = {
		{ "index", 0, "https://ca.example/dir" },
		{ "INDEX", 0, "https://ca.example/dir" },
		{ "index", 1, NULL },
		{ "alternate", 0, "https://ca.example/cert/1/1" },
		{ "alternate", 1, "/cert/1/2" },
		{ "alternate", 2, "a,b;c" },
		{ "alternate", 3, "unclosed" },
		{ "alternate", 4, NULL },
		{ "up", 0, "up" },
		{ "prev", 0, "a,b;c" },
		{ "empty", 0, "" },
		{ "last", 0, "last" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char dst[64] = "before";
		bool found = headers_link(links, sizeof(links) - 1,
					  rows[i].relation, rows[i].nth, dst,
					  sizeof(dst));

		assert_for(rows[i].relation, found == (rows[i].target != NULL));
		assert_string_equal(dst, found ? rows[i].target : "before");
	}
}

static void a_link_that_does_not_fit_is_none(void **state)
{
	static const char link[] = "Link: <12345>;rel=up\r\n";
	static const char nul[] = "Link: <12\0"
				  "45>;rel=up\r\n";
	char dst[6];

	(void)state;
	assert_true(headers_link(link, sizeof(link) - 1, "up", 0, dst, 6));
	assert_string_equal(dst, "12345");
	assert_false(headers_link(link, sizeof(link) - 1, "up", 0, dst, 5));
	assert_false(headers_link(nul, sizeof(nul) - 1, "up", 0, dst, 6));
}

static void a_nonce_is_base64url(void **state)
{
	static const struct {
		const char *block, *nonce; /* NULL: none */
	} rows[] = {
		{ "Replay-Nonce: abcXYZ019-_\r\n", "abcXYZ019-_" },
		{ "replay-nonce:a\n", "a" },
		{ "Replay-Nonce: 0123456789abcdef\r\n", NULL }, /* too long */
		{ "Replay-Nonce:\r\n", NULL },
		{ "Replay-Nonce: a b\r\n", NULL },
		{ "Replay-Nonce: ab=\r\n", NULL },
		{ "Replay-Nonce: a+/\r\n", NULL },
		{ "Replay-Nonce: a\"\r\n", NULL },
		{ "Replay-Nonce: \xc3\xa4\r\n", NULL },
		{ "Nonce: a\r\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char dst[16] = "before";
		bool found = headers_nonce(rows[i].block, strlen(rows[i].block),
					   dst, sizeof(dst));

		assert_for(rows[i].block, found == (rows[i].nonce != NULL));
		assert_string_equal(dst, found ? rows[i].nonce : "");
	}
}

static void a_request_has_the_name_that_its_server_gave_it(void **state)
{
	static const char two[] = "CF-Ray: 8f2-FRA\r\nX-Request-Id: abc-1\r\n";
	static const char cdn[] = "X-Request-Id: \r\nCF-RAY: 8f2-FRA\r\n";
	char id[16] = "old";

	(void)state;
	assert_true(headers_request_id(two, strlen(two), id, sizeof(id)));
	assert_string_equal(id, "abc-1");
	assert_true(headers_request_id(cdn, strlen(cdn), id, sizeof(id)));
	assert_string_equal(id, "8f2-FRA");
	/* One that does not fit is none: a part of it finds nothing. */
	assert_false(headers_request_id(two, strlen(two), id, 4));
	assert_string_equal(id, "");
	assert_false(headers_request_id(NULL, 0, id, sizeof(id)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_found_by_name),
		cmocka_unit_test(no_block_has_no_fields),
		cmocka_unit_test(a_copy_is_whole_and_printable_or_not_made),
		cmocka_unit_test(the_media_type_is_bare_and_in_lower_case),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(the_date_of_an_answer_is_its_servers_clock),
		cmocka_unit_test(a_retry_after_of_megabytes_is_unreadable),
		cmocka_unit_test(links_are_found_by_relation),
		cmocka_unit_test(a_link_that_does_not_fit_is_none),
		cmocka_unit_test(
			a_request_has_the_name_that_its_server_gave_it),
		cmocka_unit_test(a_nonce_is_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
