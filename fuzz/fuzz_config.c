/*
 * Any bytes as a configuration, of a station or a hub: taken or refused with a
 * place, and never anything else.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config_file.h"

/* "f:3:14: ...": every refusal has a place. */
static void check_refusal(const struct fail *why)
{
	assert(strncmp(why->text, "f:", 2) == 0);
	assert(strchr("123456789", why->text[2]));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *text = (const char *)data;
	struct hub_config *h = NULL;
	struct config *c = NULL;
	struct fail why = { FAIL_NONE, "" };

	if (config_load_text("f", text, size, false, &c, &why)) {
		assert(c->ca_count > 0);
		config_release(c);
		free(c);
	} else {
		assert(!c);
		check_refusal(&why);
	}
	if (hub_config_load_text("f", text, size, false, &h, &why)) {
		assert(h->station_count > 0);
		hub_config_release(h);
		free(h);
	} else {
		assert(!h);
		check_refusal(&why);
	}
	return 0;
}
