/*
 * AUTO(kind): a foreign object that is released when its name goes out of
 * scope. NULL is released to nothing; to give an object away, copy the pointer
 * and set the name to NULL.
 */
#ifndef EDGE_CLEANUP_H
#define EDGE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

#define AUTO(kind) __attribute__((cleanup(auto_##kind)))

#define AUTO_KIND(kind, type, release)                \
	static inline void auto_##kind(type **object) \
	{                                             \
		if (*object)                          \
			release(*object);             \
	}

AUTO_KIND(text, char, free)

static inline void auto_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void auto_buf(struct buf *b)
{
	buf_release(b);
}

#endif
