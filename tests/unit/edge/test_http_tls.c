/* Requests over TLS: marks, certificates that are wrong, handshakes that hang.
 */
#include "edge/http.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "edge/trust.h"
#include "support/ask.h"
#include "support/raw_server.h"
#include "support/test_ca.h"

struct room {
	struct loop *loop;
	struct http *http;
	struct test_ca root, other;
	struct trust *trust;
	EVP_PKEY *key;
	X509 *cert;
	struct raw_server *server;
	struct http_session *session;
	struct answer a;
	char url[128];
	char roots[64];
};

static int setup(void **state)
{
	struct room *r = mem_zalloc(sizeof(*r));
	struct buf pem = BUF_INIT(1 << 16);
	const char *paths[] = { r->roots };
	struct fail why;
	int fd;

	test_ca_make(&r->root, "Test Root", NULL);
	test_ca_make(&r->other, "Other Root", NULL);
	r->key = EVP_EC_gen("P-256");
	snprintf(r->roots, sizeof(r->roots), "/tmp/acmeter-roots-XXXXXX");
	fd = mkstemp(r->roots);
	assert_true(fd >= 0);
	close(fd);
	test_ca_add_pem(&pem, r->root.cert);
	test_ca_write(r->roots, pem.data, pem.len);
	buf_release(&pem);
	assert_true(loop_new(&r->loop, &why));
	assert_true(http_new(r->loop, "acmeter-test/1", &r->http, &why));
	assert_true(trust_load(paths, 1, &r->trust, &why));
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
	trust_free(r->trust);
	test_ca_release(&r->root);
	test_ca_release(&r->other);
	EVP_PKEY_free(r->key);
	X509_free(r->cert);
	unlink(r->roots);
	free(r);
	return 0;
}

/* A certificate of ca for a name, until so long from now. */
static void certify(struct room *r, const struct test_ca *ca, const char *name,
		    int64_t ends_in_us)
{
	int64_t now_us = clock_read().wall_us;

	X509_free(r->cert);
	r->cert = test_ca_issue(ca, &(struct test_leaf){
					    .names = &name,
					    .name_count = 1,
					    .key = r->key,
					    .not_before_us =
						    now_us - 2 * US_PER_DAY,
					    .not_after_us = now_us + ends_in_us,
				    });
}

static void start_with(struct room *r, struct raw_options o, const char *host,
		       struct http_limits limits)
{
	char resolve[128];

	http_session_free(r->session);
	raw_server_stop(r->server);
	o.ctx = r;
	o.key = r->key;
	o.cert = r->cert;
	r->server = raw_server_start(&o);
	snprintf(resolve, sizeof(resolve), "%s:%s", host,
		 o.ipv6 ? "[::1]" : "127.0.0.1");
	r->session = http_session_new(
		r->http, &(struct http_session_options){ .trust = r->trust,
							 .limits = limits,
							 .resolve = resolve });
	snprintf(r->url, sizeof(r->url), "https://%s:%u/", host,
		 raw_server_port(r->server));
}

/* A server that is certified as ca.test and plays, asked as ca.test. */
static void start(struct room *r, raw_play *play)
{
	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = play }, "ca.test",
		   (struct http_limits){ 0 });
}

static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

static void says(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (!raw_tls(p))
		return;
	while (raw_request(p))
		raw_say(p, fine);
}

static void assert_fine(const struct room *r)
{
	if (r->a.e.outcome != OUTCOME_OK)
		print_message("%s\n", r->a.e.detail);
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_int_equal(r->a.e.status, 200);
}

/* The handshake failed, with these words, and its mark was not reached. */
static void assert_tls(const struct room *r, const char *words)
{
	if (!strstr(r->a.e.detail, words))
		print_message("%s\n", r->a.e.detail);
	assert_int_equal(r->a.e.outcome, OUTCOME_TLS);
	assert_non_null(strstr(r->a.e.detail, words));
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_TLS);
	assert_int_equal(r->a.e.marks.tls_us, MARK_NONE);
	assert_int_equal(r->a.e.status, 0);
}

static void tls_has_its_mark_version_and_cipher(void **state)
{
	struct room *r = *state;

	start(r, says);
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	assert_int_not_equal(r->a.e.marks.tls_us, MARK_NONE);
	assert_true(r->a.e.marks.tls_us > r->a.e.marks.connect_us);
	assert_string_equal(r->a.e.tls_version, "TLSv1.3");
	assert_ptr_equal(strstr(r->a.e.cipher, "TLS_"), r->a.e.cipher);
	assert_true(r->a.e.lag_us > 0);
	/* A kept connection has been greeted already, but its facts stay. */
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	assert_true(r->a.e.reused);
	assert_string_equal(r->a.e.tls_version, "TLSv1.3");
	assert_int_equal(r->a.e.marks.tls_us, MARK_NONE);
}

