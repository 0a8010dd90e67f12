/* Requests over plain http: marks, limits, and servers that misbehave. */
#include "edge/http.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "support/ask.h"
#include "support/raw_server.h"

struct room {
	struct loop *loop;
	struct http *http;
	struct raw_server *server;
	struct http_session *session;
	struct answer a;
	char url[128];
	const char *bytes; /* what the server says */
	char seen[1024];   /* the request, as the server saw it */
};

static int setup(void **state)
{
	struct room *r = mem_zalloc(sizeof(*r));
	struct fail why;

	assert_true(loop_new(&r->loop, &why));
	assert_true(http_new(r->loop, "acmeter-test/1", &r->http, &why));
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	http_session_free(r->session);
	raw_server_stop(r->server);
	answer_release(&r->a);
	http_free(r->http);
	loop_free(r->loop);
	free(r);
	return 0;
}

/* A server that plays, and a session with these limits. */
static void start_with(struct room *r, raw_play *play, const char *bytes,
		       struct http_limits limits)
{
	struct http_session_options o = { .limits = limits };

	http_session_free(r->session);
	raw_server_stop(r->server);
	r->bytes = bytes;
	r->server = raw_server_start(
		&(struct raw_options){ .play = play, .ctx = r });
	r->session = http_session_new(r->http, &o);
	snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%u/some?query",
		 raw_server_port(r->server));
}

static void start(struct room *r, raw_play *play, const char *bytes)
{
	start_with(r, play, bytes, (struct http_limits){ 0 });
}

/* Answers every request with the same bytes. */
static void says(struct raw_peer *p, void *ctx)
{
	const struct room *r = ctx;

	while (raw_request(p))
		raw_say(p, r->bytes);
}

/* Answers one request, and closes. */
static void says_once(struct raw_peer *p, void *ctx)
{
	const struct room *r = ctx;

	if (raw_request(p))
		raw_say(p, r->bytes);
}

static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
			   "Replay-Nonce: n1\r\n\r\nhello";

/* One request to a server that answers each with these bytes and closes. */
static const struct answer *once(struct room *r, const char *bytes)
{
	start(r, says_once, bytes);
	ask(r->loop, r->session, r->url, &r->a);
	return &r->a;
}

static void an_answer_comes_whole_with_all_its_facts(void **state)
{
	struct room *r = *state;
	const struct exchange *e = &r->a.e;

	start(r, says, fine);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(e->outcome, OUTCOME_OK);
	assert_int_equal(e->status, 200);
	assert_string_equal(r->a.body, "hello");
	assert_string_equal(r->a.headers, "HTTP/1.1 200 OK\r\n"
					  "Content-Length: 5\r\n"
					  "Replay-Nonce: n1\r\n\r\n");
	assert_int_equal(e->body_bytes, 5);
	assert_int_equal(e->header_bytes, strlen(fine) - 5);
	assert_true(e->request_bytes > 60);
	assert_int_equal(e->http_version, 11);
	assert_int_equal(e->remote.family, IP_V4);
	assert_int_equal(e->remote.bytes[0], 127);
	assert_int_equal(e->remote_port, raw_server_port(r->server));
	assert_string_equal(e->tls_version, "");
	assert_string_equal(e->cipher, "");
	assert_int_equal(e->marks.tls_us, MARK_NONE);
	assert_int_not_equal(e->marks.dns_us, MARK_NONE);
	assert_int_not_equal(e->marks.connect_us, MARK_NONE);
	assert_int_not_equal(e->marks.sent_us, MARK_NONE);
	assert_false(e->reused);
	assert_int_equal(e->resends, 0);
	assert_int_equal(e->retry_after_us, -1);
	assert_true(e->rtt_us > 0);
	assert_string_equal(e->detail, "");
}

static void keeps_request(struct raw_peer *p, void *ctx)
{
	struct room *r = ctx;

	if (!raw_request(p))
		return;
	snprintf(r->seen, sizeof(r->seen), "%s", raw_request_text(p));
	raw_say(p, fine);
}

