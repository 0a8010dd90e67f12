#include "base/ip.h"

#include <stdio.h>
#include <string.h>

static bool parse_v4(const char *text, size_t len, unsigned char out[static 4])
{
	size_t i = 0;

	for (int part = 0; part < 4; part++) {
		unsigned value = 0;
		size_t start;

		if (part > 0 && (i >= len || text[i++] != '.'))
			return false;
		start = i;
		while (i < len && text[i] >= '0' && text[i] <= '9' &&
		       i - start < 3)
			value = value * 10 + (unsigned)(text[i++] - '0');
		/* A leading zero would be octal to others. */
		if (i == start || value > 255 ||
		    (text[start] == '0' && i - start > 1))
			return false;
		out[part] = (unsigned char)value;
	}
	return i == len;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 4291 2.2: groups, one "::", and perhaps dotted quads at the end. */
struct v6_reader {
	unsigned char bytes[16];
	size_t used;
	int gap; /* where "::" stood, or -1 */
};

static bool read_group(struct v6_reader *r, const char **text)
{
	const char *p = *text;
	unsigned value = 0;
	size_t len = strspn(p, "0123456789abcdefABCDEF");

	if (p[len] == '.') {
		size_t quad = strlen(p);

		if (r->used > 12 || !parse_v4(p, quad, r->bytes + r->used))
			return false;
		r->used += 4;
		*text = p + quad;
		return true;
	}
	if (len == 0 || len > 4 || r->used > 14)
		return false;
	for (size_t i = 0; i < len; i++)
		value = value << 4 | (unsigned)hex_digit(p[i]);
	r->bytes[r->used++] = (unsigned char)(value >> 8);
	r->bytes[r->used++] = (unsigned char)value;
	*text = p + len;
	return true;
}

static bool read_groups(struct v6_reader *r, const char *p)
{
	if (p[0] == ':' && p[1] == ':') {
		r->gap = 0;
		p += 2;
	}
	while (*p) {
		if (!read_group(r, &p))
			return false;
		if (!*p)
			return true;
		if (*p++ != ':')
			return false;
		if (*p == ':') {
			if (r->gap >= 0)
				return false;
			r->gap = (int)r->used;
			p++;
		} else if (!*p) {
			return false;
		}
	}
	return true;
}

static bool parse_v6(const char *text, unsigned char out[static 16])
{
	struct v6_reader r = { .gap = -1 };
	size_t tail;

	if (!read_groups(&r, text))
		return false;
	if (r.gap < 0 ? r.used != 16 : r.used > 14)
		return false;
	memset(out, 0, 16);
	if (r.gap < 0) {
		memcpy(out, r.bytes, 16);
		return true;
	}
	tail = r.used - (size_t)r.gap;
	memcpy(out, r.bytes, (size_t)r.gap);
	memcpy(out + 16 - tail, r.bytes + r.gap, tail);
	return true;
}

bool ip_parse(const char *text, struct ip *ret_ip)
{
	struct ip ip = { .family = IP_NONE };

	if (parse_v4(text, strlen(text), ip.bytes))
		ip.family = IP_V4;
	else if (strchr(text, ':') && parse_v6(text, ip.bytes))
		ip.family = IP_V6;
	else
		return false;
	if (ip.family == IP_V4)
		memset(ip.bytes + 4, 0, 12);
	*ret_ip = ip;
	return true;
}

static unsigned group(const struct ip *ip, int i)
{
	return (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* The longest run of two or more zero groups, the first of equals. */
static void zero_run(const struct ip *ip, int *ret_at, int *ret_len)
{
	*ret_at = -1;
	*ret_len = 1;
	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && group(ip, i + len) == 0)
			len++;
		if (len > *ret_len) {
			*ret_at = i;
			*ret_len = len;
		}
		i += len;
	}
}

static bool is_v4_mapped(const struct ip *ip)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };

	return ip->family == IP_V6 &&
	       memcmp(ip->bytes, prefix, sizeof(prefix)) == 0;
}

