/*
 * IP addresses as values: text to bytes and back, and which of them no CA may
 * send us to. Pure: no socket headers.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>

enum ip_family { IP_NONE, IP_V4, IP_V6, IP_FAMILIES };

struct ip {
	enum ip_family family;
	unsigned char bytes[16]; /* 4 or 16 of them, network order */
};

enum { IP_TEXT = 46 };

/* Dotted quads (four decimal parts) or RFC 4291 text; no zone, no brackets. */
bool ip_parse(const char *text, struct ip *ret_ip);

/* RFC 5952 for IPv6 (::ffff:192.0.2.1 for a mapped one); "-" for IP_NONE. */
void ip_print(char dst[static IP_TEXT], const struct ip *ip);

/* "IPv4", "IPv6", "-". */
const char *ip_family_name(enum ip_family family);

/* The loopback networks 127.0.0.0/8 and ::1, also as ::ffff:127.0.0.0/104. */
bool ip_is_loopback(const struct ip *ip);

/*
 * Anything that is not a public unicast address (RFC 6890 and its registry):
 * loopback, private, link-local, shared, documentation, multicast, reserved.
 */
bool ip_is_special(const struct ip *ip);

bool ip_equal(const struct ip *a, const struct ip *b);

#endif
