#include "edge/chain.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/name.h"
#include "base/text.h"
#include "edge/openssl.h"

enum {
	CHAIN_BYTES = 256 * 1024,
	CHAIN_LENGTH = 10,
	CHAIN_SERIAL_BYTES = 20, /* RFC 5280 4.1.2.2 */
	CHAIN_NAMES = 1000,
	CHAIN_SHOWN = 254,
	/* How far our clock may be behind the CA's, which dates to its own. */
	CHAIN_EARLY_S = 300,
};

#define BEGIN_LINE "-----BEGIN CERTIFICATE-----"
#define END_LINE "-----END CERTIFICATE-----"

struct chain {
	X509 *certs[CHAIN_LENGTH];
	unsigned count;
};

static void auto_chain(struct chain *c)
{
	for (unsigned i = 0; i < c->count; i++)
		X509_free(c->certs[i]);
}

static bool bad(struct fail *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The certificate is not what was ordered, and this is the sentence. */
static bool bad(struct fail *why, const char *format, ...)
{
	char text[sizeof(why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ERR_clear_error();
	return fail_set(why, FAIL_PEER, "%s", text);
}

/* --- PEM ---------------------------------------------------------------- */

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Length of the line at p without its end. */
static size_t line_len(const char *p)
{
	return strcspn(p, "\r\n");
}

/* RFC 8555 9.1: nothing but certificates, least of all a private key. */
static bool fail_block(const char *at, unsigned number, struct fail *why)
{
	char shown[80];
	size_t len = line_len(at);

	text_printable(shown, sizeof(shown), at, len);
	if (text_starts(at, "-----BEGIN "))
		return bad(why,
			   "block %u of the chain is \"%s\", expected "
			   "certificates only",
			   number, shown);
	return bad(why,
		   "the chain has \"%s\" where certificate %u was expected to "
		   "begin (%s)",
		   shown, number, BEGIN_LINE);
}

/* One whole block of len bytes, which begins with BEGIN_LINE. */
static bool read_block(const char *block, size_t len, unsigned number,
		       struct issuers *known, X509 **ret_cert, struct fail *why)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(block, (int)len);
	AUTO(ossl_text) char *name = NULL;
	AUTO(ossl_text) char *header = NULL;
	AUTO(ossl_bytes) unsigned char *der = NULL;
	long der_len = 0;
	size_t rest;

	if (!bio || PEM_read_bio(bio, &name, &header, &der, &der_len) != 1) {
		openssl_fail(why, FAIL_PEER, "its PEM cannot be read");
		return fail_at(why, "certificate %u of the chain", number);
	}
	if (*header)
		return bad(why,
			   "certificate %u of the chain has PEM headers, "
			   "expected none",
			   number);
	/* No leaf comes twice. */
	*ret_cert = issuers_read(number > 1 ? known : NULL, der,
				 (size_t)der_len, &rest);
	if (rest > 0)
		return bad(why,
			   "certificate %u of the chain has %zu bytes behind "
			   "its end",
			   number, rest);
	if (!*ret_cert) {
		openssl_fail(why, FAIL_PEER, "it is no X.509 certificate");
		return fail_at(why, "certificate %u of the chain", number);
	}
	return true;
}

static bool read_chain(const char *pem, struct issuers *known, struct chain *c,
		       struct fail *why)
{
	if (strnlen(pem, CHAIN_BYTES + 1) > CHAIN_BYTES)
		return bad(why, "the chain has more than %d bytes",
			   CHAIN_BYTES);
	for (const char *p = skip_space(pem); *p; p = skip_space(p)) {
		const char *end = strstr(p, END_LINE);

		if (c->count == CHAIN_LENGTH)
			return bad(why,
				   "the chain has more than %d certificates",
				   CHAIN_LENGTH);
		if (line_len(p) < strlen(BEGIN_LINE) ||
		    !text_starts(p, BEGIN_LINE))
			return fail_block(p, c->count + 1, why);
		if (!end)
			return bad(
				why,
				"certificate %u of the chain has no end (%s)",
				c->count + 1, END_LINE);
		end += strlen(END_LINE);
		if (!read_block(p, (size_t)(end - p), c->count + 1, known,
				&c->certs[c->count], why))
			return false;
		c->count++;
		p = end;
	}
	return c->count > 0 ||
	       bad(why, "the chain is empty, expected certificates in PEM (%s)",
		   BEGIN_LINE);
}

/* --- names -------------------------------------------------------------- */

/* Whether a subject alternative name is this ordered name. */
static bool is_name(const GENERAL_NAME *found, const char *name)
{
	const ASN1_STRING *value = GENERAL_NAME_get0_value(found, NULL);
	const unsigned char *data = ASN1_STRING_get0_data(value);
	size_t len = (size_t)ASN1_STRING_length(value);
	struct ip ip;

	if (found->type == GEN_IPADD)
		return ip_parse(name, &ip) &&
		       len == (ip.family == IP_V4 ? 4u : 16u) &&
		       memcmp(ip.bytes, data, len) == 0;
	/* The lengths tell a NUL within the name from its end. */
	return found->type == GEN_DNS && len == strlen(name) &&
	       strncasecmp((const char *)data, name, len) == 0;
}

static void print_name(char dst[static CHAIN_SHOWN], const GENERAL_NAME *name)
{
	const ASN1_STRING *value;
	struct ip ip = { .family = IP_NONE };

	if (name->type != GEN_DNS && name->type != GEN_IPADD) {
		text_copy(dst, CHAIN_SHOWN,
			  "a name that is neither DNS nor IP");
		return;
	}
	value = GENERAL_NAME_get0_value(name, NULL);
	const unsigned char *data = ASN1_STRING_get0_data(value);
	size_t len = (size_t)ASN1_STRING_length(value);

	if (name->type == GEN_DNS) {
		text_printable(dst, CHAIN_SHOWN, (const char *)data, len);
	} else if (len != 4 && len != 16) {
		text_copy(dst, CHAIN_SHOWN, "an IP address of a wrong length");
	} else {
		ip.family = len == 4 ? IP_V4 : IP_V6;
		memcpy(ip.bytes, data, len);
		ip_print(dst, &ip);
	}
}

/* The first name of the certificate that was not ordered, or NULL. */
static const GENERAL_NAME *find_extra(const GENERAL_NAMES *names,
				      const struct chain_order *order)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *found = sk_GENERAL_NAME_value(names, i);
		bool ordered = false;

		for (size_t k = 0; k < order->name_count && !ordered; k++)
			ordered = is_name(found, order->names[k]);
		if (!ordered)
			return found;
	}
	return NULL;
}

