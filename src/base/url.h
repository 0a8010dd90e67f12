/*
 * The http and https URLs that ACME uses, taken apart (RFC 3986, RFC 9110 4.2).
 *
 * Stricter than the RFC on purpose: no user info, no fragment, no control or
 * non-ASCII characters, no spaces, a host that is an address or a name that no
 * resolver takes for one ("127.1", "0x7f.1"), a bounded length.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/ip.h"

enum {
	URL_MAX = 2048, /* bytes, NUL included */
	URL_HOST_MAX = 256,
};

struct url {
	bool https;
	char host[URL_HOST_MAX]; /* lower case; an IPv6 without brackets */
	struct ip address;	 /* IP_NONE when the host is a name */
	uint16_t port;		 /* the scheme's own when not given */
	const char *target;	 /* borrowed from the text: path and query */
};

/* FAIL_PEER with a sentence when text is not such a URL. */
bool url_parse(const char *text, struct url *ret_url, struct fail *why);

/*
 * What a reference means beside base, a URL that url_parse() has taken (RFC
 * 3986 5.2): "/cert/2", "../2", "?b", "//other.example/2" or a whole URL, which
 * stays as it is. The result is not looked at. False when it does not fit.
 */
bool url_resolve(char dst[static URL_MAX], const char *base,
		 const char *reference);

/* Same scheme, host and port (RFC 6454). */
bool url_same_origin(const struct url *a, const struct url *b);

/*
 * Reads a pin, "host:address", as a person writes it: "ca.test:192.0.2.1",
 * "ca.test:2001:db8::1", "ca.test:[2001:db8::1]". FAIL_INPUT otherwise.
 */
bool url_pin_parse(const char *text, char ret_host[static URL_HOST_MAX],
		   struct ip *ret_address, struct fail *why);

/* "host", and ":port" when it is not the scheme's own; IPv6 in brackets. */
void url_print_authority(char dst[static URL_HOST_MAX + 8],
			 const struct url *url);

#endif
