#include "edge/key.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/whole.h"
#include "edge/openssl.h"

enum {
	KEY_FILE_BYTES = 64 * 1024,
	KEY_JWK_BYTES = 2048, /* RSA 4096 needs about 730 */
	KEY_BN_BYTES = 512,   /* the modulus of RSA 4096 */
};

#define KEY_WANTED                                                       \
	"expected EC P-256 or P-384, RSA with 2048, 3072 or 4096 bits, " \
	"or Ed25519"

static const struct {
	const char *alg;
	int base_id, bits;
	const char *group; /* OpenSSL's name of the curve */
	const char *crv;   /* JOSE's */
} types[KEY_TYPES] = {
	[KEY_P256] = { "ES256", EVP_PKEY_EC, 256, "prime256v1", "P-256" },
	[KEY_P384] = { "ES384", EVP_PKEY_EC, 384, "secp384r1", "P-384" },
	[KEY_RSA2048] = { "RS256", EVP_PKEY_RSA, 2048, NULL, NULL },
	[KEY_RSA3072] = { "RS256", EVP_PKEY_RSA, 3072, NULL, NULL },
	[KEY_RSA4096] = { "RS256", EVP_PKEY_RSA, 4096, NULL, NULL },
	[KEY_ED25519] = { "EdDSA", EVP_PKEY_ED25519, 256, NULL, "Ed25519" },
};

const char *key_alg(enum key_type type)
{
	return types[type].alg;
}

bool key_type_of(EVP_PKEY *key, enum key_type *ret_type, struct fail *why)
{
	int id = EVP_PKEY_get_base_id(key);
	int bits = EVP_PKEY_get_bits(key);
	const char *name = EVP_PKEY_get0_type_name(key);
	char group[64] = "";

	if (id == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		text_copy(group, sizeof(group), "an unnamed curve");
	for (enum key_type type = 0; type < KEY_TYPES; type++) {
		if (types[type].base_id != id || types[type].bits != bits ||
		    (types[type].group &&
		     strcmp(types[type].group, group) != 0))
			continue;
		*ret_type = type;
		return true;
	}
	return fail_set(why, FAIL_INPUT,
			"a key of type %s%s%s with %d bits, " KEY_WANTED,
			name ? name : "unknown", *group ? " on " : "", group,
			bits);
}

bool key_make(enum key_type type, EVP_PKEY **ret_key, struct fail *why)
{
	EVP_PKEY *key = NULL;

	switch (type) {
	case KEY_P256:
	case KEY_P384:
		key = EVP_EC_gen(types[type].group);
		break;
	case KEY_RSA2048:
	case KEY_RSA3072:
	case KEY_RSA4096:
		key = EVP_RSA_gen((unsigned)types[type].bits);
		break;
	case KEY_ED25519:
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case KEY_TYPES:
		break;
	}
	if (!key)
		return openssl_fail(why, FAIL_OURS, "cannot make a key");
	*ret_key = key;
	return true;
}

void key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}

/* Called when a key is encrypted: nobody is there to ask. */
static int no_passphrase(char *dst, int size, int for_writing, void *asked)
{
	(void)dst;
	(void)size;
	(void)for_writing;
	*(bool *)asked = true;
	return -1;
}

static bool parse_pem(const struct buf *pem, EVP_PKEY **ret_key,
		      struct fail *why)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(buf_text(pem), (int)pem->len);
	bool asked = false;
	AUTO(pkey)
	EVP_PKEY *key =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked)
		    : NULL;
	enum key_type type;

	if (!key && asked) {
		ERR_clear_error();
		return fail_set(why, FAIL_FILE,
				"the key is protected by a passphrase; remove "
				"it (openssl pkey -in OLD -out NEW)");
	}
	if (!key) {
		/* OpenSSL's own word for every such file is "unsupported". */
		ERR_clear_error();
		return fail_set(why, FAIL_FILE,
				"no private key in PEM (-----BEGIN PRIVATE "
				"KEY-----) can be read");
	}
	if (!key_type_of(key, &type, why)) {
		if (why)
			why->code = FAIL_FILE;
		return false;
	}
	*ret_key = key;
	key = NULL;
	return true;
}

bool key_load(const char *path, EVP_PKEY **ret_key, struct fail *why)
{
	AUTO(buf) struct buf pem = BUF_INIT(KEY_FILE_BYTES);

	if (!whole_read(path, &pem, why))
		return false;
	bool parsed = parse_pem(&pem, ret_key, why) || fail_at(why, "%s", path);
	if (pem.data)
		OPENSSL_cleanse(pem.data, pem.len);
	return parsed;
}

