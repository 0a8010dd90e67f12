/*
 * Which URLs a CA may send us to.
 *
 * https only, unless plain http is allowed (a local test CA); the directory's
 * own origin only, unless other hosts are allowed by name; never to an address
 * that is not public, unless the directory itself is at such a place.
 */
#ifndef ACME_POLICY_H
#define ACME_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/ip.h"
#include "base/url.h"

struct url_policy {
	bool allow_http;
	const char *const *hosts; /* further hosts that are allowed */
	size_t host_count;
};

/* FAIL_PEER with a sentence when the directory may not send us to url. */
bool policy_allows(const struct url_policy *policy, const struct url *directory,
		   const char *url, struct fail *why);

/*
 * Whether a URL of a host that resolved to `to` may be asked, when the
 * directory was reached at `directory`: public addresses always, others only
 * when the directory's own is not public either.
 */
bool policy_allows_address(const struct ip *directory, const struct ip *to);

#endif
