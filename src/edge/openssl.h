/*
 * What our OpenSSL files share: objects that release themselves, and
 * OpenSSL's error queue as a failure.
 */
#ifndef EDGE_OPENSSL_H
#define EDGE_OPENSSL_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/fail.h"
#include "edge/cleanup.h"

AUTO_KIND(bio, BIO, BIO_free_all)
AUTO_KIND(bn, BIGNUM, BN_free)
AUTO_KIND(ecdsa_sig, ECDSA_SIG, ECDSA_SIG_free)
AUTO_KIND(general_name, GENERAL_NAME, GENERAL_NAME_free)
AUTO_KIND(general_names, GENERAL_NAMES, GENERAL_NAMES_free)
AUTO_KIND(md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
AUTO_KIND(pkey, EVP_PKEY, EVP_PKEY_free)
AUTO_KIND(pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
AUTO_KIND(store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)
AUTO_KIND(x509, X509, X509_free)
AUTO_KIND(x509_req, X509_REQ, X509_REQ_free)
AUTO_KIND(x509_store, X509_STORE, X509_STORE_free)

static inline void auto_ossl_text(char **text)
{
	OPENSSL_free(*text);
}

static inline void auto_ossl_bytes(unsigned char **bytes)
{
	OPENSSL_free(*bytes);
}

static inline void auto_x509_borrowed(STACK_OF(X509) * *stack)
{
	sk_X509_free(*stack);
}

static inline void auto_extensions(STACK_OF(X509_EXTENSION) * *stack)
{
	sk_X509_EXTENSION_pop_free(*stack, X509_EXTENSION_free);
}

/*
 * Fails with "what: reason", the reason being OpenSSL's newest one, and empties
 * its queue, so that an old error is never taken for a later one.
 */
void openssl_fail_write(struct fail *why, enum fail_code code,
			const char *what);

static inline bool openssl_fail(struct fail *why, enum fail_code code,
				const char *what)
{
	openssl_fail_write(why, code, what);
	return false;
}

#endif
