#include "acme/policy.h"

#include <string.h>

#include "support/unit.h"

static const char *const listed[] = { "cdn.example", "Other.Example",
				      "93.184.216.34", "127.0.0.1" };

/* Whether a directory at `from` may send us to `to`. */
static bool allows(const struct url_policy *policy, const char *from,
		   const char *to, struct fail *why)
{
	struct url directory;

	*why = (struct fail){ .code = FAIL_NONE };
	assert_for(from, url_parse(from, &directory, NULL));
	return policy_allows(policy, &directory, to, why);
}

static const struct url_policy strict = { .allow_http = false };
static const struct url_policy http = { .allow_http = true };
static const struct url_policy hosts = { .hosts = listed, .host_count = 4 };

static const char ca[] = "https://ca.example/dir";
static const char local[] = "https://127.0.0.1:14000/dir";

static const struct {
	const struct url_policy *policy;
	const char *from, *to;
	const char *refused; /* a part of the sentence; NULL: allowed */
} journeys[] = {
	{ &strict, ca, "https://ca.example/acme/new-order", NULL },
	{ &strict, ca, "https://CA.example:443/x?y", NULL },
	{ &strict, ca, "https://ca.example:8443/x", "own host" },
	{ &strict, ca, "https://evil.example/x", "own host" },
	{ &strict, ca, "https://ca.example.evil.example/", "own host" },
	{ &strict, ca, "https://cdn.example/x", "own host" },
	{ &strict, ca, "http://ca.example/x", "not https" },
	{ &strict, ca, "ftp://ca.example/x", "no http or https" },
	{ &strict, ca, "/acme/new-order", "no http or https" },
	{ &strict, ca, "https://ca.example@evil.example/", "user" },
	{ &strict, ca, "https://127.0.0.1/x", "not public" },
	{ &strict, ca, "https://[::1]/x", "not public" },
	{ &strict, ca, "https://[::ffff:10.0.0.1]/x", "not public" },
	{ &strict, ca, "https://169.254.169.254/latest", "not public" },
	{ &strict, ca, "https://8.8.8.8/x", "own host" },
	{ &strict, ca, "https://localhost/x", "own host" },
	{ &strict, ca, "https://127.1/x", "names no host" },
	/* http has to be asked for, and is another origin still. */
	{ &http, "http://ca.example/", "http://ca.example/x", NULL },
	{ &http, "http://ca.example/", "https://ca.example/x", "own host" },
	{ &http, ca, "http://ca.example/x", "own host" },
	/* Hosts by name, at any port; a listed address that is not
	 * public stays forbidden from a public place. */
	{ &hosts, ca, "https://cdn.example/x", NULL },
	{ &hosts, ca, "https://OTHER.example:8443/x", NULL },
	{ &hosts, ca, "https://93.184.216.34/x", NULL },
	{ &hosts, ca, "https://sub.cdn.example/x", "own host" },
	{ &hosts, ca, "http://cdn.example/x", "not https" },
	{ &hosts, ca, "https://127.0.0.1/x", "not public" },
	{ &hosts, local, "https://127.0.0.1:15000/x", NULL },
	/* A directory on loopback may name loopback. */
	{ &strict, local, "https://127.0.0.1:14000/x", NULL },
	{ &strict, local, "https://127.0.0.1:15000/x", "own host" },
	{ &strict, local, "https://127.0.0.2:14000/x", "own host" },
};

static void a_ca_may_send_us_only_where_the_policy_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(journeys); i++) {
		struct fail why;
		bool allowed = allows(journeys[i].policy, journeys[i].from,
				      journeys[i].to, &why);

		assert_for(journeys[i].to, allowed == !journeys[i].refused);
		if (allowed)
			continue;
		assert_int_equal(why.code, FAIL_PEER);
		if (!strstr(why.text, journeys[i].refused))
			fail_msg("\"%s\" gave: %s", journeys[i].to, why.text);
	}
}

static void a_hostile_url_is_printable_in_the_sentence(void **state)
{
	struct fail why;

	(void)state;
	assert_false(allows(&strict, "https://ca.example/",
			    "https://ca.example/\x1b[31m", &why));
	assert_null(strchr(why.text, 0x1b));
	assert_non_null(strstr(why.text, "\\x1b"));
}

static void private_addresses_are_for_private_directories(void **state)
{
	static const struct {
		const char *directory, *to; /* "-": not known */
		bool allowed;
	} rows[] = {
		{ "8.8.8.8", "1.1.1.1", true },
		{ "8.8.8.8", "127.0.0.1", false },
		{ "8.8.8.8", "10.0.0.1", false },
		{ "8.8.8.8", "::1", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "10.0.0.1", true },
		{ "127.0.0.1", "1.1.1.1", true },
		{ "::1", "127.0.0.1", true },
		{ "-", "1.1.1.1", true },
		{ "-", "127.0.0.1", false },
		{ "8.8.8.8", "-", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ip directory = { .family = IP_NONE };
		struct ip to = { .family = IP_NONE };

		ip_parse(rows[i].directory, &directory);
		ip_parse(rows[i].to, &to);
		assert_for(rows[i].to, policy_allows_address(&directory, &to) ==
					       rows[i].allowed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ca_may_send_us_only_where_the_policy_says),
		cmocka_unit_test(a_hostile_url_is_printable_in_the_sentence),
		cmocka_unit_test(private_addresses_are_for_private_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