static void print_v6(char *dst, const struct ip *ip)
{
	int at, len;
	size_t used = 0;

	/* RFC 5952 section 5. */
	if (is_v4_mapped(ip)) {
		snprintf(dst, IP_TEXT, "::ffff:%u.%u.%u.%u", ip->bytes[12],
			 ip->bytes[13], ip->bytes[14], ip->bytes[15]);
		return;
	}
	zero_run(ip, &at, &len);
	for (int i = 0; i < 8; i++) {
		if (i == at) {
			used += (size_t)snprintf(dst + used, IP_TEXT - used,
						 "::");
			i += len - 1;
			continue;
		}
		used += (size_t)snprintf(dst + used, IP_TEXT - used, "%s%x",
					 i == 0 || i == at + len ? "" : ":",
					 group(ip, i));
	}
}

void ip_print(char dst[static IP_TEXT], const struct ip *ip)
{
	switch (ip->family) {
	case IP_V4:
		snprintf(dst, IP_TEXT, "%u.%u.%u.%u", ip->bytes[0],
			 ip->bytes[1], ip->bytes[2], ip->bytes[3]);
		return;
	case IP_V6:
		print_v6(dst, ip);
		return;
	case IP_NONE:
	case IP_FAMILIES:
		break;
	}
	snprintf(dst, IP_TEXT, "-");
}

const char *ip_family_name(enum ip_family family)
{
	return family == IP_V4 ? "IPv4" : family == IP_V6 ? "IPv6" : "-";
}

/* The IPv4 address inside, for addresses that only wrap one. */
static bool unwrap_v4(const struct ip *ip, struct ip *ret_ip)
{
	*ret_ip = (struct ip){ .family = IP_V4 };
	if (ip->family == IP_V4)
		memcpy(ret_ip->bytes, ip->bytes, 4);
	else if (is_v4_mapped(ip))
		memcpy(ret_ip->bytes, ip->bytes + 12, 4);
	else
		return false;
	return true;
}

struct network {
	unsigned char bytes[16];
	unsigned bits;
};

static bool is_in(const unsigned char *bytes, const struct network *n)
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;
	unsigned mask = 0xff00u >> rest & 0xff;

	return memcmp(bytes, n->bytes, whole) == 0 &&
	       (rest == 0 || (bytes[whole] & mask) == (n->bytes[whole] & mask));
}

bool ip_is_loopback(const struct ip *ip)
{
	static const unsigned char one[16] = { [15] = 1 };
	struct ip v4;

	if (unwrap_v4(ip, &v4))
		return v4.bytes[0] == 127;
	return ip->family == IP_V6 && memcmp(ip->bytes, one, 16) == 0;
}

/* IANA's IPv4 and IPv6 special-purpose registries, not globally reachable. */
static const struct network special_v4[] = {
	{ { 0 }, 8 },
	{ { 10 }, 8 },
	{ { 100, 64 }, 10 },
	{ { 127 }, 8 },
	{ { 169, 254 }, 16 },
	{ { 172, 16 }, 12 },
	{ { 192, 0, 0 }, 24 },
	{ { 192, 0, 2 }, 24 },
	{ { 192, 88, 99 }, 24 },
	{ { 192, 168 }, 16 },
	{ { 198, 18 }, 15 },
	{ { 198, 51, 100 }, 24 },
	{ { 203, 0, 113 }, 24 },
	{ { 224 }, 4 },
	{ { 240 }, 4 },
};

/* Everything outside 2000::/3, and of that what is not public. */
static const struct network special_v6[] = {
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x20, 0x01 }, 23 },
	{ { 0x20, 0x02 }, 16 },
	{ { 0x3f, 0xff }, 20 },
};

bool ip_is_special(const struct ip *ip)
{
	static const struct network global_v6 = { { 0x20 }, 3 };
	static const struct network nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96 };
	struct ip v4;

	if (ip->family == IP_NONE)
		return true;
	if (ip->family == IP_V6 && is_in(ip->bytes, &nat64)) {
		v4 = (struct ip){ .family = IP_V4 };
		memcpy(v4.bytes, ip->bytes + 12, 4);
		return ip_is_special(&v4);
	}
	if (unwrap_v4(ip, &v4)) {
		for (size_t i = 0;
		     i < sizeof(special_v4) / sizeof(special_v4[0]); i++) {
			if (is_in(v4.bytes, &special_v4[i]))
				return true;
		}
		return false;
	}
	if (!is_in(ip->bytes, &global_v6))
		return true;
	for (size_t i = 0; i < sizeof(special_v6) / sizeof(special_v6[0]);
	     i++) {
		if (is_in(ip->bytes, &special_v6[i]))
			return true;
	}
	return false;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, a->family == IP_V4 ? 4 : 16) == 0;
}
