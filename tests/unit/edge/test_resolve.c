/* Names to addresses: families, deadlines, and what a resolver may say. */
#include "edge/resolve.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/fake_dns.h"

static const struct fake_name names[] = {
	{ .name = "four.test", .v4 = "192.0.2.7" },
	{ .name = "six.test", .v6 = "2001:db8::7" },
	{ .name = "both.test", .v4 = "192.0.2.8", .v6 = "2001:db8::8" },
	{ .name = "loop.test", .v4 = "127.0.0.8", .v6 = "::1" },
	{ .name = "none.test" },
	{ .name = "broken.test", .fault = DNS_SERVFAIL },
	{ .name = "silent.test", .fault = DNS_SILENT },
	{ .name = "half.test", .v4 = "192.0.2.9", .fault = DNS_NO_AAAA },
	{ .name = "late.test", .v4 = "192.0.2.10", .fault = DNS_LATE },
};

struct room {
	struct loop *loop;
	struct resolver *resolver;
	struct fake_dns *dns;
	unsigned calls;
	struct ip address;
	char why[512];
};

static int setup(void **state)
{
	struct room *r = mem_zalloc(sizeof(*r));
	struct fail why;

	r->dns = fake_dns_start(names, sizeof(names) / sizeof(names[0]));
	assert_true(loop_new(&r->loop, &why));
	r->resolver = resolver_new(r->loop);
	assert_true(resolver_use(r->resolver, fake_dns_address(r->dns), &why));
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	resolver_free(r->resolver);
	loop_free(r->loop);
	fake_dns_stop(r->dns);
	free(r);
	return 0;
}

static void take(void *ctx, const struct ip *address, const struct fail *why)
{
	struct room *r = ctx;

	r->calls++;
	r->address = address ? *address : (struct ip){ 0 };
	if (!address) {
		assert_int_equal(why->code, FAIL_DNS);
		strcpy(r->why, why->text);
	}
	loop_stop(r->loop);
}

/* "192.0.2.7", or "-" when there was none. */
static const char *find_within(struct room *r, const char *host,
			       enum ip_family family, int64_t limit_us)
{
	static char text[IP_TEXT];

	r->calls = 0;
	resolve_start(r->resolver, host, family, limit_us, take, r);
	assert_int_equal(r->calls, 0);
	loop_run(r->loop);
	assert_int_equal(r->calls, 1);
	ip_print(text, &r->address);
	return text;
}

static const char *find(struct room *r, const char *host, enum ip_family family)
{
	return find_within(r, host, family, 20 * US_PER_S);
}

static void each_family_gives_its_own_address(void **state)
{
	struct room *r = *state;

	assert_string_equal(find(r, "both.test", IP_V4), "192.0.2.8");
	assert_string_equal(find(r, "both.test", IP_V6), "2001:db8::8");
	assert_string_equal(find(r, "four.test", IP_V4), "192.0.2.7");
	assert_string_equal(find(r, "six.test", IP_V6), "2001:db8::7");
}

static void one_family_never_stands_in_for_the_other(void **state)
{
	struct room *r = *state;

	assert_string_equal(find(r, "four.test", IP_V6), "-");
	assert_string_equal(r->why, "four.test has no IPv6 address (NODATA)");
	assert_string_equal(find(r, "six.test", IP_V4), "-");
	assert_string_equal(r->why, "six.test has no IPv4 address (NODATA)");
}

static void without_a_family_the_one_that_is_there_is_taken(void **state)
{
	struct room *r = *state;

	assert_string_equal(find(r, "four.test", IP_NONE), "192.0.2.7");
	assert_string_equal(find(r, "six.test", IP_NONE), "2001:db8::7");
}

static void of_two_families_ipv6_is_taken_when_it_has_a_route(void **state)
{
	struct room *r = *state;
	const struct ip loopback = { .family = IP_V6, .bytes = { [15] = 1 } };

	assert_string_equal(find(r, "loop.test", IP_NONE),
			    resolve_has_route(&loopback) ? "::1" : "127.0.0.8");
}

static void a_name_that_does_not_exist_is_told_from_an_empty_one(void **state)
{
	struct room *r = *state;

	assert_string_equal(find(r, "nobody.test", IP_NONE), "-");
	assert_string_equal(r->why, "there is no name nobody.test (NXDOMAIN)");
	assert_string_equal(find(r, "none.test", IP_NONE), "-");
	assert_string_equal(r->why, "none.test has no address (NODATA)");
}

static void a_resolver_that_fails_is_said_to(void **state)
{
	struct room *r = *state;

	assert_string_equal(find(r, "broken.test", IP_V4), "-");
	assert_non_null(strstr(r->why, "broken.test"));
	assert_non_null(strstr(r->why, "SERVFAIL"));
}

static void silence_ends_at_the_deadline(void **state)
{
	struct room *r = *state;
	int64_t from_us = loop_clock_us();

	assert_string_equal(
		find_within(r, "silent.test", IP_NONE, 50 * US_PER_MS), "-");
	assert_true(loop_clock_us() - from_us >= 45 * US_PER_MS);
	assert_string_equal(r->why, "the resolver gave no answer for "
				    "silent.test within 0.05 s");
	/* What it still waits for disturbs nobody. */
	assert_string_equal(find(r, "four.test", IP_V4), "192.0.2.7");
}

