/*
 * What the fuzz targets share: a claim that must hold for any input, and the
 * input as a string of its own.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Unlike assert(), in every kind of build. */
#define CLAIM(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* A copy in memory of exactly its size, so that a read behind it is seen. */
static inline char *fuzz_string(const uint8_t *data, size_t len)
{
	return mem_dup(data, len);
}

/* Valid UTF-8 without controls: may be shown anywhere. */
static inline bool fuzz_is_printable(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = strlen(text);

	for (size_t i = 0, step; i < len; i += step) {
		step = text_utf8_len(p + i, len - i);
		if (step == 0 || p[i] < 0x20 || p[i] == 0x7f ||
		    (step == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

#endif
