#include "base/url.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static struct url url_of(const char *text)
{
	struct url url;
	struct fail why = { .text = "" };

	if (!url_parse(text, &url, &why))
		fail_msg("\"%s\" was refused: %s", text, why.text);
	return url;
}

static void a_url_is_taken_apart(void **state)
{
	static const struct {
		const char *text;
		bool https;
		const char *host, *address;
		unsigned port;
		const char *target, *authority;
	} rows[] = {
		{ "https://ca.example/dir", true, "ca.example", "-", 443,
		  "/dir", "ca.example" },
		{ "http://ca.example", false, "ca.example", "-", 80, "/",
		  "ca.example" },
		{ "HTTPS://CA.Example/Dir", true, "ca.example", "-", 443,
		  "/Dir", "ca.example" },
		{ "https://ca.example:443/", true, "ca.example", "-", 443, "/",
		  "ca.example" },
		{ "https://ca.example:/x", true, "ca.example", "-", 443, "/x",
		  "ca.example" },
		{ "https://ca.example:80/", true, "ca.example", "-", 80, "/",
		  "ca.example:80" },
		{ "http://localhost:14000/dir", false, "localhost", "-", 14000,
		  "/dir", "localhost:14000" },
		{ "https://ca.example?a=b", true, "ca.example", "-", 443,
		  "?a=b", "ca.example" },
		{ "https://ca.example/a?b=https://c:1@d", true, "ca.example",
		  "-", 443, "/a?b=https://c:1@d", "ca.example" },
		{ "https://ca.example//../%2e%00", true, "ca.example", "-", 443,
		  "//../%2e%00", "ca.example" },
		{ "https://192.0.2.1:65535/", true, "192.0.2.1", "192.0.2.1",
		  65535, "/", "192.0.2.1:65535" },
		{ "https://[2001:DB8::1]:14000/x", true, "2001:db8::1",
		  "2001:db8::1", 14000, "/x", "[2001:db8::1]:14000" },
		{ "http://[::1]", false, "::1", "::1", 80, "/", "[::1]" },
		{ "https://a_b-c.1x.example/", true, "a_b-c.1x.example", "-",
		  443, "/", "a_b-c.1x.example" },
		{ "https://1.2.3.4.example/", true, "1.2.3.4.example", "-", 443,
		  "/", "1.2.3.4.example" },
	};
	char text[URL_HOST_MAX + 8];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct url url = url_of(rows[i].text);

		assert_for(rows[i].text, url.https == rows[i].https);
		assert_string_equal(url.host, rows[i].host);
		ip_print(text, &url.address);
		assert_string_equal(text, rows[i].address);
		assert_int_equal(url.port, rows[i].port);
		assert_string_equal(url.target, rows[i].target);
		url_print_authority(text, &url);
		assert_string_equal(text, rows[i].authority);
	}
}

static const struct {
	const char *text, *sentence; /* a part of it */
} no_urls[] = {
	{ "", "no http or https" },
	{ "h", "no http or https" },
	{ "https:/", "no http or https" },
	{ "ftp://ca.example/", "no http or https" },
	{ "/relative", "no http or https" },
	{ "//ca.example/", "no http or https" },
	{ "javascript:alert(1)", "no http or https" },
	{ " https://ca.example/", "no http or https" },
	{ "httpss://ca.example/", "no http or https" },
	{ "https://", "names no host" },
	{ "https:///path", "names no host" },
	{ "https://?x", "names no host" },
	{ "https://:443/", "names no host" },
	{ "https://.example/", "names no host" },
	{ "https://example./", "names no host" },
	{ "https://a..b/", "names no host" },
	{ "https://*.example/", "names no host" },
	{ "https://a%2eb/", "names no host" },
	{ "https://[::1/", "names no host" },
	{ "https://[::1]x/", "names no host" },
	{ "https://[]/", "names no host" },
	{ "https://[192.0.2.1]/", "names no host" },
	{ "https://[ca.example]/", "names no host" },
	{ "https://[fe80::1%25eth0]/", "names no host" },
	{ "https://::1/", "names no host" },
	/* What a resolver would take for an address. */
	{ "https://127.1/", "names no host" },
	{ "https://2130706433/", "names no host" },
	{ "https://0x7f.1/", "names no host" },
	{ "https://0x7f000001/", "names no host" },
	{ "https://a.0X7F/", "names no host" },
	{ "https://010.0.0.1/", "names no host" },
	{ "https://1.2.3.256/", "names no host" },
	{ "https://1.2.3.4.5/", "names no host" },
	{ "https://user@ca.example/", "user name" },
	{ "https://user:pw@ca.example/", "user name" },
	{ "https://ca.example@evil.example/", "user name" },
	{ "https://ca.example:0/", "port" },
	{ "https://ca.example:65536/", "port" },
	{ "https://ca.example:-1/", "port" },
	{ "https://ca.example:80x/", "port" },
	{ "https://ca.example:99999999999/", "port" },
	{ "https://fe80::1/", "port" },
	{ "https://ca.example/#x", "no place" },
	{ "https://ca.example\\@evil.example/", "no place" },
	{ "https://ca.example/a b", "no place" },
	{ "https://ca.example/\r\nHost: x", "no place" },
	{ "https://ca.example/\x7f", "no place" },
	{ "https://ca.\xc3\xa4.example/", "no place" },
	{ "https://ca.example/\"x\"", "no place" },
	{ "https://ca.example/{x}", "no place" },
};

