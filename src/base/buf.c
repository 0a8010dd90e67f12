#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BUF_FIRST_BYTES = 64 };

void buf_release(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT(b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
	char *text = b->data ? b->data : mem_zalloc(1);

	*b = BUF_INIT(b->max);
	return text;
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* Makes room for len bytes and the NUL, or refuses for good. */
static bool reserve(struct buf *b, size_t len)
{
	size_t cap = b->cap ? b->cap : BUF_FIRST_BYTES;

	if (b->full || len > b->max - b->len) {
		b->full = true;
		return false;
	}
	while (cap < b->len + len + 1)
		cap *= 2;
	if (cap != b->cap) {
		b->data = mem_resize(b->data, cap);
		b->cap = cap;
	}
	return true;
}

bool buf_add(struct buf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return false;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

bool buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

/* The whole length of the text, of which `room` bytes hold the beginning. */
static size_t printed(char *dst, size_t room, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static size_t printed(char *dst, size_t room, const char *format, va_list args)
{
	int len = vsnprintf(dst, room, format, args);

	assert(len >= 0);
	return (size_t)len;
}

/* Mostly it fits at once; what was cut off is printed again. */
bool buf_addv(struct buf *b, const char *format, va_list args)
{
	size_t cap = b->cap > b->max ? b->max + 1 : b->cap;
	size_t room = b->full ? 0 : cap - b->len;
	va_list again;
	size_t len;

	va_copy(again, args);
	len = printed(room ? b->data + b->len : NULL, room, format, again);
	va_end(again);
	if (len >= room) {
		if (room)
			b->data[b->len] = '\0';
		if (!reserve(b, len))
			return false;
		printed(b->data + b->len, len + 1, format, args);
	}
	b->len += len;
	return true;
}

static bool add_number(struct buf *b, bool negative, uint64_t size)
{
	char digits[21];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + size % 10);
		size /= 10;
	} while (size);
	if (negative)
		digits[--at] = '-';
	return buf_add(b, digits + at, sizeof(digits) - at);
}

bool buf_add_u64(struct buf *b, uint64_t value)
{
	return add_number(b, false, value);
}

bool buf_add_i64(struct buf *b, int64_t value)
{
	return add_number(b, value < 0,
			  value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

bool buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	bool fits;

	va_start(args, format);
	fits = buf_addv(b, format, args);
	va_end(args);
	return fits;
}

size_t varint_write(unsigned char bytes[VARINT_BYTES], uint64_t value)
{
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[len++] = (unsigned char)(value | 0x80);
	bytes[len++] = (unsigned char)value;
	return len;
}

bool buf_add_varint(struct buf *b, uint64_t value)
{
	unsigned char bytes[VARINT_BYTES];

	return buf_add(b, bytes, varint_write(bytes, value));
}

bool varint_read(const unsigned char **pos, const unsigned char *end,
		 uint64_t *ret_value)
{
	const unsigned char *p = *pos;
	uint64_t value = 0;

	for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
		unsigned char byte = *p++;

		if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0))
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*pos = p;
			*ret_value = value;
			return true;
		}
	}
	return false;
}
