#include "edge/serve_body.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "edge/gzip.h"

enum { GZIP_FROM = 1024 }; /* bytes; below it is not worth its while */

struct serve_body *serve_body_new(struct buf *b)
{
	struct serve_body *body = mem_zalloc(sizeof(*body));

	body->refs = 1;
	body->len = b->len;
	body->owned = buf_take(b);
	body->data = body->owned;
	return body;
}

struct serve_body *serve_body_fixed(const void *data, size_t len,
				    const void *gzip, size_t gzip_len)
{
	struct serve_body *body = mem_zalloc(sizeof(*body));

	*body = (struct serve_body){ .refs = 1,
				     .data = data,
				     .len = len,
				     .gzip = gzip,
				     .gzip_len = gzip_len,
				     .gzip_tried = true };
	return body;
}

struct serve_body *serve_body_ref(struct serve_body *body)
{
	body->refs++;
	return body;
}

void serve_body_unref(struct serve_body *body)
{
	if (!body || --body->refs > 0)
		return;
	free(body->owned);
	free(body->gzip_owned);
	free(body);
}

bool serve_body_has_gzip(struct serve_body *body)
{
	struct buf packed = BUF_INIT(body->len);

	if (!body->gzip_tried && body->len >= GZIP_FROM &&
	    gzip_make(body->data, body->len, &packed)) {
		body->gzip_len = packed.len;
		body->gzip_owned = buf_take(&packed);
		body->gzip = body->gzip_owned;
	}
	body->gzip_tried = true;
	buf_release(&packed);
	return body->gzip;
}

/* FNV-1a, 64 bits: it tells contents apart, it does not guard them. */
static uint64_t hash(const char *data, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		h ^= (unsigned char)data[i];
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}

const char *serve_body_tag(struct serve_body *body, bool gzip)
{
	char *tag = gzip ? body->gzip_tag : body->tag;

	if (!tag[0])
		snprintf(tag, SERVE_TAG, "\"%016" PRIx64 "\"",
			 gzip ? hash(body->gzip, body->gzip_len)
			      : hash(body->data, body->len));
	return tag;
}
