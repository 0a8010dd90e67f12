/* Roots: from files, from the system, and what is wrong with a file. */
#include "edge/trust.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edge/openssl.h"
#include "support/test_ca.h"

struct room {
	struct test_ca one, two, three;
	char folder[64], paths[2][128];
};

static int setup(void **state)
{
	struct room *r = test_calloc(1, sizeof(*r));

	snprintf(r->folder, sizeof(r->folder), "/tmp/acmeter-trust-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	for (int i = 0; i < 2; i++)
		snprintf(r->paths[i], sizeof(r->paths[i]), "%s/%d.pem",
			 r->folder, i);
	test_ca_make(&r->one, "One", NULL);
	test_ca_make(&r->two, "Two", NULL);
	test_ca_make(&r->three, "Three", NULL);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	unlink(r->paths[0]);
	unlink(r->paths[1]);
	rmdir(r->folder);
	test_ca_release(&r->one);
	test_ca_release(&r->two);
	test_ca_release(&r->three);
	test_free(r);
	return 0;
}

static void write_roots(const char *path, X509 *a, X509 *b, const char *extra)
{
	struct buf pem = BUF_INIT(1 << 16);

	if (a)
		test_ca_add_pem(&pem, a);
	if (b)
		test_ca_add_pem(&pem, b);
	buf_add_text(&pem, extra);
	test_ca_write(path, buf_text(&pem), pem.len);
	buf_release(&pem);
}

static bool trusts(const struct trust *t, X509 *cert)
{
	X509_STORE *store = trust_store(t);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
	X509_STORE_CTX_set_time(ctx, 0, TEST_CA_NOW_US / 1000000);
	bool good = X509_verify_cert(ctx) == 1;

	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return good;
}

static void every_certificate_of_every_file_is_a_root(void **state)
{
	struct room *r = *state;
	const char *const paths[] = { r->paths[0], r->paths[1] };
	struct trust *t = NULL;
	struct fail why;

	write_roots(r->paths[0], r->one.cert, r->two.cert, "# a comment\n");
	write_roots(r->paths[1], r->two.cert, r->three.cert, "");
	assert_true(trust_load(paths, 2, &t, &why));
	assert_true(trusts(t, r->one.cert));
	assert_true(trusts(t, r->two.cert));
	assert_true(trusts(t, r->three.cert));
	trust_free(t);

	assert_true(trust_load(paths, 1, &t, &why));
	assert_true(trusts(t, r->two.cert));
	assert_false(trusts(t, r->three.cert));
	trust_free(t);
}

static void refused(const struct room *r, const char *says)
{
	const char *const path = r->paths[0];
	struct trust *t = NULL;
	struct fail why;

	assert_false(trust_load(&path, 1, &t, &why));
	assert_int_equal(why.code, FAIL_FILE);
	assert_null(t);
	if (!strstr(why.text, says) || !strstr(why.text, path))
		fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static void files_without_roots_are_refused(void **state)
{
	struct room *r = *state;

	refused(r, "No such file");
	write_roots(r->paths[0], NULL, NULL, "");
	refused(r, "holds no certificate, expected one or more in PEM");
	write_roots(r->paths[0], NULL, NULL, "no roots here\n");
	refused(r, "holds no certificate");
	write_roots(r->paths[0], r->one.cert, NULL,
		    "-----BEGIN CERTIFICATE-----\nAAAA\n"
		    "-----END CERTIFICATE-----\n");
	refused(r, "certificate 2 of");
	write_roots(r->paths[0], r->one.cert, NULL,
		    "-----BEGIN CERTIFICATE-----\nAAAA\n");
	refused(r, "certificate 2 of");
}

static void the_environment_names_the_systems_roots(void **state)
{
	struct room *r = *state;
	struct trust *t = NULL;
	struct fail why;

	unsetenv("SSL_CERT_DIR");
	setenv("SSL_CERT_FILE", r->paths[0], 1);
	assert_false(trust_load(NULL, 0, &t, &why));
	assert_non_null(strstr(why.text, "SSL_CERT_FILE"));
	write_roots(r->paths[0], r->one.cert, NULL, "");
	assert_true(trust_load(NULL, 0, &t, &why));
	assert_true(trusts(t, r->one.cert));
	assert_false(trusts(t, r->two.cert));
	trust_free(t);
}

/* As c_rehash would: HASH.0 is found when it is first needed. */
static void a_hashed_folder_is_read_when_needed(void **state)
{
	struct room *r = *state;
	struct trust *t = NULL;
	char hashed[192];
	struct fail why;

	unsetenv("SSL_CERT_FILE");
	setenv("SSL_CERT_DIR", r->folder, 1);
	assert_true(trust_load(NULL, 0, &t, &why));
	assert_false(trusts(t, r->one.cert));
	snprintf(hashed, sizeof(hashed), "%s/%08lx.0", r->folder,
		 X509_subject_name_hash(r->one.cert));
	write_roots(hashed, r->one.cert, NULL, "");
	assert_true(trusts(t, r->one.cert));
	assert_false(trusts(t, r->two.cert));
	trust_free(t);
	unlink(hashed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_certificate_of_every_file_is_a_root, setup,
			teardown),
		cmocka_unit_test_setup_teardown(files_without_roots_are_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_environment_names_the_systems_roots, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_hashed_folder_is_read_when_needed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
