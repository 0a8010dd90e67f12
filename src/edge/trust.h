/*
 * A set of trusted roots, read once and shared by every connection and check.
 *
 * Roots that were named are trusted as they stand: an intermediate CA's
 * certificate among them ends a chain as well as a self-signed one does.
 */
#ifndef EDGE_TRUST_H
#define EDGE_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

struct trust;

/*
 * From PEM files; count 0 is the system's own set (SSL_CERT_FILE and
 * SSL_CERT_DIR are honoured), whose roots are read one by one when they are
 * first needed where the system allows it. Free with trust_free().
 */
bool trust_load(const char *const *paths, size_t count,
		struct trust **ret_trust, struct fail *why);
void trust_free(struct trust *t);

/* OpenSSL's store, for http.c; one more reference for the caller. */
typedef struct x509_store_st X509_STORE;
X509_STORE *trust_store(const struct trust *t);

#endif
