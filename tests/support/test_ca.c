#include "support/test_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/text.h"

#define NEED(condition) need((condition), #condition, __LINE__)

static void need(bool true_it_is, const char *what, int line)
{
	if (true_it_is)
		return;
	fprintf(stderr, "test_ca.c:%d: %s\n", line, what);
	ERR_print_errors_fp(stderr);
	abort();
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	NEED(e && X509_add_ext(cert, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void set_times(X509 *cert, int64_t from_us, int64_t to_us)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(from_us / US_PER_S));
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)(to_us / US_PER_S));

	NEED(from && to && X509_set1_notBefore(cert, from) == 1 &&
	     X509_set1_notAfter(cert, to) == 1);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
}

static void set_serial(X509 *cert, const void *bytes, size_t len)
{
	static const unsigned char usual[16] = { 0x5a, 1,  2,  3,   4,	5,
						 6,    7,  8,  9,   10, 11,
						 12,   13, 14, 0xf0 };
	ASN1_INTEGER *serial = X509_get_serialNumber(cert);

	NEED(ASN1_STRING_set(serial, bytes ? bytes : usual,
			     bytes ? (int)len : (int)sizeof(usual)) == 1);
}

static void set_common_name(X509_NAME *name, const char *text)
{
	NEED(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
					(const unsigned char *)text, -1, -1,
					0) == 1);
}

void test_ca_make(struct test_ca *ret_ca, const char *name,
		  const struct test_ca *issuer)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	const struct test_ca self = { key, cert };
	const struct test_ca *by = issuer ? issuer : &self;

	NEED(key && cert && X509_set_version(cert, X509_VERSION_3) == 1 &&
	     X509_set_pubkey(cert, key) == 1);
	set_serial(cert, NULL, 0);
	set_times(cert, TEST_CA_NOW_US - 3650 * US_PER_DAY,
		  TEST_CA_NOW_US + 3650 * US_PER_DAY);
	set_common_name(X509_get_subject_name(cert), name);
	NEED(X509_set_issuer_name(cert, X509_get_subject_name(by->cert)) == 1);
	add_extension(cert, by->cert, NID_basic_constraints,
		      "critical,CA:TRUE");
	add_extension(cert, by->cert, NID_key_usage,
		      "critical,keyCertSign,cRLSign");
	add_extension(cert, by->cert, NID_subject_key_identifier, "hash");
	add_extension(cert, by->cert, NID_authority_key_identifier, "keyid");
	NEED(X509_sign(cert, by->key, EVP_sha256()) > 0);
	ret_ca->key = key;
	ret_ca->cert = cert;
}

void test_ca_release(struct test_ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
}

static void add_name(GENERAL_NAMES *names, int type, const void *data,
		     size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = ASN1_STRING_type_new(
		type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	NEED(name && value && ASN1_STRING_set(value, data, (int)len) == 1);
	GENERAL_NAME_set0_value(name, type, value);
	NEED(sk_GENERAL_NAME_push(names, name) > 0);
}

static void add_names(X509 *cert, const struct test_leaf *leaf)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	NEED(names != NULL);
	for (size_t i = 0; i < leaf->name_count; i++) {
		struct ip ip;

		if (ip_parse(leaf->names[i], &ip))
			add_name(names, GEN_IPADD, ip.bytes,
				 ip.family == IP_V4 ? 4 : 16);
		else
			add_name(names, GEN_DNS, leaf->names[i],
				 strlen(leaf->names[i]));
	}
	if (leaf->email)
		add_name(names, GEN_EMAIL, leaf->email, strlen(leaf->email));
	if (leaf->raw_dns)
		add_name(names, GEN_DNS, leaf->raw_dns, leaf->raw_dns_len);
	NEED(X509_add1_ext_i2d(cert, NID_subject_alt_name, names,
			       !leaf->common_name, X509V3_ADD_DEFAULT) == 1);
	GENERAL_NAMES_free(names);
}

