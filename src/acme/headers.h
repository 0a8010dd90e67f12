/*
 * The header block of an answer, read without trust (RFC 9110).
 *
 * A block is the bytes between the status line and the empty line, each line
 * ending in CRLF or LF; a status line at its start is passed over.
 */
#ifndef ACME_HEADERS_H
#define ACME_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The value of the nth (from 0) field with this name, without outer space.
 * Borrowed from the block, not NUL ended. False when there is none.
 */
bool headers_find(const char *block, size_t len, const char *name, unsigned nth,
		  const char **ret_value, size_t *ret_len);

/*
 * Copies the first such field's value; false, with dst "", when it is absent,
 * does not fit, or holds control or non-ASCII bytes.
 */
bool headers_copy(const char *block, size_t len, const char *name, char *dst,
		  size_t size_bytes);

/*
 * The media type of Content-Type in lower case, without parameters; "" when
 * there is none that can be read.
 */
void headers_media_type(const char *block, size_t len, char *dst,
			size_t size_bytes);

/*
 * Retry-After (RFC 9110 10.2.3) in microseconds from now: whole seconds or an
 * IMF-fixdate, never below 0, capped at cap_us. -1 when absent or unreadable.
 */
int64_t headers_retry_after_us(const char *block, size_t len, int64_t wall_us,
			       int64_t cap_us);

/* Date (RFC 9110 6.6.1), on the wall clock; -1 when absent or unreadable. */
int64_t headers_date_us(const char *block, size_t len);

/*
 * The target of the nth Link (RFC 8288) with this relation, as an absolute or
 * relative reference. False when there is none or it does not fit.
 */
bool headers_link(const char *block, size_t len, const char *relation,
		  unsigned nth, char *dst, size_t size_bytes);

/*
 * The name that the CA, or what stands in front of it, gave the request: what
 * its engineers can look for in their logs. False when no header known for it
 * is there.
 */
bool headers_request_id(const char *block, size_t len, char *dst,
			size_t size_bytes);

/* A nonce as RFC 8555 6.5.1 allows: base64url characters only, 1..max. */
bool headers_nonce(const char *block, size_t len, char *dst, size_t size_bytes);

#endif
