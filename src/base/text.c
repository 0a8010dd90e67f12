#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void text_copy(char *dst, size_t size_bytes, const char *src)
{
	size_t len = src ? strlen(src) : 0;

	assert(size_bytes > 0);
	if (len >= size_bytes)
		len = size_bytes - 1;
	if (len)
		memcpy(dst, src, len);
	dst[len] = '\0';
}

/* The character at p and its length in bytes; 0 when it is none (RFC 3629). */
static size_t utf8_read(const unsigned char *p, size_t len, uint32_t *ret_code)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need;
	uint32_t code;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_code = p[0];
		return 1;
	}
	need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || need > len)
		return 0;
	code = p[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	/* Overlong forms, surrogates and what lies past Unicode. */
	if (code < least[need] || (code >= 0xd800 && code <= 0xdfff) ||
	    code > 0x10ffff)
		return 0;
	*ret_code = code;
	return need;
}

size_t text_utf8_len(const unsigned char *p, size_t len)
{
	uint32_t code;

	return utf8_read(p, len, &code);
}

/* Controls, and the marks that turn the direction of text or break its line. */
static bool is_treacherous(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0x61c, 0x61c },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

void text_printable(char *dst, size_t size_bytes, const char *src, size_t len)
{
	const unsigned char *p = (const unsigned char *)src;
	size_t used = 0;

	assert(size_bytes > 0);
	for (size_t i = 0; i < len;) {
		uint32_t code = 0;
		size_t step = utf8_read(p + i, len - i, &code);
		char shown[8];
		size_t shown_len;

		if (step == 0 || is_treacherous(code)) {
			snprintf(shown, sizeof(shown), "\\x%02x", p[i]);
			shown_len = 4;
			step = 1;
		} else {
			memcpy(shown, p + i, step);
			shown_len = step;
		}
		if (used + shown_len >= size_bytes)
			break;
		memcpy(dst + used, shown, shown_len);
		used += shown_len;
		i += step;
	}
	dst[used] = '\0';
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool text_same_nocase(const char *a, const char *b)
{
	while (*a && lower((unsigned char)*a) == lower((unsigned char)*b)) {
		a++;
		b++;
	}
	return lower((unsigned char)*a) == lower((unsigned char)*b);
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Reads digits at *text and moves behind them. */
static bool digits(const char **text, uint64_t max, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*text = p;
	*ret_value = value;
	return true;
}

bool text_to_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;

	if (!digits(&text, max, &value) || *text)
		return false;
	*ret_value = value;
	return true;
}

/* From the largest, so that the first that divides gives the shortest word. */
static const struct {
	const char *name;
	int64_t us;
} units[] = {
	{ "d", 86400000000 }, { "h", 3600000000 }, { "m", 60000000 },
	{ "s", 1000000 },     { "ms", 1000 },	   { "us", 1 },
};
enum { UNITS = sizeof(units) / sizeof(units[0]) };

bool text_to_duration(const char *text, int64_t *ret_us)
{
	const uint64_t century_us = UINT64_C(36525) * 86400000000;
	uint64_t value;

	if (!digits(&text, century_us, &value))
		return false;
	if (value == 0 && !*text) {
		*ret_us = 0;
		return true;
	}
	for (int i = 0; i < UNITS; i++) {
		if (strcmp(text, units[i].name) != 0)
			continue;
		if (value > century_us / (uint64_t)units[i].us)
			return false;
		*ret_us = (int64_t)value * units[i].us;
		return true;
	}
	return false;
}

void text_from_duration(char *dst, size_t size_bytes, int64_t us)
{
	int i = 0;

	if (us == 0) {
		text_copy(dst, size_bytes, "0");
		return;
	}
	while (us % units[i].us)
		i++;
	snprintf(dst, size_bytes, "%" PRId64 "%s", us / units[i].us,
		 units[i].name);
}

void text_latency(char *dst, size_t size_bytes, int64_t us)
{
	if (us < 0)
		text_copy(dst, size_bytes, "-");
	else if (us < 9995)
		snprintf(dst, size_bytes, "%.2f ms", (double)us / 1e3);
	else if (us < 999500)
		snprintf(dst, size_bytes, "%.0f ms", (double)us / 1e3);
	else if (us < 99995000)
		snprintf(dst, size_bytes, "%.2f s", (double)us / 1e6);
	else
		snprintf(dst, size_bytes, "%" PRId64 " min %" PRId64 " s",
			 us / 60000000, us / 1000000 % 60);
}

void text_hex(char *dst, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		*dst++ = hex[p[i] >> 4];
		*dst++ = hex[p[i] & 15];
	}
	*dst = '\0';
}

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789-_";

/* Takes back what was added since b was len long. */
static bool take_back(struct buf *b, size_t len)
{
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
	return false;
}

bool buf_add_base64url(struct buf *b, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t before = b->len;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)p[i] << 16;
		char out[4];

		if (left > 1)
			bits |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			bits |= p[i + 2];
		for (size_t k = 0; k < left + 1; k++)
			out[k] = base64url[bits >> (18 - 6 * k) & 63];
		if (!buf_add(b, out, left + 1))
			return take_back(b, before);
	}
	return true;
}

bool buf_add_from_base64url(struct buf *b, const char *text, size_t len)
{
	size_t before = b->len;
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(base64url, text[i]) : NULL;

		if (!at)
			return take_back(b, before);
		bits = bits << 6 | (uint32_t)(at - base64url);
		have += 6;
		if (have >= 8) {
			have -= 8;
			if (!buf_add_char(b, (char)(bits >> have)))
				return take_back(b, before);
			bits &= (1u << have) - 1;
		}
	}
	/* A lone last character, or bits left over, is not canonical. */
	return (have != 6 && bits == 0) || take_back(b, before);
}
