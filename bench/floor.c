/*
 * What the libraries alone cost: the requests of one issuance on a connection
 * of their own by libcurl, its signatures, its key and request, and the reading
 * and checking of a chain of two, by OpenSSL, with nothing measured, judged or
 * kept, and nothing answered to the CA's validation. No client that is made of
 * them can be below.
 *
 *   floor DIRECTORY CA_FILE ROOT_FILE INTERMEDIATE_FILE ROUNDS PAUSE_MS
 *
 * The requests are signed over nothing, so that Pebble refuses them: for the
 * client that is as much work as an answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "edge/key.h"

enum { POSTS = 8, BODY_BYTES = 700 };

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "floor: %s failed\n", what);
	exit(EXIT_FAILURE);
}

static size_t take(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	(void)ctx;
	return size * count;
}

static CURLcode share_roots(CURL *easy, void *ctx, void *roots)
{
	(void)easy;
	SSL_CTX_set1_cert_store(ctx, roots);
	return CURLE_OK;
}

static void request(CURL *easy)
{
	must(curl_easy_perform(easy) == CURLE_OK, "a request");
}

static void sign(EVP_PKEY *key, const char *text, size_t len)
{
	unsigned char sig[80];
	size_t sig_len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		     EVP_DigestSign(ctx, sig, &sig_len,
				    (const unsigned char *)text, len) == 1,
	     "a signature");
	EVP_MD_CTX_free(ctx);
}

static void talk(CURL *easy, const char *directory, X509_STORE *tls_roots,
		 EVP_PKEY *account, struct curl_slist *headers)
{
	char body[BODY_BYTES + 1], *dot;

	memset(body, 'x', BODY_BYTES);
	body[BODY_BYTES] = '\0';
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, share_roots);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, tls_roots);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_URL, directory);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	request(easy);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);

	char *url = strdup(directory);
	char *order;

	dot = strrchr(url, '/');
	must(dot != NULL, "the directory's URL");
	*dot = '\0';
	must(asprintf(&order, "%s/order-plz", url) > 0, "memory");
	curl_easy_setopt(easy, CURLOPT_URL, order);
	curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	request(easy);
	curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	for (int i = 0; i < POSTS; i++) {
		sign(account, body, BODY_BYTES);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
		request(easy);
	}
	free(order);
	free(url);
}

static void make_request(void)
{
	const char *const names[] = { "floor.test" };
	struct fail why;
	EVP_PKEY *key;
	char *csr;

	must(key_make(KEY_P256, &key, &why) &&
		     key_csr(key, names, 1, &csr, &why),
	     "a key and its request");
	free(csr);
	key_free(key);
}

static X509 *load(const char *path)
{
	FILE *f = fopen(path, "r");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	must(cert != NULL, path);
	fclose(f);
	return cert;
}

static X509_STORE *roots_of(const char *path)
{
	X509_STORE *roots = X509_STORE_new();
	X509 *root = load(path);

	must(X509_STORE_add_cert(roots, root) == 1, "keeping a root");
	X509_free(root);
	return roots;
}

/* A certificate is read, its issuer is known, its signature is verified. */
static void check_chain(X509_STORE *roots, const char *path)
{
	X509 *leaf = load(path);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	must(X509_STORE_CTX_init(ctx, roots, leaf, NULL) == 1 &&
		     X509_verify_cert(ctx) == 1,
	     "the check of a chain");
	X509_STORE_CTX_free(ctx);
	X509_free(leaf);
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	must(argc == 7, "reading the arguments");

	int rounds = atoi(argv[5]), pause_ms = atoi(argv[6]);
	CURL *easy = curl_easy_init();
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/jose+json");
	X509_STORE *tls_roots = roots_of(argv[2]), *roots = roots_of(argv[3]);
	struct fail why;
	EVP_PKEY *account;
	double began;

	must(key_make(KEY_P256, &account, &why), "an account key");
	began = cpu_ms();
	/* The first warms up what is done once. */
	for (int i = -1; i < rounds; i++) {
		if (i == 0)
			began = cpu_ms();
		talk(easy, argv[1], tls_roots, account, headers);
		make_request();
		check_chain(roots, argv[4]);
		usleep((useconds_t)pause_ms * 1000);
	}
	printf("%.2f\n", (cpu_ms() - began) / rounds);
	X509_STORE_free(tls_roots);
	X509_STORE_free(roots);
	curl_slist_free_all(headers);
	curl_easy_cleanup(easy);
	key_free(account);
	return EXIT_SUCCESS;
}
