#include "base/url.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* "host", "host:port" or "[v6]:port", up to the first of "/?". */
struct authority {
	const char *host;
	size_t host_len;
	const char *port; /* NULL when not given */
	size_t port_len;
};

static bool split_authority(const char *p, size_t len, struct authority *ret)
{
	const char *end = p + len;
	const char *after;

	*ret = (struct authority){ .port = NULL };
	if (len && p[0] == '[') {
		const char *close = memchr(p, ']', len);

		if (!close)
			return false;
		ret->host = p + 1;
		ret->host_len = (size_t)(close - p - 1);
		after = close + 1;
	} else {
		const char *colon = memchr(p, ':', len);

		ret->host = p;
		after = colon ? colon : end;
		ret->host_len = (size_t)(after - p);
	}
	if (after == end)
		return true;
	if (*after != ':')
		return false;
	ret->port = after + 1;
	ret->port_len = (size_t)(end - after - 1);
	return true;
}

/*
 * What resolvers take for an address although it is no dotted quad: "127.1",
 * "2130706433", "0x7f.0.0.1". No top-level domain looks like that.
 */
static bool ends_in_number(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;

	return last[strspn(last, "0123456789")] == '\0' ||
	       text_starts(last, "0x");
}

/* Letters, digits, hyphens and underscores in labels of 1 to 63. */
static bool is_host_name(const char *host)
{
	size_t label = 0;

	if (ends_in_number(host))
		return false;
	for (const char *p = host; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') ||
			     (*p >= '0' && *p <= '9') || *p == '-' || *p == '_';

		if (*p == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!plain || ++label > 63) {
			return false;
		}
	}
	return label > 0;
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool read_host(const struct authority *a, bool bracketed,
		      struct url *url)
{
	if (a->host_len == 0 || a->host_len >= sizeof(url->host))
		return false;
	for (size_t i = 0; i < a->host_len; i++)
		url->host[i] = lower(a->host[i]);
	url->host[a->host_len] = '\0';
	url->address = (struct ip){ .family = IP_NONE };
	if (bracketed)
		return ip_parse(url->host, &url->address) &&
		       url->address.family == IP_V6;
	if (ip_parse(url->host, &url->address))
		return url->address.family == IP_V4;
	return is_host_name(url->host);
}

static bool read_port(const struct authority *a, struct url *url)
{
	char digits[6];
	uint64_t port;

	url->port = url->https ? 443 : 80;
	if (!a->port || a->port_len == 0)
		return true;
	if (a->port_len >= sizeof(digits))
		return false;
	memcpy(digits, a->port, a->port_len);
	digits[a->port_len] = '\0';
	if (!text_to_u64(digits, 65535, &port) || port == 0)
		return false;
	url->port = (uint16_t)port;
	return true;
}

/* The scheme may be in any case (RFC 3986 3.1). NULL for any but these two. */
static const char *skip_scheme(const char *text, bool *ret_https)
{
	char scheme[9] = "";

	for (size_t i = 0; i < sizeof(scheme) - 1 && text[i]; i++)
		scheme[i] = lower(text[i]);
	*ret_https = text_starts(scheme, "https://");
	if (*ret_https)
		return text + 8;
	return text_starts(scheme, "http://") ? text + 7 : NULL;
}

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text))
			return false;
	}
	return true;
}

bool url_parse(const char *text, struct url *ret_url, struct fail *why)
{
	struct authority a;
	struct url url;
	const char *p;
	size_t len;

	if (strlen(text) >= URL_MAX)
		return fail_set(why, FAIL_PEER,
				"the URL is longer than %d bytes", URL_MAX - 1);
	p = skip_scheme(text, &url.https);
	if (!p)
		return fail_set(why, FAIL_PEER,
				"\"%.80s\" is no http or https URL", text);
	if (!is_plain(text) || strchr(text, '#'))
		return fail_set(why, FAIL_PEER,
				"\"%.80s\" holds a character that has no place "
				"in a URL",
				text);
	len = strcspn(p, "/?");
	if (memchr(p, '@', len))
		return fail_set(why, FAIL_PEER, "\"%.80s\" holds a user name",
				text);
	if (!split_authority(p, len, &a) || !read_host(&a, p[0] == '[', &url))
		return fail_set(why, FAIL_PEER,
				"\"%.80s\" names no host (a DNS name without "
				"a dot at its end, or a whole address)",
				text);
	if (!read_port(&a, &url))
		return fail_set(why, FAIL_PEER,
				"\"%.80s\" has no port from 1 to 65535", text);
	url.target = p[len] ? p + len : "/";
	*ret_url = url;
	return true;
}

