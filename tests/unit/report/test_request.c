#include "report/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct request request;

static enum request_state read_text(const char *text,
				    struct route_refusal *ret_refusal)
{
	return request_read(&request, text, strlen(text), ret_refusal);
}

static void a_head_is_taken_apart(void **state)
{
	static const char text[] = "GET /a?b HTTP/1.1\r\n"
				   "Host: \t x:1 \t\r\n"
				   "Empty:\r\n"
				   "Colons: a: b:c\r\n"
				   "\r\nGET /next";
	struct route_refusal refusal;
	const struct route_request *r = &request.route;

	(void)state;
	assert_int_equal(read_text(text, &refusal), REQUEST_WHOLE);
	assert_int_equal(request.len, strlen(text) - strlen("GET /next"));
	assert_string_equal(r->method, "GET");
	assert_string_equal(r->target, "/a?b");
	assert_int_equal(r->http_version, 11);
	assert_int_equal(r->header_count, 3);
	assert_string_equal(r->headers[0].name, "Host");
	assert_string_equal(r->headers[0].value, "x:1");
	assert_string_equal(r->headers[1].value, "");
	assert_string_equal(r->headers[2].value, "a: b:c");
}

static void every_part_of_a_head_is_a_part(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
	struct route_refusal refusal;

	(void)state;
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(request_read(&request, text, len, &refusal),
				 REQUEST_PART);
	assert_int_equal(read_text(text, &refusal), REQUEST_WHOLE);
}

static void one_empty_line_before_is_passed_over(void **state)
{
	struct route_refusal refusal;

	(void)state;
	assert_int_equal(read_text("\r\nGET / HTTP/1.1\r\n\r\n", &refusal),
			 REQUEST_WHOLE);
	assert_int_equal(request.len, 20);
	assert_int_equal(read_text("\r\n\r\nGET / HTTP/1.1\r\n\r\n", &refusal),
			 REQUEST_BAD);
}

static void what_would_need_repair_is_bad(void **state)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\n\n",
		"GET / HTTP/1.1\r\nA: b\n\r\n\r\n",
		"GET / HTTP/1.1\rA: b\r\n\r\n",
		"GET  / HTTP/1.1\r\n\r\n",
		" GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1 \r\n\r\n",
		"GET /\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/1.1.1\r\n\r\n",
		"GET / HTTQ/1.1\r\n\r\n",
		"GET / HTTP/x.1\r\n\r\n",
		"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
		"GET / HTTP/1.1\r\n\tA: b\r\n\r\n",
		"GET / HTTP/1.1\r\nA\r\n\r\n",
		"GET / HTTP/1.1\r\nA: \x01\r\n\r\n",
		"GET /\x7f HTTP/1.1\r\n\r\n",
	};
	struct route_refusal refusal;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (read_text(texts[i], &refusal) != REQUEST_BAD)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(refusal.status, 400);
	}
	assert_int_equal(request_read(&request, "GET /\0 HTTP/1.1\r\n\r\n", 20,
				      &refusal),
			 REQUEST_BAD);
}

static void a_bad_byte_is_bad_before_the_head_has_ended(void **state)
{
	struct route_refusal refusal;

	(void)state;
	assert_int_equal(read_text("GET / HTTP/1.1\n", &refusal), REQUEST_BAD);
	assert_int_equal(read_text("\x16\x03\x01", &refusal), REQUEST_BAD);
	/* The last CR may still be followed by its LF. */
	assert_int_equal(read_text("GET / HTTP/1.1\r", &refusal), REQUEST_PART);
}

/* "GET / HTTP/1.1", one field, and the end: this many bytes in all. */
static void make_head(char *dst, size_t len)
{
	static const char begin[] = "GET / HTTP/1.1\r\nA: ";

	memset(dst, 'a', len);
	memcpy(dst, begin, strlen(begin));
	memcpy(dst + len - 4, "\r\n\r\n", 4);
}

static void a_head_has_a_most_size(void **state)
{
	static char text[3 * REQUEST_HEAD_MAX];
	struct route_refusal refusal;

	(void)state;
	make_head(text, REQUEST_HEAD_MAX);
	assert_int_equal(request_read(&request, text, REQUEST_HEAD_MAX,
				      &refusal),
			 REQUEST_WHOLE);
	make_head(text, REQUEST_HEAD_MAX + 1);
	assert_int_equal(request_read(&request, text, REQUEST_HEAD_MAX + 1,
				      &refusal),
			 REQUEST_BAD);
	assert_int_equal(refusal.status, 431);
	memset(text, 'a', sizeof(text));
	assert_int_equal(request_read(&request, text, REQUEST_HEAD_MAX,
				      &refusal),
			 REQUEST_PART);
	assert_int_equal(request_read(&request, text, REQUEST_HEAD_MAX + 1,
				      &refusal),
			 REQUEST_BAD);
	assert_int_equal(refusal.status, 414);
}

static void a_head_has_a_most_number_of_fields(void **state)
{
	struct buf text = BUF_INIT(4000);
	struct route_refusal refusal;

	(void)state;
	buf_add_text(&text, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < ROUTE_HEADERS_MAX; i++)
		buf_add_text(&text, "a:b\r\n");
	buf_add_text(&text, "\r\n");
	assert_int_equal(read_text(buf_text(&text), &refusal), REQUEST_WHOLE);
	assert_int_equal(request.route.header_count, ROUTE_HEADERS_MAX);
	text.len -= 2;
	buf_add_text(&text, "a:b\r\n\r\n");
	assert_int_equal(read_text(buf_text(&text), &refusal), REQUEST_BAD);
	assert_int_equal(refusal.status, 431);
	buf_release(&text);
}

static void a_connection_ends_when_its_sender_says_so(void **state)
{
	struct route_refusal refusal;

	(void)state;
	assert_int_equal(read_text("GET / HTTP/1.1\r\n\r\n", &refusal),
			 REQUEST_WHOLE);
	assert_false(request_closes(&request.route));
	assert_int_equal(read_text("GET / HTTP/1.0\r\n\r\n", &refusal),
			 REQUEST_WHOLE);
	assert_true(request_closes(&request.route));
	assert_int_equal(read_text("GET / HTTP/1.1\r\n"
				   "connection: x, Close\r\n\r\n",
				   &refusal),
			 REQUEST_WHOLE);
	assert_true(request_closes(&request.route));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_taken_apart),
		cmocka_unit_test(every_part_of_a_head_is_a_part),
		cmocka_unit_test(one_empty_line_before_is_passed_over),
		cmocka_unit_test(what_would_need_repair_is_bad),
		cmocka_unit_test(a_bad_byte_is_bad_before_the_head_has_ended),
		cmocka_unit_test(a_head_has_a_most_size),
		cmocka_unit_test(a_head_has_a_most_number_of_fields),
		cmocka_unit_test(a_connection_ends_when_its_sender_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
