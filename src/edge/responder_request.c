#include "edge/responder_request.h"

#include <string.h>
#include <strings.h>

static const char prefix[] = "/.well-known/acme-challenge/";

/* A piece of the head; not ended by NUL. */
struct span {
	const char *at;
	size_t len;
};

size_t responder_head_end(const char *bytes, size_t len)
{
	const char *end = memmem(bytes, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - bytes) + 4 : 0;
}

static bool is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool is_nocase(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

/* Takes what is before the separator off the rest; false without one. */
static bool take(struct span *rest, const char *separator, struct span *ret)
{
	const char *end =
		memmem(rest->at, rest->len, separator, strlen(separator));
	size_t used;

	if (!end)
		return false;
	*ret = (struct span){ rest->at, (size_t)(end - rest->at) };
	used = ret->len + strlen(separator);
	rest->at += used;
	rest->len -= used;
	return true;
}

/* RFC 9110 5.6.2. */
static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c <= ' ' || c == 127 || strchr("\"(),/:;<=>?@[\\]{}", c))
			return false;
	}
	return s.len > 0;
}

/* Visible characters, spaces and tabs; bytes past ASCII may be in a value. */
static bool is_field_value(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c < ' ' && c != '\t') || c == 127)
			return false;
	}
	return true;
}

static struct span trim(struct span s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* The fields: well-formed, one Host at the most, and no body to come. */
static bool fields_are_good(struct span rest, bool needs_host)
{
	unsigned hosts = 0;
	struct span line, name;

	while (take(&rest, "\r\n", &line) && line.len > 0) {
		if (!take(&line, ":", &name) || !is_token(name) ||
		    !is_field_value(line))
			return false;
		if (is_nocase(name, "host"))
			hosts++;
		if (is_nocase(name, "transfer-encoding") ||
		    (is_nocase(name, "content-length") && !is(trim(line), "0")))
			return false;
	}
	return hosts == 1 || (hosts == 0 && !needs_host);
}

/* RFC 8555 8.3: the characters of base64url and nothing else. */
static bool read_token(struct span path, char ret_token[RESPONDER_TOKEN])
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t skip = sizeof(prefix) - 1;

	if (path.len <= skip || memcmp(path.at, prefix, skip) != 0 ||
	    path.len - skip >= RESPONDER_TOKEN)
		return false;
	for (size_t i = skip; i < path.len; i++)
		if (!path.at[i] || !strchr(allowed, path.at[i]))
			return false;
	memcpy(ret_token, path.at + skip, path.len - skip);
	ret_token[path.len - skip] = '\0';
	return true;
}

int responder_read(const char *head, size_t len,
		   struct responder_request *ret_request)
{
	struct responder_request r = { 0 };
	struct span rest = { head, len };
	struct span line, method, target;

	if (!take(&rest, "\r\n", &line) || !take(&line, " ", &method) ||
	    !take(&line, " ", &target) || !is_token(method) ||
	    !is_field_value(target) || target.len == 0)
		return 400;
	if (line.len != 8 || memcmp(line.at, "HTTP/", 5) != 0)
		return 400;
	if (!is(line, "HTTP/1.1") && !is(line, "HTTP/1.0"))
		return 505;
	if (!fields_are_good(rest, is(line, "HTTP/1.1")))
		return 400;
	r.is_head = is(method, "HEAD");
	if (!r.is_head && !is(method, "GET"))
		return 405;
	if (!read_token(target, r.token))
		return 404;
	*ret_request = r;
	return 200;
}
