/*
 * The head of an HTTP/1 request, read byte by byte without lenience (RFC 9112).
 *
 * What the RFC lets a server repair is refused, because repair is where two
 * readers of one stream come to differ: a lone LF or CR, NUL and other control
 * bytes, folded lines, space before a colon, more than one space in the first
 * line. There are no bodies here, so the bytes behind a head are the next one.
 */
#ifndef REPORT_REQUEST_H
#define REPORT_REQUEST_H

#include <stddef.h>

#include "report/route.h"

enum { REQUEST_HEAD_MAX = 8 * 1024 };

struct request {
	struct route_request route; /* points into this struct */
	size_t len;		    /* bytes of the head, its end included */
	struct route_header headers[ROUTE_HEADERS_MAX];
	char text[REQUEST_HEAD_MAX + 1];
};

enum request_state {
	REQUEST_PART, /* so far so good, but it has not ended */
	REQUEST_WHOLE,
	REQUEST_BAD, /* the stream cannot be followed any further */
};

/*
 * Reads from the start of a head. The request is not to be moved. On
 * REQUEST_BAD the refusal says why; html is not known.
 */
enum request_state request_read(struct request *ret_request, const char *data,
				size_t len, struct route_refusal *ret_refusal);

/* The connection ends with this request, as its sender said. */
bool request_closes(const struct route_request *r);

#endif
