/* The check of a chain: what was ordered passes, everything else is named. */
#include "edge/chain.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "edge/openssl.h"
#include "support/test_ca.h"

static const char *const ordered[] = { "a.example", "b.example" };

struct room {
	struct test_ca root, inter, stranger;
	EVP_PKEY *key, *other_key;
	struct trust *trust;
	struct issuers *issuers;
	char folder[64], roots[128];
};

/* The roots as a person gives them: in a file. */
static struct trust *trust_of(struct room *r, X509 *cert)
{
	const char *const path = r->roots;
	struct buf pem = BUF_INIT(1 << 16);
	struct trust *trust = NULL;
	struct fail why;

	test_ca_add_pem(&pem, cert);
	test_ca_write(path, pem.data, pem.len);
	buf_release(&pem);
	if (!trust_load(&path, 1, &trust, &why))
		fail_msg("%s", why.text);
	return trust;
}

static int setup(void **state)
{
	struct room *r = test_calloc(1, sizeof(*r));

	snprintf(r->folder, sizeof(r->folder), "/tmp/acmeter-chain-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	snprintf(r->roots, sizeof(r->roots), "%s/roots.pem", r->folder);
	test_ca_make(&r->root, "Test Root", NULL);
	test_ca_make(&r->inter, "Test Intermediate", &r->root);
	test_ca_make(&r->stranger, "Strange Root", NULL);
	r->key = EVP_EC_gen("P-256");
	r->other_key = EVP_EC_gen("P-256");
	r->trust = trust_of(r, r->root.cert);
	r->issuers = issuers_new();
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	trust_free(r->trust);
	issuers_free(r->issuers);
	test_ca_release(&r->root);
	test_ca_release(&r->inter);
	test_ca_release(&r->stranger);
	EVP_PKEY_free(r->key);
	EVP_PKEY_free(r->other_key);
	unlink(r->roots);
	rmdir(r->folder);
	test_free(r);
	return 0;
}

/* A leaf that is right in everything. */
static struct test_leaf right(const struct room *r)
{
	return (struct test_leaf){ .names = ordered,
				   .name_count = 2,
				   .key = r->key };
}

static struct chain_order order_of(const struct room *r)
{
	return (struct chain_order){ .key = r->key,
				     .names = ordered,
				     .name_count = 2,
				     .wall_us = TEST_CA_NOW_US,
				     .date_us = -1,
				     .roots = r->trust,
				     .issuers = r->issuers };
}

/* The PEM of a leaf and the intermediate that issued it. */
static char *chain_of(const struct room *r, const struct test_leaf *leaf)
{
	struct buf pem = BUF_INIT(1 << 20);
	X509 *cert = test_ca_issue(&r->inter, leaf);

	test_ca_add_pem(&pem, cert);
	test_ca_add_pem(&pem, r->inter.cert);
	X509_free(cert);
	return buf_take(&pem);
}

static void passes(const char *pem, const struct chain_order *order,
		   struct chain_facts *ret_facts)
{
	struct fail why;

	if (!chain_check(pem, order, ret_facts, &why))
		fail_msg("refused: %s", why.text);
}

/* Takes the PEM. */
static void refused(char *pem, const struct chain_order *order,
		    const char *says)
{
	struct chain_facts facts = { .length = 77 };
	struct fail why = { .code = FAIL_NONE };

	if (chain_check(pem, order, &facts, &why))
		fail_msg("passed, but should say \"%s\"", says);
	assert_int_equal(why.code, FAIL_PEER);
	assert_int_equal(facts.length, 77);
	if (!strstr(why.text, says))
		fail_msg("\"%s\" does not say \"%s\"", why.text, says);
	free(pem);
}

static void what_was_ordered_passes_and_its_facts_are_told(void **state)
{
	struct room *r = *state;
	struct test_leaf leaf = right(r);
	struct chain_order order = order_of(r);
	struct chain_facts facts;
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	assert_int_equal(facts.length, 2);
	assert_string_equal(facts.serial, "5a0102030405060708090a0b0c0d0ef0");
	assert_string_equal(facts.issuer, "Test Intermediate");
	assert_int_equal(facts.not_before_us, TEST_CA_NOW_US - US_PER_DAY);
	assert_int_equal(facts.not_after_us, TEST_CA_NOW_US + 90 * US_PER_DAY);
	order.roots = NULL;
	passes(pem, &order, &facts);
	free(pem);
}

static void more_space_and_crlf_between_blocks_do_no_harm(void **state)
{
	struct room *r = *state;
	struct test_leaf leaf = right(r);
	struct chain_order order = order_of(r);
	struct chain_facts facts;
	char *pem = chain_of(r, &leaf);
	struct buf crlf = BUF_INIT(1 << 20);

	buf_add_text(&crlf, "\r\n \n");
	for (const char *p = pem; *p; p++) {
		if (*p == '\n')
			buf_add_char(&crlf, '\r');
		buf_add_char(&crlf, *p);
		if (*p == '\n' && p[1] == '-' && p[6] == 'B')
			buf_add_text(&crlf, "\r\n");
	}
	passes(crlf.data, &order, &facts);
	buf_release(&crlf);
	free(pem);
}

static void names_are_a_set_without_case(void **state)
{
	static const char *const other[] = { "B.EXAMPLE", "A.example",
					     "b.example" };
	struct room *r = *state;
	struct test_leaf leaf = right(r);
	struct chain_order order = order_of(r);
	struct chain_facts facts;

	leaf.names = other;
	leaf.name_count = 3;
	leaf.common_name = "B.example";
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	free(pem);
}

static void addresses_and_wildcards_pass_when_ordered(void **state)
{
	static const char *const names[] = { "192.0.2.7", "2001:db8::7",
					     "*.w.example" };
	struct room *r = *state;
	struct test_leaf leaf = right(r);
	struct chain_order order = order_of(r);
	struct chain_facts facts;

	leaf.names = order.names = names;
	leaf.name_count = order.name_count = 3;
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	free(pem);
}

/* RFC 8738: ::1 however it was typed, and however the CA writes it. */
static void an_address_is_one_address_in_any_text(void **state)
{
	static const char *const names[] = { "0:0:0:0:0:0:0:1" };
	static const char *const common[] = { "::1", "0:0::1",
					      "0:0:0:0:0:0:0:1" };
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct chain_facts facts;

	order.names = names;
	order.name_count = 1;
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		struct test_leaf leaf = right(r);

		leaf.names = names;
		leaf.name_count = 1;
		leaf.common_name = common[i];
		char *pem = chain_of(r, &leaf);

		passes(pem, &order, &facts);
		free(pem);
	}
	struct test_leaf leaf = right(r);

	leaf.names = names;
	leaf.name_count = 1;
	leaf.common_name = "::2";
	refused(chain_of(r, &leaf), &order, "common name is ::2");
}

