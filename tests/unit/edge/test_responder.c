/* The responder: what it answers, to whom, and what it puts up with. */
#include "edge/responder.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/responder_request.h"

struct room {
	struct loop *loop;
	struct responder *responder;
	struct loop_timer *timer;
	unsigned seen;
	struct ip from;
	int64_t seen_us;
	char token[64];
	int reader; /* the socket whose answer is waited for */
	char reply[4096];
	size_t reply_len;
	bool ended;
};

static int setup(void **state)
{
	struct room *r = mem_zalloc(sizeof(*r));
	struct fail why;

	assert_true(loop_new(&r->loop, &why));
	assert_true(responder_new(r->loop, "127.0.0.1:0", &r->responder, &why));
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	responder_free(r->responder);
	loop_timer_free(r->timer);
	loop_free(r->loop);
	free(r);
	return 0;
}

static void on_seen(void *ctx, const char *token, const struct ip *from,
		    int64_t mono_us)
{
	struct room *r = ctx;

	text_copy(r->token, sizeof(r->token), token);
	r->seen++;
	r->from = *from;
	r->seen_us = mono_us;
}

static int dial(const struct room *r, bool six)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_port = htons(responder_port(r->responder)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(responder_port(r->responder)),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fd =
		socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd,
				 six ? (struct sockaddr *)&v6
				     : (struct sockaddr *)&v4,
				 six ? sizeof(v6) : sizeof(v4)),
			 0);
	return fd;
}

/* Looks whether the answer is there; the responder works in between. */
static void look(void *ctx)
{
	struct room *r = ctx;
	ssize_t got = recv(r->reader, r->reply + r->reply_len,
			   sizeof(r->reply) - 1 - r->reply_len, MSG_DONTWAIT);

	if (got > 0)
		r->reply_len += (size_t)got;
	r->ended = got == 0 || (got < 0 && errno != EAGAIN);
	if (r->ended)
		loop_stop(r->loop);
	else
		loop_timer_set(r->timer, loop_clock_us() + US_PER_MS);
}

/* Everything that comes on fd until it is closed. */
static const char *read_reply(struct room *r, int fd)
{
	loop_timer_free(r->timer);
	r->timer = loop_timer_new(r->loop, look, r);
	loop_timer_set(r->timer, 0);
	memset(r->reply, 0, sizeof(r->reply));
	r->reply_len = 0;
	r->reader = fd;
	loop_run(r->loop);
	close(fd);
	return r->reply;
}

static const char *send_and_read(struct room *r, int fd, const char *request)
{
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 strlen(request));
	return read_reply(r, fd);
}

static const char *say(struct room *r, const char *request)
{
	return send_and_read(r, dial(r, false), request);
}

#define ASK(target)                                      \
	"GET " target " HTTP/1.1\r\nHost: name.test\r\n" \
	"User-Agent: validator\r\n\r\n"

static void a_token_gets_its_answer_and_is_told(void **state)
{
	struct room *r = *state;
	int64_t before_us = loop_clock_us();

	responder_add(r->responder, "tok-_1", "tok-_1.thumb", on_seen, r);
	say(r, ASK("/.well-known/acme-challenge/tok-_1"));
	assert_ptr_equal(strstr(r->reply, "HTTP/1.1 200 OK\r\n"), r->reply);
	assert_non_null(strstr(r->reply, "\r\nContent-Type: application/"
					 "octet-stream\r\n"));
	assert_non_null(strstr(r->reply, "\r\nContent-Length: 12\r\n"));
	assert_non_null(strstr(r->reply, "\r\n\r\ntok-_1.thumb"));
	assert_int_equal(r->seen, 1);
	assert_string_equal(r->token, "tok-_1");
	assert_int_equal(r->from.family, IP_V4);
	assert_int_equal(r->from.bytes[0], 127);
	assert_true(r->seen_us >= before_us);
	assert_true(r->seen_us <= loop_clock_us());
	/* Validators come from several places, each is told. */
	say(r, ASK("/.well-known/acme-challenge/tok-_1"));
	assert_int_equal(r->seen, 2);
}