static void at_the_deadline_half_an_answer_is_enough(void **state)
{
	struct room *r = *state;

	assert_string_equal(find_within(r, "half.test", IP_NONE,
					200 * US_PER_MS),
			    "192.0.2.9");
}

static void a_lost_datagram_is_sent_again(void **state)
{
	struct room *r = *state;

	assert_string_equal(find(r, "late.test", IP_V4), "192.0.2.10");
	assert_true(fake_dns_questions(r->dns) >= 2);
}

static void a_cancelled_query_never_calls_back(void **state)
{
	struct room *r = *state;
	struct resolve_query *q = resolve_start(r->resolver, "both.test",
						IP_NONE, US_PER_S, take, r);

	resolve_cancel(q);
	find_within(r, "silent.test", IP_V4, 50 * US_PER_MS);
	assert_int_equal(r->calls, 1);
}

static void nor_does_one_that_outlives_the_resolver(void **state)
{
	struct room *r = *state;

	resolve_start(r->resolver, "silent.test", IP_NONE, US_PER_S, take, r);
	resolve_start(r->resolver, "both.test", IP_V4, US_PER_S, take, r);
	resolve_cancel(resolve_start(r->resolver, "silent.test", IP_V6,
				     US_PER_S, take, r));
	resolver_free(r->resolver);
	r->resolver = NULL;
	assert_int_equal(r->calls, 0);
}

static void many_queries_at_once_are_all_answered(void **state)
{
	struct room *r = *state;

	for (int i = 0; i < 100; i++)
		resolve_start(r->resolver, i % 2 ? "both.test" : "none.test",
			      (enum ip_family)(i % 3), 20 * US_PER_S, take, r);
	while (r->calls < 100)
		loop_run(r->loop);
	assert_int_equal(r->calls, 100);
}

static void literals_and_localhost_ask_nobody(void **state)
{
	struct room *r = *state;
	struct ip ip;
	static const struct {
		const char *host;
		enum ip_family family;
		const char *address; /* NULL: not known */
	} cases[] = {
		{ "192.0.2.1", IP_NONE, "192.0.2.1" },
		{ "192.0.2.1", IP_V4, "192.0.2.1" },
		{ "192.0.2.1", IP_V6, NULL },
		{ "2001:db8::1", IP_NONE, "2001:db8::1" },
		{ "2001:db8::1", IP_V4, NULL },
		{ "localhost", IP_NONE, "127.0.0.1" },
		{ "LocalHost", IP_V6, "::1" },
		{ "ca.localhost", IP_V4, "127.0.0.1" },
		{ "notlocalhost", IP_NONE, NULL },
		{ ".localhost.test", IP_NONE, NULL },
		{ "ca.test", IP_NONE, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[IP_TEXT] = "";
		bool known = resolve_known(cases[i].host, cases[i].family, &ip);

		assert_int_equal(known, cases[i].address != NULL);
		if (!known)
			continue;
		ip_print(text, &ip);
		assert_string_equal(text, cases[i].address);
	}
	assert_int_equal(fake_dns_questions(r->dns), 0);
}

static void a_pin_is_a_host_and_an_address(void **state)
{
	static const struct {
		const char *text, *host, *address; /* NULL: refused */
	} cases[] = {
		{ "ca.test:192.0.2.1", "ca.test", "192.0.2.1" },
		{ "ca.test:2001:db8::1", "ca.test", "2001:db8::1" },
		{ "ca.test:[2001:db8::1]", "ca.test", "2001:db8::1" },
		{ "ca.test:", NULL, NULL },
		{ "ca.test:443:192.0.2.1", NULL, NULL },
		{ "ca.test", NULL, NULL },
		{ ":192.0.2.1", NULL, NULL },
		{ "ca.test:[", NULL, NULL },
		{ "ca.test:other.test", NULL, NULL },
		{ "", NULL, NULL },
	};
	char host[URL_HOST_MAX], text[IP_TEXT];
	struct fail why;
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = url_pin_parse(cases[i].text, host, &ip, &why);

		assert_int_equal(good, cases[i].host != NULL);
		if (!good) {
			assert_int_equal(why.code, FAIL_INPUT);
			continue;
		}
		ip_print(text, &ip);
		assert_string_equal(host, cases[i].host);
		assert_string_equal(text, cases[i].address);
	}
}

static void what_is_no_server_is_refused_with_a_sentence(void **state)
{
	struct room *r = *state;
	struct fail why;

	assert_false(resolver_use(r->resolver, "not a server", &why));
	assert_int_equal(why.code, FAIL_INPUT);
	assert_non_null(strstr(why.text, "\"not a server\""));
	/* And the one from before still answers. */
	assert_string_equal(find(r, "four.test", IP_V4), "192.0.2.7");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(each_family_gives_its_own_address),
		T(one_family_never_stands_in_for_the_other),
		T(without_a_family_the_one_that_is_there_is_taken),
		T(of_two_families_ipv6_is_taken_when_it_has_a_route),
		T(a_name_that_does_not_exist_is_told_from_an_empty_one),
		T(a_resolver_that_fails_is_said_to),
		T(silence_ends_at_the_deadline),
		T(at_the_deadline_half_an_answer_is_enough),
		T(a_lost_datagram_is_sent_again),
		T(a_cancelled_query_never_calls_back),
		T(nor_does_one_that_outlives_the_resolver),
		T(many_queries_at_once_are_all_answered),
		T(literals_and_localhost_ask_nobody),
		T(a_pin_is_a_host_and_an_address),
		T(what_is_no_server_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
