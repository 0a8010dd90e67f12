#include "report/request.h"

#include <string.h>

#include "base/text.h"
#include "report/route_query.h"

/* Where the head ends, behind its empty line; 0 when that is not there yet. */
static size_t find_end(const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - data) + 4 : 0;
}

/* CR only before LF, LF only behind CR, and nothing else below space. */
static bool check_bytes(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\r') {
			if (i + 1 < len && data[i + 1] != '\n')
				return false;
		} else if (c == '\n') {
			if (i == 0 || data[i - 1] != '\r')
				return false;
		} else if ((c < 0x20 && c != '\t') || c == 0x7f) {
			return false;
		}
	}
	return true;
}

/* "HTTP/1.1" as 11. */
static bool read_version(const char *text, int *ret_version)
{
	if (strlen(text) != 8 || memcmp(text, "HTTP/", 5) != 0 ||
	    text[5] < '0' || text[5] > '9' || text[6] != '.' || text[7] < '0' ||
	    text[7] > '9')
		return false;
	*ret_version = (text[5] - '0') * 10 + (text[7] - '0');
	return true;
}

/* METHOD SP TARGET SP VERSION, each without a space. */
static bool read_line(char *line, struct route_request *r)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;

	if (!version)
		return false;
	*target++ = '\0';
	*version++ = '\0';
	r->method = line;
	r->target = target;
	return *line && *target && read_version(version, &r->http_version);
}

/* The name stays as it is: whether it is a token is for the gate to say. */
static bool read_field(char *line, struct route_header *ret_header)
{
	char *colon = strchr(line, ':');
	char *end;

	if (!colon || *line == ' ' || *line == '\t')
		return false;
	*colon = '\0';
	ret_header->name = line;
	ret_header->value = colon + 1 + strspn(colon + 1, " \t");
	end = line + (colon - line) + 1 + strlen(colon + 1);
	while (end > ret_header->value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return true;
}

static enum request_state bad(struct route_refusal *refusal, int status,
			      const char *reason)
{
	route_refuse(refusal, status, reason);
	return REQUEST_BAD;
}

/* Cuts the line off at its CRLF and returns what is behind it. */
static char *cut_line(char *line)
{
	char *end = strstr(line, "\r\n");

	*end = '\0';
	return end + 2;
}

static enum request_state read_head(struct request *q,
				    struct route_refusal *refusal)
{
	char *line = q->text;
	char *next = cut_line(line);

	if (!read_line(line, &q->route))
		return bad(refusal, 400,
			   "a request begins with METHOD TARGET HTTP/1.1");
	for (line = next; *line != '\r'; line = next) {
		next = cut_line(line);
		if (q->route.header_count == ROUTE_HEADERS_MAX)
			return bad(refusal, 431,
				   "a request has at most 64 header fields");
		if (!read_field(line, &q->headers[q->route.header_count++]))
			return bad(refusal, 400,
				   "a header field is NAME: VALUE on one line");
	}
	return REQUEST_WHOLE;
}

enum request_state request_read(struct request *ret_request, const char *data,
				size_t len, struct route_refusal *ret_refusal)
{
	struct request *q = ret_request;
	/* One empty line before a request is passed over (RFC 9112 2.2). */
	size_t skip = len >= 2 && memcmp(data, "\r\n", 2) == 0 ? 2 : 0;
	size_t head = find_end(data + skip, len - skip);
	size_t seen = head ? head : len - skip;

	if (!check_bytes(data + skip,
			 seen < REQUEST_HEAD_MAX ? seen : REQUEST_HEAD_MAX))
		return bad(ret_refusal, 400,
			   "the head of a request has no control bytes, and "
			   "its lines end in CR LF");
	if (seen > REQUEST_HEAD_MAX)
		return bad(ret_refusal,
			   memchr(data + skip, '\n', seen) ? 431 : 414,
			   "the head of a request has at most 8 KiB");
	if (!head)
		return REQUEST_PART;
	memset(&q->route, 0, sizeof(q->route));
	memcpy(q->text, data + skip, head);
	q->text[head] = '\0';
	q->route.headers = q->headers;
	q->len = skip + head;
	return read_head(q, ret_refusal);
}

bool request_closes(const struct route_request *r)
{
	if (r->http_version < 11)
		return true;
	for (size_t i = 0; i < r->header_count; i++) {
		if (text_same_nocase(r->headers[i].name, "Connection") &&
		    strcasestr(r->headers[i].value, "close"))
			return true;
	}
	return false;
}
