#include "app/probe_advice.h"

#include <string.h>

/* In the words of OpenSSL, which all mean a root that is not trusted. */
static bool lacks_a_root(const struct issuance *i)
{
	return strstr(i->detail, "issuer certificate") ||
	       strstr(i->detail, "self-signed certificate");
}

static const char *advice_for_self(const struct probe_options *o,
				   const struct issuance *i)
{
	if (i->op == OP_CHALLENGE)
		return "the name has to lead to this machine, and its port 80 "
		       "to the address of --responder";
	if (i->op == OP_NEW_ACCOUNT && !o->eab_kid)
		return "--eab-kid and --eab-hmac-file take the binding that "
		       "the CA hands out; --account-key another account";
	return NULL;
}

static const char *advice_for_problem(const struct probe_options *o,
				      bool name_is_invented,
				      const struct issuance *i)
{
	if (strcmp(i->problem, "externalAccountRequired") == 0 && !o->eab_kid)
		return "--eab-kid and --eab-hmac-file take the binding that "
		       "the CA hands out";
	if (strcmp(i->problem, "rejectedIdentifier") == 0 && name_is_invented)
		return "the name was invented; --name takes one that the CA "
		       "issues for";
	return NULL;
}

const char *probe_advice(const struct probe_options *o, bool name_is_invented,
			 const struct issuance *i)
{
	switch (i->outcome) {
	case OUTCOME_TLS:
		return o->tls_roots.count || !lacks_a_root(i)
			       ? NULL
			       : "--ca-file takes the roots of a CA "
				 "that the system does not know";
	case OUTCOME_BAD_CERTIFICATE:
		return o->roots.count || !lacks_a_root(i)
			       ? NULL
			       : "--roots takes the roots of a CA that "
				 "the system does not know";
	case OUTCOME_SELF:
		return advice_for_self(o, i);
	case OUTCOME_PROBLEM:
		return advice_for_problem(o, name_is_invented, i);
	case OUTCOME_HTTP_ERROR:
	case OUTCOME_PROTOCOL:
		return i->op == OP_DIRECTORY
			       ? "the URL has to be that of the directory, "
				 "which CAs put in different places"
			       : NULL;
	case OUTCOME_OK:
	case OUTCOME_DNS:
	case OUTCOME_REFUSED:
	case OUTCOME_TIMEOUT:
	case OUTCOME_UNREACHABLE:
	case OUTCOME_CLOSED:
	case OUTCOME_RATE_LIMITED:
	case OUTCOME_VALIDATION:
	case OUTCOME_INTERRUPTED:
	case OUTCOME_BAD_NONCE:
	case OUTCOMES:
		break;
	}
	return NULL;
}
