/*
 * What the files of the http module share: http.c (sessions and their limits),
 * http_curl.c (libcurl), http_tls.c (OpenSSL), http_socket.c (the kernel) and
 * http_end.c (what a failure means).
 *
 * Invariant: t.step changes in http_enter() only, and the caller's call back is
 * the last thing that http_finish() does, because it may free the session.
 */
#ifndef EDGE_HTTP_PRIVATE_H
#define EDGE_HTTP_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/url.h"
#include "edge/http.h"
#include "edge/resolve.h"

struct event;
typedef struct x509_store_st X509_STORE;

enum {
	HTTP_HOSTS = 8, /* of one session */
	HTTP_TLS_WORDS = 160,
};

struct http {
	struct loop *loop;
	struct resolver *resolver;
	char *user_agent;
	int stamping; /* see stamp_keep_on() */
};

/* Where an exchange stands, and so which limit runs. */
enum http_step {
	STEP_IDLE,
	STEP_DNS,
	STEP_CONNECT,
	STEP_TLS,
	STEP_SEND,
	STEP_ANSWER, /* the request is out */
	STEP_RECEIVE,
	STEP_OVER, /* decided, the call back still to come */
};

/* A name of this session and the address that it stands for. */
struct http_host {
	char name[URL_HOST_MAX];
	struct ip ip;
};

/* An open connection. */
struct http_conn {
	struct http_conn *next;
	struct http_session *session;
	int fd;
	bool stands; /* TCP is, or was, connected */
	char tls_version[EXCHANGE_TLS_VERSION];
	char cipher[EXCHANGE_CIPHER];
};

/* A socket that libcurl wants watched. */
struct http_watch {
	struct http_watch *next;
	struct http_session *session;
	struct event *event;
	int fd;
	short what;
};

/* The exchange that is on its way. */
struct http_transfer {
	enum http_step step;
	int64_t step_us; /* since when */
	int64_t start_us;
	int64_t arrival_us; /* of what libcurl is reading; 0: not known */
	int64_t lag_mark;
	int64_t backlog_us; /* longest wait of a heavy piece of work */
	int64_t address_us; /* dns, should a connection be opened */
	http_done *done;
	void *ctx;
	struct exchange e;
	struct url url;
	struct curl_slist *head;
	struct curl_slist *connect_to;
	struct resolve_query *query;
	struct http_host *host;
	struct http_conn *conn; /* that it uses, once that is known */
	bool opened;		/* by this exchange */
	struct buf reply_head;
	struct buf reply_body;
	bool running;	   /* in libcurl's hands */
	bool new_block;	   /* the next header line is a status line */
	bool interim;	   /* this header block is a 1xx */
	bool headers_over; /* of the final answer; trailers may come */
	bool opened_now;   /* the socket is as old as this call */
	bool goaway;	   /* the server said so (RFC 9113 6.8) */
	bool network_is_ours;
	long verify_result; /* X509_V_...; 0 is good */
	char alert[HTTP_TLS_WORDS];
};

struct http_session {
	struct http *http;
	struct loop *loop;
	X509_STORE *roots;
	enum ip_family family;
	struct http_limits limits;
	bool any_address;
	char *certificate, *key; /* of ours, or NULL; owned */
	bool usable;		 /* else every request fails ... */
	struct fail why_not;	 /* ... with this */
	struct http_host pinned; /* name "" when nothing is */
	struct http_host hosts[HTTP_HOSTS];
	unsigned host_count;
	CURLM *multi;
	CURL *easy;
	struct event *curl_timer;
	struct event *late; /* ends what is over already */
	struct loop_timer *limit;
	struct http_watch *watches;
	struct http_conn *conns;
	struct http_transfer t;
	char curl_words[CURL_ERROR_SIZE];
};

/* http.c */
void http_enter(struct http_session *s, enum http_step step);

/* The limit of the step it is in; 0 when that has none of its own. */
int64_t http_step_limit_us(const struct http_session *s);
int64_t http_since_start_us(const struct http_session *s);
/* Decides how it ends; harmless when that is decided already. */
void http_decide(struct http_session *s, enum outcome outcome,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));
void http_finish(struct http_session *s);

/* http_curl.c */
void http_curl_open(struct http_session *s);
void http_curl_close(struct http_session *s);
/* Gives the request to libcurl's handle; nothing is sent yet. */
void http_curl_prepare(struct http_session *s, const struct http_request *r);
/* Starts it, to t.host. What comes of it is told by http_curl_harvest(). */
void http_curl_go(struct http_session *s);
/* Takes it out of libcurl's hands; fills in what libcurl knows. */
void http_curl_stop(struct http_session *s);
/* Asks libcurl whether it is through with it; true when the end is decided. */
bool http_curl_harvest(struct http_session *s);

/* http_tls.c */
CURLcode http_tls_context(CURL *easy, void *ssl_ctx, void *session);
X509_STORE *http_tls_roots(const struct trust *trust);
void http_tls_roots_free(X509_STORE *roots);
/* "certificate has expired" */
const char *http_tls_verify_words(long verify_result);

/* http_socket.c */
curl_socket_t http_socket_open(void *session, curlsocktype purpose,
			       struct curl_sockaddr *address);
int http_socket_close(void *session, curl_socket_t fd);
bool http_socket_is_connected(int fd);
struct http_conn *http_conn_find(struct http_session *s, int fd);
void http_conn_forget(struct http_session *s, struct http_conn *c);
/* RTT, retransmits and TLS facts of a connection into the exchange. */
void http_conn_report(struct http_session *s, const struct http_conn *c);

/* http_end.c */
void http_end_curl(struct http_session *s, CURLcode code, long os_errno);
void http_end_limit(struct http_session *s);

#endif