static void wrong_names_are_told_apart(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	static const struct {
		const char *names[3];
		size_t count;
		const char *says;
	} cases[] = {
		{ { "other.example", "b.example" },
		  2,
		  "the certificate is for other.example, ordered was "
		  "a.example" },
		{ { "a.example", "b.example", "c.example" },
		  3,
		  "also for c.example, which was not ordered" },
		{ { "b.example" }, 1, "not for a.example" },
		{ { "*.example" }, 1, "for *.example, ordered was a.example" },
		{ { "a.example", "b.example", "192.0.2.1" },
		  3,
		  "also for 192.0.2.1" },
		{ { "a.example", "b.example.org" },
		  2,
		  "for b.example.org, ordered was b.example" },
		{ { "a.example." },
		  1,
		  "for a.example., ordered was a.example" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_leaf leaf = right(r);

		leaf.names = cases[i].names;
		leaf.name_count = cases[i].count;
		refused(chain_of(r, &leaf), &order, cases[i].says);
	}
}

static void names_of_other_kinds_and_shapes_are_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);

	leaf.email = "a@a.example";
	refused(chain_of(r, &leaf), &order, "neither DNS nor IP");
	leaf = right(r);
	leaf.raw_dns = "a.example\0.evil.example";
	leaf.raw_dns_len = 23;
	refused(chain_of(r, &leaf), &order, "a.example\\x00.evil.example");
	leaf.raw_dns = "\x1b[31mred";
	leaf.raw_dns_len = 8;
	refused(chain_of(r, &leaf), &order, "\\x1b[31mred");
	leaf.raw_dns = "";
	leaf.raw_dns_len = 0;
	refused(chain_of(r, &leaf), &order, "which was not ordered");
	leaf = right(r);
	leaf.no_names = true;
	leaf.common_name = "a.example";
	refused(chain_of(r, &leaf), &order, "no subject alternative names");
	leaf = right(r);
	leaf.common_name = "evil.example";
	refused(chain_of(r, &leaf), &order, "common name is evil.example");
}

