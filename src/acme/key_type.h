/*
 * The kinds of private key that accounts and certificates may have, as words.
 * What a key is made of is edge/key's business.
 */
#ifndef ACME_KEY_TYPE_H
#define ACME_KEY_TYPE_H

#include <stdbool.h>

enum key_type {
	KEY_P256,
	KEY_P384,
	KEY_RSA2048,
	KEY_RSA3072,
	KEY_RSA4096,
	KEY_ED25519, /* accounts only: no CA issues for it */
	KEY_TYPES
};

/* "p256" ... "rsa4096", "ed25519". */
const char *key_type_name(enum key_type type);
bool key_type_find(const char *name, enum key_type *ret_type);

#endif
