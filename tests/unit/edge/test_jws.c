/* Signed requests: what they say, and that the signature is the key's. */
#include "edge/jws.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "edge/openssl.h"

/* A flattened JWS taken apart. */
struct parts {
	json_t *jws;
	json_t *header;
	struct buf input, payload, signature;
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		fail_msg("no text member %s", name);
	return text;
}

static void decode(struct buf *b, const char *text)
{
	*b = BUF_INIT(1 << 20);
	assert_true(buf_add_from_base64url(b, text, strlen(text)));
}

static void take_apart(const char *jws, struct parts *ret)
{
	struct buf header;

	ret->jws = json_loads(jws, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(ret->jws);
	assert_int_equal(json_object_size(ret->jws), 3);
	decode(&header, text_of(ret->jws, "protected"));
	decode(&ret->payload, text_of(ret->jws, "payload"));
	decode(&ret->signature, text_of(ret->jws, "signature"));
	ret->header = json_loadb(header.data, header.len,
				 JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(ret->header);
	buf_release(&header);
	ret->input = BUF_INIT(1 << 20);
	buf_addf(&ret->input, "%s.%s", text_of(ret->jws, "protected"),
		 text_of(ret->jws, "payload"));
}

static void release(struct parts *p)
{
	json_decref(p->jws);
	json_decref(p->header);
	buf_release(&p->input);
	buf_release(&p->payload);
	buf_release(&p->signature);
}

/* r and s side by side as the DER that OpenSSL verifies. */
static int der_of_raw(const struct buf *raw, unsigned char **ret_der)
{
	const unsigned char *bytes = (const unsigned char *)raw->data;
	int half = (int)raw->len / 2;
	ECDSA_SIG *sig = ECDSA_SIG_new();

	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(bytes, half, NULL),
					BN_bin2bn(bytes + half, half, NULL)),
			 1);
	*ret_der = NULL;
	int len = i2d_ECDSA_SIG(sig, ret_der);

	ECDSA_SIG_free(sig);
	return len;
}

static bool verifies(EVP_PKEY *key, enum key_type type, const struct parts *p)
{
	const EVP_MD *md = type == KEY_ED25519 ? NULL
			   : type == KEY_P384  ? EVP_sha384()
					       : EVP_sha256();
	bool ec = type == KEY_P256 || type == KEY_P384;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	const unsigned char *sig = (const unsigned char *)p->signature.data;
	size_t len = p->signature.len;

	if (ec) {
		len = (size_t)der_of_raw(&p->signature, &der);
		sig = der;
	}
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, key), 1);
	bool good = EVP_DigestVerify(ctx, sig, len,
				     (const unsigned char *)p->input.data,
				     p->input.len) == 1;
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	return good;
}

static const struct {
	enum key_type type;
	const char *alg;
	size_t sig_len;
} signers[] = {
	{ KEY_P256, "ES256", 64 },
	{ KEY_P384, "ES384", 96 },
	{ KEY_RSA2048, "RS256", 256 },
	{ KEY_ED25519, "EdDSA", 64 },
};
enum { SIGNERS = sizeof(signers) / sizeof(signers[0]) };

static EVP_PKEY *make(enum key_type type)
{
	EVP_PKEY *key = NULL;
	struct fail why;

	assert_true(key_make(type, &key, &why));
	return key;
}

static void every_key_signs_so_that_others_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIGNERS; i++) {
		EVP_PKEY *key = make(signers[i].type);
		char *jws = NULL;
		struct parts p;
		struct fail why;

		assert_true(jws_sign(key, "https://ca.example/acct/1",
				     "bm9uY2U", "https://ca.example/new-order",
				     "{\"a\":1}", &jws, &why));
		take_apart(jws, &p);
		assert_int_equal(p.signature.len, signers[i].sig_len);
		assert_true(verifies(key, signers[i].type, &p));
		assert_string_equal(text_of(p.header, "alg"), signers[i].alg);
		p.input.data[p.input.len - 1] ^= 1;
		assert_false(verifies(key, signers[i].type, &p));
		release(&p);
		free(jws);
		key_free(key);
	}
}

