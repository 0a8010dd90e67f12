/*
 * One request passed on to the CA, on a connection of its own, and what it
 * answers.
 */
#ifndef DEMO_RELAY_H
#define DEMO_RELAY_H

#include <netinet/in.h>

#include <openssl/ssl.h>

#include "base/fail.h"
#include "edge/loop.h"

struct evhttp_request;
struct relay;

/*
 * The answer is borrowed for the call; NULL when there was none. The relay is
 * over then and frees itself. A relay that cannot begin is NULL.
 */
typedef void relay_answer(void *ctx, struct evhttp_request *answer);

struct relay_way {
	struct loop *loop;
	SSL_CTX *tls; /* borrowed */
	struct sockaddr_in to;
};

struct relay *relay_new(const struct relay_way *way,
			struct evhttp_request *asked, relay_answer *answer,
			void *ctx);
/* Before it is over; NULL is nothing. The answer is not told. */
void relay_free(struct relay *r);

/* The headers of `from` that are not about its connection, into `to`. */
struct evkeyvalq;
void relay_copy_headers(struct evkeyvalq *to, struct evkeyvalq *from);

/* For the stations, by the files of the CA's own server. */
bool relay_tls_server(const char *certificate, const char *key,
		      SSL_CTX **ret_tls, struct fail *why);
/* To the CA, which is known by this root. */
bool relay_tls_client(const char *roots, SSL_CTX **ret_tls, struct fail *why);

#endif