bool key_save(EVP_PKEY *key, const char *path, bool replace, struct fail *why)
{
	/* The bytes are wiped when a secure memory BIO is freed. */
	AUTO(bio) BIO *bio = BIO_new(BIO_s_secmem());
	char *pem = NULL;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
						  NULL) != 1)
		return openssl_fail(why, FAIL_OURS, "cannot print a key");
	long len = BIO_get_mem_data(bio, &pem);
	return whole_save(path, pem, (size_t)len, replace, why);
}

bool key_load_or_make(const char *path, enum key_type type, EVP_PKEY **ret_key,
		      bool *ret_made, struct fail *why)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (access(path, F_OK) == 0 || errno != ENOENT) {
		if (!key_load(path, ret_key, why))
			return false;
		*ret_made = false;
		return true;
	}
	if (!key_make(type, &key, why) || !key_save(key, path, false, why))
		return false;
	*ret_key = key;
	*ret_made = true;
	key = NULL;
	return true;
}

/* Adds ,"name":"big-endian number of len bytes" (0: as short as it gets). */
static bool add_number(struct buf *jwk, EVP_PKEY *key, const char *param,
		       int len)
{
	AUTO(bn) BIGNUM *bn = NULL;
	unsigned char bytes[KEY_BN_BYTES];

	if (EVP_PKEY_get_bn_param(key, param, &bn) != 1)
		return false;
	if (len == 0)
		len = BN_num_bytes(bn);
	return len <= KEY_BN_BYTES && BN_bn2binpad(bn, bytes, len) == len &&
	       buf_add_base64url(jwk, bytes, (size_t)len);
}

static bool add_ec(struct buf *jwk, EVP_PKEY *key, enum key_type type)
{
	int len = types[type].bits / 8;

	return buf_addf(jwk, "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"",
			types[type].crv) &&
	       add_number(jwk, key, OSSL_PKEY_PARAM_EC_PUB_X, len) &&
	       buf_add_text(jwk, "\",\"y\":\"") &&
	       add_number(jwk, key, OSSL_PKEY_PARAM_EC_PUB_Y, len) &&
	       buf_add_text(jwk, "\"}");
}

static bool add_rsa(struct buf *jwk, EVP_PKEY *key)
{
	return buf_add_text(jwk, "{\"e\":\"") &&
	       add_number(jwk, key, OSSL_PKEY_PARAM_RSA_E, 0) &&
	       buf_add_text(jwk, "\",\"kty\":\"RSA\",\"n\":\"") &&
	       add_number(jwk, key, OSSL_PKEY_PARAM_RSA_N, 0) &&
	       buf_add_text(jwk, "\"}");
}

static bool add_okp(struct buf *jwk, EVP_PKEY *key)
{
	unsigned char x[32];
	size_t len = sizeof(x);

	return EVP_PKEY_get_raw_public_key(key, x, &len) == 1 &&
	       buf_add_text(jwk, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\","
				 "\"x\":\"") &&
	       buf_add_base64url(jwk, x, len) && buf_add_text(jwk, "\"}");
}

static bool add_jwk(struct buf *jwk, EVP_PKEY *key, enum key_type type)
{
	switch (type) {
	case KEY_P256:
	case KEY_P384:
		return add_ec(jwk, key, type);
	case KEY_RSA2048:
	case KEY_RSA3072:
	case KEY_RSA4096:
		return add_rsa(jwk, key);
	case KEY_ED25519:
		return add_okp(jwk, key);
	case KEY_TYPES:
		break;
	}
	return false;
}

bool key_jwk(EVP_PKEY *key, char **ret_jwk, struct fail *why)
{
	AUTO(buf) struct buf jwk = BUF_INIT(KEY_JWK_BYTES);
	enum key_type type;

	if (!key_type_of(key, &type, why))
		return false;
	if (!add_jwk(&jwk, key, type))
		return openssl_fail(why, FAIL_OURS,
				    "cannot read the public half of a key");
	*ret_jwk = buf_take(&jwk);
	return true;
}

bool key_thumbprint(EVP_PKEY *key, char **ret_thumbprint, struct fail *why)
{
	AUTO(text) char *jwk = NULL;
	AUTO(buf) struct buf out = BUF_INIT(64);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!key_jwk(key, &jwk, why))
		return false;
	if (EVP_Digest(jwk, strlen(jwk), hash, &len, EVP_sha256(), NULL) != 1)
		return openssl_fail(why, FAIL_OURS, "cannot hash a key");
	buf_add_base64url(&out, hash, len);
	*ret_thumbprint = buf_take(&out);
	return true;
}