static void the_header_with_kid_has_four_members(void **state)
{
	EVP_PKEY *key = make(KEY_P256);
	char *jws = NULL;
	struct parts p;
	struct fail why;

	(void)state;
	assert_true(jws_sign(key, "https://ca.example/acct/1", "bm9uY2U",
			     "https://ca.example/new-order", "{\"a\":1}", &jws,
			     &why));
	take_apart(jws, &p);
	assert_int_equal(json_object_size(p.header), 4);
	assert_string_equal(text_of(p.header, "kid"),
			    "https://ca.example/acct/1");
	assert_string_equal(text_of(p.header, "nonce"), "bm9uY2U");
	assert_string_equal(text_of(p.header, "url"),
			    "https://ca.example/new-order");
	assert_string_equal(buf_text(&p.payload), "{\"a\":1}");
	release(&p);
	free(jws);
	key_free(key);
}

static void without_a_kid_the_header_carries_the_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIGNERS; i++) {
		EVP_PKEY *key = make(signers[i].type);
		char *jws = NULL, *jwk = NULL;
		struct parts p;
		struct fail why;

		assert_true(jws_sign(key, NULL, "bm9uY2U",
				     "https://ca.example/new-acct", "{}", &jws,
				     &why));
		take_apart(jws, &p);
		assert_int_equal(json_object_size(p.header), 4);
		assert_null(json_object_get(p.header, "kid"));
		assert_true(key_jwk(key, &jwk, &why));
		json_t *expected = json_loads(jwk, 0, NULL);

		assert_true(
			json_equal(json_object_get(p.header, "jwk"), expected));
		assert_true(verifies(key, signers[i].type, &p));
		json_decref(expected);
		free(jwk);
		release(&p);
		free(jws);
		key_free(key);
	}
}

static void post_as_get_signs_an_empty_payload(void **state)
{
	EVP_PKEY *key = make(KEY_P256);
	char *jws = NULL;
	struct parts p;
	struct fail why;

	(void)state;
	assert_true(jws_sign(key, "https://ca.example/acct/1", "bm9uY2U",
			     "https://ca.example/order/1", "", &jws, &why));
	take_apart(jws, &p);
	assert_string_equal(text_of(p.jws, "payload"), "");
	assert_true(verifies(key, KEY_P256, &p));
	release(&p);
	free(jws);
	key_free(key);
}

static void hostile_text_stays_inside_its_string(void **state)
{
	static const char *const hostile[] = {
		"\",\"alg\":\"none",
		"\\",
		"\\\"",
		"a\nb\tc\x01\x7f",
		"\xe2\x80\xae right to left",
		"</script>",
		"\",\"x\":{\"y\":\"",
	};
	EVP_PKEY *key = make(KEY_ED25519);

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char *jws = NULL;
		struct parts p;
		struct fail why;

		assert_true(jws_sign(key, hostile[i], hostile[i], hostile[i],
				     hostile[i], &jws, &why));
		take_apart(jws, &p);
		assert_int_equal(json_object_size(p.header), 4);
		assert_string_equal(text_of(p.header, "alg"), "EdDSA");
		assert_string_equal(text_of(p.header, "kid"), hostile[i]);
		assert_string_equal(text_of(p.header, "nonce"), hostile[i]);
		assert_string_equal(text_of(p.header, "url"), hostile[i]);
		assert_string_equal(buf_text(&p.payload), hostile[i]);
		assert_true(verifies(key, KEY_ED25519, &p));
		release(&p);
		free(jws);
	}
	key_free(key);
}

static void what_is_not_utf8_is_not_signed(void **state)
{
	static const char *const bytes[] = { "\xff", "a\xc3", "\xc0\x80",
					     "\xed\xa0\x80" };
	EVP_PKEY *key = make(KEY_P256);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		char *jws = NULL;
		struct fail why;

		assert_false(jws_sign(key, NULL, bytes[i], "https://x/", "{}",
				      &jws, &why));
		assert_int_equal(why.code, FAIL_INPUT);
		assert_non_null(strstr(why.text, "nonce"));
		assert_non_null(strstr(why.text, "not UTF-8"));
		assert_null(jws);
	}
	key_free(key);
}

