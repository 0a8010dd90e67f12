/*
 * The objects of RFC 8555 section 7.1 as structs, read from JSON without
 * trust, and the payloads that are sent.
 *
 * Every parser takes the bytes of an answer, refuses what is too large or too
 * deep, checks every URL against the policy, and says what is wrong in one
 * sentence (FAIL_PEER or FAIL_LIMIT). What it returns is owned by the caller
 * and freed by the matching _release().
 */
#ifndef ACME_MESSAGE_H
#define ACME_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/flow.h"
#include "acme/policy.h"
#include "acme/problem.h"
#include "base/fail.h"

enum {
	MESSAGE_BYTES = 256 * 1024, /* the largest JSON answer that is read */
	MESSAGE_DEPTH = 16,
	MESSAGE_AUTHORIZATIONS = 100,
	MESSAGE_CHALLENGES = 32,
	MESSAGE_TOKEN = 512, /* NUL included; what our responder answers for */
};

/* Where URLs of an answer may point. */
struct message_origin {
	const struct url_policy *policy;
	const struct url *directory;
};

/* 7.1.1, of which only what we use. */
struct directory {
	char *new_nonce, *new_account, *new_order;
	char *revoke_cert; /* NULL: none, or none that we may ask */
	bool binding_required;
};

/* newNonce, newAccount and newOrder must be there. */
bool directory_parse(const char *body, size_t len,
		     const struct message_origin *origin,
		     struct directory *ret_directory, struct fail *why);
void directory_release(struct directory *d);

enum account_status {
	ACCOUNT_VALID,
	ACCOUNT_DEACTIVATED,
	ACCOUNT_REVOKED,
};

/* 7.1.2. Only the status matters to us. */
bool account_parse(const char *body, size_t len,
		   enum account_status *ret_status, struct fail *why);

enum order_status {
	ORDER_PENDING,
	ORDER_READY,
	ORDER_PROCESSING,
	ORDER_VALID,
	ORDER_INVALID,
};

/* 7.1.3. */
struct order {
	enum order_status status;
	char **authorizations;
	size_t authorization_count;
	char *finalize;
	char *certificate; /* NULL unless valid */
	bool has_error;
	struct problem error;
};

bool order_parse(const char *body, size_t len,
		 const struct message_origin *origin, struct order *ret_order,
		 struct fail *why);
void order_release(struct order *o);

enum authorization_status {
	AUTHORIZATION_PENDING,
	AUTHORIZATION_VALID,
	AUTHORIZATION_INVALID,
	AUTHORIZATION_DEACTIVATED,
	AUTHORIZATION_EXPIRED,
	AUTHORIZATION_REVOKED,
};

/* 7.1.4, with the one challenge of the type that we answer. */
struct authorization {
	enum authorization_status status;
	char *name;	     /* identifier.value */
	char *challenge_url; /* NULL when the type is not offered */
	char *token;	     /* NULL likewise */
	char offered[128];   /* the types that are, for a sentence */
	bool has_error;
	struct problem error; /* of the challenge that failed */
};

bool authorization_parse(const char *body, size_t len,
			 const struct message_origin *origin,
			 enum challenge_type wanted,
			 struct authorization *ret_authorization,
			 struct fail *why);
void authorization_release(struct authorization *a);

/* --- payloads, malloc'ed JSON ------------------------------------------- */

/*
 * contact: a mailbox, with or without "mailto:", or NULL. binding: the JWS of
 * 7.3.4, or NULL.
 */
char *payload_new_account(const char *contact, const char *binding);
char *payload_known_account(void);
char *payload_new_order(const char *const *names, size_t count);
char *payload_finalize(const char *csr);
char *payload_deactivate(void);

/* 7.6; NULL when chain does not begin with a PEM certificate. */
char *payload_revoke(const char *chain);

#endif
