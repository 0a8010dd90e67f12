/*
 * Text without surprises: bounded copies, numbers that must be whole, words
 * with units as people write them, hex and base64url.
 *
 * Nothing here depends on the locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Copies what fits and a NUL; size_bytes > 0. src NULL counts as "". */
void text_copy(char *dst, size_t size_bytes, const char *src);

/*
 * Copies len foreign bytes so that they may be shown on a terminal or in a
 * log: control characters, DEL and invalid UTF-8 become \xNN; valid UTF-8
 * stays, except the C1 controls and the marks that turn the direction of text
 * or break its line. Cut at a whole character when dst is too small; always
 * with a NUL; size_bytes > 0. May not overlap.
 */
void text_printable(char *dst, size_t size_bytes, const char *src, size_t len);

/* Length in bytes of the valid UTF-8 character at p, or 0 (RFC 3629). */
size_t text_utf8_len(const unsigned char *p, size_t len);

/* ASCII case-insensitive comparison of whole strings. */
bool text_same_nocase(const char *a, const char *b);

bool text_starts(const char *text, const char *prefix);

/* A decimal number without sign, space or leftover, <= max. */
bool text_to_u64(const char *text, uint64_t max, uint64_t *ret_value);

/*
 * "250us", "10ms", "30s", "5m", "2h", "7d", "0": a whole number and a unit, in
 * microseconds. False on anything else, or past 100 years.
 */
bool text_to_duration(const char *text, int64_t *ret_us);

/* The shortest exact form that text_to_duration reads: "90s", "2h". */
void text_from_duration(char *dst, size_t size_bytes, int64_t us);

/*
 * A measured time for people: "0.42 ms", "87 ms", "3.10 s", "2 min 5 s"; "-"
 * below 0.
 */
void text_latency(char *dst, size_t size_bytes, int64_t us);

/* Lower case, two digits a byte; dst holds 2 * len + 1. */
void text_hex(char *dst, const void *data, size_t len);

/*
 * base64url without padding (RFC 4648 section 5), as JOSE wants it. Adds all
 * or nothing.
 */
bool buf_add_base64url(struct buf *b, const void *data, size_t len);

/* Appends the bytes; false, with b untouched, unless text is canonical. */
bool buf_add_from_base64url(struct buf *b, const char *text, size_t len);

#endif