static void tls_1_2_has_them_too(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says, .tls_1_2 = true },
		   "ca.test", (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	assert_string_equal(r->a.e.tls_version, "TLSv1.2");
	assert_int_not_equal(r->a.e.marks.tls_us, MARK_NONE);
}

enum { PAUSE_MS = 60 };
/* Half: a busy machine may stop us between what we do and its mark. */
#define PAUSE_US (PAUSE_MS * US_PER_MS / 2)

static void greets_late(struct raw_peer *p, void *ctx)
{
	if (raw_wait_ms(p, PAUSE_MS))
		says(p, ctx);
}

static void a_slow_handshake_is_tls_and_not_connect(void **state)
{
	struct room *r = *state;

	start(r, greets_late);
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_TLS) >= PAUSE_US);
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_CONNECT) <
		    marks_phase_us(&r->a.e.marks, PHASE_TLS));
}

static void answers_late(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (raw_tls(p) && raw_request(p) && raw_wait_ms(p, PAUSE_MS))
		raw_say(p, fine);
}

static void a_slow_answer_is_wait_and_not_tls(void **state)
{
	struct room *r = *state;

	start(r, answers_late);
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	/* Session tickets come at once, and are not the answer. */
	assert_true(marks_phase_us(&r->a.e.marks, PHASE_WAIT) >= PAUSE_US);
}

static void a_certificate_that_has_expired_is_tls(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "ca.test", -US_PER_HOUR);
	start_with(r, (struct raw_options){ .play = says }, "ca.test",
		   (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "expired");
}

static void a_certificate_for_another_name_is_tls(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "other.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says }, "ca.test",
		   (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "ostname mismatch");
}

static void a_certificate_of_an_unknown_root_is_tls(void **state)
{
	struct room *r = *state;

	certify(r, &r->other, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says }, "ca.test",
		   (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "issuer");
	/* Nothing of that is remembered for the next session. */
	start(r, says);
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
}

static void an_address_is_checked_against_the_certificate_too(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "127.0.0.1", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says }, "127.0.0.1",
		   (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says }, "127.0.0.1",
		   (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "mismatch");
}

static void says_without_tls(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	raw_say(p, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	raw_hang(p);
}

static void http_where_tls_should_be_is_tls(void **state)
{
	struct room *r = *state;

	start(r, says_without_tls);
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "wrong version number");
}

static void says_nothing(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	raw_hang(p);
}

static void a_handshake_that_hangs_ends_by_its_own_limit(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says_nothing }, "ca.test",
		   (struct http_limits){ .tls_us = 50 * US_PER_MS });
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_TIMEOUT);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_TLS);
	assert_non_null(strstr(r->a.e.detail, "handshake"));
	assert_true(r->a.e.marks.done_us - r->a.e.marks.connect_us >=
		    50 * US_PER_MS);
}

static void leaves(struct raw_peer *p, void *ctx)
{
	char some[16];

	(void)ctx;
	raw_read(p, some, sizeof(some));
}

static void a_connection_that_ends_in_the_handshake_is_tls(void **state)
{
	struct room *r = *state;

	start(r, leaves);
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "handshake");
}

/* A fatal alert: handshake_failure (RFC 8446 6.2). */
static void alerts(struct raw_peer *p, void *ctx)
{
	char some[16];

	(void)ctx;
	if (raw_read(p, some, sizeof(some)))
		raw_send(p, "\x15\x03\x03\x00\x02\x02\x28", 7);
	raw_hang(p);
}

static void an_alert_is_named(void **state)
{
	struct room *r = *state;

	start(r, alerts);
	ask(r->loop, r->session, r->url, &r->a);
	assert_tls(r, "alert \"handshake failure\"");
}

static void cuts_answer(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	if (raw_tls(p) && raw_request(p))
		raw_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
	raw_reset(p);
}

static void a_body_that_is_cut_under_tls_is_closed(void **state)
{
	struct room *r = *state;

	start(r, cuts_answer);
	ask(r->loop, r->session, r->url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_CLOSED);
	assert_string_equal(r->a.e.tls_version, "TLSv1.3");
}

static void over_ipv6_the_certificate_and_the_marks_are_the_same(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says, .ipv6 = true },
		   "ca.test", (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	assert_int_equal(r->a.e.remote.family, IP_V6);
	assert_int_equal(r->a.e.remote.bytes[15], 1);
}

/* --- HTTP/2, as little of it as answers (RFC 9113) ---------------------- */

enum { FRAME_DATA, FRAME_HEADERS, FRAME_SETTINGS = 4, FRAME_GOAWAY = 7 };

struct frame {
	unsigned len, type, flags, stream;
};

static bool read_frame(struct raw_peer *p, struct frame *f)
{
	unsigned char h[9], skipped[16384];

	if (!raw_read(p, h, sizeof(h)))
		return false;
	f->len = (unsigned)(h[0] << 16 | h[1] << 8 | h[2]);
	f->type = h[3];
	f->flags = h[4];
	f->stream = (unsigned)(h[6] << 16 | h[7] << 8 | h[8]);
	return f->len <= sizeof(skipped) && raw_read(p, skipped, f->len);
}

