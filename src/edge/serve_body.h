/*
 * The bytes of a body, shared by the answers that are being sent: counted, and
 * compressed and hashed at most once, however many want that.
 */
#ifndef EDGE_SERVE_BODY_H
#define EDGE_SERVE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { SERVE_TAG = 24 };

struct serve_body {
	size_t refs;
	const char *data, *gzip; /* gzip NULL: not made, or not smaller */
	size_t len, gzip_len;
	char *owned, *gzip_owned;
	bool gzip_tried;
	char tag[SERVE_TAG], gzip_tag[SERVE_TAG]; /* "": not made */
};

/*
 * Takes the contents of b; one reference is the caller's. Texts of some length
 * are compressed once, when the first visitor takes that.
 */
struct serve_body *serve_body_new(struct buf *b);

/* Bytes that outlive everything, and the same as gzip. */
struct serve_body *serve_body_fixed(const void *data, size_t len,
				    const void *gzip, size_t gzip_len);
struct serve_body *serve_body_ref(struct serve_body *body);
void serve_body_unref(struct serve_body *body); /* NULL is nothing */

/* Makes its gzip when it is worth its while; false when there is none. */
bool serve_body_has_gzip(struct serve_body *body);

/* The entity tag (RFC 9110 section 8.8.3) of its bytes, or of its gzip. */
const char *serve_body_tag(struct serve_body *body, bool gzip);

#endif
