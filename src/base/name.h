/*
 * What a certificate can be for: DNS names and IP addresses. Pure.
 */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>

enum { NAME_TEXT = 254 }; /* RFC 1035 2.3.4, without the root; NUL included */

/*
 * A DNS name: letters, digits and inner hyphens in labels of 1 to 63 (RFC
 * 5890), 253 in all, no dot at the end. A last label of digits alone would be
 * an address written wrong (RFC 3696 section 2). No wildcard.
 */
bool name_is_dns(const char *text);

/*
 * A name as it stands in an order: an address as RFC 8738 section 3 wants it
 * (RFC 5952 for IPv6), a DNS name, also with "*." in front (RFC 8555 7.1.3),
 * as it was written. False, with dst untouched, when it is neither.
 */
bool name_canonical(char dst[static NAME_TEXT], const char *text);

/* Whether both are names and mean the same: addresses by their bytes. */
bool name_same(const char *a, const char *b);

#endif
