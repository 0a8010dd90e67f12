#include "edge/jws.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "base/text.h"
#include "edge/openssl.h"

enum {
	JWS_HEADER_BYTES = 64 * 1024,
	JWS_BYTES = 512 * 1024,
	JWS_SIG_BYTES = 512, /* RSA 4096; the others are shorter */
	JWS_MAC_BYTES = 32,
	JWS_MAC_KEY_BYTES = 1024,
};

struct sig {
	unsigned char bytes[JWS_SIG_BYTES];
	size_t len;
};

/*
 * A JSON string (RFC 8259 section 7). What a CA or a person gave may hold
 * anything: false when it is not UTF-8, and then no JSON can carry it.
 */
static bool add_quoted(struct buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text);

	buf_add_char(b, '"');
	while (left > 0) {
		size_t step = text_utf8_len(p, left);

		if (step == 0)
			return false;
		if (*p < 0x20 || *p == 0x7f)
			buf_addf(b, "\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			buf_addf(b, "\\%c", *p);
		else
			buf_add(b, p, step);
		p += step;
		left -= step;
	}
	return buf_add_char(b, '"');
}

/* Adds ,"name":"text". */
static bool add_member(struct buf *b, const char *name, const char *text,
		       struct fail *why)
{
	buf_addf(b, ",\"%s\":", name);
	if (add_quoted(b, text))
		return true;
	if (b->full)
		return fail_set(why, FAIL_INPUT,
				"the %s is too long to be signed", name);
	return fail_set(why, FAIL_INPUT,
			"the %s \"%.200s\" is not UTF-8, which a signed "
			"request must be",
			name, text);
}

/* What is signed: base64url(header) "." base64url(payload) (RFC 7515 5.1). */
static bool add_input(struct buf *input, const struct buf *header,
		      const char *payload, struct fail *why)
{
	buf_add_base64url(input, header->data, header->len);
	buf_add_char(input, '.');
	buf_add_base64url(input, payload, strlen(payload));
	return !input->full ||
	       fail_set(why, FAIL_INPUT,
			"a request of more than %d bytes is not signed",
			JWS_BYTES);
}

/* The flattened serialization (RFC 7515 7.2.2). */
static char *flattened(const struct buf *input, const struct sig *sig)
{
	const char *dot = memchr(input->data, '.', input->len);
	size_t header_len = (size_t)(dot - input->data);
	struct buf out = BUF_INIT(2 * JWS_BYTES);

	buf_add_text(&out, "{\"protected\":\"");
	buf_add(&out, input->data, header_len);
	buf_add_text(&out, "\",\"payload\":\"");
	buf_add(&out, dot + 1, input->len - header_len - 1);
	buf_add_text(&out, "\",\"signature\":\"");
	buf_add_base64url(&out, sig->bytes, sig->len);
	buf_add_text(&out, "\"}");
	return buf_take(&out);
}

/* OpenSSL's DER as the two numbers side by side (RFC 7518 3.4). */
static bool der_to_raw(struct sig *sig, int number_len)
{
	const unsigned char *der = sig->bytes;
	AUTO(ecdsa_sig)
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)sig->len);

	if (!rs ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig->bytes, number_len) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig->bytes + number_len,
			 number_len) < 0)
		return false;
	sig->len = 2 * (size_t)number_len;
	return true;
}

static bool sign(EVP_PKEY *key, enum key_type type, const struct buf *input,
		 struct sig *ret_sig)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const unsigned char *data = (const unsigned char *)input->data;
	const EVP_MD *md = EVP_sha256();
	int number_len = 0;

	switch (type) {
	case KEY_P256:
		number_len = 32;
		break;
	case KEY_P384:
		md = EVP_sha384();
		number_len = 48;
		break;
	case KEY_RSA2048:
	case KEY_RSA3072:
	case KEY_RSA4096:
		break;
	case KEY_ED25519:
		md = NULL; /* Ed25519 hashes by itself (RFC 8032) */
		break;
	case KEY_TYPES:
		return false;
	}
	ret_sig->len = sizeof(ret_sig->bytes);
	if (!ctx || EVP_DigestSignInit(ctx, NULL, md, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, ret_sig->bytes, &ret_sig->len, data,
			   input->len) != 1)
		return false;
	return number_len == 0 || der_to_raw(ret_sig, number_len);
}

