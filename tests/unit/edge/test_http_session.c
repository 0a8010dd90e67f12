/* Sessions: families, hosts, names, aborting, and a hundred at a time. */
#include "edge/http.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/ask.h"
#include "support/fake_dns.h"
#include "support/raw_server.h"

enum { CROWD = 100 };

struct room {
	struct loop *loop;
	struct http *http;
	struct fake_dns *dns;
	struct raw_server *server;
	struct http_session *session;
	struct answer a;
	char url[128];
	struct http_session *crowd[CROWD];
	struct answer answers[CROWD];
};

static const struct fake_name names[] = {
	{ .name = "four.test", .v4 = "127.0.0.1" },
	{ .name = "other.test", .v4 = "127.0.0.1" },
	{ .name = "both.test", .v4 = "127.0.0.1", .v6 = "::1" },
	{ .name = "public.test", .v4 = "192.0.2.1" },
	{ .name = "silent.test", .fault = DNS_SILENT },
};

static int setup(void **state)
{
	struct room *r = mem_zalloc(sizeof(*r));
	struct fail why;

	assert_true(loop_new(&r->loop, &why));
	assert_true(http_new(r->loop, "acmeter-test/1", &r->http, &why));
	r->dns = fake_dns_start(names, sizeof(names) / sizeof(names[0]));
	assert_true(http_dns_servers(r->http, fake_dns_address(r->dns), &why));
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	http_session_free(r->session);
	for (int i = 0; i < CROWD; i++) {
		http_session_free(r->crowd[i]);
		answer_release(&r->answers[i]);
	}
	raw_server_stop(r->server);
	answer_release(&r->a);
	http_free(r->http);
	loop_free(r->loop);
	fake_dns_stop(r->dns);
	free(r);
	return 0;
}

static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

static void says(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	while (raw_request(p))
		raw_say(p, fine);
}

static void hangs(struct raw_peer *p, void *ctx)
{
	(void)ctx;
	raw_request(p);
	raw_hang(p);
}

static void start(struct room *r, struct raw_options server,
		  struct http_session_options options)
{
	http_session_free(r->session);
	raw_server_stop(r->server);
	r->server = raw_server_start(&server);
	r->session = http_session_new(r->http, &options);
}

static const struct answer *ask_host(struct room *r, const char *host)
{
	snprintf(r->url, sizeof(r->url), "http://%s:%u/", host,
		 raw_server_port(r->server));
	ask(r->loop, r->session, r->url, &r->a);
	return &r->a;
}

static void ipv4_and_ipv6_are_asked_for_apart(void **state)
{
	struct room *r = *state;

	start(r, (struct raw_options){ .play = says, .ipv6 = true },
	      (struct http_session_options){ .family = IP_V6 });
	ask_host(r, "both.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_int_equal(r->a.e.remote.family, IP_V6);
	ask_host(r, "[::1]");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	/* The server is on ::1 alone: IPv4 fails, and stays IPv4. */
	start(r, (struct raw_options){ .play = says, .ipv6 = true },
	      (struct http_session_options){ .family = IP_V4 });
	ask_host(r, "both.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_REFUSED);
	assert_int_equal(r->a.e.remote.family, IP_V4);
	ask_host(r, "[::1]");
	assert_int_equal(r->a.e.outcome, OUTCOME_DNS);
	assert_true(r->a.network_is_ours);
}

static void a_name_is_looked_up_once_in_a_session(void **state)
{
	struct room *r = *state;
	const struct http_session_options o = { .family = IP_V4 };

	start(r, (struct raw_options){ .play = says }, o);
	ask_host(r, "four.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
	assert_true(r->a.e.marks.dns_us > 0);
	ask_host(r, "four.test");
	assert_true(r->a.e.reused);
	assert_int_equal(fake_dns_questions(r->dns), 1);
	start(r, (struct raw_options){ .play = says }, o);
	ask_host(r, "four.test");
	assert_int_equal(fake_dns_questions(r->dns), 2);
}

static void a_name_without_an_address_is_ours(void **state)
{
	struct room *r = *state;

	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ .limits.dns_us = 50 * US_PER_MS });
	ask_host(r, "nobody.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_DNS);
	assert_true(r->a.network_is_ours);
	assert_int_equal(r->a.e.remote.family, IP_NONE);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_DNS);
	assert_non_null(strstr(r->a.e.detail, "NXDOMAIN"));
	ask_host(r, "silent.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_DNS);
	assert_true(r->a.e.marks.done_us >= 45 * US_PER_MS);
}

static void the_total_limit_ends_a_lookup_too(void **state)
{
	struct room *r = *state;

	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ .limits.total_us =
						     30 * US_PER_MS });
	ask_host(r, "silent.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_DNS);
	assert_true(r->a.e.marks.done_us >= 30 * US_PER_MS);
}

/* No descriptor is to be had: nothing leaves this machine. */
static void ask_without_sockets(struct room *r, const char *host)
{
	struct rlimit few, usual;
	int next = dup(0);

	assert_true(next > 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	few = usual;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	ask_host(r, host);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
}

/* Whether the next host may be asked depends on where the first is. */
static void no_answer_leads_from_a_public_place_to_a_private_one(void **state)
{
	struct room *r = *state;
	struct http_session_options o = {
		.resolve = "first.test:198.41.0.4",
	};

	start(r, (struct raw_options){ .play = says }, o);
	ask_without_sockets(r, "first.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_SELF);
	assert_int_equal(r->a.e.remote.bytes[0], 198);
	ask_host(r, "four.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	assert_non_null(strstr(r->a.e.detail, "127.0.0.1"));
	ask_host(r, "127.0.0.1");
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	ask_host(r, "localhost");
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	assert_int_equal(raw_server_peers(r->server), 0);
	o.any_address = true;
	start(r, (struct raw_options){ .play = says }, o);
	ask_without_sockets(r, "first.test");
	ask_host(r, "four.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
}

static void a_pin_that_is_none_or_of_the_other_family_is_said(void **state)
{
	struct room *r = *state;

	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ .resolve = "four.test" });
	ask_host(r, "four.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_SELF);
	assert_non_null(strstr(r->a.e.detail, "HOST:ADDRESS"));
	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ .resolve = "four.test:[::1]",
					     .family = IP_V4 });
	ask_host(r, "four.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_DNS);
	assert_int_equal(raw_server_peers(r->server), 0);
}

static void no_route_is_ours(void **state)
{
	struct room *r = *state;

	/* No TCP leads to the broadcast address; the kernel says so itself. */
	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){
		      .resolve = "far.test:255.255.255.255" });
	ask_host(r, "far.test");
	assert_int_equal(r->a.e.outcome, OUTCOME_UNREACHABLE);
	assert_true(r->a.network_is_ours);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_CONNECT);
	assert_non_null(strstr(r->a.e.detail, "nreachable"));
}

