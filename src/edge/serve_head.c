#include "edge/serve_head.h"

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

/* A head is made for each answer, so without printf(). */
static void add_field(struct buf *out, const char *name, const char *value)
{
	buf_add_text(out, name);
	buf_add_text(out, value);
	buf_add_text(out, "\r\n");
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
		buf_add_text(out, good ? "Cache-Control: no-cache\r\n"
				       : "Cache-Control: no-store\r\n");
}

/* What it is, and how long; of a 304 neither. */
static void add_content(struct buf *out, const struct serve_head *h)
{
	if (h->endless) {
		add_field(out, "Content-Type: ", h->type);
		return;
	}
	if (h->status == 200 || h->status == 304) {
		add_field(out, "ETag: ", h->tag);
		add_field(out, "Vary: ", "Accept, Accept-Encoding");
	}
	if (h->status == 304)
		return;
	add_field(out, "Content-Type: ", h->type);
	buf_add_text(out, "Content-Length: ");
	buf_add_u64(out, h->body_len);
	buf_add_text(out, "\r\n");
	if (h->gzip)
		buf_add_text(out, "Content-Encoding: gzip\r\n");
}

void serve_head_print(struct buf *out, struct serve_head *h)
{
	if (h->status == 200 && h->if_none_match && !h->endless &&
	    route_etag_matches(h->if_none_match, h->tag))
		h->status = 304;
	buf_add_text(out, "HTTP/1.1 ");
	buf_add_u64(out, (uint64_t)h->status);
	add_field(out, " ", route_status_phrase(h->status));
	add_field(out, "Date: ", h->date);
	add_content(out, h);
	add_caching(out, h);
	if (h->verdict)
		add_field(out, "Acmeter-Verdict: ", h->verdict);
	if (h->status == 401)
		buf_add_text(out, "WWW-Authenticate: Bearer\r\n");
	if (h->status == 405)
		buf_add_text(out, h->post ? "Allow: POST\r\n"
					  : "Allow: GET, HEAD\r\n");
	if (h->status == 503)
		buf_add_text(out, "Retry-After: 10\r\n");
	/* A proxy that collects before it passes on would delay a stream. */
	if (h->endless)
		buf_add_text(out, "X-Accel-Buffering: no\r\n");
	buf_add_text(out, protections);
	buf_add_text(out, h->last ? "Connection: close\r\n\r\n" : "\r\n");
}
