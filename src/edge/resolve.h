/*
 * Names to addresses, by c-ares: the same /etc/resolv.conf and /etc/hosts that
 * other programs use, but in the loop and with a deadline.
 *
 * Never answers with an address of a family that was not asked for, and never
 * says "there is none" when it only was not told in time.
 */
#ifndef EDGE_RESOLVE_H
#define EDGE_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/ip.h"
#include "base/url.h"
#include "edge/loop.h"

struct resolver;
struct resolve_query;

/* Reads the system's configuration at the first query, not before. */
struct resolver *resolver_new(struct loop *l);
/* Ends all queries without calling back. */
void resolver_free(struct resolver *r);

/*
 * Asks these servers ("127.0.0.1:8053,[::1]:53") instead of those of
 * /etc/resolv.conf. To be called while no query is on its way.
 */
bool resolver_use(struct resolver *r, const char *servers, struct fail *why);

/*
 * What needs no resolver: address literals, and localhost (RFC 6761 6.3). False
 * when the host is any other name, and for a literal of the other family.
 */
bool resolve_known(const char *host, enum ip_family family,
		   struct ip *ret_address);

/*
 * Asks for an address of host: of family, or for IP_NONE of either, then IPv6
 * when this machine has a route to it (RFC 6724, cut down to its first rule),
 * else IPv4. The call back comes once, from the loop, with an address or with
 * `why` (FAIL_DNS); at the latest after limit_us. Borrowed for the call.
 */
typedef void resolve_done(void *ctx, const struct ip *address,
			  const struct fail *why);
struct resolve_query *resolve_start(struct resolver *r, const char *host,
				    enum ip_family family, int64_t limit_us,
				    resolve_done *done, void *ctx);

/* No call back will come. Not after it came. */
void resolve_cancel(struct resolve_query *q);

/* Whether this machine has a route to the address, as connect() sees it. */
bool resolve_has_route(const struct ip *address);

#endif
