/*
 * Private keys: made, read, written and asked for their public half. With
 * jws.c, csr and chain the only files that see one.
 */
#ifndef EDGE_KEY_H
#define EDGE_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/key_type.h"
#include "base/fail.h"

typedef struct evp_pkey_st EVP_PKEY;

/* False when key is of none of these types: FAIL_INPUT says what it is. */
bool key_type_of(EVP_PKEY *key, enum key_type *ret_type, struct fail *why);

/* A new key; free with key_free(). */
bool key_make(enum key_type type, EVP_PKEY **ret_key, struct fail *why);
void key_free(EVP_PKEY *key);

/* PEM (PKCS#8, or the older forms OpenSSL reads) of one of the types above. */
bool key_load(const char *path, EVP_PKEY **ret_key, struct fail *why);

/*
 * PEM, PKCS#8, mode 0600, written beside it and renamed: path holds the old
 * bytes or the new ones, never a part. FAIL_FILE when path exists and
 * may not be replaced.
 */
bool key_save(EVP_PKEY *key, const char *path, bool replace, struct fail *why);

/* Loads path, or makes a key of the type and saves it there. */
bool key_load_or_make(const char *path, enum key_type type, EVP_PKEY **ret_key,
		      bool *ret_made, struct fail *why);

/*
 * The public key as a JWK whose members are in the order of RFC 7638, so that
 * it is also the input of the thumbprint. malloc'ed.
 */
bool key_jwk(EVP_PKEY *key, char **ret_jwk, struct fail *why);

/* base64url(SHA-256(JWK)), malloc'ed. */
bool key_thumbprint(EVP_PKEY *key, char **ret_thumbprint, struct fail *why);

/* The "alg" that signs with a key of this type: ES256, ES384, RS256, EdDSA. */
const char *key_alg(enum key_type type);

/*
 * A certificate request (PKCS#10) for DNS names and IP addresses, all as
 * subject alternative names, no common name; signed with key. base64url DER,
 * malloc'ed.
 */
bool key_csr(EVP_PKEY *key, const char *const *names, size_t count,
	     char **ret_csr, struct fail *why);

#endif