static bool send_frame(struct raw_peer *p, struct frame f, const void *payload)
{
	unsigned char all[64] = { 0,
				  0,
				  (unsigned char)f.len,
				  (unsigned char)f.type,
				  (unsigned char)f.flags,
				  0,
				  0,
				  0,
				  (unsigned char)f.stream };

	memcpy(all + 9, payload, f.len);
	return raw_send(p, all, 9 + f.len);
}

/* The next request's stream, whose last frame has END_STREAM; 0 at the end. */
static unsigned read_h2_request(struct raw_peer *p)
{
	struct frame f;

	while (read_frame(p, &f)) {
		if (f.type == FRAME_SETTINGS && !(f.flags & 1) &&
		    !send_frame(p, (struct frame){ .type = 4, .flags = 1 }, ""))
			return 0;
		if (f.type <= FRAME_HEADERS && (f.flags & 1))
			return f.stream;
	}
	return 0;
}

static bool greet_h2(struct raw_peer *p)
{
	char preface[24];

	return raw_tls(p) && raw_read(p, preface, sizeof(preface)) &&
	       send_frame(p, (struct frame){ .type = FRAME_SETTINGS }, "");
}

static void says_h2(struct raw_peer *p, void *ctx)
{
	unsigned stream;

	(void)ctx;
	if (!greet_h2(p))
		return;
	while ((stream = read_h2_request(p)) && raw_wait_ms(p, PAUSE_MS)) {
		/* 0x88 is ":status: 200" of the static table. */
		send_frame(p, (struct frame){ 1, FRAME_HEADERS, 4, stream },
			   "\x88");
		send_frame(p, (struct frame){ 5, FRAME_DATA, 1, stream },
			   "hello");
	}
}

static void http_2_has_the_same_marks(void **state)
{
	struct room *r = *state;
	struct http_request post = { .method = "POST",
				     .body = "{\"some\":\"body\"}",
				     .body_len = 15 };

	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = says_h2, .alpn = "h2" },
		   "ca.test", (struct http_limits){ 0 });
	for (int i = 0; i < 3; i++) {
		post.url = r->url;
		ask_request(r->loop, r->session, &post, &r->a);
		assert_fine(r);
		assert_int_equal(r->a.e.http_version, 20);
		assert_string_equal(r->a.body, "hello");
		assert_int_equal(r->a.e.reused, i > 0);
		/* The server's SETTINGS come at once, and are no answer. */
		assert_true(marks_phase_us(&r->a.e.marks, PHASE_WAIT) >=
			    PAUSE_US);
		assert_true(r->a.e.request_bytes > 15);
	}
	assert_int_equal(raw_server_peers(r->server), 1);
}

/* GOAWAY for the second request, which was not looked at. */
static void goes_away(struct raw_peer *p, void *ctx)
{
	unsigned stream;

	if (raw_peer_number(p) > 0) {
		says_h2(p, ctx);
		return;
	}
	if (!greet_h2(p) || !(stream = read_h2_request(p)))
		return;
	send_frame(p, (struct frame){ 1, FRAME_HEADERS, 5, stream }, "\x88");
	if (read_h2_request(p))
		send_frame(p, (struct frame){ 8, FRAME_GOAWAY, 0, 0 },
			   "\0\0\0\1\0\0\0\0");
}

static void a_stream_that_was_not_taken_is_sent_again_and_counted(void **state)
{
	struct room *r = *state;

	certify(r, &r->root, "ca.test", US_PER_DAY);
	start_with(r, (struct raw_options){ .play = goes_away, .alpn = "h2" },
		   "ca.test", (struct http_limits){ 0 });
	ask(r->loop, r->session, r->url, &r->a);
	assert_fine(r);
	ask(r->loop, r->session, r->url, &r->a);
	/* Sent again or given up, but never silently. */
	if (r->a.e.outcome == OUTCOME_OK)
		assert_int_equal(r->a.e.resends, 1);
	else
		assert_int_equal(r->a.e.outcome, OUTCOME_CLOSED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(tls_has_its_mark_version_and_cipher),
		T(tls_1_2_has_them_too),
		T(a_slow_handshake_is_tls_and_not_connect),
		T(a_slow_answer_is_wait_and_not_tls),
		T(a_certificate_that_has_expired_is_tls),
		T(a_certificate_for_another_name_is_tls),
		T(a_certificate_of_an_unknown_root_is_tls),
		T(an_address_is_checked_against_the_certificate_too),
		T(http_where_tls_should_be_is_tls),
		T(a_handshake_that_hangs_ends_by_its_own_limit),
		T(a_connection_that_ends_in_the_handshake_is_tls),
		T(an_alert_is_named),
		T(a_body_that_is_cut_under_tls_is_closed),
		T(over_ipv6_the_certificate_and_the_marks_are_the_same),
		T(http_2_has_the_same_marks),
		T(a_stream_that_was_not_taken_is_sent_again_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
