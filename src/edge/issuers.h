/*
 * Certificates of CAs that were read before. A CA sends the same few with each
 * certificate it issues, and to parse one costs as much as a request.
 *
 * Found by their bytes alone: nothing here is trusted because it is known.
 */
#ifndef EDGE_ISSUERS_H
#define EDGE_ISSUERS_H

#include <stddef.h>

typedef struct x509_st X509;

struct issuers;

/* Remembers the last few. Free with issuers_free(). */
struct issuers *issuers_new(void);
void issuers_free(struct issuers *s);

/*
 * The certificate of these bytes (DER), parsed now or before, with one
 * reference for the caller. NULL when they are not exactly one certificate:
 * *ret_rest then says how many bytes follow it (0: OpenSSL's error tells).
 * Without s nothing is remembered.
 */
X509 *issuers_read(struct issuers *s, const unsigned char *der, size_t len,
		   size_t *ret_rest);

#endif
