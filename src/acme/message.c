#include "acme/message.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "acme/json_guard.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/text.h"

/* --- reading ------------------------------------------------------------ */

static bool load_object(const char *body, size_t len, json_t **ret_json,
			struct fail *why)
{
	json_t *json;

	if (len == 0)
		return fail_set(why, FAIL_PEER,
				"the answer has no body, expected JSON");
	if (!json_guarded_load(body, len, MESSAGE_BYTES, MESSAGE_DEPTH, &json,
			       why))
		return false;
	if (!json_is_object(json)) {
		json_decref(json);
		return fail_set(why, FAIL_PEER,
				"the answer is JSON but no object");
	}
	*ret_json = json;
	return true;
}

/* A URL member; absent is fine unless `needed`. */
static bool read_url(const json_t *object, const char *member, bool needed,
		     const struct message_origin *origin, char **ret_url,
		     struct fail *why)
{
	const json_t *value = json_object_get(object, member);

	if (!value || json_is_null(value)) {
		*ret_url = NULL;
		return !needed ||
		       fail_set(why, FAIL_PEER, "\"%s\" is missing", member);
	}
	if (!json_is_string(value))
		return fail_set(why, FAIL_PEER, "\"%s\" is no string", member);
	if (!policy_allows(origin->policy, origin->directory,
			   json_string_value(value), why))
		return fail_at(why, "\"%s\"", member);
	*ret_url = mem_strdup(json_string_value(value));
	return true;
}

/* The index of a status word in words. */
static bool read_status(const json_t *object, const char *const *words,
			size_t count, unsigned *ret_index, struct fail *why)
{
	const json_t *value = json_object_get(object, "status");

	if (!json_is_string(value))
		return fail_set(why, FAIL_PEER, "\"status\" is missing");
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(json_string_value(value), words[i]) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return fail_set(why, FAIL_PEER, "unknown status \"%.40s\"",
			json_string_value(value));
}

bool directory_parse(const char *body, size_t len,
		     const struct message_origin *origin,
		     struct directory *ret_directory, struct fail *why)
{
	struct directory d = { 0 };
	const struct {
		const char *member;
		char **url;
	} members[] = {
		{ "newNonce", &d.new_nonce },
		{ "newAccount", &d.new_account },
		{ "newOrder", &d.new_order },
	};
	json_t *json;

	if (!load_object(body, len, &json, why))
		return false;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!read_url(json, members[i].member, true, origin,
			      members[i].url, why)) {
			directory_release(&d);
			json_decref(json);
			return false;
		}
	}
	/* To revoke is a courtesy: without a place for it, we do not. */
	read_url(json, "revokeCert", false, origin, &d.revoke_cert, NULL);
	d.binding_required = json_is_true(json_object_get(
		json_object_get(json, "meta"), "externalAccountRequired"));
	json_decref(json);
	*ret_directory = d;
	return true;
}

void directory_release(struct directory *d)
{
	free(d->new_nonce);
	free(d->new_account);
	free(d->new_order);
	free(d->revoke_cert);
	*d = (struct directory){ 0 };
}

bool account_parse(const char *body, size_t len,
		   enum account_status *ret_status, struct fail *why)
{
	static const char *const words[] = {
		[ACCOUNT_VALID] = "valid",
		[ACCOUNT_DEACTIVATED] = "deactivated",
		[ACCOUNT_REVOKED] = "revoked",
	};
	unsigned status;
	json_t *json;
	bool good;

	if (!load_object(body, len, &json, why))
		return false;
	good = read_status(json, words, sizeof(words) / sizeof(words[0]),
			   &status, why);
	json_decref(json);
	if (good)
		*ret_status = (enum account_status)status;
	return good;
}

