#include "support/fake_ca.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	NAMES = 8,
	NONCES = 100000,
	TEXT_BYTES = 32 << 20,
};

struct fake_ca {
	struct fake_http *http;
	struct fake_options options;
	char base[64], directory[80];
	struct test_ca root, inter, stranger;

	unsigned asked[OPS], downloads, deactivated;
	unsigned nonces;
	bool spent[NONCES];
	char thumbprint[64]; /* of the only account */

	/* The order: its names, their authorizations, its certificate. */
	char *names[NAMES];
	enum { PENDING, ASKED, VALID, INVALID, GONE } authz[NAMES];
	unsigned authz_polls[NAMES];
	size_t name_count;
	bool finalized;
	unsigned order_polls;
	struct buf chain;
};

static bool is_due(const struct fake_ca *ca, const struct fake_fault *f,
		   enum op op)
{
	return f->op == op && (!f->nth || f->nth == ca->asked[op]);
}

/* What is refused is not done either. */
static bool is_refused(const struct fake_ca *ca, enum op op)
{
	for (unsigned i = 0; i < ca->options.fault_count; i++) {
		const struct fake_fault *f = &ca->options.faults[i];

		if (is_due(ca, f, op) && f->status >= 400)
			return true;
	}
	return false;
}

/* --- answers ------------------------------------------------------------ */

static void answer_json(struct fake_reply *reply, int status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	reply->status = status;
	buf_add_text(&reply->headers, "Content-Type: application/json\r\n");
	buf_add_text(&reply->body, text);
	free(text);
	json_decref(json);
}

static void answer_problem(struct fake_reply *reply, int status,
			   const char *type, const char *detail)
{
	char urn[96];

	snprintf(urn, sizeof(urn), "urn:ietf:params:acme:error:%s", type);
	json_t *json = json_pack("{s:s,s:s,s:i}", "type", urn, "detail", detail,
				 "status", status);
	char *text = json_dumps(json, JSON_COMPACT);

	reply->status = status;
	buf_add_text(&reply->headers,
		     "Content-Type: application/problem+json\r\n");
	buf_add_text(&reply->body, text);
	free(text);
	json_decref(json);
}

static json_t *url_of(const struct fake_ca *ca, const char *path)
{
	return json_sprintf("%s%s", ca->base, path);
}

static void answer_directory(struct fake_ca *ca, struct fake_reply *reply)
{
	answer_json(reply, 200,
		    json_pack("{s:o,s:o,s:o,s:o,s:o,s:{s:s}}", "newNonce",
			      url_of(ca, "/nonce"), "newAccount",
			      url_of(ca, "/new-account"), "newOrder",
			      url_of(ca, "/new-order"), "revokeCert",
			      url_of(ca, "/revoke"), "keyChange",
			      url_of(ca, "/key-change"), "meta", "website",
			      "https://ca.example/"));
}

/* The thumbprint of RFC 7638: members sorted, no spaces. */
static void note_account(struct fake_ca *ca, const json_t *jwk)
{
	char *text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
	struct buf print = BUF_INIT(sizeof(ca->thumbprint) - 1);
	unsigned char hash[32];

	EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL);
	buf_add_base64url(&print, hash, sizeof(hash));
	text_copy(ca->thumbprint, sizeof(ca->thumbprint), buf_text(&print));
	buf_release(&print);
	free(text);
}

static void answer_account(struct fake_ca *ca, const json_t *header,
			   const json_t *payload, struct fake_reply *reply)
{
	bool known = ca->thumbprint[0] != '\0';

	if (!known &&
	    json_is_true(json_object_get(payload, "onlyReturnExisting"))) {
		answer_problem(reply, 400, "accountDoesNotExist",
			       "nobody by that key");
		return;
	}
	note_account(ca, json_object_get(header, "jwk"));
	buf_addf(&reply->headers, "Location: %s/account/1\r\n", ca->base);
	answer_json(reply, known ? 200 : 201,
		    json_pack("{s:s,s:o}", "status", "valid", "orders",
			      url_of(ca, "/orders")));
}

static const char *order_status(struct fake_ca *ca)
{
	if (ca->finalized)
		return ca->order_polls < ca->options.processing ? "processing"
								: "valid";
	for (size_t i = 0; i < ca->name_count; i++) {
		if (ca->authz[i] == INVALID || ca->authz[i] == GONE)
			return "invalid";
		if (ca->authz[i] != VALID)
			return "pending";
	}
	return "ready";
}