static void add_extensions(X509 *cert, const struct test_ca *ca,
			   const struct test_leaf *leaf)
{
	add_extension(cert, ca->cert, NID_basic_constraints,
		      leaf->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(cert, ca->cert, NID_authority_key_identifier, "keyid");
	if (leaf->usage == TEST_USAGE_SERVER)
		add_extension(cert, ca->cert, NID_ext_key_usage, "serverAuth");
	if (leaf->usage == TEST_USAGE_CLIENT)
		add_extension(cert, ca->cert, NID_ext_key_usage, "clientAuth");
	if (leaf->poisoned)
		add_extension(cert, ca->cert, NID_ct_precert_poison,
			      "critical,DER:0500");
	if (!leaf->no_names)
		add_names(cert, leaf);
}

X509 *test_ca_issue(const struct test_ca *ca, const struct test_leaf *leaf)
{
	X509 *cert = X509_new();

	NEED(cert &&
	     X509_set_version(cert, leaf->version_1 ? X509_VERSION_1
						    : X509_VERSION_3) == 1);
	NEED(X509_set_pubkey(cert, leaf->key) == 1);
	set_serial(cert, leaf->serial, leaf->serial_len);
	set_times(cert,
		  leaf->not_before_us ? leaf->not_before_us
				      : TEST_CA_NOW_US - US_PER_DAY,
		  leaf->not_after_us ? leaf->not_after_us
				     : TEST_CA_NOW_US + 90 * US_PER_DAY);
	if (leaf->common_name)
		set_common_name(X509_get_subject_name(cert), leaf->common_name);
	NEED(X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) == 1);
	if (!leaf->version_1 || leaf->name_count)
		add_extensions(cert, ca, leaf);
	NEED(X509_sign(cert, ca->key, EVP_sha256()) > 0);
	return cert;
}

X509 *test_ca_break_signature(X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	NEED(len > 0);
	der[len - 1] ^= 1;
	const unsigned char *p = der;
	X509 *broken = d2i_X509(NULL, &p, len);

	NEED(broken != NULL);
	OPENSSL_free(der);
	return broken;
}

static void take_bio(struct buf *pem, BIO *bio)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	NEED(buf_add(pem, data, (size_t)len));
	BIO_free(bio);
}

void test_ca_add_pem(struct buf *pem, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	NEED(bio && PEM_write_bio_X509(bio, cert) == 1);
	take_bio(pem, bio);
}

void test_ca_add_key_pem(struct buf *pem, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	NEED(bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
						  NULL) == 1);
	take_bio(pem, bio);
}

void test_ca_write(const char *path, const char *data, size_t len)
{
	FILE *file = fopen(path, "w");

	NEED(file && fwrite(data, 1, len, file) == len && fclose(file) == 0);
}

static size_t read_names(X509_REQ *req, char **ret_names, size_t max)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(req);
	GENERAL_NAMES *names =
		X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	size_t count = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && count < max; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *value = GENERAL_NAME_get0_value(name, NULL);
		const unsigned char *data = ASN1_STRING_get0_data(value);
		size_t len = (size_t)ASN1_STRING_length(value);
		struct ip ip = { .family = len == 4 ? IP_V4 : IP_V6 };
		char text[IP_TEXT];

		if (name->type == GEN_DNS) {
			ret_names[count++] = mem_dup(data, len);
		} else if (name->type == GEN_IPADD && (len == 4 || len == 16)) {
			memcpy(ip.bytes, data, len);
			ip_print(text, &ip);
			ret_names[count++] = mem_strdup(text);
		}
	}
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return count;
}

bool test_ca_read_request(const char *csr, EVP_PKEY **ret_key, char **ret_names,
			  size_t max, size_t *ret_count)
{
	struct buf der = BUF_INIT(64 * 1024);
	X509_REQ *req = NULL;
	EVP_PKEY *key = NULL;

	if (buf_add_from_base64url(&der, csr, strlen(csr)) && der.len > 0) {
		const unsigned char *p = (const unsigned char *)der.data;

		req = d2i_X509_REQ(NULL, &p, (long)der.len);
	}
	key = req ? X509_REQ_get_pubkey(req) : NULL;
	bool good = key && X509_REQ_verify(req, key) == 1;

	if (good) {
		*ret_count = read_names(req, ret_names, max);
		*ret_key = key;
	} else {
		EVP_PKEY_free(key);
	}
	X509_REQ_free(req);
	buf_release(&der);
	return good;
}