static bool read_authorizations(const json_t *json,
				const struct message_origin *origin,
				struct order *o, struct fail *why)
{
	const json_t *list = json_object_get(json, "authorizations");
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count == 0)
		return fail_set(why, FAIL_PEER,
				"\"authorizations\" is missing or empty");
	if (count > MESSAGE_AUTHORIZATIONS)
		return fail_set(why, FAIL_LIMIT,
				"%zu authorizations, at most %d are read",
				count, MESSAGE_AUTHORIZATIONS);
	o->authorizations = mem_array(count, sizeof(char *));
	for (size_t i = 0; i < count; i++) {
		const char *url = json_string_value(json_array_get(list, i));

		if (!url)
			return fail_set(why, FAIL_PEER,
					"authorizations[%zu] is no string", i);
		if (!policy_allows(origin->policy, origin->directory, url, why))
			return fail_at(why, "authorizations[%zu]", i);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(o->authorizations[k], url) == 0)
				return fail_set(why, FAIL_PEER,
						"authorizations[%zu] and [%zu] "
						"are the same",
						k, i);
		}
		o->authorizations[i] = mem_strdup(url);
		o->authorization_count = i + 1;
	}
	return true;
}

static bool read_order(const json_t *json, const struct message_origin *origin,
		       struct order *o, struct fail *why)
{
	static const char *const words[] = {
		[ORDER_PENDING] = "pending",	   [ORDER_READY] = "ready",
		[ORDER_PROCESSING] = "processing", [ORDER_VALID] = "valid",
		[ORDER_INVALID] = "invalid",
	};
	unsigned status;

	if (!read_status(json, words, sizeof(words) / sizeof(words[0]), &status,
			 why))
		return false;
	o->status = (enum order_status)status;
	o->has_error =
		problem_from_json(json_object_get(json, "error"), &o->error);
	return read_authorizations(json, origin, o, why) &&
	       read_url(json, "finalize", true, origin, &o->finalize, why) &&
	       read_url(json, "certificate", o->status == ORDER_VALID, origin,
			&o->certificate, why);
}

bool order_parse(const char *body, size_t len,
		 const struct message_origin *origin, struct order *ret_order,
		 struct fail *why)
{
	struct order o = { 0 };
	json_t *json;
	bool good;

	if (!load_object(body, len, &json, why))
		return false;
	good = read_order(json, origin, &o, why);
	json_decref(json);
	if (good)
		*ret_order = o;
	else
		order_release(&o);
	return good;
}

void order_release(struct order *o)
{
	for (size_t i = 0; i < o->authorization_count; i++)
		free(o->authorizations[i]);
	free(o->authorizations);
	free(o->finalize);
	free(o->certificate);
	*o = (struct order){ 0 };
}

/* Only characters that are safe in a path and in a TXT record (8.1). */
static bool token_is_good(const char *token)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t len = strlen(token);

	return len > 0 && len < MESSAGE_TOKEN && strspn(token, allowed) == len;
}

static void note_offered(struct authorization *a, const char *type)
{
	struct buf list = BUF_INIT(sizeof(a->offered) - 1);
	char word[32];

	text_printable(word, sizeof(word), type, strlen(type));
	buf_add_text(&list, a->offered);
	buf_addf(&list, "%s%s", list.len ? ", " : "", word);
	text_copy(a->offered, sizeof(a->offered), buf_text(&list));
	buf_release(&list);
}

/* One element of "challenges"; those of other types are only noted. */
static bool read_challenge(const json_t *json,
			   const struct message_origin *origin,
			   enum challenge_type wanted, struct authorization *a,
			   struct fail *why)
{
	const char *type = json_string_value(json_object_get(json, "type"));
	const char *token = json_string_value(json_object_get(json, "token"));
	const json_t *error = json_object_get(json, "error");

	if (!type)
		return fail_set(why, FAIL_PEER, "a challenge has no \"type\"");
	note_offered(a, type);
	if (error && !a->has_error)
		a->has_error = problem_from_json(error, &a->error);
	if (strcmp(type, challenge_name(wanted)) != 0 || a->challenge_url)
		return true;
	if (!token || !token_is_good(token))
		return fail_set(why, FAIL_PEER,
				"the %s challenge has no usable \"token\"",
				challenge_name(wanted));
	if (!read_url(json, "url", true, origin, &a->challenge_url, why))
		return fail_at(why, "the %s challenge", challenge_name(wanted));
	a->token = mem_strdup(token);
	return true;
}

