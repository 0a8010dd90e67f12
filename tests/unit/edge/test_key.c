/* Keys: their types, files, JWKs and certificate requests. */
#include "edge/key.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "edge/openssl.h"
#include "support/test_ca.h"

struct room {
	char folder[64];
	char path[128];
};

static int setup(void **state)
{
	struct room *r = test_calloc(1, sizeof(*r));

	snprintf(r->folder, sizeof(r->folder), "/tmp/acmeter-key-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	snprintf(r->path, sizeof(r->path), "%s/account.key", r->folder);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	unlink(r->path);
	rmdir(r->path);
	assert_int_equal(rmdir(r->folder), 0);
	test_free(r);
	return 0;
}

static unsigned files_in(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static EVP_PKEY *make(enum key_type type)
{
	EVP_PKEY *key = NULL;
	struct fail why;

	assert_true(key_make(type, &key, &why));
	return key;
}

static void check_says(const struct fail *why, const char *text)
{
	if (!strstr(why->text, text))
		fail_msg("\"%s\" does not say \"%s\"", why->text, text);
}

static void every_type_has_a_name_and_is_found_by_it(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPES; type++) {
		enum key_type found = KEY_TYPES;

		assert_true(key_type_find(key_type_name(type), &found));
		assert_int_equal(found, type);
	}
	enum key_type untouched = KEY_P384;
	assert_false(key_type_find("P256", &untouched));
	assert_false(key_type_find("", &untouched));
	assert_int_equal(untouched, KEY_P384);
}

static void a_made_key_is_of_the_type_asked_for(void **state)
{
	static const enum key_type made[] = { KEY_P256, KEY_P384, KEY_RSA2048,
					      KEY_ED25519 };

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		EVP_PKEY *key = make(made[i]);
		enum key_type type = KEY_TYPES;
		struct fail why;

		assert_true(key_type_of(key, &type, &why));
		assert_int_equal(type, made[i]);
		key_free(key);
	}
	assert_string_equal(key_alg(KEY_P256), "ES256");
	assert_string_equal(key_alg(KEY_P384), "ES384");
	assert_string_equal(key_alg(KEY_RSA3072), "RS256");
	assert_string_equal(key_alg(KEY_ED25519), "EdDSA");
}

/* A public RSA key of two base64url numbers. */
static EVP_PKEY *rsa_of(const char *n_text, const char *e_text)
{
	struct buf n = BUF_INIT(1024), e = BUF_INIT(16);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	assert_true(buf_add_from_base64url(&n, n_text, strlen(n_text)));
	assert_true(buf_add_from_base64url(&e, e_text, strlen(e_text)));
	BIGNUM *bn_n = BN_bin2bn((unsigned char *)n.data, (int)n.len, NULL);
	BIGNUM *bn_e = BN_bin2bn((unsigned char *)e.data, (int)e.len, NULL);

	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(bn_n);
	BN_free(bn_e);
	buf_release(&n);
	buf_release(&e);
	return key;
}

#define RFC7638_N                                                             \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1" \
	"RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5" \
	"n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8K" \
	"JZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQF" \
	"h6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz" \
	"KnqDKgw"