static void a_post_is_sent_as_it_was_given(void **state)
{
	struct room *r = *state;
	struct http_request request = {
		.method = "POST",
		.content_type = "application/jose+json",
		.accept = "application/pem-certificate-chain",
		.body = "{\"a\":1}ignored",
		.body_len = 7,
	};

	start(r, keeps_request, NULL);
	request.url = r->url;
	ask_request(r->loop, r->session, &request, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_ptr_equal(strstr(r->seen, "POST /some?query HTTP/1.1\r\n"),
			 r->seen);
	assert_non_null(
		strstr(r->seen, "\r\nContent-Type: application/jose+json\r\n"));
	assert_non_null(strstr(
		r->seen, "\r\nAccept: application/pem-certificate-chain\r\n"));
	assert_non_null(strstr(r->seen, "\r\nUser-Agent: acmeter-test/1\r\n"));
	assert_non_null(strstr(r->seen, "\r\nContent-Length: 7\r\n"));
	assert_non_null(strstr(r->seen, "\r\n\r\n{\"a\":1}"));
	assert_null(strstr(r->seen, "ignored"));
	assert_null(strstr(r->seen, "Expect"));
	assert_int_equal(r->a.e.request_bytes, strlen(r->seen));
}

static void a_head_after_a_post_has_no_body_either_way(void **state)
{
	struct room *r = *state;
	static const char head_only[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n"
		"\r\n";

	start(r, says, fine);
	ask_request(r->loop, r->session,
		    &(struct http_request){ .method = "POST",
					    .url = r->url,
					    .body = "{}",
					    .body_len = 2 },
		    &r->a);
	start(r, says, head_only);
	ask_request(r->loop, r->session,
		    &(struct http_request){ .method = "HEAD", .url = r->url },
		    &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_int_equal(r->a.e.body_bytes, 0);
	start(r, keeps_request, NULL);
	ask(r->loop, r->session, r->url, &r->a);
	assert_null(strstr(r->seen, "Content-Type"));
	assert_ptr_equal(strstr(r->seen, "GET "), r->seen);
}

enum { PAUSE_MS = 60 };
/* Half: a busy machine may stop us between what we do and its mark. */
#define PAUSE_US (PAUSE_MS * US_PER_MS / 2)

static void waits_then_says(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	while (raw_request(p) && raw_wait_ms(p, PAUSE_MS))
		raw_say(p, fine);
}

static void a_slow_first_byte_is_wait(void **state)
{
	struct room *r = *state;

	start(r, waits_then_says, NULL);
	ask(r->loop, r->session, r->url, &r->a);
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_WAIT) >= PAUSE_US);
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_TOTAL) >= PAUSE_US);
}

static void pauses_in_body(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (raw_request(p) &&
	    raw_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab") &&
	    raw_wait_ms(p, PAUSE_MS))
		raw_say(p, "cd");
}

static void a_slow_body_is_receive(void **state)
{
	struct room *r = *state;

	start(r, pauses_in_body, NULL);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_string_equal(r->a.body, "abcd");
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_RECEIVE) >= PAUSE_US);
}

static void pauses_after_interim(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (raw_request(p) && raw_say(p, "HTTP/1.1 100 Continue\r\n\r\n") &&
	    raw_say(p, "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n") &&
	    raw_wait_ms(p, PAUSE_MS))
		raw_say(p, fine);
}

static void an_interim_answer_does_not_end_the_wait(void **state)
{
	struct room *r = *state;

	start(r, pauses_after_interim, NULL);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_int_equal(r->a.e.status, 200);
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_WAIT) >= PAUSE_US);
	assert_ptr_equal(strstr(r->a.headers, "HTTP/1.1 200 OK"), r->a.headers);
	assert_null(strstr(r->a.headers, "Link"));
}

static void a_kept_connection_is_used_again_and_said_so(void **state)
{
	struct room *r = *state;

	start(r, waits_then_says, NULL);
	ask(r->loop, r->session, r->url, &r->a);
	assert_false(r->a.e.reused);
	for (int i = 0; i < 3; i++) {
		ask(r->loop, r->session, r->url, &r->a);
		assert_int_equal(r->a.e.outcome, OUTCOME_OK);
		assert_true(r->a.e.reused);
		assert_int_equal(r->a.e.resends, 0);
		assert_int_equal(r->a.e.remote.family, IP_V4);
		assert_true(r->a.e.rtt_us > 0);
		assert_true(marks_phase_us(&r->a.e.marks, PHASE_WAIT) >=
			    PAUSE_US);
	}
	assert_int_equal(raw_server_peers(r->server), 1);
}

static void another_session_opens_another_connection(void **state)
{
	struct room *r = *state;
	struct http_session *other =
		http_session_new(r->http, &(struct http_session_options){ 0 });

	start(r, says, fine);
	ask(r->loop, r->session, r->url, &r->a);
	ask(r->loop, other, r->url, &r->a);
	assert_false(r->a.e.reused);
	assert_int_equal(raw_server_peers(r->server), 2);
	http_session_free(other);
}

/* The first connection answers once, and takes the second request with it. */
static void dies_with_second_request(struct raw_peer *p, void *ctx)
{
	if (!raw_request(p) || !raw_say(p, fine))
		return;
	if (raw_peer_number(p) == 0)
		raw_request(p);
	else
		says(p, ctx);
}

static void a_request_that_was_sent_twice_is_counted(void **state)
{
	struct room *r = *state;

	start(r, dies_with_second_request, fine);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.resends, 0);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_int_equal(r->a.e.resends, 1);
	assert_false(r->a.e.reused);
	assert_int_not_equal(r->a.e.marks.connect_us, MARK_NONE);
	assert_int_equal(raw_server_peers(r->server), 2);
}