/* --- references ---------------------------------------------------------- */

static bool has_scheme(const char *reference)
{
	size_t len = strcspn(reference, ":/?#");

	return len > 0 && reference[len] == ':';
}

/* Takes "/." and "/.." out of an absolute path, in place (RFC 3986 5.2.4). */
static void remove_dots(char *path)
{
	size_t len = strcspn(path, "?#"), out = 0;

	for (size_t in = 0, next; in < len; in = next) {
		size_t segment = 1;

		while (in + segment < len && path[in + segment] != '/')
			segment++;
		next = in + segment;
		bool up = segment == 3 && memcmp(path + in, "/..", 3) == 0;
		bool stay = segment == 2 && memcmp(path + in, "/.", 2) == 0;

		if (up) {
			while (out > 0 && path[--out] != '/')
				;
		} else if (!stay) {
			memmove(path + out, path + in, segment);
			out += segment;
		}
		/* At the end both leave the folder, with its slash. */
		if ((up || stay) && next == len)
			path[out++] = '/';
	}
	memmove(path + out, path + len, strlen(path + len) + 1);
}

bool url_resolve(char dst[static URL_MAX], const char *base,
		 const char *reference)
{
	bool https;
	const char *host = skip_scheme(base, &https);
	size_t root = (size_t)(host - base) + strcspn(host, "/?");
	size_t path = root + strcspn(base + root, "?");
	size_t kept = root;
	int len;

	if (has_scheme(reference)) {
		len = snprintf(dst, URL_MAX, "%s", reference);
		return len < URL_MAX;
	}
	if (text_starts(reference, "//")) {
		len = snprintf(dst, URL_MAX, "%s:%s", https ? "https" : "http",
			       reference);
		return len < URL_MAX;
	}
	if (!*reference)
		kept = strlen(base);
	else if (*reference == '?')
		kept = path;
	else if (*reference != '/')
		for (kept = path; kept > root && base[kept - 1] != '/';)
			kept--;
	len = snprintf(dst, URL_MAX, "%.*s%s%s", (int)kept, base,
		       kept == root && *reference != '/' ? "/" : "", reference);
	if (len >= URL_MAX)
		return false;
	remove_dots(dst + root);
	return true;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port &&
	       (a->address.family == IP_NONE
			? strcmp(a->host, b->host) == 0
			: ip_equal(&a->address, &b->address));
}

bool url_pin_parse(const char *text, char ret_host[static URL_HOST_MAX],
		   struct ip *ret_address, struct fail *why)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	const char *from = colon ? colon + 1 : "";
	size_t address_len = strlen(from);
	bool bracketed = address_len >= 2 && from[0] == '[' &&
			 from[address_len - 1] == ']';
	char address[IP_TEXT] = "";
	struct ip ip;

	if (bracketed) {
		from++;
		address_len -= 2;
	}
	if (address_len < sizeof(address))
		text_copy(address, address_len + 1, from);
	if (len == 0 || len >= URL_HOST_MAX || !ip_parse(address, &ip) ||
	    (bracketed && ip.family != IP_V6))
		return fail_set(why, FAIL_INPUT,
				"\"%s\" pins no name to an address, expected "
				"HOST:ADDRESS",
				text);
	memcpy(ret_host, text, len);
	ret_host[len] = '\0';
	*ret_address = ip;
	return true;
}

void url_print_authority(char dst[static URL_HOST_MAX + 8],
			 const struct url *url)
{
	bool v6 = url->address.family == IP_V6;
	char port[8] = "";

	if (url->port != (url->https ? 443 : 80))
		snprintf(port, sizeof(port), ":%u", url->port);
	snprintf(dst, URL_HOST_MAX + 8, "%s%s%s%s", v6 ? "[" : "", url->host,
		 v6 ? "]" : "", port);
}