/* A listener whose queue is full drops what more comes. */
static void a_connection_that_is_never_answered_is_a_timeout(void **state)
{
	struct room *r = *state;
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int full = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
	char url[64];

	assert_int_equal(bind(full, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(full, 0), 0);
	assert_int_equal(getsockname(full, (struct sockaddr *)&at, &len), 0);
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fillers[i], (struct sockaddr *)&at, len);
	}
	r->session = http_session_new(
		r->http, &(struct http_session_options){
				 .limits.connect_us = 50 * US_PER_MS });
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
	ask(r->loop, r->session, url, &r->a);
	assert_int_equal(r->a.e.outcome, OUTCOME_TIMEOUT);
	assert_int_equal(marks_stopped_in(&r->a.e.marks), PHASE_CONNECT);
	assert_true(r->a.e.marks.done_us >= 50 * US_PER_MS);
	assert_non_null(strstr(r->a.e.detail, "no TCP connection"));
	assert_false(r->a.network_is_ours);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(full);
}

static void a_session_knows_few_hosts(void **state)
{
	struct room *r = *state;
	char host[32];

	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ 0 });
	for (int i = 1; i <= 8; i++) {
		snprintf(host, sizeof(host), "127.0.0.%d", i);
		ask_host(r, host);
		assert_int_not_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	}
	ask_host(r, "127.0.0.9");
	assert_int_equal(r->a.e.outcome, OUTCOME_PROTOCOL);
	ask_host(r, "127.0.0.1");
	assert_int_equal(r->a.e.outcome, OUTCOME_OK);
}

static void two_hosts_have_a_connection_each(void **state)
{
	struct room *r = *state;

	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ 0 });
	ask_host(r, "four.test");
	ask_host(r, "other.test");
	assert_false(r->a.e.reused);
	ask_host(r, "four.test");
	assert_true(r->a.e.reused);
	ask_host(r, "other.test");
	assert_true(r->a.e.reused);
	assert_int_equal(raw_server_peers(r->server), 2);
}

static void send_to(struct room *r, const char *host)
{
	struct http_request request = { .method = "GET", .url = r->url };

	snprintf(r->url, sizeof(r->url), "http://%s:%u/", host,
		 raw_server_port(r->server));
	answer_release(&r->a);
	http_send(r->session, &request, answer_take, &r->a);
}

