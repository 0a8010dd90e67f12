/*
 * Memory that is there or the process is not.
 *
 * Running out of memory is answered in one place: the process aborts, and what
 * supervises it starts it again. A monitor that limps tells lies. What a peer
 * can make large never comes here unbounded: it goes through a struct buf,
 * whose ceiling turns "too much" into an ordinary failure.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* At least one byte; never NULL; the contents are zero. Free with free(). */
void *mem_zalloc(size_t size_bytes);

/* count * size bytes, the product checked; zeroed; never NULL. */
void *mem_array(size_t count, size_t size_bytes);

/* realloc() that never returns NULL; added bytes are not cleared. */
void *mem_resize(void *old, size_t size_bytes);

/* A copy of len bytes with a NUL behind them. */
char *mem_dup(const void *data, size_t len);

/* A copy of a string; NULL gives NULL. */
char *mem_strdup(const char *text);

#endif