static void what_is_no_such_url_is_refused_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(no_urls); i++) {
		struct url url = { .port = 7 };
		struct fail why = { .code = FAIL_NONE };

		assert_for(no_urls[i].text,
			   !url_parse(no_urls[i].text, &url, &why));
		assert_int_equal(why.code, FAIL_PEER);
		if (!strstr(why.text, no_urls[i].sentence))
			fail_msg("\"%s\" gave: %s", no_urls[i].text, why.text);
		/* Untouched on failure; and why may be NULL. */
		assert_int_equal(url.port, 7);
		assert_false(url_parse(no_urls[i].text, &url, NULL));
	}
}

static void length_is_bounded(void **state)
{
	char text[URL_MAX + 2];
	struct url url;
	struct fail why;
	int head;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://ca.example/", 19);
	text[URL_MAX - 1] = '\0';
	url_of(text);
	text[URL_MAX - 1] = 'a';
	text[URL_MAX] = '\0';
	assert_false(url_parse(text, &url, &why));
	assert_non_null(strstr(why.text, "longer than 2047"));

	/* A label of 63 and a host of 255 are the longest there are. */
	head = snprintf(text, sizeof(text), "https://");
	memset(text + head, 'b', 64);
	text[head + 63] = '\0';
	url_of(text);
	text[head + 63] = 'b';
	text[head + 64] = '\0';
	assert_false(url_parse(text, &url, &why));
	for (int i = 0; i < 128; i++)
		memcpy(text + head + 2 * i, "c.", 2);
	text[head + 255] = '\0';
	url_of(text);
	memcpy(text + head + 255, "c", 2);
	assert_false(url_parse(text, &url, &why));
}

static void an_origin_is_scheme_host_and_port(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "https://a.example/x", "https://A.EXAMPLE:443/y?z", true },
		{ "https://a.example/", "http://a.example/", false },
		{ "https://a.example/", "http://a.example:443/", false },
		{ "https://a.example/", "https://a.example:444/", false },
		{ "https://a.example/", "https://b.example/", false },
		{ "https://a.example/", "https://a.example.evil/", false },
		{ "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/", true },
		{ "https://[::ffff:1.2.3.4]/", "https://1.2.3.4/", false },
		{ "https://1.2.3.4/", "https://1.2.3.4.example/", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct url a = url_of(rows[i].a), b = url_of(rows[i].b);

		assert_for(rows[i].b, url_same_origin(&a, &b) == rows[i].same);
		assert_for(rows[i].b, url_same_origin(&b, &a) == rows[i].same);
	}
}

/* The examples of RFC 3986 5.4, as far as they speak of http. */
static void a_reference_is_resolved(void **state)
{
	static const char base[] = "http://a/b/c/d;p?q";
	static const struct {
		const char *reference, *url;
	} rows[] = {
		{ "g", "http://a/b/c/g" },
		{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g" },
		{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },
		{ ";x", "http://a/b/c/;x" },
		{ "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" },
		{ "..", "http://a/b/" },
		{ "../g", "http://a/b/g" },
		{ "../..", "http://a/" },
		{ "../../g", "http://a/g" },
		{ "../../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" },
		{ "g.", "http://a/b/c/g." },
		{ "..g", "http://a/b/c/..g" },
		{ "./g/.", "http://a/b/c/g/" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g?y/../x", "http://a/b/c/g?y/../x" },
		{ "https://b/../x", "https://b/../x" },
		{ "mailto:x", "mailto:x" },
	};
	char url[URL_MAX], longest[URL_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_true(url_resolve(url, base, rows[i].reference));
		assert_for(rows[i].reference, strcmp(url, rows[i].url) == 0);
	}
	assert_true(url_resolve(url, "https://a", "g"));
	assert_string_equal(url, "https://a/g");
	assert_true(url_resolve(url, "https://a?x", "?g"));
	assert_string_equal(url, "https://a/?g");
	memset(longest, 'x', URL_MAX);
	longest[URL_MAX] = '\0';
	assert_false(url_resolve(url, base, longest));
	longest[URL_MAX - 8] = '\0';
	assert_false(url_resolve(url, base, longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_resolved),
		cmocka_unit_test(a_url_is_taken_apart),
		cmocka_unit_test(
			what_is_no_such_url_is_refused_with_a_sentence),
		cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(an_origin_is_scheme_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