/* The first ordered name that the certificate lacks, or NULL. */
static const char *find_missing(const GENERAL_NAMES *names,
				const struct chain_order *order)
{
	for (size_t k = 0; k < order->name_count; k++) {
		bool there = false;

		assert(order->names[k]);
		for (int i = 0; i < sk_GENERAL_NAME_num(names) && !there; i++)
			there = is_name(sk_GENERAL_NAME_value(names, i),
					order->names[k]);
		if (!there)
			return order->names[k];
	}
	return NULL;
}

/* Whether a common name is this ordered name; an address in any text. */
static bool is_common_name(const char *text, size_t len, const char *name)
{
	char found[NAME_TEXT];

	if (len >= sizeof(found) || memchr(text, '\0', len))
		return false;
	text_copy(found, len + 1, text);
	return name_same(found, name);
}

/* A common name is only a copy of an alternative name (BR 7.1.4.3). */
static bool check_common_name(X509 *leaf, const struct chain_order *order,
			      struct fail *why)
{
	const X509_NAME *subject = X509_get_subject_name(leaf);
	char shown[CHAIN_SHOWN];

	for (int at = -1;;) {
		AUTO(ossl_bytes) unsigned char *text = NULL;
		bool ordered = false;

		at = X509_NAME_get_index_by_NID(subject, NID_commonName, at);
		if (at < 0)
			return true;
		int len = ASN1_STRING_to_UTF8(
			&text, X509_NAME_ENTRY_get_data(
				       X509_NAME_get_entry(subject, at)));
		if (len < 0)
			return bad(why, "the certificate's common name cannot "
					"be read");
		for (size_t k = 0; k < order->name_count && !ordered; k++)
			ordered = is_common_name((const char *)text,
						 (size_t)len, order->names[k]);
		if (ordered)
			continue;
		text_printable(shown, sizeof(shown), (const char *)text,
			       (size_t)len);
		return bad(why,
			   "the certificate's common name is %s, which was not "
			   "ordered",
			   shown);
	}
}

