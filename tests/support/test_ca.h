/*
 * A small CA for tests: roots, intermediates and leaves that are right, or
 * wrong in exactly one way. Failures of its own end the program: a test that
 * cannot make its certificates tests nothing.
 */
#ifndef TESTS_SUPPORT_TEST_CA_H
#define TESTS_SUPPORT_TEST_CA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"

/* A key with its certificate. */
struct test_ca {
	EVP_PKEY *key;
	X509 *cert;
};

enum test_usage {
	TEST_USAGE_SERVER, /* extended key usage serverAuth */
	TEST_USAGE_CLIENT, /* clientAuth only */
	TEST_USAGE_NONE,   /* no such extension */
};

/* What a leaf says; zeroed fields mean the usual. */
struct test_leaf {
	const char *const *names; /* DNS names and IP addresses */
	size_t name_count;
	EVP_PKEY *key;		 /* whose public half goes in; required */
	int64_t not_before_us;	 /* 0: a day before TEST_CA_NOW_US */
	int64_t not_after_us;	 /* 0: 90 days after it */
	const char *common_name; /* NULL: none */
	const char *email;	 /* one more name, of another kind */
	const void *raw_dns;	 /* one more DNS name, any bytes */
	size_t raw_dns_len;
	const void *serial; /* NULL: 16 fixed bytes */
	size_t serial_len;
	enum test_usage usage;
	bool is_ca;
	bool no_names; /* no subject alternative names at all */
	bool poisoned; /* RFC 6962's critical extension */
	bool version_1;
};

/* 2026-11-23T06:00:00Z: the time at which what is made here is valid. */
#define TEST_CA_NOW_US INT64_C(1795413600000000)

/* issuer NULL makes a root. Release with test_ca_release(). */
void test_ca_make(struct test_ca *ret_ca, const char *name,
		  const struct test_ca *issuer);
void test_ca_release(struct test_ca *ca);

/* Free with X509_free(). */
X509 *test_ca_issue(const struct test_ca *ca, const struct test_leaf *leaf);

/* A copy of a certificate whose signature has one bit turned. */
X509 *test_ca_break_signature(X509 *cert);

/* Appends the certificate, or the private key, in PEM. */
void test_ca_add_pem(struct buf *pem, X509 *cert);
void test_ca_add_key_pem(struct buf *pem, EVP_PKEY *key);

/* Writes bytes to a file; the folder must exist. */
void test_ca_write(const char *path, const char *data, size_t len);

/*
 * What a request (base64url DER, as finalize carries it) asks for: its key and
 * its names, each malloc'ed, at most max of them. False when its signature is
 * wrong or it cannot be read.
 */
bool test_ca_read_request(const char *csr, EVP_PKEY **ret_key, char **ret_names,
			  size_t max, size_t *ret_count);

#endif
