#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *mem_zalloc(size_t size_bytes)
{
	void *p = calloc(1, size_bytes ? size_bytes : 1);

	if (!p)
		abort();
	return p;
}

void *mem_array(size_t count, size_t size_bytes)
{
	if (size_bytes && count > SIZE_MAX / size_bytes)
		abort();
	return mem_zalloc(count * size_bytes);
}

void *mem_resize(void *old, size_t size_bytes)
{
	void *p = realloc(old, size_bytes ? size_bytes : 1);

	if (!p)
		abort();
	return p;
}

char *mem_dup(const void *data, size_t len)
{
	char *copy = mem_zalloc(len + 1);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

char *mem_strdup(const char *text)
{
	return text ? mem_dup(text, strlen(text)) : NULL;
}