static void answer_order(struct fake_ca *ca, int status,
			 struct fake_reply *reply)
{
	const char *word = order_status(ca);
	json_t *identifiers = json_array(), *authorizations = json_array();

	for (size_t i = 0; i < ca->name_count; i++) {
		json_array_append_new(identifiers,
				      json_pack("{s:s,s:s}", "type", "dns",
						"value", ca->names[i]));
		json_array_append_new(authorizations,
				      json_sprintf("%s/authz/%zu", ca->base,
						   i));
	}
	json_t *order = json_pack("{s:s,s:o,s:o,s:o}", "status", word,
				  "identifiers", identifiers, "authorizations",
				  authorizations, "finalize",
				  url_of(ca, "/finalize/1"));

	if (strcmp(word, "valid") == 0)
		json_object_set_new(order, "certificate",
				    url_of(ca, "/certificate/1"));
	if (status == 201)
		buf_addf(&reply->headers, "Location: %s/order/1\r\n", ca->base);
	answer_json(reply, status, order);
}

static void answer_new_order(struct fake_ca *ca, const json_t *payload,
			     struct fake_reply *reply)
{
	const json_t *identifiers = json_object_get(payload, "identifiers");

	for (size_t i = 0; i < ca->name_count; i++)
		free(ca->names[i]);
	ca->name_count = 0;
	ca->finalized = false;
	for (size_t i = 0; i < json_array_size(identifiers) && i < NAMES; i++) {
		const char *name = json_string_value(json_object_get(
			json_array_get(identifiers, i), "value"));

		ca->names[i] = mem_strdup(name ? name : "");
		ca->authz[i] = ca->options.authorized ? VALID : PENDING;
		ca->authz_polls[i] = 0;
		ca->name_count++;
	}
	answer_order(ca, 201, reply);
}

static void answer_authorization(struct fake_ca *ca, size_t i,
				 const json_t *payload,
				 struct fake_reply *reply)
{
	static const char *const words[] = { "pending", "pending", "valid",
					     "invalid", "deactivated" };

	if (json_object_get(payload, "status")) {
		ca->authz[i] = GONE;
		ca->deactivated++;
	}
	if (ca->authz[i] == ASKED && ++ca->authz_polls[i] > ca->options.pending)
		ca->authz[i] = VALID;
	json_t *proof = json_pack("{s:s,s:s,s:o,s:s}", "type", "http-01",
				  "token", "dG9rZW4tb2YtaHR0cC0wMQ", "url",
				  json_sprintf("%s/challenge/%zu", ca->base, i),
				  "status", words[ca->authz[i]]);

	if (ca->authz[i] == INVALID)
		json_object_set_new(
			proof, "error",
			json_pack("{s:s,s:s}", "type",
				  "urn:ietf:params:acme:error:connection",
				  "detail", "nobody answered"));
	answer_json(reply, 200,
		    json_pack("{s:s,s:{s:s,s:s},s:[{s:s,s:s,s:o,s:s},o]}",
			      "status", words[ca->authz[i]], "identifier",
			      "type", "dns", "value", ca->names[i],
			      "challenges", "type", "dns-01", "token",
			      "dG9rZW4tb2YtZG5zLTAx", "url",
			      url_of(ca, "/challenge/dns"), "status", "pending",
			      proof));
}

static void answer_challenge(struct fake_ca *ca, size_t i,
			     struct fake_reply *reply)
{
	if (ca->authz[i] == PENDING && !ca->options.validation_port)
		ca->authz[i] = ASKED;
	buf_addf(&reply->headers, "Link: <%s/authz/%zu>;rel=\"up\"\r\n",
		 ca->base, i);
	answer_json(reply, 200,
		    json_pack("{s:s,s:s,s:o,s:s}", "type", "http-01", "token",
			      "dG9rZW4tb2YtaHR0cC0wMQ", "url",
			      json_sprintf("%s/challenge/%zu", ca->base, i),
			      "status", "pending"));
}

/* --- the certificate ---------------------------------------------------- */

static enum fake_chain chain_asked(const struct fake_ca *ca)
{
	for (unsigned i = 0; i < ca->options.fault_count; i++)
		if (ca->options.faults[i].chain != CHAIN_RIGHT)
			return ca->options.faults[i].chain;
	return CHAIN_RIGHT;
}

