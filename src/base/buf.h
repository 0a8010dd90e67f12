/*
 * A growing byte buffer with a ceiling.
 *
 * Invariant: a buf never holds more than max bytes, and data[len] is NUL
 * whenever data is not NULL. An addition that does not fit adds nothing and
 * sets `full`, which stays set: a writer adds freely and checks once at the
 * end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NULL until the first byte; owned */
	size_t len;
	size_t cap; /* private */
	size_t max; /* the ceiling in bytes */
	bool full;  /* something did not fit */
};

#define BUF_INIT(max_bytes) ((struct buf){ .max = (max_bytes) })

/* Frees the contents; the buf may be used again with the same ceiling. */
void buf_release(struct buf *b);

/* Forgets the contents and `full`, keeps the memory. */
void buf_clear(struct buf *b);

/* The contents as a malloc'ed string ("" when empty); b is then empty. */
char *buf_take(struct buf *b);

/* The contents as a string; "" when empty; borrowed until the next call. */
const char *buf_text(const struct buf *b);

/* Each returns false, and sets `full`, when the addition does not fit. */
bool buf_add(struct buf *b, const void *data, size_t len);
bool buf_add_text(struct buf *b, const char *text);
bool buf_add_char(struct buf *b, char c);
bool buf_addf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool buf_addv(struct buf *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* In decimal digits: what JSON and heads are full of, without printf(). */
bool buf_add_u64(struct buf *b, uint64_t value);
bool buf_add_i64(struct buf *b, int64_t value);

/* LEB128: seven bits a byte, the lowest first, the high bit says "more". */
bool buf_add_varint(struct buf *b, uint64_t value);

/* The same into memory of one's own; returns how many bytes it took. */
enum { VARINT_BYTES = 10 };
size_t varint_write(unsigned char bytes[VARINT_BYTES], uint64_t value);

/*
 * Reads a varint at *pos and moves *pos behind it. False, with nothing moved,
 * when the bytes end inside it, it is longer than 64 bits, or it is not the
 * shortest form of its value: what is read can be written again unchanged.
 */
bool varint_read(const unsigned char **pos, const unsigned char *end,
		 uint64_t *ret_value);

#endif
