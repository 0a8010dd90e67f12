#include "acme/key_type.h"

#include <string.h>

static const char *const names[KEY_TYPES] = {
	[KEY_P256] = "p256",	   [KEY_P384] = "p384",
	[KEY_RSA2048] = "rsa2048", [KEY_RSA3072] = "rsa3072",
	[KEY_RSA4096] = "rsa4096", [KEY_ED25519] = "ed25519",
};

const char *key_type_name(enum key_type type)
{
	return names[type];
}

bool key_type_find(const char *name, enum key_type *ret_type)
{
	for (enum key_type type = 0; type < KEY_TYPES; type++) {
		if (strcmp(name, names[type]) != 0)
			continue;
		*ret_type = type;
		return true;
	}
	return false;
}
