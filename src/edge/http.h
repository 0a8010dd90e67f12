/*
 * The edge that measures: one HTTP request in, one result with raw marks out.
 *
 * Never retries, never follows a redirect, decides nothing. A session is the
 * connections of one issuance: fresh at its start, kept within it, to addresses
 * that are resolved once for each host (c-ares) and pinned. libcurl sends again
 * by itself only when a kept connection died before one byte of the answer;
 * that is counted in exchange.resends, and the marks are then those of the last
 * sending, counted from the start of the first.
 *
 * The marks are our own readings of CLOCK_MONOTONIC:
 *
 * - dns: the address is known; at once for a literal, a pinned or an already
 *   resolved host, MARK_NONE when no connection was opened
 * - connect: the kernel said that TCP is connected
 * - tls: our last handshake message is written (TLS 1.3) or the server's is
 *   read (1.2); our own cryptography is part of it
 * - sent: the last piece of the request is in the kernel, before the answer
 * - first: the status line of the final answer (not of a 1xx) has come to this
 *   machine, as the kernel noted it (SO_TIMESTAMPNS), else when it was read
 * - done: all is read, or the failure is known
 *
 * lag_us is the longest turn of the loop that overlapped with the exchange,
 * with what its own TLS handshake took, or the longest time that its handshake
 * waited behind others'.
 */
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/ip.h"
#include "edge/loop.h"
#include "measure/exchange.h"

struct trust;
struct http;
struct http_session;

/* Zero means "the default" in each. */
struct http_limits {
	int64_t dns_us;	     /* 5 s */
	int64_t connect_us;  /* 10 s */
	int64_t tls_us;	     /* 10 s */
	int64_t answer_us;   /* sent -> first byte, 30 s */
	int64_t total_us;    /* whole exchange, 60 s */
	size_t header_bytes; /* 32 KiB */
	size_t body_bytes;   /* 1 MiB */
};

/*
 * One per process: resolver, counters, user agent. The process ignores SIGPIPE:
 * OpenSSL writes to a connection without asking whether the peer is still
 * there.
 */
bool http_new(struct loop *l, const char *user_agent, struct http **ret_http,
	      struct fail *why);
void http_free(struct http *h);

/* See resolver_use(). */
bool http_dns_servers(struct http *h, const char *servers, struct fail *why);

struct http_session_options {
	const struct trust *trust; /* roots for TLS; borrowed */
	enum ip_family family;	   /* IP_NONE: see resolve_start(); the family
				      that was used is in the exchange, none
				      falls back */
	struct http_limits limits;
	const char *resolve; /* see url_pin_parse(); or NULL */
	/* Files in PEM by which we are known to the server; or NULL. */
	const char *certificate, *key;
	bool any_address; /* false: policy_allows_address() is asked for
			     every host but the first */
};

struct http_session *http_session_new(struct http *h,
				      const struct http_session_options *o);
/* Aborts what is on its way without calling back. */
void http_session_free(struct http_session *s);

struct http_request {
	const char *method; /* "GET", "HEAD", "POST" */
	const char *url;
	const char *content_type; /* with a body */
	const char *accept;	  /* or NULL */
	const char *bearer;	  /* a token (RFC 6750), or NULL */
	const char *key;	  /* Idempotency-Key, or NULL */
	/* Only if it is another one (RFC 9110 13.1); "" and NULL: whatever. */
	const char *if_none_match, *if_modified_since;
	const char *body; /* or NULL */
	size_t body_len;
};

/* The answer that came with the exchange. Borrowed for the call back. */
struct http_reply {
	const char *headers; /* the last header block, CRLF lines, NUL ended */
	size_t headers_len;
	const char *body; /* NUL ended */
	size_t body_len;
	bool network_is_ours; /* the failure is on this side of the network:
				 no route, no interface, no address */
};

/*
 * Starts a request; one at a time for each session. Strings are copied. The
 * call back comes once, from the loop, never from inside http_send(). In the
 * exchange it gets everything about transport is filled in (marks, outcome,
 * status, addresses, TLS, sizes, TCP_INFO, lag, wall_us); outcome is OUTCOME_OK
 * for any complete HTTP answer whatever its status, `detail` is a sentence
 * otherwise; id, issuance, ca, op, attempt, problem, retry_after_us and what is
 * kept are the caller's.
 */
typedef void http_done(void *ctx, struct exchange *e,
		       const struct http_reply *reply);
void http_send(struct http_session *s, const struct http_request *request,
	       http_done *done, void *ctx);

/* Ends what is on its way; its call back comes now, with this outcome. */
void http_abort(struct http_session *s, enum outcome outcome, const char *why);

#endif
