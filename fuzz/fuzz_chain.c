/*
 * chain_check() on what a CA may send. Input that begins with "-" is a whole
 * PEM chain; anything else is the DER of an end-entity certificate, which is
 * wrapped, so that the fuzzer need not learn base64.
 */
#include "edge/chain.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/buf.h"
#include "base/mem.h"

/* The root, the key and the intermediate that the seeds were made with. */
static const char root_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBcjCCARmgAwIBAgIQWgECAwQFBgcICQoLDA0O8DAKBggqhkjOPQQDAjAUMRIw\n"
	"EAYDVQQDDAlUZXN0IFJvb3QwHhcNMTYxMTI1MDYwMDAwWhcNMzYxMTIwMDYwMDAw\n"
	"WjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
	"AAQwnuJdTans/IKb1WK4hFPMj30gVYaCSkHE4dzdx9/LB4wOgx5sf7jDroxwzvGa\n"
	"7BrN8DmqGJRzs7vPy37szI7do00wSzAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB\n"
	"/wQEAwIBBjAdBgNVHQ4EFgQUCHQAgNjK9NQ85r6V3Cb9fDjLlgQwCQYDVR0jBAIw\n"
	"ADAKBggqhkjOPQQDAgNHADBEAiBj12KGvfNPCxUSQRbtZjz51AsTzBDC+Wpffmk3\n"
	"GUcwKwIgTdLEZCTgjBgCtYz3t7gWixak5knfUl2SDg9xPQ5568g=\n"
	"-----END CERTIFICATE-----\n";
static const char key_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESTCHTURR9P38YONHqDQIMs8CpiE+\n"
	"GYVEBO+Wkgx6GJzO3Y4ZUdjB3IpuAc5z3wr2A9LI1YloiYOt9LxYp3ZI7Q==\n"
	"-----END PUBLIC KEY-----\n";
static const char inter_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBkDCCATegAwIBAgIQWgECAwQFBgcICQoLDA0O8DAKBggqhkjOPQQDAjAUMRIw\n"
	"EAYDVQQDDAlUZXN0IFJvb3QwHhcNMTYxMTI1MDYwMDAwWhcNMzYxMTIwMDYwMDAw\n"
	"WjAcMRowGAYDVQQDDBFUZXN0IEludGVybWVkaWF0ZTBZMBMGByqGSM49AgEGCCqG\n"
	"SM49AwEHA0IABLwLI3UuI+Rx8yBasFc0+VouoFOFdkIBeOiwoonEHMQNhI7lHldN\n"
	"DXNMkeSbSB/5uYa/VgIu+5gQbDX03YGOTHujYzBhMA8GA1UdEwEB/wQFMAMBAf8w\n"
	"DgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSvzolIyWO7KKyGiO7YxFSF8QZwZTAf\n"
	"BgNVHSMEGDAWgBQIdACA2Mr01DzmvpXcJv18OMuWBDAKBggqhkjOPQQDAgNHADBE\n"
	"AiBe8eqPwNL0swYRu2mmmUXoYKKCb4eUUC+JDGGi0zVZMwIgBhQ2Wpn0tmiWzKRm\n"
	"4XtFpVj98L+r3Wa59/F2Ac6Fu1o=\n"
	"-----END CERTIFICATE-----\n";

/* 2026-11-23T06:00:00Z, when the seeds are valid. */
#define NOW_US INT64_C(1795413600000000)

static struct trust *roots;
static EVP_PKEY *key;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = memfd_create("roots", 0);
	char path[32];
	const char *const paths[] = { path };
	struct fail why;

	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, root_pem, sizeof(root_pem) - 1) < 0 ||
	    !trust_load(paths, 1, &roots, &why))
		abort();
	close(fd);
	BIO *bio = BIO_new_mem_buf(key_pem, -1);

	key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (!key)
		abort();
	return 0;
}

static char *wrapped(const unsigned char *der, size_t len)
{
	struct buf pem = BUF_INIT(1 << 20);
	char *text = mem_zalloc(len / 3 * 4 + 8);

	EVP_EncodeBlock((unsigned char *)text, der, (int)len);
	buf_add_text(&pem, "-----BEGIN CERTIFICATE-----\n");
	for (const char *p = text; *p; p += strnlen(p, 64))
		buf_addf(&pem, "%.64s\n", p);
	buf_add_text(&pem, "-----END CERTIFICATE-----\n");
	buf_add_text(&pem, inter_pem);
	free(text);
	return buf_take(&pem);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	static const char *const names[] = { "a.example", "192.0.2.7" };
	struct chain_order order = {
		.key = key,
		.names = names,
		.name_count = 2,
		.wall_us = NOW_US,
		.roots = roots,
	};
	struct chain_facts facts = { .length = 0 };
	struct fail why = { .code = FAIL_NONE };

	if (len > 1 << 16)
		return 0;
	char *pem = len && *data == '-' ? mem_dup(data, len)
					: wrapped(data, len);

	if (chain_check(pem, &order, &facts, &why)) {
		assert(facts.length >= 1 && facts.length <= 10);
		assert(strlen(facts.serial) >= 2);
		assert(facts.not_before_us <= NOW_US);
	} else {
		assert(why.code == FAIL_PEER);
		assert(why.text[0]);
	}
	free(pem);
	return 0;
}
