#include "app/warnings.h"

#include <stdio.h>

void warnings_tell(const char *before, const struct config_warnings *w)
{
	for (size_t i = 0; i < w->count; i++)
		fprintf(stderr, "%s%s\n", before, w->texts[i]);
}
