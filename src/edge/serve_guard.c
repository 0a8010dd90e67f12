#include "edge/serve_guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"
#include "edge/file.h"
#include "edge/key.h"
#include "edge/openssl.h"
#include "edge/pem.h"
#include "edge/trust.h"

enum { TOKEN_LEAST = 16, DIGEST = 32 };

AUTO_KIND(ssl_ctx, SSL_CTX, SSL_CTX_free)
AUTO_KIND(guard, struct serve_guard, serve_guard_free)

struct serve_guard {
	SSL_CTX *tls; /* NULL: plain */
	bool has_token;
	unsigned char token[DIGEST]; /* its SHA-256 */
};

/* --- the certificate ---------------------------------------------------- */

/* The first is the server's own, the others lead to a root. */
static bool add_to_chain(void *tls, X509 *cert, unsigned number,
			 struct fail *why)
{
	return (number ? SSL_CTX_add1_chain_cert(tls, cert)
		       : SSL_CTX_use_certificate(tls, cert)) == 1 ||
	       openssl_fail(why, FAIL_FILE, "cannot be used");
}

static bool use_key(SSL_CTX *tls, const char *path, struct fail *why)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (!key_load(path, &key, why))
		return false;
	if (SSL_CTX_use_PrivateKey(tls, key) == 1)
		return true;
	ERR_clear_error();
	return fail_set(why, FAIL_FILE,
			"%s is not the key of the certificate, expected the "
			"one that belongs to it",
			path);
}

/* --- who asks ----------------------------------------------------------- */