/* Each connection answers once, and takes its second request with it. */
static void dies_with_each_second_request(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (raw_request(p) && raw_say(p, fine))
		raw_request(p);
}

static void a_server_that_lets_connections_die_is_asked_on(void **state)
{
	struct room *r = *state;

	start(r, dies_with_each_second_request, NULL);
	for (unsigned i = 0; i < 12; i++) {
		ask(r->loop, r->session, r->url, &r->a);
		assert_int_equal(r->a.e.outcome, OUTCOME_OK);
		assert_int_equal(r->a.e.resends, i > 0);
	}
	assert_int_equal(raw_server_peers(r->server), 12);
}

static void closes_after_each(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (raw_request(p))
		raw_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
			   "Connection: close\r\n\r\n");
}

static void a_second_connection_needs_no_second_lookup(void **state)
{
	struct room *r = *state;
	struct http_session_options o = { .resolve = "ca.test:127.0.0.1" };

	start(r, closes_after_each, NULL);
	http_session_free(r->session);
	r->session = http_session_new(r->http, &o);
	snprintf(r->url, sizeof(r->url), "http://ca.test:%u/",
		 raw_server_port(r->server));
	for (int i = 0; i < 2; i++) {
		ask(r->loop, r->session, r->url, &r->a);
		assert_int_equal(r->a.e.outcome, OUTCOME_OK);
		assert_false(r->a.e.reused);
		assert_int_not_equal(r->a.e.marks.connect_us, MARK_NONE);
	}
	assert_int_equal(raw_server_peers(r->server), 2);
}

static void whatever_the_status_it_is_an_answer(void **state)
{
	static const int statuses[] = { 200, 204, 301, 304, 400, 404,
					429, 500, 503, 599, 999 };
	struct room *r = *state;
	char bytes[256];

	for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		snprintf(bytes, sizeof(bytes),
			 "HTTP/1.1 %d Word\r\nLocation: /other\r\n\r\n",
			 statuses[i]);
		once(r, bytes);
		assert_int_equal(r->a.e.outcome, OUTCOME_OK);
		assert_int_equal(r->a.e.status, statuses[i]);
		assert_int_equal(raw_server_peers(r->server), 1);
	}
}

static void a_body_ends_by_chunks_or_by_the_end_of_the_connection(void **state)
{
	struct room *r = *state;
	static const char chunked[] = "HTTP/1.1 200 OK\r\n"
				      "Transfer-Encoding: chunked\r\n\r\n"
				      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n"
				      "Trailer-Field: not a header\r\n\r\n";
	static const char until_close[] = "HTTP/1.1 200 OK\r\n\r\nabcde";
	static const char old[] = "HTTP/1.0 200 OK\r\n\r\nabcde";

	assert_string_equal(once(r, chunked)->body, "abcde");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_null(strstr(r->a.headers, "Trailer-Field"));
	assert_string_equal(once(r, until_close)->body, "abcde");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_string_equal(once(r, old)->body, "abcde");
	assert_int_equal(r->a.e.http_version, 10);
}

static void what_is_not_whole_is_closed(void **state)
{
	struct room *r = *state;
	static const char *const cut[] = {
		"",
		"HTTP/1.1 20",
		"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"HTTP/1.1 100 Continue\r\n\r\n",
	};

	for (unsigned i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		once(r, cut[i]);
		assert_int_equal(r->a.e.outcome, OUTCOME_CLOSED);
		assert_false(r->a.network_is_ours);
	}
	once(r, cut[2]);
	assert_int_equal(r->a.e.status, 200);
	assert_string_equal(r->a.body, "only this");
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_RECEIVE);
	once(r, cut[0]);
	assert_int_equal(r->a.e.status, 0);
	assert_int_equal(r->a.e.http_version, 0);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_WAIT);
}

static void a_header_block_that_ends_early_is_closed(void **state)
{
	struct room *r = *state;

	once(r, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX: y");
	assert_int_equal(r->a.e.outcome, OUTCOME_CLOSED);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_RECEIVE);
}

static void resets(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	raw_request(p);
	raw_reset(p);
}

static void a_reset_is_closed(void **state)
{
	struct room *r = *state;

	start(r, resets, NULL);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_CLOSED);
	assert_non_null(strstr(r->a.e.detail, "eset"));
}

static void what_is_not_http_is_protocol(void **state)
{
	struct room *r = *state;
	static const char *const wrong[] = {
		"SSH-2.0-OpenSSH_9.2\r\n",
		"<html>who needs a status line</html>\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/4.7 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"HTTP/1.1 050 Low\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\n\r\nwhatever",
	};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		once(r, wrong[i]);
		if (r->a.e.outcome != OUTCOME_PROTOCOL)
			print_message("%s-> %s %d %s\n", wrong[i],
				      outcome_slug(r->a.e.outcome),
				      r->a.e.status, r->a.e.detail);
		assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	}
}

