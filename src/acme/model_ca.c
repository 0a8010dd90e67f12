#include "acme/model_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define BASE "https://ca.example/"

const char model_ca_directory[] = BASE "directory";

void model_ca_init(struct model_ca *ca, const char *const *names, size_t count)
{
	*ca = (struct model_ca){ .names = names,
				 .name_count = count,
				 .authz_polls = 1,
				 .order_polls = 1,
				 .headers = BUF_INIT(65536),
				 .body = BUF_INIT(1 << 20) };
}

void model_ca_release(struct model_ca *ca)
{
	buf_release(&ca->headers);
	buf_release(&ca->body);
}

static int answer_directory(struct model_ca *ca)
{
	buf_addf(&ca->body,
		 "{\"newNonce\":\"" BASE "nonce\",\"newAccount\":\"" BASE
		 "account\",\"newOrder\":\"" BASE
		 "order\",\"revokeCert\":\"" BASE
		 "revoke\",\"keyChange\":\"" BASE
		 "key\",\"meta\":{\"externalAccountRequired\":%s}}",
		 ca->binding_required ? "true" : "false");
	return 200;
}

static int answer_account(struct model_ca *ca, const struct flow_ask *ask)
{
	bool lookup = strstr(ask->payload, "onlyReturnExisting") != NULL;
	bool existed = ca->account_exists;

	if (lookup && !existed) {
		buf_add_text(&ca->body,
			     "{\"type\":\"urn:ietf:params:acme:error:"
			     "accountDoesNotExist\",\"detail\":"
			     "\"unknown key\"}");
		return 400;
	}
	ca->account_exists = true;
	buf_add_text(&ca->headers, "Location: " BASE "account/1\r\n");
	buf_add_text(&ca->body, "{\"status\":\"valid\"}");
	return existed ? 200 : 201;
}

static int answer_order(struct model_ca *ca, int status)
{
	bool issued = ca->finalized && ca->order_polled > ca->order_polls;

	buf_addf(&ca->body, "{\"status\":\"%s\",\"authorizations\":[",
		 issued		 ? "valid"
		 : ca->finalized ? "processing"
				 : "pending");
	for (size_t i = 0; i < ca->name_count; i++)
		buf_addf(&ca->body, "%s\"" BASE "authz/%zu\"", i ? "," : "", i);
	buf_add_text(&ca->body, "],\"finalize\":\"" BASE "finalize/1\"");
	if (issued)
		buf_add_text(&ca->body, ",\"certificate\":\"" BASE "cert/1\"");
	buf_add_char(&ca->body, '}');
	return status;
}

static const char *authz_status(struct model_ca *ca, size_t i)
{
	if (ca->deactivated[i])
		return "deactivated";
	if (i < ca->reused)
		return "valid";
	if (!ca->challenged[i])
		return "pending";
	if (ca->polls[i]++ < ca->authz_polls)
		return "pending";
	return ca->invalid ? "invalid" : "valid";
}

/* Which name the URL is for; false: of none, as when it was changed. */
static bool find_name(const struct model_ca *ca, const struct flow_ask *ask,
		      size_t *ret_i)
{
	uint64_t i;

	if (!text_to_u64(strrchr(ask->url, '/') + 1, ca->name_count - 1, &i))
		return false;
	*ret_i = (size_t)i;
	return true;
}

static int answer_unknown(struct model_ca *ca)
{
	buf_add_text(&ca->body,
		     "{\"type\":\"urn:ietf:params:acme:error:malformed\"}");
	return 404;
}

