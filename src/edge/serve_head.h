/*
 * The head of an answer: status line and fields, the same protections on each.
 */
#ifndef EDGE_SERVE_HEAD_H
#define EDGE_SERVE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct serve_head {
	int status; /* becomes 304 when that is the answer */
	const char *type;
	unsigned fresh_s;
	const char *verdict; /* "letsencrypt=operational", or NULL */
	bool fixed;	     /* never another at this address */
	bool gzip;	     /* the body is compressed */
	bool endless;	     /* a stream: no length, no tag */
	const char *tag;     /* of the body; NULL of a stream */
	size_t body_len;
	const char *if_none_match; /* NULL without */
	const char *date;	   /* clock_http() */
	bool post;		   /* of a 405: that is what is allowed */
	bool last;		   /* the connection ends behind it */
};

void serve_head_print(struct buf *out, struct serve_head *h);

#endif