static void a_thousand_and_one_names_are_too_many(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	const char *names[1001];

	for (size_t i = 0; i < 1001; i++)
		names[i] = "a.example";
	leaf.names = names;
	leaf.name_count = 1001;
	refused(chain_of(r, &leaf), &order, "more than 1000 names");
}

static void a_certificate_for_another_key_is_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);

	leaf.key = r->other_key;
	refused(chain_of(r, &leaf), &order, "for another key");
}

static void validity_is_checked_to_the_second(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	struct chain_facts facts;

	leaf.not_after_us = TEST_CA_NOW_US - US_PER_S;
	refused(chain_of(r, &leaf), &order,
		"expired at 2026-11-23T05:59:59Z, it is 2026-11-23T06:00:00Z");
	leaf = right(r);
	leaf.not_before_us = TEST_CA_NOW_US + 301 * US_PER_S;
	refused(chain_of(r, &leaf), &order,
		"not valid before 2026-11-23T06:05:01Z, it is "
		"2026-11-23T06:00:00Z");
	leaf.not_before_us = TEST_CA_NOW_US;
	leaf.not_after_us = TEST_CA_NOW_US + US_PER_S;
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	free(pem);
}

static void a_clock_that_is_a_little_behind_accuses_nobody(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	struct chain_facts facts;

	leaf.not_before_us = TEST_CA_NOW_US + 300 * US_PER_S;
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	free(pem);
}

/* Valid by the Date of the CA, not by our clock: not the CA's fault. */
static void clocks_that_disagree_are_not_held_against_the_ca(void **state)
{
	static const struct {
		int64_t before_us, after_us, date_us;
		enum fail_code code;
	} cases[] = {
		{ US_PER_HOUR, US_PER_DAY, US_PER_HOUR, FAIL_OURS },
		{ US_PER_HOUR, US_PER_DAY, 55 * US_PER_MIN, FAIL_OURS },
		{ US_PER_HOUR, US_PER_DAY, 54 * US_PER_MIN, FAIL_PEER },
		{ US_PER_HOUR, US_PER_DAY, US_PER_DAY, FAIL_PEER },
		{ -US_PER_DAY, -US_PER_S, -US_PER_MIN, FAIL_OURS },
		{ -US_PER_DAY, -US_PER_S, 0, FAIL_PEER },
	};
	struct room *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chain_order order = order_of(r);
		struct test_leaf leaf = right(r);
		struct chain_facts facts;
		struct fail why;

		leaf.not_before_us = TEST_CA_NOW_US + cases[i].before_us;
		leaf.not_after_us = TEST_CA_NOW_US + cases[i].after_us;
		order.date_us = TEST_CA_NOW_US + cases[i].date_us;
		char *pem = chain_of(r, &leaf);

		assert_false(chain_check(pem, &order, &facts, &why));
		assert_int_equal(why.code, cases[i].code);
		free(pem);
	}
}

static void what_is_no_server_certificate_is_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	struct chain_facts facts;

	leaf.is_ca = true;
	refused(chain_of(r, &leaf), &order, "is a CA's");
	leaf = right(r);
	leaf.usage = TEST_USAGE_CLIENT;
	refused(chain_of(r, &leaf), &order, "not for TLS servers");
	leaf = right(r);
	leaf.poisoned = true;
	refused(chain_of(r, &leaf), &order, "critical extension");
	leaf = right(r);
	leaf.version_1 = true;
	refused(chain_of(r, &leaf), &order, "version 1, expected 3");
	leaf = right(r);
	leaf.usage = TEST_USAGE_NONE;
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	free(pem);
}

static void serial_numbers_are_bounded_and_positive(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	struct chain_facts facts;
	unsigned char serial[64];

	memset(serial, 0x7f, sizeof(serial));
	leaf.serial = serial;
	leaf.serial_len = 21;
	refused(chain_of(r, &leaf), &order, "21 bytes");
	leaf.serial = "\0";
	leaf.serial_len = 1;
	refused(chain_of(r, &leaf), &order, "not a positive number");
	leaf.serial = serial;
	leaf.serial_len = 20;
	char *pem = chain_of(r, &leaf);

	passes(pem, &order, &facts);
	assert_int_equal(strlen(facts.serial), 40);
	free(pem);
}

