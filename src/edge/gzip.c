#include "edge/gzip.h"

#include <stdlib.h>
/* Pointers that zlib only reads are const then. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

enum {
	LEVEL = 6,
	GZIP_WINDOW = 15 + 16, /* zlib: 16 more asks for gzip's frame */
	MEMORY = 8,
};

bool gzip_make(const void *data, size_t len, struct buf *out)
{
	z_stream z = { .next_in = data, .avail_in = (uInt)len };
	unsigned char *room;
	bool smaller;

	if (len == 0 || len > UINT32_MAX / 2)
		return false;
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* memory: see base/mem.h */
	room = mem_zalloc(len);
	z.next_out = room;
	z.avail_out = (uInt)len;
	smaller = deflate(&z, Z_FINISH) == Z_STREAM_END;
	if (smaller)
		buf_add(out, room, len - z.avail_out);
	deflateEnd(&z);
	free(room);
	return smaller;
}