static void nobody_there_is_refused(void **state)
{
	struct room *r = *state;

	start(r, says, fine);
	raw_server_stop(r->server);
	r->server = NULL;
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_REFUSED);
	assert_int_equal(r->a.e.marks.connect_us, MARK_NONE);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_CONNECT);
	assert_non_null(strstr(r->a.e.detail, "refused"));
	assert_false(r->a.network_is_ours);
}

static void hangs(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	raw_request(p);
	raw_hang(p);
}

static void silence_ends_by_the_limit_of_the_answer(void **state)
{
	struct room *r = *state;

	start_with(r, hangs, NULL,
		   (struct http_limits){ .answer_us = 50 * US_PER_MS });
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_TIMEOUT);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_WAIT);
	assert_true(r->a.e.marks.done_us - r->a.e.marks.sent_us >=
		    50 * US_PER_MS);
	assert_non_null(strstr(r->a.e.detail, "within 50ms"));
	/* The session goes on, on another connection. */
	start(r, says, fine);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_false(r->a.e.reused);
}

static void drips(struct raw_peer *p, void *ctx)
{
	const struct room *r = ctx;

	if (raw_request(p))
		raw_drip(p, r->bytes, 10);
}

static void dripping_ends_by_the_total_limit(void **state)
{
	struct room *r = *state;
	struct http_limits limits = { .total_us = 400 * US_PER_MS,
				      .answer_us = 300 * US_PER_MS };
	static const char head[] =
		"HTTP/1.1 200 OK\r\nX-Long: aaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	start_with(r, drips, head, limits);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_TIMEOUT);
	assert_true(r->a.e.marks.done_us >= 400 * US_PER_MS);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_RECEIVE);
}

/* A block of one byte, sent until the peer has had enough. */
static void floods(struct raw_peer *p, void *ctx)
{
	const struct room *r = ctx;
	char block[16384];

	if (!raw_request(p) || !raw_say(p, r->bytes))
		return;
	memset(block, 'x', sizeof(block));
	while (raw_send(p, block, sizeof(block)))
		;
}

static void floods_lines(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (!raw_request(p) || !raw_say(p, "HTTP/1.1 200 OK\r\n"))
		return;
	while (raw_say(p, "X-Another-Line: with some words in it\r\n"))
		;
}

static void too_much_is_protocol_and_ends_early(void **state)
{
	struct room *r = *state;
	struct http_limits limits = { .header_bytes = 4000,
				      .body_bytes = 100000 };

	start_with(r, floods, "HTTP/1.1 200 OK\r\n\r\n", limits);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	assert_non_null(strstr(r->a.e.detail, "longer than 100000 bytes"));
	assert_true(r->a.body_len <= 100000);
	start_with(r, floods,
		   "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n",
		   limits);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	start_with(r, floods, "HTTP/1.1 200 OK\r\nX: ", limits);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	start_with(r, floods_lines, NULL, limits);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	assert_non_null(strstr(r->a.e.detail, "longer than 4000 bytes"));
	assert_true(strlen(r->a.headers) <= 4000);
}

static void hostile_words_are_shown_harmlessly(void **state)
{
	struct room *r = *state;

	start(r, says, fine);
	ask(r->loop, r->session, "http://127.0.0.1:1/\x1b[2J", &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	for (const char *c = r->a.e.detail; *c; c++)
		assert_true(*c >= ' ');
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_answer_comes_whole_with_all_its_facts),
		T(a_post_is_sent_as_it_was_given),
		T(a_head_after_a_post_has_no_body_either_way),
		T(a_slow_first_byte_is_wait),
		T(a_slow_body_is_receive),
		T(an_interim_answer_does_not_end_the_wait),
		T(a_kept_connection_is_used_again_and_said_so),
		T(another_session_opens_another_connection),
		T(a_request_that_was_sent_twice_is_counted),
		T(a_server_that_lets_connections_die_is_asked_on),
		T(a_second_connection_needs_no_second_lookup),
		T(whatever_the_status_it_is_an_answer),
		T(a_body_ends_by_chunks_or_by_the_end_of_the_connection),
		T(what_is_not_whole_is_closed),
		T(a_header_block_that_ends_early_is_closed),
		T(a_reset_is_closed),
		T(what_is_not_http_is_protocol),
		T(nobody_there_is_refused),
		T(silence_ends_by_the_limit_of_the_answer),
		T(dripping_ends_by_the_total_limit),
		T(too_much_is_protocol_and_ends_early),
		T(hostile_words_are_shown_harmlessly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
