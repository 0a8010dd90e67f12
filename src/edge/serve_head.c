#include "edge/serve_head.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "report/route.h"

/*
 * Scripts and styles of our own only, no frame, nothing from elsewhere: even
 * text that slipped past the escaping could do nothing.
 */
static const char protections[] =
	"Content-Security-Policy: default-src 'none'; script-src 'self'; "
	"style-src 'self'; img-src 'self'; connect-src 'self'; "
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"X-Frame-Options: DENY\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n";

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

static void add_caching(struct buf *out, const struct serve_head *h)
{
	bool good = h->status == 200 || h->status == 304;

	if (h->fixed && good)
		buf_add_text(out, "Cache-Control: public, max-age=31536000, "
				  "immutable\r\n");
	else if (h->fresh_s)
		buf_addf(out, "Cache-Control: max-age=%u\r\n", h->fresh_s);
	else
		buf_addf(out, "Cache-Control: %s\r\n",
			 good ? "no-cache" : "no-store");
}

/* What it is, and how long; of a 304 neither. */
static void add_content(struct buf *out, const struct serve_head *h,
			const char *etag)
{
	if (h->endless) {
		buf_addf(out, "Content-Type: %s\r\n", h->type);
		return;
	}
	if (h->status == 200 || h->status == 304)
		buf_addf(out, "ETag: %s\r\nVary: Accept, Accept-Encoding\r\n",
			 etag);
	if (h->status == 304)
		return;
	buf_addf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", h->type,
		 h->body_len);
	if (h->gzip)
		buf_add_text(out, "Content-Encoding: gzip\r\n");
}

void serve_head_print(struct buf *out, struct serve_head *h)
{
	char date[CLOCK_TEXT], etag[32] = "";

	if (!h->endless)
		snprintf(etag, sizeof(etag), "\"%016" PRIx64 "\"",
			 hash(h->body, h->body_len));
	if (h->status == 200 && h->if_none_match && !h->endless &&
	    route_etag_matches(h->if_none_match, etag))
		h->status = 304;
	clock_http(date, h->wall_us);
	buf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", h->status,
		 route_status_phrase(h->status), date);
	add_content(out, h, etag);
	add_caching(out, h);
	if (h->status == 401)
		buf_add_text(out, "WWW-Authenticate: Bearer\r\n");
	if (h->status == 405)
		buf_add_text(out, "Allow: GET, HEAD\r\n");
	if (h->status == 503)
		buf_add_text(out, "Retry-After: 10\r\n");
	/* A proxy that collects before it passes on would delay a stream. */
	if (h->endless)
		buf_add_text(out, "X-Accel-Buffering: no\r\n");
	buf_add_text(out, protections);
	buf_add_text(out, h->last ? "Connection: close\r\n\r\n" : "\r\n");
}