static void a_head_gets_the_header_alone(void **state)
{
	struct room *r = *state;

	responder_add(r->responder, "tok", "answer", on_seen, r);
	say(r, "HEAD /.well-known/acme-challenge/tok HTTP/1.1\r\n"
	       "Host: a\r\n\r\n");
	assert_non_null(strstr(r->reply, "\r\nContent-Length: 6\r\n"));
	assert_null(strstr(r->reply, "answer"));
	/* No validation asks so (RFC 8555 8.3). */
	assert_int_equal(r->seen, 0);
}

static void whatever_else_is_asked_is_not_found(void **state)
{
	struct room *r = *state;
	static const char *const others[] = {
		ASK("/.well-known/acme-challenge/other"),
		ASK("/.well-known/acme-challenge/"),
		ASK("/.well-known/acme-challenge/tok?x"),
		ASK("/.well-known/acme-challenge/tok/"),
		ASK("/.well-known/acme-challenge/%74ok"),
		ASK("/.well-known/acme-challenge/../acme-challenge/tok"),
		ASK("/.well-known//acme-challenge/tok"),
		ASK("//.well-known/acme-challenge/tok"),
		ASK("/"),
	};
	size_t count = sizeof(others) / sizeof(others[0]);

	responder_add(r->responder, "tok", "answer", on_seen, r);
	for (size_t i = 0; i < count; i++) {
		say(r, others[i]);
		assert_ptr_equal(strstr(r->reply, "HTTP/1.1 404 Not Found\r\n"),
				 r->reply);
		assert_null(strstr(r->reply, "answer"));
	}
	assert_int_equal(r->seen, 0);
}

static void tokens_are_replaced_and_forgotten_by_their_owner(void **state)
{
	struct room *r = *state;
	int other;

	responder_add(r->responder, "one", "first", on_seen, r);
	responder_add(r->responder, "one", "second", on_seen, r);
	responder_add(r->responder, "two", "third", NULL, &other);
	assert_non_null(strstr(say(r, ASK("/.well-known/acme-challenge/one")),
			       "second"));
	responder_forget(r->responder, r);
	assert_non_null(
		strstr(say(r, ASK("/.well-known/acme-challenge/one")), "404"));
	assert_non_null(strstr(say(r, ASK("/.well-known/acme-challenge/two")),
			       "third"));
}

static void forget_all(void *ctx, const char *token, const struct ip *from,
		       int64_t mono_us)
{
	struct room *r = ctx;

	on_seen(ctx, token, from, mono_us);
	responder_forget(r->responder, r);
}

static void a_token_may_be_forgotten_while_it_is_told(void **state)
{
	struct room *r = *state;

	responder_add(r->responder, "tok", "answer", forget_all, r);
	assert_non_null(strstr(say(r, ASK("/.well-known/acme-challenge/tok")),
			       "answer"));
	assert_int_equal(r->seen, 1);
}

static void a_request_may_come_in_pieces(void **state)
{
	struct room *r = *state;
	static const char request[] = ASK("/.well-known/acme-challenge/tok");
	int fd = dial(r, false);

	responder_add(r->responder, "tok", "answer", on_seen, r);
	send(fd, request, 20, MSG_NOSIGNAL);
	say(r, ASK("/"));
	assert_int_equal(r->seen, 0);
	assert_non_null(strstr(send_and_read(r, fd, request + 20), "answer"));
}

static void who_stays_silent_does_not_stand_in_the_way(void **state)
{
	enum { SILENT = 300 };
	struct room *r = *state;
	int fds[SILENT];

	responder_add(r->responder, "tok", "answer", on_seen, r);
	for (int i = 0; i < SILENT; i++) {
		fds[i] = dial(r, false);
		/* So that the backlog is worked off. */
		if (i % 50 == 49)
			say(r, ASK("/"));
	}
	assert_non_null(strstr(say(r, ASK("/.well-known/acme-challenge/tok")),
			       "answer"));
	for (int i = 0; i < SILENT; i++)
		close(fds[i]);
}

