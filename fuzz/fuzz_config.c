/*
 * Any bytes as a configuration: taken or refused with a place, and never
 * anything else.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct config *c = NULL;
	struct fail why = { FAIL_NONE, "" };

	if (config_load_text("f", (const char *)data, size, false, &c, &why)) {
		assert(c->ca_count > 0);
		config_release(c);
		free(c);
	} else {
		assert(!c);
		assert(strncmp(why.text, "f:", 2) == 0);
		assert(strchr("123456789", why.text[2]));
	}
	return 0;
}
