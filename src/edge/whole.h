/*
 * Small local files, read whole and replaced whole.
 */
#ifndef EDGE_WHOLE_H
#define EDGE_WHOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"

/*
 * Appends the bytes of a regular file to out. FAIL_FILE, with out as it was,
 * when it cannot be read, is no regular file (a FIFO would block us), or does
 * not fit under out's ceiling.
 */
bool whole_read(const char *path, struct buf *out, struct fail *why);

/*
 * Writes path with mode 0600 so that it holds the old bytes or the new ones,
 * never a part, even after a crash: a new file beside it, synced, renamed, the
 * folder synced. FAIL_FILE when path exists and may not be replaced, FAIL_FULL
 * when there is no room.
 */
bool whole_save(const char *path, const void *data, size_t len, bool replace,
		struct fail *why);

#endif