/* The PEM of any certificates, in the order given, NULL at the end. */
static char *pem_of(X509 *first, ...)
{
	struct buf pem = BUF_INIT(1 << 22);
	va_list args;

	va_start(args, first);
	for (X509 *cert = first; cert; cert = va_arg(args, X509 *))
		test_ca_add_pem(&pem, cert);
	va_end(args);
	return buf_take(&pem);
}

static void the_order_of_the_chain_is_checked(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	struct chain_facts facts;

	refused(pem_of(r->inter.cert, cert, NULL), &order,
		"the first certificate of the chain is a CA's");
	refused(pem_of(cert, r->root.cert, r->inter.cert, NULL), &order,
		"certificate 2 of the chain does not certify certificate 1");
	refused(pem_of(cert, cert, r->inter.cert, NULL), &order,
		"certificate 2 of the chain does not certify certificate 1");
	refused(pem_of(cert, r->inter.cert, r->inter.cert, NULL), &order,
		"certificate 3 of the chain does not certify certificate 2");
	refused(pem_of(cert, r->inter.cert, r->stranger.cert, NULL), &order,
		"certificate 3 of the chain does not certify certificate 2");
	refused(pem_of(cert, NULL), &order, "does not lead to a trusted root");
	order.roots = NULL;
	refused(pem_of(cert, r->root.cert, NULL), &order,
		"certificate 2 of the chain does not certify certificate 1");
	order = order_of(r);
	char *pem = pem_of(cert, r->inter.cert, r->root.cert, NULL);

	passes(pem, &order, &facts);
	assert_int_equal(facts.length, 3);
	free(pem);
	X509_free(cert);
}

static void the_chain_must_lead_to_the_roots(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	struct trust *stranger = trust_of(r, r->stranger.cert);
	struct trust *inter = trust_of(r, r->inter.cert);
	struct chain_facts facts;
	char *pem = pem_of(cert, r->inter.cert, NULL);

	order.roots = stranger;
	refused(pem_of(cert, r->inter.cert, NULL), &order,
		"does not lead to a trusted root");
	refused(pem_of(cert, r->inter.cert, r->root.cert, NULL), &order,
		"does not lead to a trusted root");
	/* An intermediate that was named as a root ends the chain. */
	order.roots = inter;
	passes(pem, &order, &facts);
	trust_free(stranger);
	trust_free(inter);
	free(pem);
	X509_free(cert);
}

/* Two CAs of the same name: only the signature tells them apart. */
static void signatures_are_verified(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	X509 *broken = test_ca_break_signature(cert);
	X509 *broken_inter = test_ca_break_signature(r->inter.cert);
	struct trust *inter = trust_of(r, r->inter.cert);

	refused(pem_of(broken, r->inter.cert, NULL), &order, "signature");
	refused(pem_of(cert, broken_inter, NULL), &order, "signature");
	order.roots = NULL;
	refused(pem_of(broken, r->inter.cert, NULL), &order,
		"the signature of certificate 1 of the chain is not by the key "
		"of certificate 2");
	refused(pem_of(cert, broken_inter, r->root.cert, NULL), &order,
		"the signature of certificate 2 of the chain is not by the key "
		"of certificate 3");
	/* OpenSSL needs no more than the trusted intermediate; we do. */
	order.roots = inter;
	refused(pem_of(cert, broken_inter, r->root.cert, NULL), &order,
		"signature of certificate 2");
	trust_free(inter);
	X509_free(broken_inter);
	X509_free(broken);
	X509_free(cert);
}

static void an_expired_intermediate_is_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);

	leaf.not_after_us = TEST_CA_NOW_US + 9000 * US_PER_DAY;
	order.wall_us = TEST_CA_NOW_US + 4000 * US_PER_DAY;
	refused(chain_of(r, &leaf), &order, "has expired");
}

