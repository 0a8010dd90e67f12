#include "edge/key.h"

#include <string.h>

#include "base/ip.h"
#include "base/name.h"
#include "base/text.h"
#include "edge/openssl.h"

enum {
	CSR_NAMES = 100,
	CSR_BYTES = 64 * 1024,
};

static bool add_name(GENERAL_NAMES *names, const char *name, struct fail *why)
{
	AUTO(general_name) GENERAL_NAME *entry = GENERAL_NAME_new();
	ASN1_STRING *value;
	const void *data = name;
	size_t len = strlen(name);
	char canonical[NAME_TEXT];
	struct ip ip;

	if (ip_parse(name, &ip)) {
		data = ip.bytes;
		len = ip.family == IP_V4 ? 4 : 16;
		value = ASN1_OCTET_STRING_new();
	} else if (name_canonical(canonical, name)) {
		value = ASN1_IA5STRING_new();
	} else {
		return fail_set(why, FAIL_INPUT,
				"\"%.253s\" is no name that a certificate can "
				"be for, expected a DNS name (letters, digits, "
				"hyphens and dots) or an IP address",
				name);
	}
	if (!entry || !value || ASN1_STRING_set(value, data, (int)len) != 1) {
		ASN1_STRING_free(value);
		return openssl_fail(why, FAIL_OURS, "cannot make a name");
	}
	GENERAL_NAME_set0_value(entry, data == name ? GEN_DNS : GEN_IPADD,
				value);
	if (sk_GENERAL_NAME_push(names, entry) <= 0)
		return openssl_fail(why, FAIL_OURS, "cannot keep a name");
	entry = NULL;
	return true;
}

/* The request's only extension. */
static bool add_names(X509_REQ *req, const char *const *names, size_t count,
		      struct fail *why)
{
	AUTO(general_names) GENERAL_NAMES *san = GENERAL_NAMES_new();
	AUTO(extensions) STACK_OF(X509_EXTENSION) *extensions = NULL;

	for (size_t i = 0; san && i < count; i++)
		if (!add_name(san, names[i], why))
			return false;
	if (!san ||
	    X509V3_add1_i2d(&extensions, NID_subject_alt_name, san, 0,
			    X509V3_ADD_DEFAULT) != 1 ||
	    X509_REQ_add_extensions(req, extensions) != 1)
		return openssl_fail(why, FAIL_OURS,
				    "cannot put the names into a request");
	return true;
}

/*
 * The public key of an EC key, put in as the bytes that it is. OpenSSL's own
 * X509_REQ_set_pubkey() encodes it and, by way of its decoders, reads it back:
 * nine tenths of what a request costs.
 */
static bool set_ec_key(X509_REQ *req, EVP_PKEY *key, enum key_type type)
{
	int curve = type == KEY_P384 ? NID_secp384r1 : NID_X9_62_prime256v1;
	unsigned char *point = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(key, &point);

	if (len > 0 &&
	    X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(req),
				   OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
				   V_ASN1_OBJECT, OBJ_nid2obj(curve), point,
				   (int)len) == 1)
		return true;
	OPENSSL_free(point);
	return false;
}

static bool set_key(X509_REQ *req, EVP_PKEY *key, enum key_type type)
{
	if (type == KEY_P256 || type == KEY_P384)
		return set_ec_key(req, key, type);
	return X509_REQ_set_pubkey(req, key) == 1;
}

bool key_csr(EVP_PKEY *key, const char *const *names, size_t count,
	     char **ret_csr, struct fail *why)
{
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	AUTO(ossl_bytes) unsigned char *der = NULL;
	AUTO(buf) struct buf csr = BUF_INIT(CSR_BYTES);
	enum key_type type;

	if (!key_type_of(key, &type, why))
		return false;
	if (type == KEY_ED25519)
		return fail_set(why, FAIL_INPUT,
				"no CA issues certificates for Ed25519 keys; "
				"use p256, p384 or rsa2048 to rsa4096");
	if (count == 0 || count > CSR_NAMES)
		return fail_set(why, FAIL_INPUT,
				"%zu names for one certificate, expected 1 to "
				"%d",
				count, CSR_NAMES);
	if (!req || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    !set_key(req, key, type))
		return openssl_fail(why, FAIL_OURS, "cannot make a request");
	if (!add_names(req, names, count, why))
		return false;
	if (X509_REQ_sign(req, key,
			  type == KEY_P384 ? EVP_sha384() : EVP_sha256()) <= 0)
		return openssl_fail(why, FAIL_OURS, "cannot sign a request");

	int len = i2d_X509_REQ(req, &der);
	if (len <= 0)
		return openssl_fail(why, FAIL_OURS, "cannot encode a request");
	if (!buf_add_base64url(&csr, der, (size_t)len))
		return fail_set(
			why, FAIL_INPUT,
			"the names make a request of more than %d bytes",
			CSR_BYTES);
	*ret_csr = buf_take(&csr);
	return true;
}