/* Who asks is told which CAs are meant, and shows one of theirs or none. */
static bool use_client_ca(SSL_CTX *tls, const char *path, struct fail *why)
{
	struct trust *roots;

	if (!trust_load(&path, 1, &roots, why))
		return false;
	SSL_CTX_set_cert_store(tls, trust_store(roots));
	trust_free(roots);
	SSL_CTX_set_client_CA_list(tls, SSL_load_client_CA_file(path));
	SSL_CTX_set_verify(
		tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	ERR_clear_error();
	return true;
}

/* A hash of it is compared, so that neither time nor length tells anything. */
static bool digest(const char *token, size_t len,
		   unsigned char dst[static DIGEST])
{
	return EVP_Digest(token, len, dst, NULL, EVP_sha256(), NULL) == 1;
}

/* RFC 6750 section 2.1: b64token. */
static bool is_token(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-._~+/");

	return len + strspn(text + len, "=") == strlen(text) &&
	       len >= TOKEN_LEAST;
}

static bool use_token(struct serve_guard *g, const char *path, struct fail *why)
{
	AUTO(text) char *line = NULL;

	if (!file_read_line(path, &line, why))
		return false;
	if (!is_token(line))
		return fail_set(why, FAIL_FILE,
				"%s holds no token, expected one line of %d "
				"characters or more from A-Z, a-z, 0-9 and "
				"-._~+/",
				path, TOKEN_LEAST);
	g->has_token = true;
	return digest(line, strlen(line), g->token) ||
	       openssl_fail(why, FAIL_OURS, "cannot hash a token");
}

bool serve_guard_admits(const struct serve_guard *g,
			const struct route_request *r)
{
	static const char scheme[] = "Bearer ";
	const char *said = route_header_find(r, "Authorization");
	unsigned char hash[DIGEST];

	if (!g || !g->has_token)
		return true;
	if (!said || strncasecmp(said, scheme, strlen(scheme)) != 0)
		return false;
	said += strlen(scheme);
	said += strspn(said, " ");
	return digest(said, strlen(said), hash) &&
	       CRYPTO_memcmp(hash, g->token, DIGEST) == 0;
}

/* --- TLS ---------------------------------------------------------------- */

/* One who offers protocols, and none of ours, is told so (RFC 7301 3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **out,
			   unsigned char *out_len, const unsigned char *in,
			   unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in,
				  in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Sessions are in tickets, which cost no memory here. */
static SSL_CTX *make_tls(void)
{
	static const unsigned char name[] = "acmeter";
	AUTO(ssl_ctx) SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX *made = tls;

	if (!tls || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_session_id_context(tls, name, sizeof(name) - 1) != 1)
		return NULL;
	/* Of TLS 1.2 what keeps its secrets when the key is lost. */
	if (SSL_CTX_set_cipher_list(tls, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
		return NULL;
	SSL_CTX_set_options(tls,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(tls,
			 SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(tls, choose_protocol, NULL);
	tls = NULL;
	return made;
}

static bool load(struct serve_guard *g, const struct config_web *web,
		 const char **ret_key, struct fail *why)
{
	*ret_key = "token_file";
	if (web->token_file && !use_token(g, web->token_file, why))
		return false;
	*ret_key = "certificate";
	if (!web->certificate)
		return true;
	g->tls = make_tls();
	if (!g->tls)
		return openssl_fail(why, FAIL_OURS, "cannot set up TLS");
	if (!pem_certificates(web->certificate, add_to_chain, g->tls, why))
		return false;
	*ret_key = "key";
	if (!use_key(g->tls, web->key, why))
		return false;
	*ret_key = "client_ca";
	return !web->client_ca || use_client_ca(g->tls, web->client_ca, why);
}

bool serve_guard_load(const struct config_web *web,
		      struct serve_guard **ret_guard, const char **ret_key,
		      struct fail *why)
{
	AUTO(guard) struct serve_guard *g = mem_zalloc(sizeof(*g));

	if (!load(g, web, ret_key, why))
		return false;
	*ret_guard = g;
	g = NULL;
	return true;
}

void serve_guard_free(struct serve_guard *g)
{
	if (!g)
		return;
	SSL_CTX_free(g->tls);
	free(g);
}

void serve_guard_look(const struct config_web *web,
		      struct serve_guard_stamp *ret_stamp)
{
	const char *const paths[4] = { web->certificate, web->key,
				       web->client_ca, web->token_file };
	struct stat st;

	*ret_stamp = (struct serve_guard_stamp){ .parts = { { 0 } } };
	for (size_t i = 0; i < 4; i++) {
		uint64_t *part = ret_stamp->parts[i];

		if (!paths[i] || stat(paths[i], &st) != 0)
			continue;
		part[0] = (uint64_t)st.st_ino;
		part[1] = (uint64_t)st.st_size;
		part[2] = (uint64_t)st.st_mtim.tv_sec;
		part[3] = (uint64_t)st.st_mtim.tv_nsec;
	}
}

/* --- a connection ------------------------------------------------------- */

struct bufferevent *serve_guard_open(const struct serve_guard *g,
				     struct event_base *base, int fd)
{
	struct bufferevent *bev;
	SSL *ssl;

	if (!g || !g->tls) {
		bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	} else {
		ssl = SSL_new(g->tls);
		bev = ssl ? bufferevent_openssl_socket_new(
				    base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
				    BEV_OPT_CLOSE_ON_FREE)
			  : NULL;
	}
	if (!bev)
		abort(); /* memory: see base/mem.h */
	return bev;
}

void serve_guard_pull(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t most = 0, have = evbuffer_get_length(in);
	char bytes[4096];
	int got;

	bufferevent_getwatermark(bev, EV_READ, NULL, &most);
	while (ssl && have < most && SSL_pending(ssl) > 0) {
		size_t room = most - have < sizeof(bytes) ? most - have
							  : sizeof(bytes);

		got = SSL_read(ssl, bytes, (int)room);
		if (got <= 0)
			break;
		/* Not frozen, as a socket's would be: frozen, it takes no more.
		 */
		evbuffer_add(in, bytes, (size_t)got);
		have += (size_t)got;
	}
}

void serve_guard_push(struct bufferevent *bev, size_t most)
{
	struct evbuffer *out = bufferevent_get_output(bev);

	if (bufferevent_get_enabled(bev) & EV_WRITE)
		return;
	/* Only libevent itself may take from an output otherwise. */
	evbuffer_unfreeze(out, 1);
	evbuffer_write_atmost(out, bufferevent_getfd(bev), (ev_ssize_t)most);
	evbuffer_freeze(out, 1);
	if (evbuffer_get_length(out) > 0)
		bufferevent_enable(bev, EV_WRITE);
	else
		bufferevent_trigger(bev, EV_WRITE, BEV_OPT_DEFER_CALLBACKS);
}

void serve_guard_rest(struct bufferevent *bev)
{
	if (!bufferevent_openssl_get_ssl(bev))
		bufferevent_disable(bev, EV_WRITE);
}

struct bufferevent *serve_guard_salvage(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	struct bufferevent *plain;
	int fd;

	if (!ssl || SSL_is_init_finished(ssl))
		return NULL;
	fd = fcntl(bufferevent_getfd(bev), F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	plain = bufferevent_socket_new(bufferevent_get_base(bev), fd,
				       BEV_OPT_CLOSE_ON_FREE);
	if (!plain)
		abort(); /* memory: see base/mem.h */
	return plain;
}

void serve_guard_finish(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	/* It fails where the other side has left, which is no matter. */
	if (ssl && SSL_is_init_finished(ssl)) {
		SSL_shutdown(ssl);
		ERR_clear_error();
	}
	shutdown(bufferevent_getfd(bev), SHUT_WR);
}