static bool check_names(X509 *leaf, const struct chain_order *order,
			struct fail *why)
{
	int critical = 0;
	AUTO(general_names)
	GENERAL_NAMES *names =
		X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, NULL);
	char shown[CHAIN_SHOWN];

	if (!names)
		return bad(why, critical == -1 ? "the certificate has no "
						 "subject alternative names"
					       : "the certificate's subject "
						 "alternative names cannot "
						 "be read");
	if (sk_GENERAL_NAME_num(names) > CHAIN_NAMES)
		return bad(why, "the certificate is for more than %d names",
			   CHAIN_NAMES);
	const GENERAL_NAME *extra = find_extra(names, order);
	const char *missing = find_missing(names, order);

	if (extra)
		print_name(shown, extra);
	if (extra && missing)
		return bad(why, "the certificate is for %s, ordered was %s",
			   shown, missing);
	if (extra)
		return bad(why,
			   "the certificate is also for %s, which was not "
			   "ordered",
			   shown);
	if (missing)
		return bad(why,
			   "the certificate is not for %s, which was "
			   "ordered too",
			   missing);
	return check_common_name(leaf, order, why);
}

/* --- the rest of the leaf ----------------------------------------------- */

static bool check_use(X509 *leaf, struct fail *why)
{
	uint32_t flags = X509_get_extension_flags(leaf);
	uint32_t usage = X509_get_extended_key_usage(leaf);

	if (X509_get_version(leaf) != X509_VERSION_3)
		return bad(why,
			   "the certificate is X.509 version %ld, "
			   "expected 3",
			   X509_get_version(leaf) + 1);
	if (flags & EXFLAG_INVALID)
		return bad(why, "the certificate has extensions that cannot "
				"be read");
	if (flags & EXFLAG_CRITICAL)
		return bad(why, "the certificate has a critical extension "
				"that is not known (a precertificate?)");
	if (usage != UINT32_MAX && !(usage & XKU_SSL_SERVER))
		return bad(why, "the certificate's extended key usage is not "
				"for TLS servers");
	return true;
}

static bool time_us(const ASN1_TIME *time, int64_t *ret_us)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	struct civil civil = {
		.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = tm.tm_sec,
	};
	*ret_us = civil_to_us(&civil);
	return true;
}

/*
 * The certificate is not valid by our clock. When it is by the CA's own, two
 * clocks disagree, and ours may well be the wrong one: that is no certificate
 * to accuse a CA with.
 */
static bool fail_times(const struct chain_order *order,
		       const struct chain_facts *facts, const char *text,
		       struct fail *why)
{
	char date[CLOCK_TEXT];

	if (order->date_us + CHAIN_EARLY_S * US_PER_S < facts->not_before_us ||
	    order->date_us >= facts->not_after_us)
		return bad(why, "%s", text);
	clock_rfc3339(date, order->date_us);
	return fail_set(why, FAIL_OURS,
			"%s by our clock, and %s by the CA's: is ours right?",
			text, date);
}

