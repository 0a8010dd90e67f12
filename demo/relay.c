#include "relay.h"

#include <assert.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/openssl.h"

enum { PATIENCE_S = 60 };

struct relay {
	struct evhttp_connection *connection;
	relay_answer *answer;
	void *ctx;
};

void relay_copy_headers(struct evkeyvalq *to, struct evkeyvalq *from)
{
	static const char *const own[] = { "Connection", "Content-Length",
					   "Transfer-Encoding", "Keep-Alive" };
	const struct evkeyval *header;

	TAILQ_FOREACH(header, from, next)
	{
		bool is_own = false;

		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			is_own = is_own ||
				 text_same_nocase(header->key, own[i]);
		if (!is_own)
			evhttp_add_header(to, header->key, header->value);
	}
}

static void on_answered(struct evhttp_request *answer, void *ctx)
{
	struct relay *r = ctx;

	/* Without a status there was no answer, as far as libevent tells. */
	if (answer && evhttp_request_get_response_code(answer) == 0)
		answer = NULL;
	r->answer(r->ctx, answer);
	free(r);
}

static struct evhttp_connection *connect_to(const struct relay_way *way)
{
	char host[INET_ADDRSTRLEN];
	SSL *ssl = SSL_new(way->tls);
	struct bufferevent *bev;
	struct evhttp_connection *connection;

	assert(ssl);
	bev = bufferevent_openssl_socket_new(loop_base(way->loop), -1, ssl,
					     BUFFEREVENT_SSL_CONNECTING,
					     BEV_OPT_CLOSE_ON_FREE);
	assert(bev);
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	inet_ntop(AF_INET, &way->to.sin_addr, host, sizeof(host));
	connection = evhttp_connection_base_bufferevent_new(
		loop_base(way->loop), NULL, bev, host, ntohs(way->to.sin_port));
	assert(connection);
	evhttp_connection_set_timeout(connection, PATIENCE_S);
	evhttp_connection_free_on_completion(connection);
	return connection;
}

struct relay *relay_new(const struct relay_way *way,
			struct evhttp_request *asked, relay_answer *answer,
			void *ctx)
{
	struct relay *r = mem_zalloc(sizeof(*r));
	struct evhttp_request *request = evhttp_request_new(on_answered, r);

	assert(request);
	*r = (struct relay){ .connection = connect_to(way),
			     .answer = answer,
			     .ctx = ctx };
	/* With the host that the station calls the CA by. */
	relay_copy_headers(evhttp_request_get_output_headers(request),
			   evhttp_request_get_input_headers(asked));
	evhttp_add_header(evhttp_request_get_output_headers(request),
			  "Connection", "close");
	evbuffer_add_buffer(evhttp_request_get_output_buffer(request),
			    evhttp_request_get_input_buffer(asked));
	if (evhttp_make_request(r->connection, request,
				evhttp_request_get_command(asked),
				evhttp_request_get_uri(asked)) != 0) {
		relay_free(r);
		return NULL;
	}
	return r;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	evhttp_connection_free(r->connection);
	free(r);
}

/* --- TLS ---------------------------------------------------------------- */

static bool refuse(SSL_CTX *tls, struct fail *why, const char *path)
{
	SSL_CTX_free(tls);
	return openssl_fail(why, FAIL_FILE, path);
}

bool relay_tls_server(const char *certificate, const char *key,
		      SSL_CTX **ret_tls, struct fail *why)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	if (!tls || SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
		return refuse(tls, why, certificate);
	if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
		return refuse(tls, why, key);
	*ret_tls = tls;
	return true;
}

bool relay_tls_client(const char *roots, SSL_CTX **ret_tls, struct fail *why)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (!tls || SSL_CTX_load_verify_locations(tls, roots, NULL) != 1)
		return refuse(tls, why, roots);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	*ret_tls = tls;
	return true;
}
