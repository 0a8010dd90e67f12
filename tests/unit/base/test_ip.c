#include "base/ip.h"

#include <string.h>

#include "support/unit.h"

static struct ip ip_of(const char *text)
{
	struct ip ip = { .family = IP_NONE };

	assert_for(text, ip_parse(text, &ip));
	return ip;
}

static void what_is_read_is_printed_in_its_one_form(void **state)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "1::8", "1::8" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "2001:DB8::00aB", "2001:db8::ab" },
		/* RFC 5952 4.2: the longest run, the first of equals. */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "0:0:1::", "0:0:1::" },
		{ "::192.0.2.1", "::c000:201" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::FFFF:c000:201", "::ffff:192.0.2.1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char printed[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ip ip = ip_of(rows[i].text);
		struct ip again;

		ip_print(printed, &ip);
		assert_string_equal(printed, rows[i].printed);
		again = ip_of(printed);
		assert_for(rows[i].text, ip_equal(&ip, &again));
	}
}

static const char *const no_addresses[] = {
	"",
	" ",
	"1.2.3",
	"1.2.3.4.5",
	"1.2.3.",
	".1.2.3",
	"1..2.3",
	"256.1.1.1",
	"1.2.3.1000",
	"01.2.3.4",
	"1.2.3.00",
	"0x7f.0.0.1",
	"127.1",
	"2130706433",
	"-1.2.3.4",
	"+1.2.3.4",
	"1.2.3.4 ",
	" 1.2.3.4",
	"1.2.3.4\n",
	"1.2.3.4:80",
	"a.b.c.d",
	":",
	":::",
	"::1::",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7:8::",
	"::1:2:3:4:5:6:7:8",
	"1:2:3:4::5:6:7:8",
	"12345::",
	":1",
	"1:",
	"1:::2",
	"g::",
	"::-1",
	"[::1]",
	"::1%eth0",
	"fe80::1%25eth0",
	"::1/128",
	"1.2.3.4::",
	"::1.2.3",
	"::1.2.3.256",
	"::1.2.3.4:5",
	"::a.2.3.4",
	"1:2:3:4:5:6:7:1.2.3.4",
	"::1 ",
	"localhost",
	"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
};

static void what_is_no_address_is_refused(void **state)
{
	struct ip untouched = { .family = IP_V4, .bytes = { 9, 9, 9, 9 } };

	(void)state;
	for (size_t i = 0; i < ROWS(no_addresses); i++) {
		struct ip ip = untouched;

		assert_for(no_addresses[i], !ip_parse(no_addresses[i], &ip));
		assert_for(no_addresses[i], ip_equal(&ip, &untouched));
	}
}

static void only_the_loopback_networks_are_loopback(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1", true },
		{ "127.255.255.254", true },
		{ "126.255.255.255", false },
		{ "128.0.0.0", false },
		{ "::1", true },
		{ "::2", false },
		{ "::", false },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:128.0.0.1", false },
		{ "::127.0.0.1", false },
		{ "7f00::1", false },
	};
	struct ip none = { .family = IP_NONE };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ip ip = ip_of(rows[i].text);

		assert_for(rows[i].text,
			   ip_is_loopback(&ip) == rows[i].loopback);
	}
	assert_false(ip_is_loopback(&none));
}

/* The first and last address of each special network, and its neighbours. */
static const char *const special[] = {
	"0.0.0.0",
	"0.255.255.255",
	"10.0.0.0",
	"10.255.255.255",
	"100.64.0.0",
	"100.127.255.255",
	"127.0.0.0",
	"127.255.255.255",
	"169.254.0.0",
	"169.254.169.254",
	"169.254.255.255",
	"172.16.0.0",
	"172.31.255.255",
	"192.0.0.0",
	"192.0.0.255",
	"192.0.2.0",
	"192.0.2.255",
	"192.88.99.1",
	"192.168.0.0",
	"192.168.255.255",
	"198.18.0.0",
	"198.19.255.255",
	"198.51.100.7",
	"203.0.113.7",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.1",
	"255.255.255.255",
	"::",
	"::1",
	"::7f00:1",
	"::ffff:10.0.0.1",
	"::ffff:127.0.0.1",
	"64:ff9b::10.0.0.1",
	"64:ff9b:1::1",
	"100::1",
	"1fff::1",
	"2001::1",
	"2001:1ff:ffff::1",
	"2001:db8::1",
	"2002:a00:1::1",
	"3fff::1",
	"4000::1",
	"5f00::1",
	"fc00::1",
	"fdff::1",
	"fe80::1",
	"fec0::1",
	"ff02::1",
};

static const char *const public[] = {
	"1.0.0.0",	  "9.255.255.255",    "11.0.0.0",    "100.63.255.255",
	"100.128.0.0",	  "126.255.255.255",  "128.0.0.0",   "169.253.255.255",
	"169.255.0.0",	  "172.15.255.255",   "172.32.0.0",  "192.0.1.0",
	"192.0.3.0",	  "192.167.255.255",  "192.169.0.0", "198.17.255.255",
	"198.20.0.0",	  "198.51.101.0",     "203.0.114.0", "223.255.255.255",
	"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2000::1",     "2001:200::1",
	"2001:db7::1",	  "2001:db9::1",      "2003::1",     "2606:4700::1",
	"3ffe::1",	  "3fff:1000::1",
};

static void special_networks_end_where_the_registry_says(void **state)
{
	struct ip none = { .family = IP_NONE };

	(void)state;
	for (size_t i = 0; i < ROWS(special); i++) {
		struct ip ip = ip_of(special[i]);

		assert_for(special[i], ip_is_special(&ip));
	}
	for (size_t i = 0; i < ROWS(public); i++) {
		struct ip ip = ip_of(public[i]);

		assert_for(public[i], !ip_is_special(&ip));
	}
	assert_true(ip_is_special(&none));
}

static void addresses_are_equal_by_family_and_bytes(void **state)
{
	struct ip a = ip_of("192.0.2.1"), b = ip_of("192.0.2.1");
	struct ip c = ip_of("192.0.2.2"), d = ip_of("::ffff:192.0.2.1");

	(void)state;
	/* Only four bytes of an IPv4 address count. */
	memset(b.bytes + 4, 0xaa, 12);
	assert_true(ip_equal(&a, &b));
	assert_false(ip_equal(&a, &c));
	assert_false(ip_equal(&a, &d));
}

static void families_have_names(void **state)
{
	struct ip none = { .family = IP_NONE };
	char printed[IP_TEXT];

	(void)state;
	assert_string_equal(ip_family_name(IP_V4), "IPv4");
	assert_string_equal(ip_family_name(IP_V6), "IPv6");
	assert_string_equal(ip_family_name(IP_NONE), "-");
	ip_print(printed, &none);
	assert_string_equal(printed, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_printed_in_its_one_form),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(only_the_loopback_networks_are_loopback),
		cmocka_unit_test(special_networks_end_where_the_registry_says),
		cmocka_unit_test(addresses_are_equal_by_family_and_bytes),
		cmocka_unit_test(families_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