static bool check_times(X509 *leaf, const struct chain_order *order,
			struct chain_facts *facts, struct fail *why)
{
	char now[CLOCK_TEXT], bound[CLOCK_TEXT], text[160];

	if (!time_us(X509_get0_notBefore(leaf), &facts->not_before_us) ||
	    !time_us(X509_get0_notAfter(leaf), &facts->not_after_us))
		return bad(why, "the certificate's validity cannot be read");
	clock_rfc3339(now, order->wall_us);
	if (order->wall_us + CHAIN_EARLY_S * US_PER_S < facts->not_before_us) {
		clock_rfc3339(bound, facts->not_before_us);
		snprintf(text, sizeof(text),
			 "the certificate is not valid before %s, it is %s",
			 bound, now);
		return fail_times(order, facts, text, why);
	}
	/* The last second itself (RFC 5280 4.1.2.5) OpenSSL calls expired. */
	if (order->wall_us >= facts->not_after_us) {
		clock_rfc3339(bound, facts->not_after_us);
		snprintf(text, sizeof(text),
			 "the certificate expired at %s, it is %s", bound, now);
		return fail_times(order, facts, text, why);
	}
	return true;
}

static bool read_serial(X509 *leaf, struct chain_facts *facts, struct fail *why)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
	int len = ASN1_STRING_length(serial);
	const unsigned char *data = ASN1_STRING_get0_data(serial);

	if (len > CHAIN_SERIAL_BYTES)
		return bad(why,
			   "the certificate's serial number has %d bytes, at "
			   "most %d are allowed",
			   len, CHAIN_SERIAL_BYTES);
	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || len == 0 ||
	    (len == 1 && data[0] == 0))
		return bad(why, "the certificate's serial number is not a "
				"positive number");
	text_hex(facts->serial, data, (size_t)len);
	return true;
}

static bool read_issuer(X509 *leaf, struct chain_facts *facts, struct fail *why)
{
	const X509_NAME *issuer = X509_get_issuer_name(leaf);
	int at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);

	if (at >= 0) {
		AUTO(ossl_bytes) unsigned char *text = NULL;
		int len = ASN1_STRING_to_UTF8(
			&text, X509_NAME_ENTRY_get_data(
				       X509_NAME_get_entry(issuer, at)));

		if (len < 0)
			return bad(why, "the issuer's common name cannot be "
					"read");
		text_printable(facts->issuer, sizeof(facts->issuer),
			       (const char *)text, (size_t)len);
		return true;
	}
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (!bio ||
	    X509_NAME_print_ex(bio, issuer, 0,
			       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		return bad(why, "the issuer's name cannot be read");
	long len = BIO_get_mem_data(bio, &text);
	text_printable(facts->issuer, sizeof(facts->issuer), text, (size_t)len);
	return true;
}

static bool check_key(X509 *leaf, EVP_PKEY *ordered, struct fail *why)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);

	if (!key)
		return bad(why, "the certificate's public key cannot be read");
	if (EVP_PKEY_eq(key, ordered) != 1)
		return bad(why, "the certificate is for another key than the "
				"one of the request");
	return true;
}

/* --- the chain ---------------------------------------------------------- */

/* RFC 8555 7.4.2: each certificate directly certifies the one before it. */
static bool check_order(const struct chain *c, struct fail *why)
{
	for (unsigned i = 1; i < c->count; i++) {
		int code = X509_check_issued(c->certs[i], c->certs[i - 1]);

		if (code != X509_V_OK)
			return bad(
				why,
				"certificate %u of the chain does not certify "
				"certificate %u: %s",
				i + 1, i, X509_verify_cert_error_string(code));
	}
	return true;
}