static void a_head_that_is_too_long_is_refused(void **state)
{
	struct room *r = *state;
	char *request = mem_zalloc(RESPONDER_HEAD_BYTES + 1);
	int fd = dial(r, false);

	memset(request, 'a', RESPONDER_HEAD_BYTES);
	memcpy(request, "GET /", 5);
	assert_non_null(strstr(send_and_read(r, fd, request), "431"));
	free(request);
}

static void both_families_share_a_port_when_none_is_named(void **state)
{
	struct room *r = *state;
	struct fail why;
	int fd;

	responder_free(r->responder);
	assert_true(responder_new(r->loop, ":0", &r->responder, &why));
	responder_add(r->responder, "tok", "answer", on_seen, r);
	say(r, ASK("/.well-known/acme-challenge/tok"));
	assert_int_equal(r->from.family, IP_V4);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (fd < 0)
		skip();
	close(fd);
	send_and_read(r, dial(r, true), ASK("/.well-known/acme-challenge/tok"));
	assert_int_equal(r->from.family, IP_V6);
	assert_int_equal(r->from.bytes[15], 1);
}

static void where_it_cannot_listen_it_says_why(void **state)
{
	struct room *r = *state;
	struct responder *other = NULL;
	struct fail why;
	char taken[32];
	static const char *const wrong[] = {
		"",	  "80",	    "localhost:80", ":x",
		":65536", "::1:80", "[::1]",	    "[127.0.0.1]:80"
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(responder_new(r->loop, wrong[i], &other, &why));
		assert_int_equal(why.code, FAIL_INPUT);
	}
	snprintf(taken, sizeof(taken), "127.0.0.1:%u",
		 responder_port(r->responder));
	assert_false(responder_new(r->loop, taken, &other, &why));
	assert_int_equal(why.code, FAIL_NETWORK);
	assert_non_null(strstr(why.text, taken));
	assert_null(other);
}

static void only_plain_requests_are_read(void **state)
{
	static const struct {
		const char *head;
		int status;
	} cases[] = {
		{ "GET /.well-known/acme-challenge/t HTTP/1.0\r\n\r\n", 200 },
		{ "GET /.well-known/acme-challenge/t HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
		  400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		  404 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		  400 },
		{ "POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
		{ "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /\r\nHost: a\r\n\r\n", 400 },
		{ "\r\n\r\n", 400 },
		{ "G\tET / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET http://a/.well-known/acme-challenge/t HTTP/1.1\r\n"
		  "Host: a\r\n\r\n",
		  404 },
	};
	struct responder_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(responder_read(cases[i].head,
						strlen(cases[i].head),
						&request),
				 cases[i].status);
}

/* What the flow takes from a CA, the responder answers for. */
static void the_longest_token_of_an_order_is_read(void **state)
{
	struct responder_request request;
	char token[MESSAGE_TOKEN], head[MESSAGE_TOKEN + 128];

	(void)state;
	memset(token, 't', sizeof(token));
	token[sizeof(token) - 1] = '\0';
	snprintf(head, sizeof(head),
		 "GET /.well-known/acme-challenge/%s HTTP/1.0\r\n\r\n", token);
	assert_int_equal(responder_read(head, strlen(head), &request), 200);
	assert_string_equal(request.token, token);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_token_gets_its_answer_and_is_told),
		T(a_head_gets_the_header_alone),
		T(whatever_else_is_asked_is_not_found),
		T(tokens_are_replaced_and_forgotten_by_their_owner),
		T(a_token_may_be_forgotten_while_it_is_told),
		T(a_request_may_come_in_pieces),
		T(who_stays_silent_does_not_stand_in_the_way),
		T(a_head_that_is_too_long_is_refused),
		T(both_families_share_a_port_when_none_is_named),
		T(where_it_cannot_listen_it_says_why),
		cmocka_unit_test(only_plain_requests_are_read),
		cmocka_unit_test(the_longest_token_of_an_order_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