static void an_abort_calls_back_at_once_with_its_words(void **state)
{
	struct room *r = *state;
	static const char *const hosts[] = { "127.0.0.1", "silent.test" };

	start(r, (struct raw_options){ .play = hangs },
	      (struct http_session_options){ 0 });
	for (int i = 0; i < 2; i++) {
		send_to(r, hosts[i]);
		http_abort(r->session, OUTCOME_INTERRUPTED, "the end");
		assert_int_equal(r->a.calls, 1);
		assert_int_equal(r->a.e.outcome, OUTCOME_INTERRUPTED);
		assert_string_equal(r->a.e.detail, "the end");
	}
	/* With nothing on its way there is nothing to end. */
	http_abort(r->session, OUTCOME_INTERRUPTED, "again");
	assert_int_equal(r->a.calls, 1);
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void run_for(struct room *r, int64_t us)
{
	struct loop_timer *t = loop_timer_new(r->loop, stop, r->loop);

	loop_timer_set(t, loop_clock_us() + us);
	loop_run(r->loop);
	loop_timer_free(t);
}

static void a_session_that_is_freed_calls_nobody(void **state)
{
	struct room *r = *state;
	static const char *const hosts[] = { "127.0.0.1", "silent.test",
					     "nobody:bad" };

	for (int i = 0; i < 3; i++) {
		start(r, (struct raw_options){ .play = hangs },
		      (struct http_session_options){ 0 });
		send_to(r, hosts[i]);
		http_session_free(r->session);
		r->session = NULL;
		run_for(r, 20 * US_PER_MS);
		assert_int_equal(r->a.calls, 0);
	}
}

static void end_all(void *ctx, struct exchange *e,
		    const struct http_reply *reply)
{
	struct room *r = ctx;

	(void)reply;
	assert_int_equal(e->outcome, OUTCOME_OK);
	/* Itself, and another that is in the middle of something. */
	http_abort(r->crowd[0], OUTCOME_SELF, "by a neighbour");
	http_session_free(r->crowd[0]);
	r->crowd[0] = NULL;
	http_session_free(r->session);
	r->session = NULL;
	loop_stop(r->loop);
}

static void sessions_may_be_ended_from_a_call_back(void **state)
{
	struct room *r = *state;
	struct raw_server *silent;
	char url[64];

	start(r, (struct raw_options){ .play = says },
	      (struct http_session_options){ 0 });
	silent = raw_server_start(&(struct raw_options){ .play = hangs });
	r->crowd[0] =
		http_session_new(r->http, &(struct http_session_options){ 0 });
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
		 raw_server_port(silent));
	http_send(r->crowd[0],
		  &(struct http_request){ .method = "GET", .url = url },
		  answer_take, &r->a);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
		 raw_server_port(r->server));
	http_send(r->session,
		  &(struct http_request){ .method = "GET", .url = url },
		  end_all, r);
	ask_run(r->loop);
	assert_int_equal(r->a.calls, 1);
	assert_int_equal(r->a.e.outcome, OUTCOME_SELF);
	raw_server_stop(silent);
}

static unsigned count_done(const struct room *r)
{
	unsigned done = 0;

	for (unsigned i = 0; i < CROWD; i++)
		done += r->answers[i].calls;
	return done;
}

static void a_hundred_sessions_do_not_mix(void **state)
{
	struct room *r = *state;
	const struct http_session_options o = { .family = IP_V4 };

	start(r, (struct raw_options){ .play = says }, o);
	snprintf(r->url, sizeof(r->url), "http://four.test:%u/",
		 raw_server_port(r->server));
	for (unsigned i = 0; i < CROWD; i++) {
		r->crowd[i] = http_session_new(r->http, &o);
		http_send(r->crowd[i],
			  &(struct http_request){ .method = "GET",
						  .url = r->url },
			  answer_take, &r->answers[i]);
		r->answers[i].loop = r->loop;
	}
	/* Several may be done before the loop has stopped. */
	while (count_done(r) < CROWD)
		ask_run(r->loop);
	for (unsigned i = 0; i < CROWD; i++) {
		assert_int_equal(r->answers[i].e.outcome, OUTCOME_OK);
		assert_string_equal(r->answers[i].body, "hello");
		assert_false(r->answers[i].e.reused);
	}
	assert_int_equal(raw_server_peers(r->server), CROWD);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(ipv4_and_ipv6_are_asked_for_apart),
		T(a_name_is_looked_up_once_in_a_session),
		T(a_name_without_an_address_is_ours),
		T(the_total_limit_ends_a_lookup_too),
		T(no_answer_leads_from_a_public_place_to_a_private_one),
		T(a_pin_that_is_none_or_of_the_other_family_is_said),
		T(no_route_is_ours),
		T(a_connection_that_is_never_answered_is_a_timeout),
		T(a_session_knows_few_hosts),
		T(two_hosts_have_a_connection_each),
		T(an_abort_calls_back_at_once_with_its_words),
		T(a_session_that_is_freed_calls_nobody),
		T(sessions_may_be_ended_from_a_call_back),
		T(a_hundred_sessions_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