/* What the leaf says wrongly. */
static void spoil_leaf(struct test_leaf *leaf, enum fake_chain wrong,
		       const char **names, EVP_PKEY *other_key)
{
	int64_t now_us = (int64_t)time(NULL) * US_PER_S;

	leaf->not_before_us = now_us - US_PER_HOUR;
	leaf->not_after_us = now_us + 90 * US_PER_DAY;
	if (wrong == CHAIN_OTHER_NAME)
		names[0] = "other.example";
	if (wrong == CHAIN_MORE_NAMES)
		names[leaf->name_count++] = "other.example";
	if (wrong == CHAIN_OTHER_KEY)
		leaf->key = other_key;
	if (wrong == CHAIN_EXPIRED)
		leaf->not_after_us = now_us - US_PER_MIN;
	if (wrong == CHAIN_NOT_YET)
		leaf->not_before_us = now_us + US_PER_HOUR;
	if (wrong == CHAIN_OF_A_CA)
		leaf->is_ca = true;
}

/* The PEM, wrongly put together. */
static void add_chain(struct fake_ca *ca, X509 *leaf, enum fake_chain wrong,
		      EVP_PKEY *other_key)
{
	struct buf *pem = &ca->chain;

	buf_clear(pem);
	if (wrong == CHAIN_REVERSED)
		test_ca_add_pem(pem, ca->inter.cert);
	test_ca_add_pem(pem, leaf);
	if (wrong == CHAIN_WITH_PRIVATE_KEY)
		test_ca_add_key_pem(pem, other_key);
	if (wrong == CHAIN_CUT) {
		pem->len -= 200;
		pem->data[pem->len] = '\0';
		return;
	}
	if (wrong == CHAIN_OTHER_ROOT)
		test_ca_add_pem(pem, ca->stranger.cert);
	else if (wrong != CHAIN_REVERSED && wrong != CHAIN_WITHOUT_INTERMEDIATE)
		test_ca_add_pem(pem, ca->inter.cert);
	for (unsigned i = 0; wrong == CHAIN_OF_THOUSAND && i < 1000; i++)
		test_ca_add_pem(pem, ca->inter.cert);
}