static bool add_key_header(struct buf *header, EVP_PKEY *key,
			   enum key_type type, const char *kid,
			   struct fail *why)
{
	AUTO(text) char *jwk = NULL;

	buf_addf(header, "{\"alg\":\"%s\"", key_alg(type));
	if (kid)
		return add_member(header, "kid", kid, why);
	if (!key_jwk(key, &jwk, why))
		return false;
	return buf_addf(header, ",\"jwk\":%s", jwk);
}

bool jws_sign(EVP_PKEY *key, const char *kid, const char *nonce,
	      const char *url, const char *payload, char **ret_jws,
	      struct fail *why)
{
	AUTO(buf) struct buf header = BUF_INIT(JWS_HEADER_BYTES);
	AUTO(buf) struct buf input = BUF_INIT(JWS_BYTES);
	enum key_type type;
	struct sig sig;

	if (!key_type_of(key, &type, why) ||
	    !add_key_header(&header, key, type, kid, why) ||
	    !add_member(&header, "nonce", nonce, why) ||
	    !add_member(&header, "url", url, why))
		return false;
	buf_add_char(&header, '}');
	if (!add_input(&input, &header, payload, why))
		return false;
	if (!sign(key, type, &input, &sig))
		return openssl_fail(why, FAIL_OURS,
				    "cannot sign with the account key");
	*ret_jws = flattened(&input, &sig);
	return true;
}

/* The MAC key as CAs hand it out; some pad it although base64url does not. */
static bool read_mac_key(const char *text, struct buf *key, struct fail *why)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '=')
		len--;
	if (len > 0 && buf_add_from_base64url(key, text, len))
		return true;
	return fail_set(why, FAIL_INPUT,
			"the MAC key of the external account binding is not "
			"base64url (A-Z a-z 0-9 - _), %zu characters were "
			"given; copy it again from the CA",
			strlen(text));
}

bool jws_mac_check(const char *eab_hmac_base64url, struct fail *why)
{
	AUTO(buf) struct buf mac_key = BUF_INIT(JWS_MAC_KEY_BYTES);
	bool good = read_mac_key(eab_hmac_base64url, &mac_key, why);

	if (mac_key.data)
		OPENSSL_cleanse(mac_key.data, mac_key.len);
	return good;
}

bool jws_bind(EVP_PKEY *account, const char *eab_kid,
	      const char *eab_hmac_base64url, const char *url, char **ret_jws,
	      struct fail *why)
{
	AUTO(buf) struct buf header = BUF_INIT(JWS_HEADER_BYTES);
	AUTO(buf) struct buf input = BUF_INIT(JWS_BYTES);
	AUTO(buf) struct buf mac_key = BUF_INIT(JWS_MAC_KEY_BYTES);
	AUTO(text) char *jwk = NULL;
	struct sig sig = { .len = JWS_MAC_BYTES };

	if (!read_mac_key(eab_hmac_base64url, &mac_key, why) ||
	    !key_jwk(account, &jwk, why))
		return false;
	buf_add_text(&header, "{\"alg\":\"HS256\"");
	if (!add_member(&header, "kid", eab_kid, why) ||
	    !add_member(&header, "url", url, why))
		return false;
	buf_add_char(&header, '}');
	if (!add_input(&input, &header, jwk, why))
		return false;

	bool made = HMAC(EVP_sha256(), mac_key.data, (int)mac_key.len,
			 (const unsigned char *)input.data, input.len,
			 sig.bytes, NULL) != NULL;
	OPENSSL_cleanse(mac_key.data, mac_key.len);
	if (!made)
		return openssl_fail(why, FAIL_OURS,
				    "cannot sign the external account binding");
	*ret_jws = flattened(&input, &sig);
	return true;
}