static void the_rsa_thumbprint_is_that_of_rfc_7638(void **state)
{
	EVP_PKEY *key = rsa_of(RFC7638_N, "AQAB");
	char *text = NULL;
	struct fail why;

	(void)state;
	assert_true(key_jwk(key, &text, &why));
	assert_string_equal(text,
			    "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" RFC7638_N
			    "\"}");
	free(text);
	assert_true(key_thumbprint(key, &text, &why));
	assert_string_equal(text,
			    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	free(text);
	key_free(key);
}

static void the_ed25519_thumbprint_is_that_of_rfc_8037(void **state)
{
	const char *d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
	struct buf raw = BUF_INIT(32);
	char *text = NULL;
	struct fail why;

	(void)state;
	assert_true(buf_add_from_base64url(&raw, d, strlen(d)));
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, (unsigned char *)raw.data, raw.len);
	assert_non_null(key);
	assert_true(key_jwk(key, &text, &why));
	assert_string_equal(text,
			    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
			    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}");
	free(text);
	assert_true(key_thumbprint(key, &text, &why));
	assert_string_equal(text,
			    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	free(text);
	key_free(key);
	buf_release(&raw);
}

/* RFC 7515 appendix A.3, its private key in SEC 1 form. */
static const char rfc7515_ec[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
	"AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
	"focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
	"-----END EC PRIVATE KEY-----\n";

static void
the_older_ec_form_is_read_and_gives_the_jwk_of_rfc_7515(void **state)
{
	struct room *r = *state;
	EVP_PKEY *key = NULL;
	char *jwk = NULL;
	struct fail why;

	test_ca_write(r->path, rfc7515_ec, strlen(rfc7515_ec));
	if (!key_load(r->path, &key, &why))
		fail_msg("%s", why.text);
	assert_true(key_jwk(key, &jwk, &why));
	assert_string_equal(
		jwk, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":"
		     "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
		     "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}");
	free(jwk);
	key_free(key);
}

static void jwk_coordinates_keep_their_leading_zeros(void **state)
{
	struct fail why;

	(void)state;
	/* One key in 128 has a coordinate that begins with a zero byte. */
	for (unsigned i = 0; i < 600; i++) {
		EVP_PKEY *key = make(KEY_P256);
		char *jwk = NULL;

		assert_true(key_jwk(key, &jwk, &why));
		assert_int_equal(strlen(jwk), 126);
		free(jwk);
		key_free(key);
	}
}

static void a_saved_key_is_private_alone_and_loads_again(void **state)
{
	struct room *r = *state;
	static const enum key_type kept[] = { KEY_P256, KEY_P384, KEY_RSA2048,
					      KEY_ED25519 };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		EVP_PKEY *key = make(kept[i]), *again = NULL;
		struct stat st;
		struct fail why;

		assert_true(key_save(key, r->path, true, &why));
		assert_int_equal(stat(r->path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(files_in(r->folder), 1);
		assert_true(key_load(r->path, &again, &why));
		assert_int_equal(EVP_PKEY_eq(key, again), 1);
		key_free(again);
		key_free(key);
	}
}

static void an_existing_key_is_not_overwritten(void **state)
{
	struct room *r = *state;
	EVP_PKEY *first = make(KEY_P256), *second = make(KEY_P256);
	EVP_PKEY *found = NULL;
	struct fail why;

	assert_true(key_save(first, r->path, false, &why));
	assert_false(key_save(second, r->path, false, &why));
	assert_int_equal(why.code, FAIL_FILE);
	check_says(&why, r->path);
	check_says(&why, "exists");
	assert_int_equal(files_in(r->folder), 1);
	assert_true(key_load(r->path, &found, &why));
	assert_int_equal(EVP_PKEY_eq(first, found), 1);
	key_free(found);

	assert_true(key_save(second, r->path, true, &why));
	assert_true(key_load(r->path, &found, &why));
	assert_int_equal(EVP_PKEY_eq(second, found), 1);
	key_free(found);
	key_free(first);
	key_free(second);
}

static void a_missing_folder_is_named(void **state)
{
	struct room *r = *state;
	EVP_PKEY *key = make(KEY_P256);
	char path[256];
	struct fail why;

	snprintf(path, sizeof(path), "%s/none/account.key", r->folder);
	assert_false(key_save(key, path, false, &why));
	assert_int_equal(why.code, FAIL_FILE);
	check_says(&why, path);
	check_says(&why, "No such file");
	key_free(key);
}

static void load_or_make_makes_once(void **state)
{
	struct room *r = *state;
	EVP_PKEY *first = NULL, *second = NULL;
	bool made = false;
	struct fail why;

	assert_true(key_load_or_make(r->path, KEY_P384, &first, &made, &why));
	assert_true(made);
	assert_true(key_load_or_make(r->path, KEY_P256, &second, &made, &why));
	assert_false(made);
	assert_int_equal(EVP_PKEY_eq(first, second), 1);
	key_free(first);
	key_free(second);
}

static void load_or_make_never_replaces_what_it_cannot_read(void **state)
{
	struct room *r = *state;
	EVP_PKEY *key = NULL;
	bool made = false;
	struct fail why;
	struct stat st;

	test_ca_write(r->path, "precious\n", 9);
	assert_false(key_load_or_make(r->path, KEY_P256, &key, &made, &why));
	assert_int_equal(why.code, FAIL_FILE);
	assert_null(key);
	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_size, 9);
}

static void refused(const struct room *r, const char *says)
{
	EVP_PKEY *key = NULL;
	struct fail why;

	assert_false(key_load(r->path, &key, &why));
	assert_int_equal(why.code, FAIL_FILE);
	assert_null(key);
	check_says(&why, r->path);
	check_says(&why, says);
}

static void what_is_no_regular_file_is_refused(void **state)
{
	struct room *r = *state;

	refused(r, "No such file");
	assert_int_equal(mkfifo(r->path, 0600), 0);
	refused(r, "a FIFO, expected a regular file");
	unlink(r->path);
	assert_int_equal(mkdir(r->path, 0700), 0);
	refused(r, "a folder, expected a regular file");
}

static void a_file_without_a_key_is_refused(void **state)
{
	struct room *r = *state;
	struct buf big = BUF_INIT(1 << 20);

	test_ca_write(r->path, "", 0);
	refused(r, "no private key in PEM");
	test_ca_write(r->path, "hello\n", 6);
	refused(r, "no private key in PEM");
	test_ca_write(r->path, rfc7515_ec, 120);
	refused(r, "no private key in PEM");
	while (big.len <= 64 * 1024)
		buf_add_text(&big, rfc7515_ec);
	test_ca_write(r->path, big.data, big.len);
	refused(r, "larger than 65536 bytes");
	buf_release(&big);
}

static void a_key_with_a_passphrase_is_refused_without_asking(void **state)
{
	struct room *r = *state;
	EVP_PKEY *key = make(KEY_P256);
	FILE *file = fopen(r->path, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_PKCS8PrivateKey(file, key, EVP_aes_128_cbc(),
						   "secret", 6, NULL, NULL),
			 1);
	fclose(file);
	refused(r, "passphrase");
	key_free(key);
}

static void other_types_of_key_are_refused_by_name(void **state)
{
	struct room *r = *state;
	const struct {
		EVP_PKEY *key;
		const char *says;
	} cases[] = {
		{ EVP_EC_gen("secp256k1"), "EC on secp256k1 with 256 bits" },
		{ EVP_EC_gen("brainpoolP384r1"), "EC on brainpoolP384r1" },
		{ EVP_EC_gen("P-521"), "EC on secp521r1 with 521 bits" },
		{ EVP_RSA_gen(1024), "RSA with 1024 bits" },
		{ EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "X25519" },
		{ EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "ED448" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf pem = BUF_INIT(1 << 16);

		assert_non_null(cases[i].key);
		test_ca_add_key_pem(&pem, cases[i].key);
		test_ca_write(r->path, pem.data, pem.len);
		refused(r, cases[i].says);
		refused(r, "expected EC P-256");
		buf_release(&pem);
		EVP_PKEY_free(cases[i].key);
	}
}

static void a_request_carries_key_and_names_and_nothing_else(void **state)
{
	static const char *const names[] = { "a.example", "*.b.example",
					     "192.0.2.7", "2001:db8::7" };
	static const enum key_type kept[] = { KEY_P256, KEY_P384, KEY_RSA2048 };

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		EVP_PKEY *key = make(kept[i]), *found = NULL;
		char *csr = NULL, *in[8];
		size_t count = 0;
		struct fail why;

		assert_true(key_csr(key, names, 4, &csr, &why));
		assert_true(test_ca_read_request(csr, &found, in, 8, &count));
		assert_int_equal(EVP_PKEY_eq(key, found), 1);
		assert_int_equal(count, 4);
		for (size_t k = 0; k < count; k++) {
			assert_string_equal(in[k], names[k]);
			free(in[k]);
		}
		free(csr);
		key_free(found);
		key_free(key);
	}
}

static void a_request_has_an_empty_subject_and_the_right_digest(void **state)
{
	const char *const name = "a.example";
	EVP_PKEY *key = make(KEY_P384);
	struct buf der = BUF_INIT(4096);
	char *csr = NULL;
	struct fail why;

	(void)state;
	assert_true(key_csr(key, &name, 1, &csr, &why));
	assert_true(buf_add_from_base64url(&der, csr, strlen(csr)));
	const unsigned char *p = (const unsigned char *)der.data;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.len);

	assert_non_null(req);
	assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(req)),
			 0);
	assert_int_equal(X509_REQ_get_version(req), X509_REQ_VERSION_1);
	assert_int_equal(X509_REQ_get_signature_nid(req),
			 NID_ecdsa_with_SHA384);
	X509_REQ_free(req);
	buf_release(&der);
	free(csr);
	key_free(key);
}