static bool issue(struct fake_ca *ca, const char *csr)
{
	enum fake_chain wrong = chain_asked(ca);
	EVP_PKEY *key = NULL, *other_key = NULL;
	char *in[NAMES] = { NULL };
	const char *names[NAMES + 1];
	size_t count = 0;

	if (!test_ca_read_request(csr, &key, in, NAMES, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		names[i] = in[i];
	other_key = EVP_EC_gen("P-256");
	struct test_leaf leaf = { .names = names,
				  .name_count = count,
				  .key = key };

	spoil_leaf(&leaf, wrong, names, other_key);
	X509 *cert = test_ca_issue(
		wrong == CHAIN_OTHER_ROOT ? &ca->stranger : &ca->inter, &leaf);

	if (wrong == CHAIN_BAD_SIGNATURE) {
		X509 *broken = test_ca_break_signature(cert);

		X509_free(cert);
		cert = broken;
	}
	add_chain(ca, cert, wrong, other_key);
	X509_free(cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	for (size_t i = 0; i < count; i++)
		free(in[i]);
	return true;
}

static void answer_finalize(struct fake_ca *ca, const json_t *payload,
			    struct fake_reply *reply)
{
	const char *csr = json_string_value(json_object_get(payload, "csr"));

	if (strcmp(order_status(ca), "ready") != 0) {
		answer_problem(reply, 403, "orderNotReady", order_status(ca));
		return;
	}
	if (!csr || !issue(ca, csr)) {
		answer_problem(reply, 400, "badCSR", "cannot be read");
		return;
	}
	ca->finalized = true;
	ca->order_polls = 0;
	answer_order(ca, 200, reply);
}

static void answer_certificate(struct fake_ca *ca, struct fake_reply *reply)
{
	ca->downloads++;
	buf_add_text(&reply->headers,
		     "Content-Type: application/pem-certificate-chain\r\n");
	if (ca->options.alternate)
		buf_addf(&reply->headers,
			 "Link: <%s/certificate/2>;rel=\"alternate\"\r\n",
			 ca->base);
	buf_add(&reply->body, ca->chain.data, ca->chain.len);
}

/* --- requests ----------------------------------------------------------- */

static const struct {
	const char *path;
	enum op op;
} routes[] = {
	{ "/directory", OP_DIRECTORY },	     { "/nonce", OP_NEW_NONCE },
	{ "/new-account", OP_NEW_ACCOUNT },  { "/new-order", OP_NEW_ORDER },
	{ "/authz/", OP_AUTHORIZATION },     { "/challenge/", OP_CHALLENGE },
	{ "/finalize/", OP_FINALIZE },	     { "/order/", OP_ORDER },
	{ "/certificate/", OP_CERTIFICATE }, { "/revoke", OP_REVOKE_CERT },
};

static bool find_route(const char *path, enum op *ret_op, size_t *ret_index)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t len = strlen(routes[i].path);

		if (strncmp(path, routes[i].path, len) != 0 ||
		    (path[len] && routes[i].path[len - 1] != '/'))
			continue;
		*ret_op = routes[i].op;
		*ret_index = strtoul(path + len, NULL, 10);
		return true;
	}
	return false;
}

static void add_nonce(struct fake_ca *ca, struct fake_reply *reply)
{
	ca->nonces = (ca->nonces + 1) % NONCES;
	ca->spent[ca->nonces] = false;
	buf_addf(&reply->headers, "Replay-Nonce: nonce-%u\r\n", ca->nonces);
}

static bool spend_nonce(struct fake_ca *ca, const char *nonce)
{
	unsigned number;

	if (!nonce || sscanf(nonce, "nonce-%u", &number) != 1 ||
	    number >= NONCES || number > ca->nonces || ca->spent[number])
		return false;
	ca->spent[number] = true;
	return true;
}

/* A base64url member of the JWS, as JSON; NULL when it is none. */
static json_t *decode(const json_t *jws, const char *member)
{
	const char *text = json_string_value(json_object_get(jws, member));
	struct buf raw = BUF_INIT(1 << 20);
	json_t *json = NULL;

	if (text && buf_add_from_base64url(&raw, text, strlen(text)) && raw.len)
		json = json_loadb(raw.data, raw.len, 0, NULL);
	buf_release(&raw);
	return json;
}

/* RFC 8555 6.2 to 6.5, but for the signature, which Pebble checks. */
static bool check_header(struct fake_ca *ca, const struct fake_request *request,
			 const json_t *header, struct fake_reply *reply)
{
	const char *url = json_string_value(json_object_get(header, "url"));
	size_t base_len = strlen(ca->base);

	if (!url || strncmp(url, ca->base, base_len) != 0 ||
	    strcmp(url + base_len, request->path) != 0) {
		answer_problem(reply, 401, "unauthorized", "the url is wrong");
		return false;
	}
	if (!spend_nonce(ca,
			 json_string_value(json_object_get(header, "nonce")))) {
		answer_problem(reply, 400, "badNonce", "not one of ours");
		return false;
	}
	return true;
}

static void answer_signed(struct fake_ca *ca, enum op op, size_t index,
			  const json_t *header, const json_t *payload,
			  struct fake_reply *reply)
{
	if (op == OP_NEW_ACCOUNT) {
		answer_account(ca, header, payload, reply);
	} else if (op == OP_NEW_ORDER) {
		answer_new_order(ca, payload, reply);
	} else if (op == OP_FINALIZE) {
		answer_finalize(ca, payload, reply);
	} else if (op == OP_ORDER) {
		ca->order_polls++;
		answer_order(ca, 200, reply);
	} else if (op == OP_CERTIFICATE) {
		answer_certificate(ca, reply);
	} else if (op == OP_AUTHORIZATION && index < ca->name_count) {
		answer_authorization(ca, index, payload, reply);
	} else if (op == OP_CHALLENGE && index < ca->name_count) {
		answer_challenge(ca, index, reply);
	} else if (op != OP_REVOKE_CERT) {
		answer_problem(reply, 404, "malformed", "no such thing");
	}
}

static void answer_post(struct fake_ca *ca, const struct fake_request *request,
			enum op op, size_t index, struct fake_reply *reply)
{
	json_t *jws = json_loadb(request->body, request->body_len, 0, NULL);
	json_t *header = decode(jws, "protected");
	json_t *payload = decode(jws, "payload");

	if (!header)
		answer_problem(reply, 400, "malformed", "no JWS");
	else if (check_header(ca, request, header, reply))
		answer_signed(ca, op, index, header, payload, reply);
	json_decref(jws);
	json_decref(header);
	json_decref(payload);
}

static void answer(void *ctx, const struct fake_request *request,
		   struct fake_reply *reply)
{
	struct fake_ca *ca = ctx;
	enum op op;
	size_t index;

	if (!find_route(request->path, &op, &index)) {
		reply->status = 404;
		ca->asked[OP_CONTROL]++;
		return;
	}
	ca->asked[op]++;
	buf_add_text(&reply->headers, "Cache-Control: no-store\r\n");
	if (op == OP_DIRECTORY)
		answer_directory(ca, reply);
	else if (op != OP_NEW_NONCE && !is_refused(ca, op))
		answer_post(ca, request, op, index, reply);
	if (op != OP_DIRECTORY)
		add_nonce(ca, reply);
	for (unsigned i = 0; i < ca->options.fault_count; i++) {
		const struct fake_fault *f = &ca->options.faults[i];

		if (is_due(ca, f, op))
			fake_fault_apply(f, ca->base, reply);
	}
}

/* --- validation --------------------------------------------------------- */

/* Whether the responder gives the right key authorization for our token. */
static bool fetch_proof(const struct fake_ca *ca)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(ca->options.validation_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct timeval patience = { .tv_sec = 5 };
	char text[1024], proof[256];
	size_t len = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	snprintf(text, sizeof(text),
		 "GET /.well-known/acme-challenge/dG9rZW4tb2YtaHR0cC0wMQ "
		 "HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
		 ca->names[0]);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    send(fd, text, strlen(text), MSG_NOSIGNAL) > 0) {
		ssize_t got;

		while (len < sizeof(text) - 1 &&
		       (got = recv(fd, text + len, sizeof(text) - 1 - len, 0)) >
			       0)
			len += (size_t)got;
	}
	close(fd);
	text[len] = '\0';
	snprintf(proof, sizeof(proof), "\r\n\r\ndG9rZW4tb2YtaHR0cC0wMQ.%s",
		 ca->thumbprint);
	return strstr(text, " 200 ") && strstr(text, proof);
}