static void what_is_no_chain_of_pem_is_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	struct buf pem = BUF_INIT(1 << 20);

	refused(strdup(""), &order, "the chain is empty");
	refused(strdup(" \r\n\t"), &order, "the chain is empty");
	refused(strdup("<html>no\x1b</html>"), &order,
		"\"<html>no\\x1b</html>\" where certificate 1");
	refused(strdup("-----BEGIN CERTIFICATE-----\nAAAA\n"), &order,
		"has no end");
	refused(strdup("-----BEGIN CERTIFICATE-----\nAAAA\n"
		       "-----END CERTIFICATE-----\n"),
		&order, "certificate 1 of the chain: it is no X.509");
	refused(strdup("-----BEGIN CERTIFICATE-----\n!\n"
		       "-----END CERTIFICATE-----\n"),
		&order, "certificate 1 of the chain: its PEM cannot be read");
	refused(strdup("-----BEGIN CERTIFICATE-----"
		       "-----END CERTIFICATE-----\n"),
		&order, "certificate 1 of the chain");

	test_ca_add_pem(&pem, cert);
	size_t len = pem.len;

	refused(mem_dup(pem.data, len - 30), &order, "has no end");
	buf_add_text(&pem, "and a greeting\n");
	refused(strdup(pem.data), &order, "\"and a greeting\"");
	buf_release(&pem);
	X509_free(cert);
}

static void a_private_key_in_the_chain_is_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	struct buf pem = BUF_INIT(1 << 20);

	test_ca_add_pem(&pem, cert);
	test_ca_add_key_pem(&pem, r->key);
	test_ca_add_pem(&pem, r->inter.cert);
	refused(buf_take(&pem), &order,
		"block 2 of the chain is \"-----BEGIN PRIVATE KEY-----\", "
		"expected certificates only");
	X509_free(cert);
}

static void bytes_behind_a_certificate_are_refused(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	struct buf pem = BUF_INIT(1 << 20);
	unsigned char text[8192];

	unsigned char *longer = mem_zalloc((size_t)len + 2);

	memcpy(longer, der, (size_t)len);
	EVP_EncodeBlock(text, longer, len + 2);
	buf_add_text(&pem, "-----BEGIN CERTIFICATE-----\n");
	for (const char *p = (const char *)text; *p; p += strnlen(p, 64))
		buf_addf(&pem, "%.64s\n", p);
	buf_add_text(&pem, "-----END CERTIFICATE-----\n");
	refused(buf_take(&pem), &order, "2 bytes behind its end");
	free(longer);
	OPENSSL_free(der);
	X509_free(cert);
}

static void long_chains_are_refused_early(void **state)
{
	struct room *r = *state;
	struct chain_order order = order_of(r);
	struct test_leaf leaf = right(r);
	X509 *cert = test_ca_issue(&r->inter, &leaf);
	struct buf pem = BUF_INIT(1 << 22);

	test_ca_add_pem(&pem, cert);
	for (unsigned i = 0; i < 10; i++)
		test_ca_add_pem(&pem, r->inter.cert);
	refused(strdup(pem.data), &order, "more than 10 certificates");
	for (unsigned i = 0; i < 1000; i++)
		test_ca_add_pem(&pem, r->inter.cert);
	refused(buf_take(&pem), &order, "more than 262144 bytes");
	X509_free(cert);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(what_was_ordered_passes_and_its_facts_are_told),
		IN_ROOM(more_space_and_crlf_between_blocks_do_no_harm),
		IN_ROOM(names_are_a_set_without_case),
		IN_ROOM(addresses_and_wildcards_pass_when_ordered),
		IN_ROOM(an_address_is_one_address_in_any_text),
		IN_ROOM(wrong_names_are_told_apart),
		IN_ROOM(names_of_other_kinds_and_shapes_are_refused),
		IN_ROOM(a_thousand_and_one_names_are_too_many),
		IN_ROOM(a_certificate_for_another_key_is_refused),
		IN_ROOM(validity_is_checked_to_the_second),
		IN_ROOM(a_clock_that_is_a_little_behind_accuses_nobody),
		IN_ROOM(clocks_that_disagree_are_not_held_against_the_ca),
		IN_ROOM(what_is_no_server_certificate_is_refused),
		IN_ROOM(serial_numbers_are_bounded_and_positive),
		IN_ROOM(the_order_of_the_chain_is_checked),
		IN_ROOM(the_chain_must_lead_to_the_roots),
		IN_ROOM(signatures_are_verified),
		IN_ROOM(an_expired_intermediate_is_refused),
		IN_ROOM(what_is_no_chain_of_pem_is_refused),
		IN_ROOM(a_private_key_in_the_chain_is_refused),
		IN_ROOM(bytes_behind_a_certificate_are_refused),
		IN_ROOM(long_chains_are_refused_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
