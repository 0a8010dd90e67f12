#include "acme/policy.h"

#include "base/text.h"

static bool host_is_listed(const struct url_policy *policy,
			   const struct url *url)
{
	for (size_t i = 0; i < policy->host_count; i++) {
		if (text_same_nocase(policy->hosts[i], url->host))
			return true;
	}
	return false;
}

bool policy_allows(const struct url_policy *policy, const struct url *directory,
		   const char *url, struct fail *why)
{
	struct url to;

	if (!url_parse(url, &to, why))
		return false;
	if (!to.https && !policy->allow_http)
		return fail_set(why, FAIL_PEER, "\"%.120s\" is not https", url);
	if (to.address.family != IP_NONE &&
	    !policy_allows_address(&directory->address, &to.address))
		return fail_set(why, FAIL_PEER,
				"\"%.120s\" is at an address that is not "
				"public",
				url);
	if (!url_same_origin(directory, &to) && !host_is_listed(policy, &to))
		return fail_set(why, FAIL_PEER,
				"\"%.120s\" is not on the directory's own "
				"host, and no other is allowed",
				url);
	return true;
}

bool policy_allows_address(const struct ip *directory, const struct ip *to)
{
	return !ip_is_special(to) ||
	       (directory->family != IP_NONE && ip_is_special(directory));
}