static void what_is_endless_is_not_signed(void **state)
{
	EVP_PKEY *key = make(KEY_P256);
	struct buf big = BUF_INIT(1 << 20);
	char *jws = NULL;
	struct fail why;

	(void)state;
	while (big.len < 600 * 1024)
		buf_add_text(&big, "0123456789abcdef");
	assert_false(
		jws_sign(key, NULL, "n", buf_text(&big), "{}", &jws, &why));
	assert_non_null(strstr(why.text, "url is too long"));
	assert_false(jws_sign(key, NULL, "n", "https://x/", buf_text(&big),
			      &jws, &why));
	assert_non_null(strstr(why.text, "524288 bytes"));
	assert_null(jws);
	buf_release(&big);
	key_free(key);
}

/* HMAC-SHA256 by another interface than the one under test. */
static void mac_of(const char *key, size_t key_len, const struct buf *input,
		   unsigned char ret_mac[static 32])
{
	size_t len = 0;

	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
				  key_len, (const unsigned char *)input->data,
				  input->len, ret_mac, 32, &len));
	assert_int_equal(len, 32);
}

static void a_binding_is_the_account_key_under_the_mac_key(void **state)
{
	/* The same 32 bytes, unpadded and as some CAs print them. */
	static const char *const given[] = {
		"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
		"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	};
	EVP_PKEY *account = make(KEY_P256);
	char *jwk = NULL;
	struct fail why;

	(void)state;
	assert_true(key_jwk(account, &jwk, &why));
	for (size_t i = 0; i < 2; i++) {
		unsigned char mac[32];
		char *jws = NULL;
		struct parts p;

		assert_true(jws_bind(account, "kid \"1\"", given[i],
				     "https://ca.example/new-acct", &jws,
				     &why));
		take_apart(jws, &p);
		assert_int_equal(json_object_size(p.header), 3);
		assert_string_equal(text_of(p.header, "alg"), "HS256");
		assert_string_equal(text_of(p.header, "kid"), "kid \"1\"");
		assert_string_equal(text_of(p.header, "url"),
				    "https://ca.example/new-acct");
		assert_string_equal(buf_text(&p.payload), jwk);
		mac_of("0123456789abcdef0123456789abcdef", 32, &p.input, mac);
		assert_int_equal(p.signature.len, 32);
		assert_memory_equal(p.signature.data, mac, 32);
		release(&p);
		free(jws);
	}
	free(jwk);
	key_free(account);
}

static void a_mac_key_that_is_none_is_refused_without_showing_it(void **state)
{
	static const char *const given[] = { "",     "=", "not base64url!",
					     "ab+/", "A", "MDE\n" };
	EVP_PKEY *account = make(KEY_P256);

	(void)state;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char *jws = NULL;
		struct fail why;

		assert_false(jws_bind(account, "kid", given[i],
				      "https://ca.example/new-acct", &jws,
				      &why));
		assert_int_equal(why.code, FAIL_INPUT);
		assert_non_null(strstr(why.text, "not base64url"));
		if (strlen(given[i]) > 1)
			assert_null(strstr(why.text, given[i]));
	}
	key_free(account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_signs_so_that_others_verify),
		cmocka_unit_test(the_header_with_kid_has_four_members),
		cmocka_unit_test(without_a_kid_the_header_carries_the_key),
		cmocka_unit_test(post_as_get_signs_an_empty_payload),
		cmocka_unit_test(hostile_text_stays_inside_its_string),
		cmocka_unit_test(what_is_not_utf8_is_not_signed),
		cmocka_unit_test(what_is_endless_is_not_signed),
		cmocka_unit_test(
			a_binding_is_the_account_key_under_the_mac_key),
		cmocka_unit_test(
			a_mac_key_that_is_none_is_refused_without_showing_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
