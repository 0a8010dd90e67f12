/*
 * JSON Web Signatures as RFC 8555 section 6.2 wants them: flattened, with
 * alg, nonce, url and either jwk or kid in the protected header.
 */
#ifndef EDGE_JWS_H
#define EDGE_JWS_H

#include <stdbool.h>

#include "base/fail.h"
#include "edge/key.h"

/*
 * payload is JSON text, "" for POST-as-GET; kid NULL puts the public key in
 * the header instead. malloc'ed JSON.
 */
bool jws_sign(EVP_PKEY *key, const char *kid, const char *nonce,
	      const char *url, const char *payload, char **ret_jws,
	      struct fail *why);

/*
 * The external account binding (7.3.4): the account key's JWK signed with the
 * CA's MAC key (HS256), given as base64url. malloc'ed JSON.
 */
bool jws_bind(EVP_PKEY *account, const char *eab_kid,
	      const char *eab_hmac_base64url, const char *url, char **ret_jws,
	      struct fail *why);

/* Whether it is such a MAC key. FAIL_INPUT; the sentence does not hold it. */
bool jws_mac_check(const char *eab_hmac_base64url, struct fail *why);

#endif
