#include "places.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/text.h"

/* "/order/7" of "https://ca.demo.test:14000/order/7". */
static const char *target_of(const char *url)
{
	const char *authority = strstr(url, "://");
	const char *path = authority ? strchr(authority + 3, '/') : NULL;

	return path ? path : url;
}

/* Of an order, of which there is a new one in each attempt. */
static bool is_passing(enum op op)
{
	return op == OP_AUTHORIZATION || op == OP_CHALLENGE ||
	       op == OP_FINALIZE || op == OP_ORDER || op == OP_CERTIFICATE;
}

/* The place for a new one; what the directory tells stays. */
static struct place *make_room(struct places *p)
{
	struct place *place;

	if (p->count < PLACES_MOST)
		return &p->known[p->count++];
	for (int i = 0; i < PLACES_MOST; i++) {
		place = &p->known[p->oldest];
		p->oldest = (p->oldest + 1) % PLACES_MOST;
		if (is_passing(place->op))
			break;
	}
	free(place->target);
	return place;
}

static void add(struct places *p, const char *url, enum op op)
{
	struct place *place;
	enum op known;

	if (!url || (places_find(p, target_of(url), &known) && known == op))
		return;
	place = make_room(p);
	place->target = mem_strdup(target_of(url));
	place->op = op;
}

void places_init(struct places *p, const char *directory)
{
	*p = (struct places){ .count = 0 };
	add(p, directory, OP_DIRECTORY);
}

void places_release(struct places *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->known[i].target);
	*p = (struct places){ .count = 0 };
}

bool places_find(const struct places *p, const char *target, enum op *ret_op)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct place *place = &p->known[i];

		if (strcmp(place->target, target) == 0 ||
		    /* Of a renewal's the certificate is said behind it. */
		    (place->op == OP_RENEWAL_INFO &&
		     text_starts(target, place->target))) {
			*ret_op = place->op;
			return true;
		}
	}
	return false;
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool has_status(const json_t *object, const char *status)
{
	const char *found = text_at(object, "status");

	return found && strcmp(found, status) == 0;
}

static void learn_directory(struct places *p, json_t *body)
{
	const char *key;
	json_t *value;

	json_object_foreach (body, key, value) {
		enum op op;

		/* Its members are named as the operations are. */
		if (json_is_string(value) && op_find(key, &op))
			add(p, json_string_value(value), op);
	}
}

static enum op learn_order(struct places *p, const json_t *body)
{
	json_t *authorization;
	size_t i;

	json_array_foreach (json_object_get(body, "authorizations"), i,
			    authorization)
		add(p, json_string_value(authorization), OP_AUTHORIZATION);
	add(p, text_at(body, "finalize"), OP_FINALIZE);
	add(p, text_at(body, "certificate"), OP_CERTIFICATE);
	if (has_status(body, "valid"))
		return OP_CERTIFICATE;
	if (has_status(body, "processing"))
		return OP_ORDER;
	return has_status(body, "ready") ? OP_FINALIZE : OP_AUTHORIZATION;
}

static enum op learn_authorization(struct places *p, const json_t *body)
{
	json_t *challenge;
	size_t i;

	json_array_foreach (json_object_get(body, "challenges"), i, challenge)
		add(p, text_at(challenge, "url"), OP_CHALLENGE);
	if (has_status(body, "valid"))
		return OP_FINALIZE;
	return p->challenged ? OP_AUTHORIZATION : OP_CHALLENGE;
}

static enum op learn_good(struct places *p, enum op op, json_t *body)
{
	switch (op) {
	case OP_DIRECTORY:
		learn_directory(p, body);
		return OP_NEW_NONCE;
	case OP_NEW_NONCE:
		return OP_NEW_ACCOUNT;
	case OP_NEW_ACCOUNT:
		p->challenged = false;
		return OP_NEW_ORDER;
	case OP_NEW_ORDER:
	case OP_FINALIZE:
	case OP_ORDER:
		return learn_order(p, body);
	case OP_AUTHORIZATION:
		return learn_authorization(p, body);
	case OP_CHALLENGE:
		p->challenged = true;
		return OP_AUTHORIZATION;
	case OP_CERTIFICATE:
	case OP_REVOKE_CERT:
	case OP_KEY_CHANGE:
	case OP_RENEWAL_INFO:
	case OP_CONTROL:
	case OPS:
		break;
	}
	return OP_DIRECTORY;
}

static bool is_bad_nonce(const json_t *body)
{
	const char *type = text_at(body, "type");

	return type && strcmp(type, "urn:ietf:params:acme:error:badNonce") == 0;
}

enum op places_learn(struct places *p, const struct places_answer *a)
{
	json_t *body = a->body ? json_loadb(a->body, a->len, 0, NULL) : NULL;
	enum op next = OP_DIRECTORY;

	if (a->status >= 200 && a->status < 300) {
		if (a->op == OP_NEW_ORDER)
			add(p, a->location, OP_ORDER);
		next = learn_good(p, a->op, body);
	} else if (is_bad_nonce(body)) {
		next = a->op;
	}
	json_decref(body);
	return next;
}
