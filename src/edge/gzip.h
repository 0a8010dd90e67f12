/*
 * A text made smaller for its way (RFC 1952), by zlib.
 */
#ifndef EDGE_GZIP_H
#define EDGE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* False when it would not become smaller; out holds nothing then. */
bool gzip_make(const void *data, size_t len, struct buf *out);

#endif