static void after(void *ctx, const struct fake_request *request)
{
	struct fake_ca *ca = ctx;
	enum op op;
	size_t index;

	if (find_route(request->path, &op, &index) && op == OP_CHALLENGE &&
	    ca->options.validation_port && index < ca->name_count)
		ca->authz[index] = fetch_proof(ca) ? ASKED : INVALID;
}

/* --- its life ----------------------------------------------------------- */

struct fake_ca *fake_ca_start(const struct fake_options *options)
{
	struct fake_ca *ca = mem_zalloc(sizeof(*ca));

	ca->options = *options;
	ca->chain = BUF_INIT(TEXT_BYTES);
	test_ca_make(&ca->root, "Fake Root", NULL);
	test_ca_make(&ca->inter, "Fake Intermediate", &ca->root);
	test_ca_make(&ca->stranger, "Strange Root", NULL);
	ca->http = fake_http_start(answer, after, ca);
	snprintf(ca->base, sizeof(ca->base), "http://127.0.0.1:%u",
		 fake_http_port(ca->http));
	snprintf(ca->directory, sizeof(ca->directory), "%s/directory",
		 ca->base);
	return ca;
}

void fake_ca_stop(struct fake_ca *ca)
{
	fake_http_stop(ca->http);
	for (size_t i = 0; i < ca->name_count; i++)
		free(ca->names[i]);
	buf_release(&ca->chain);
	test_ca_release(&ca->root);
	test_ca_release(&ca->inter);
	test_ca_release(&ca->stranger);
	free(ca);
}

const char *fake_ca_directory(const struct fake_ca *ca)
{
	return ca->directory;
}

X509 *fake_ca_root(const struct fake_ca *ca)
{
	return ca->root.cert;
}

unsigned fake_ca_requests(struct fake_ca *ca)
{
	unsigned sum = 0;

	for (enum op op = 0; op < OPS; op++)
		sum += ca->asked[op];
	return sum;
}

unsigned fake_ca_downloads(struct fake_ca *ca)
{
	return ca->downloads;
}

unsigned fake_ca_deactivated(struct fake_ca *ca)
{
	return ca->deactivated;
}
