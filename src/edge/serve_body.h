/*
 * The bytes of a body, shared by the answers that are being sent: counted, and
 * compressed at most once, however many want that.
 */
#ifndef EDGE_SERVE_BODY_H
#define EDGE_SERVE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct serve_body {
	size_t refs;
	const char *data, *gzip; /* gzip NULL: not made, or not smaller */
	size_t len, gzip_len;
	char *owned, *gzip_owned;
	bool gzip_tried;
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

#endif
