#include "edge/trust.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/openssl.h"
#include "edge/pem.h"

struct trust {
	X509_STORE *store;
};

static bool add_root(void *store, X509 *cert, unsigned number, struct fail *why)
{
	(void)number;
	return X509_STORE_add_cert(store, cert) == 1 ||
	       openssl_fail(why, FAIL_OURS, "cannot be kept as a root");
}

static bool add_file(X509_STORE *store, const char *path, struct fail *why)
{
	return pem_certificates(path, add_root, store, why);
}

/* Whether a folder has links by hash of the subject, as c_rehash makes them. */
static bool is_hashed(const char *path)
{
	DIR *dir = opendir(path);
	bool found = false;

	if (!dir)
		return false;
	for (struct dirent *e = readdir(dir); e && !found; e = readdir(dir))
		found = strlen(e->d_name) == 10 && e->d_name[8] == '.' &&
			strspn(e->d_name, "0123456789abcdef") == 8;
	closedir(dir);
	return found;
}

/*
 * Whether a file is the bundle that the system made of a hashed folder: then
 * the folder says the same and need not be read whole.
 */
static bool is_bundle_of(const char *file, const char *dir)
{
	char bundle[PATH_MAX];
	struct stat a, b;
	int len =
		snprintf(bundle, sizeof(bundle), "%s/ca-certificates.crt", dir);

	return len > 0 && len < PATH_MAX && stat(file, &a) == 0 &&
	       stat(bundle, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino && is_hashed(dir);
}

static bool add_folder(X509_STORE *store, const char *dir, struct fail *why)
{
	return X509_STORE_load_path(store, dir) == 1 ||
	       openssl_fail(why, FAIL_OURS, "cannot use a folder of roots");
}

/* What a person set in the environment, as OpenSSL's own tools read it. */
static bool add_named(X509_STORE *store, const char *file, const char *dir,
		      struct fail *why)
{
	const char *folder = dir ? dir : X509_get_default_cert_dir();

	if (file && is_bundle_of(file, folder))
		return add_folder(store, folder, why);
	if (file && !add_file(store, file, why))
		return fail_at(why, "%s", X509_get_default_cert_file_env());
	return !dir || add_folder(store, dir, why);
}

/*
 * The system's roots. To parse the whole bundle takes longer than a whole
 * issuance on our side: where the folder is hashed, OpenSSL reads the root it
 * needs when it needs it.
 */
static bool add_system(X509_STORE *store, struct fail *why)
{
	static const char *const known[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
	};
	const char *file = secure_getenv(X509_get_default_cert_file_env());
	const char *dir = secure_getenv(X509_get_default_cert_dir_env());

	if (file || dir)
		return add_named(store, file, dir, why);
	dir = X509_get_default_cert_dir();
	if (is_hashed(dir))
		return add_folder(store, dir, why);
	if (access(X509_get_default_cert_file(), R_OK) == 0)
		return add_file(store, X509_get_default_cert_file(), why);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (access(known[i], R_OK) == 0)
			return add_file(store, known[i], why);
	return fail_set(why, FAIL_FILE,
			"this system has no trusted roots in %s or %s; install "
			"ca-certificates or name a file of roots",
			dir, known[0]);
}

bool trust_load(const char *const *paths, size_t count,
		struct trust **ret_trust, struct fail *why)
{
	AUTO(x509_store) X509_STORE *store = X509_STORE_new();

	if (!store ||
	    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return openssl_fail(why, FAIL_OURS,
				    "cannot make a trust store");
	if (count == 0 && !add_system(store, why))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_file(store, paths[i], why))
			return false;

	struct trust *t = mem_zalloc(sizeof(*t));
	t->store = store;
	store = NULL;
	*ret_trust = t;
	return true;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	free(t);
}

X509_STORE *trust_store(const struct trust *t)
{
	X509_STORE_up_ref(t->store);
	return t->store;
}