static bool read_authorization(const json_t *json,
			       const struct message_origin *origin,
			       enum challenge_type wanted,
			       struct authorization *a, struct fail *why)
{
	static const char *const words[] = {
		[AUTHORIZATION_PENDING] = "pending",
		[AUTHORIZATION_VALID] = "valid",
		[AUTHORIZATION_INVALID] = "invalid",
		[AUTHORIZATION_DEACTIVATED] = "deactivated",
		[AUTHORIZATION_EXPIRED] = "expired",
		[AUTHORIZATION_REVOKED] = "revoked",
	};
	const json_t *identifier = json_object_get(json, "identifier");
	const json_t *list = json_object_get(json, "challenges");
	const char *name =
		json_string_value(json_object_get(identifier, "value"));
	unsigned status;

	if (!read_status(json, words, sizeof(words) / sizeof(words[0]), &status,
			 why))
		return false;
	a->status = (enum authorization_status)status;
	if (!name)
		return fail_set(why, FAIL_PEER,
				"\"identifier\" has no \"value\"");
	a->name = mem_strdup(name);
	if (!json_is_array(list))
		return fail_set(why, FAIL_PEER, "\"challenges\" is no array");
	if (json_array_size(list) > MESSAGE_CHALLENGES)
		return fail_set(why, FAIL_LIMIT,
				"%zu challenges, at most %d are read",
				json_array_size(list), MESSAGE_CHALLENGES);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!read_challenge(json_array_get(list, i), origin, wanted, a,
				    why))
			return false;
	}
	return true;
}

bool authorization_parse(const char *body, size_t len,
			 const struct message_origin *origin,
			 enum challenge_type wanted,
			 struct authorization *ret_authorization,
			 struct fail *why)
{
	struct authorization a = { 0 };
	json_t *json;
	bool good;

	if (!load_object(body, len, &json, why))
		return false;
	good = read_authorization(json, origin, wanted, &a, why);
	json_decref(json);
	if (good)
		*ret_authorization = a;
	else
		authorization_release(&a);
	return good;
}

void authorization_release(struct authorization *a)
{
	free(a->name);
	free(a->challenge_url);
	free(a->token);
	*a = (struct authorization){ 0 };
}

/* --- payloads ----------------------------------------------------------- */

/* Takes the reference over. */
static char *dump(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (!text)
		abort();
	json_decref(json);
	return text;
}

char *payload_new_account(const char *contact, const char *binding)
{
	json_t *json = json_pack("{s:b}", "termsOfServiceAgreed", 1);

	if (contact)
		json_object_set_new(
			json, "contact",
			json_pack("[o]",
				  json_sprintf("%s%s",
					       text_starts(contact, "mailto:")
						       ? ""
						       : "mailto:",
					       contact)));
	if (binding)
		json_object_set_new(json, "externalAccountBinding",
				    json_loads(binding, 0, NULL));
	return dump(json);
}

char *payload_known_account(void)
{
	return dump(json_pack("{s:b}", "onlyReturnExisting", 1));
}

char *payload_new_order(const char *const *names, size_t count)
{
	json_t *identifiers = json_array();

	for (size_t i = 0; i < count; i++) {
		struct ip ip;
		const char *type = ip_parse(names[i], &ip) ? "ip" : "dns";

		json_array_append_new(identifiers,
				      json_pack("{s:s,s:s}", "type", type,
						"value", names[i]));
	}
	return dump(json_pack("{s:o}", "identifiers", identifiers));
}

char *payload_finalize(const char *csr)
{
	return dump(json_pack("{s:s}", "csr", csr));
}

char *payload_deactivate(void)
{
	return dump(json_pack("{s:s}", "status", "deactivated"));
}

/* The base64 lines of the first certificate, as base64url without padding. */
static bool first_certificate(const char *chain, struct buf *out)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const char *p = strstr(chain, begin);

	if (!p)
		return false;
	for (p += sizeof(begin) - 1; *p && *p != '-'; p++) {
		if (*p == '+')
			buf_add_char(out, '-');
		else if (*p == '/')
			buf_add_char(out, '_');
		else if (isalnum((unsigned char)*p))
			buf_add_char(out, *p);
		else if (!strchr("=\r\n", *p))
			return false;
	}
	return *p == '-' && out->len > 0;
}

char *payload_revoke(const char *chain)
{
	struct buf der = BUF_INIT(MESSAGE_BYTES);
	char *payload = NULL;

	if (first_certificate(chain, &der))
		payload = dump(json_pack("{s:s,s:i}", "certificate",
					 buf_text(&der), "reason",
					 5 /* cessationOfOperation */));
	buf_release(&der);
	return payload;
}