static void names_that_no_certificate_can_carry_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"a..b",
		"a.example.",
		"-a.example",
		"a-.example",
		"a b",
		"a_b.example",
		"*",
		"a.*.example",
		"b\xc3\xbc.example",
		"a.example\n",
		"http://a/",
		"*.*.example",
		"a/b",
		"1234567890123456789012345678901234567890123456789012345678901"
		"234.example",
	};
	EVP_PKEY *key = make(KEY_P256);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *csr = NULL;
		struct fail why;

		if (key_csr(key, &bad[i], 1, &csr, &why))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(why.code, FAIL_INPUT);
		check_says(&why, "expected a DNS name");
	}
	key_free(key);
}

static void requests_without_names_or_for_ed25519_are_refused(void **state)
{
	const char *const name = "a.example";
	EVP_PKEY *p256 = make(KEY_P256), *ed25519 = make(KEY_ED25519);
	char *csr = NULL;
	struct fail why;

	(void)state;
	assert_false(key_csr(p256, &name, 0, &csr, &why));
	assert_int_equal(why.code, FAIL_INPUT);
	assert_false(key_csr(p256, &name, 101, &csr, &why));
	check_says(&why, "101 names");
	assert_false(key_csr(ed25519, &name, 1, &csr, &why));
	check_says(&why, "Ed25519");
	key_free(p256);
	key_free(ed25519);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_a_name_and_is_found_by_it),
		cmocka_unit_test(a_made_key_is_of_the_type_asked_for),
		cmocka_unit_test(the_rsa_thumbprint_is_that_of_rfc_7638),
		cmocka_unit_test(the_ed25519_thumbprint_is_that_of_rfc_8037),
		IN_ROOM(the_older_ec_form_is_read_and_gives_the_jwk_of_rfc_7515),
		cmocka_unit_test(jwk_coordinates_keep_their_leading_zeros),
		IN_ROOM(a_saved_key_is_private_alone_and_loads_again),
		IN_ROOM(an_existing_key_is_not_overwritten),
		IN_ROOM(a_missing_folder_is_named),
		IN_ROOM(load_or_make_makes_once),
		IN_ROOM(load_or_make_never_replaces_what_it_cannot_read),
		IN_ROOM(what_is_no_regular_file_is_refused),
		IN_ROOM(a_file_without_a_key_is_refused),
		IN_ROOM(a_key_with_a_passphrase_is_refused_without_asking),
		IN_ROOM(other_types_of_key_are_refused_by_name),
		cmocka_unit_test(
			a_request_carries_key_and_names_and_nothing_else),
		cmocka_unit_test(
			a_request_has_an_empty_subject_and_the_right_digest),
		cmocka_unit_test(
			names_that_no_certificate_can_carry_are_refused),
		cmocka_unit_test(
			requests_without_names_or_for_ed25519_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
