/*
 * Answers the CA's validation requests: http-01 (RFC 8555 section 8.3).
 *
 * Knows only tokens it was given; everything else is 404. Tells when and from
 * where each request came. One listener for the whole process.
 */
#ifndef EDGE_RESPONDER_H
#define EDGE_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/ip.h"
#include "edge/loop.h"

struct responder;

/*
 * address: "0.0.0.0:80", "[::]:5002" (IPv6 only), ":5002" (both families).
 * FAIL_INPUT or FAIL_NETWORK.
 */
bool responder_new(struct loop *l, const char *address,
		   struct responder **ret_responder, struct fail *why);
void responder_free(struct responder *r);

/* The port it listens on (useful when 0 was asked for). */
uint16_t responder_port(const struct responder *r);

/*
 * One GET of a CA for a token we have, answered already; called from the
 * loop. mono_us is when its first byte came. May add and forget tokens, but
 * not free the responder.
 */
typedef void responder_seen(void *ctx, const char *token, const struct ip *from,
			    int64_t mono_us);

/* token and answer are copied. Replaces an entry with the same token. */
void responder_add(struct responder *r, const char *token, const char *answer,
		   responder_seen *seen, void *ctx);

/* Forgets all tokens that were added with ctx. */
void responder_forget(struct responder *r, const void *ctx);

#endif