/* The signatures of certificates from..count-2, each by the one behind it. */
static bool check_signatures(const struct chain *c, unsigned from,
			     struct fail *why)
{
	for (unsigned i = from; i + 1 < c->count; i++) {
		EVP_PKEY *key = X509_get0_pubkey(c->certs[i + 1]);

		if (!key || X509_verify(c->certs[i], key) != 1)
			return bad(
				why,
				"the signature of certificate %u of the chain "
				"is not by the key of certificate %u",
				i + 1, i + 1 + 1);
	}
	return true;
}

/*
 * How many links of the chain OpenSSL has verified on its way to the root: as
 * long as its path goes through our certificates.
 */
static unsigned links_verified(const struct chain *c, X509_STORE_CTX *ctx)
{
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
	unsigned i = 0;

	while (i < c->count && i < (unsigned)sk_X509_num(path) &&
	       sk_X509_value(path, (int)i) == c->certs[i])
		i++;
	return i > 0 ? i - 1 : 0;
}

static bool fail_path(const struct chain *c, X509_STORE_CTX *ctx,
		      struct fail *why)
{
	int code = X509_STORE_CTX_get_error(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx);

	if (code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	    code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	    code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	    code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		return bad(
			why,
			"the chain of %u does not lead to a trusted root: %s "
			"(certificate %d)",
			c->count, X509_verify_cert_error_string(code),
			depth + 1);
	return bad(why, "the chain does not verify: %s (certificate %d)",
		   X509_verify_cert_error_string(code), depth + 1);
}

/* at_us: our time, or when the leaf begins, as far as that is tolerated. */
static bool check_path(const struct chain *c, const struct chain_order *order,
		       int64_t at_us, unsigned *ret_verified, struct fail *why)
{
	AUTO(x509_store) X509_STORE *roots = trust_store(order->roots);
	AUTO(x509_borrowed) STACK_OF(X509) *rest = sk_X509_new_null();
	AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	for (unsigned i = 1; rest && i < c->count; i++)
		if (sk_X509_push(rest, c->certs[i]) <= 0)
			return openssl_fail(why, FAIL_OURS,
					    "cannot keep a certificate");
	if (!rest || !ctx ||
	    X509_STORE_CTX_init(ctx, roots, c->certs[0], rest) != 1 ||
	    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) != 1)
		return openssl_fail(why, FAIL_OURS,
				    "cannot prepare the check of a chain");
	X509_STORE_CTX_set_time(ctx, 0, (time_t)(at_us / US_PER_S));
	X509_STORE_CTX_set_depth(ctx, CHAIN_LENGTH);
	if (X509_verify_cert(ctx) != 1)
		return fail_path(c, ctx, why);
	*ret_verified = links_verified(c, ctx);
	return true;
}

bool chain_check(const char *pem, const struct chain_order *order,
		 struct chain_facts *ret_facts, struct fail *why)
{
	__attribute__((cleanup(auto_chain))) struct chain c = { .count = 0 };
	struct chain_facts facts = { .length = 0 };
	unsigned verified = 0;

	ERR_clear_error();
	if (!read_chain(pem, order->issuers, &c, why))
		return false;
	X509 *leaf = c.certs[0];

	if (X509_get_extension_flags(leaf) & EXFLAG_CA)
		return bad(why, "the first certificate of the chain is a CA's, "
				"expected the server's that was ordered");
	/* Why it is the wrong one comes before why it cannot be trusted. */
	if (!check_names(leaf, order, why) ||
	    !check_key(leaf, order->key, why) || !check_use(leaf, why) ||
	    !check_times(leaf, order, &facts, why) ||
	    !read_serial(leaf, &facts, why) ||
	    !read_issuer(leaf, &facts, why) || !check_order(&c, why))
		return false;
	int64_t at_us = order->wall_us > facts.not_before_us
				? order->wall_us
				: facts.not_before_us;

	if (order->roots && !check_path(&c, order, at_us, &verified, why))
		return false;
	if (!check_signatures(&c, verified, why))
		return false;
	facts.length = c.count;
	*ret_facts = facts;
	ERR_clear_error();
	return true;
}