static int answer_authz(struct model_ca *ca, const struct flow_ask *ask)
{
	const char *status;
	size_t i;

	if (!find_name(ca, ask, &i))
		return answer_unknown(ca);
	if (strstr(ask->payload, "deactivated"))
		ca->deactivated[i] = true;
	status = authz_status(ca, i);
	buf_addf(&ca->body,
		 "{\"status\":\"%s\",\"identifier\":{\"type\":\"dns\","
		 "\"value\":\"%s\"},\"challenges\":[{\"type\":\"%s\","
		 "\"url\":\"" BASE "chall/dns/%zu\",\"token\":\"dnstoken\"},"
		 "{\"type\":\"%s\",\"url\":\"" BASE "chall/%zu\","
		 "\"token\":\"token-%zu\"%s%s}]}",
		 status, ca->names[i], ca->no_dns ? "email-reply-00" : "dns-01",
		 i, ca->challenge_type ? ca->challenge_type : "http-01", i, i,
		 ca->challenge_error && ca->invalid ? ",\"error\":" : "",
		 ca->challenge_error && ca->invalid ? ca->challenge_error : "");
	return 200;
}

static int answer_challenge(struct model_ca *ca, const struct flow_ask *ask)
{
	size_t i;

	if (!find_name(ca, ask, &i))
		return answer_unknown(ca);
	ca->challenged[i] = true;
	buf_add_text(&ca->body, "{\"status\":\"processing\"}");
	return 200;
}

static int answer_certificate(struct model_ca *ca, const struct flow_ask *ask)
{
	if (strcmp(ask->url, BASE "cert/1") == 0) {
		for (unsigned i = 0; i < ca->alternates; i++)
			buf_addf(&ca->headers,
				 "Link: <" BASE "cert/1/%u>;rel=\"alternate\""
				 "\r\n",
				 i + 1);
	}
	buf_add_text(&ca->headers,
		     "Content-Type: application/pem-certificate-chain\r\n");
	buf_add_text(&ca->body, "-----BEGIN CERTIFICATE-----\nAA+/\n"
				"-----END CERTIFICATE-----\n");
	return 200;
}

static int usual_answer(struct model_ca *ca, const struct flow_ask *ask)
{
	switch (ask->op) {
	case OP_DIRECTORY:
		return answer_directory(ca);
	case OP_NEW_NONCE:
		return 200;
	case OP_NEW_ACCOUNT:
		return answer_account(ca, ask);
	case OP_NEW_ORDER:
		buf_add_text(&ca->headers, "Location: " BASE "order/1\r\n");
		return answer_order(ca, 201);
	case OP_AUTHORIZATION:
		return answer_authz(ca, ask);
	case OP_CHALLENGE:
		return answer_challenge(ca, ask);
	case OP_FINALIZE:
		ca->finalized = true;
		return answer_order(ca, 200);
	case OP_ORDER:
		ca->order_polled++;
		return answer_order(ca, 200);
	case OP_CERTIFICATE:
		return answer_certificate(ca, ask);
	case OP_REVOKE_CERT:
		ca->revoked = true;
		return 200;
	case OP_KEY_CHANGE:
	case OP_RENEWAL_INFO:
	case OP_CONTROL:
	case OPS:
		break;
	}
	abort();
}

struct flow_answer model_ca_answer(struct model_ca *ca,
				   const struct flow_ask *ask,
				   const struct model_twist *twist)
{
	struct flow_answer a = { .transport = OUTCOME_OK };

	ca->asked[ask->op]++;
	text_copy(ca->last_payload, sizeof(ca->last_payload), ask->payload);
	buf_clear(&ca->headers);
	buf_clear(&ca->body);
	if (twist && twist->transport != OUTCOME_OK) {
		a.transport = twist->transport;
		a.transport_detail = twist->transport_detail
					     ? twist->transport_detail
					     : "the transport failed";
		return a;
	}
	if (!twist || !twist->no_nonce)
		buf_addf(&ca->headers, "Replay-Nonce: nonce%u\r\n",
			 ++ca->nonces);
	if (twist && twist->headers)
		buf_add_text(&ca->headers, twist->headers);
	if (twist && twist->body) {
		buf_add_text(&ca->body, twist->body);
		a.status = twist->status;
	} else {
		a.status = usual_answer(ca, ask);
		if (twist && twist->status)
			a.status = twist->status;
	}
	a.headers = buf_text(&ca->headers);
	a.headers_len = ca->headers.len;
	a.body = buf_text(&ca->body);
	a.body_len = ca->body.len;
	return a;
}
