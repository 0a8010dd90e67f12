/*
 * Bytes made smaller for keeping (zstd), and back.
 *
 * The packed form carries its length and a checksum: what comes back is what
 * went in, or FAIL_CORRUPT.
 */
#ifndef EDGE_PACK_H
#define EDGE_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* The packed bytes, malloc'ed; data may be NULL when len is 0. */
void *pack_bytes(const void *data, size_t len, size_t *ret_len);

/* The bytes, malloc'ed, with a NUL behind them; never more than max. */
bool unpack_bytes(const void *packed, size_t packed_len, size_t max,
		  char **ret_data, size_t *ret_len, struct fail *why);

#endif
