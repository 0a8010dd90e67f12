#include "edge/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "edge/openssl.h"
#include "edge/whole.h"

enum { PEM_FILE_BYTES = 8 << 20 };

bool pem_certificates(const char *path,
		      bool (*take)(void *ctx, X509 *cert, unsigned number,
				   struct fail *why),
		      void *ctx, struct fail *why)
{
	AUTO(buf) struct buf text = BUF_INIT(PEM_FILE_BYTES);
	AUTO(bio) BIO *bio = NULL;
	unsigned count = 0;

	if (!whole_read(path, &text, why))
		return false;
	bio = BIO_new_mem_buf(buf_text(&text), (int)text.len);
	if (!bio)
		return openssl_fail(why, FAIL_OURS, "cannot read from memory");
	for (;; count++) {
		AUTO(x509)
		X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);

		if (!cert)
			break;
		if (!take(ctx, cert, count, why))
			return fail_at(why, "certificate %u of %s", count + 1,
				       path);
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		openssl_fail(why, FAIL_FILE, "cannot be read");
		return fail_at(why, "certificate %u of %s", count + 1, path);
	}
	ERR_clear_error();
	return count > 0 ||
	       fail_set(why, FAIL_FILE,
			"%s holds no certificate, expected one or more in PEM "
			"(-----BEGIN CERTIFICATE-----)",
			path);
}
