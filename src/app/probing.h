/*
 * What one issuance from the command line needs, made from its options: roots,
 * account, network, a name.
 */
#ifndef APP_PROBING_H
#define APP_PROBING_H

#include "app/invented_name.h"
#include "app/issue.h"
#include "app/probe_options.h"
#include "base/url.h"

struct probing {
	struct probe_options *options; /* borrowed; gets an invented name */
	char host[URL_HOST_MAX + 8];   /* of the CA, for people */
	char invented[INVENTED_NAME];  /* "" when names were given */
	struct loop *loop;
	struct http *http;
	struct responder *responder;
	struct trust *tls_roots, *roots; /* may be the same */
	EVP_PKEY *account;
	char *thumbprint, *eab_hmac;
	struct issue_setup setup;
};

/* Also when it is false, it is to be released. */
bool probing_prepare(struct probing *p, struct probe_options *options,
		     struct fail *why);
void probing_release(struct probing *p);

/* As issue_start(). */
struct issue *probing_start(struct probing *p, const struct issue_owner *owner,
			    struct fail *why);

#endif
