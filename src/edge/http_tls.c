/* OpenSSL under libcurl: our roots, our marks, and the reason of a failure. */
#include "edge/http_private.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "edge/trust.h"

static void on_tls(const SSL *ssl, int where, int value)
{
	struct http_conn *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct http_session *s = c->session;
	struct http_transfer *t = &s->t;
	long verified;

	/* Not the first handshake, or not of this exchange. */
	if (t->step != STEP_TLS || t->conn != c)
		return;
	if (where & SSL_CB_HANDSHAKE_DONE) {
		t->e.marks.tls_us = http_since_start_us(s);
		text_copy(c->tls_version, sizeof(c->tls_version),
			  SSL_get_version(ssl));
		text_copy(c->cipher, sizeof(c->cipher),
			  SSL_get_cipher_name(ssl));
		http_enter(s, STEP_SEND);
	} else if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) {
		text_copy(t->alert, sizeof(t->alert),
			  SSL_alert_desc_string_long(value));
	} else if (where & SSL_CB_EXIT) {
		verified = SSL_get_verify_result(ssl);
		if (verified != X509_V_OK)
			t->verify_result = verified;
	}
}

/*
 * Called for each connection, when TCP stands. libcurl adds nothing to the
 * store, since it is given neither CAINFO nor CAPATH. The name is checked here
 * as well, within the handshake, so that a wrong one fails as TLS does and not
 * after its mark.
 */
CURLcode http_tls_context(CURL *easy, void *ssl_ctx, void *session)
{
	struct http_session *s = session;
	SSL_CTX *ctx = ssl_ctx;
	X509_VERIFY_PARAM *check = SSL_CTX_get0_param(ctx);
	const struct url *url = &s->t.url;
	int ok;

	(void)easy;
	if (!s->t.conn)
		return CURLE_SSL_CONNECT_ERROR;
	if (s->roots)
		SSL_CTX_set1_cert_store(ctx, s->roots);
	X509_VERIFY_PARAM_set_hostflags(check,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (url->address.family == IP_NONE)
		ok = X509_VERIFY_PARAM_set1_host(check, url->host, 0);
	else
		ok = X509_VERIFY_PARAM_set1_ip_asc(check, url->host);
	if (ok != 1)
		return CURLE_SSL_CONNECT_ERROR;
	SSL_CTX_set_app_data(ctx, s->t.conn);
	SSL_CTX_set_info_callback(ctx, on_tls);
	/* libcurl's own trace of every record, which nobody reads. */
	SSL_CTX_set_msg_callback(ctx, NULL);
	return CURLE_OK;
}

X509_STORE *http_tls_roots(const struct trust *trust)
{
	return trust_store(trust);
}

void http_tls_roots_free(X509_STORE *roots)
{
	X509_STORE_free(roots);
}

const char *http_tls_verify_words(long verify_result)
{
	return X509_verify_cert_error_string(verify_result);
}
