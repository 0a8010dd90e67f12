#include "places.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static const char directory[] =
	"{\"newNonce\":\"https://ca.test:14000/nonce\","
	"\"newAccount\":\"https://ca.test:14000/account\","
	"\"newOrder\":\"https://ca.test:14000/order-new\","
	"\"revokeCert\":\"https://ca.test:14000/revoke\","
	"\"renewalInfo\":\"https://ca.test:14000/renewal/\","
	"\"meta\":{\"termsOfService\":\"https://ca.test/terms\"}}";

#define URL "https://ca.test:14000"
#define ORDER(status, more)                                     \
	"{\"status\":\"" status "\",\"authorizations\":[\"" URL \
	"/authz/1\"],\"finalize\":\"" URL "/finalize/1\"" more "}"
#define AUTHORIZATION(status)                                        \
	"{\"status\":\"" status "\",\"challenges\":[{\"url\":\"" URL \
	"/chall/1\"},{\"url\":\"" URL "/chall/2\"}]}"

static enum op answer(struct places *p, enum op op, int status,
		      const char *body)
{
	const struct places_answer a = {
		.op = op,
		.status = status,
		.location = op == OP_NEW_ORDER ? URL "/order/1" : NULL,
		.body = body,
		.len = body ? strlen(body) : 0,
	};

	return places_learn(p, &a);
}

static enum op op_at(const struct places *p, const char *target)
{
	enum op op = OPS;

	places_find(p, target, &op);
	return op;
}

static void nothing_is_known_but_the_directory(void **state)
{
	struct places p;

	(void)state;
	places_init(&p, "/dir");
	assert_int_equal(op_at(&p, "/dir"), OP_DIRECTORY);
	assert_int_equal(op_at(&p, "/nonce"), OPS);
	assert_int_equal(op_at(&p, "/dir/more"), OPS);
	places_release(&p);
}

static void an_attempt_is_followed_from_answer_to_answer(void **state)
{
	struct places p;

	(void)state;
	places_init(&p, "/dir");
	assert_int_equal(answer(&p, OP_DIRECTORY, 200, directory),
			 OP_NEW_NONCE);
	assert_int_equal(op_at(&p, "/nonce"), OP_NEW_NONCE);
	assert_int_equal(op_at(&p, "/revoke"), OP_REVOKE_CERT);
	assert_int_equal(op_at(&p, "/renewal/aYhb.AIdl"), OP_RENEWAL_INFO);
	assert_int_equal(op_at(&p, "/terms"), OPS);
	assert_int_equal(answer(&p, OP_NEW_NONCE, 200, NULL), OP_NEW_ACCOUNT);
	assert_int_equal(answer(&p, OP_NEW_ACCOUNT, 200, "{}"), OP_NEW_ORDER);
	assert_int_equal(answer(&p, OP_NEW_ORDER, 201, ORDER("pending", "")),
			 OP_AUTHORIZATION);
	assert_int_equal(op_at(&p, "/order/1"), OP_ORDER);
	assert_int_equal(op_at(&p, "/authz/1"), OP_AUTHORIZATION);
	assert_int_equal(op_at(&p, "/finalize/1"), OP_FINALIZE);
	assert_int_equal(answer(&p, OP_AUTHORIZATION, 200,
				AUTHORIZATION("pending")),
			 OP_CHALLENGE);
	assert_int_equal(op_at(&p, "/chall/2"), OP_CHALLENGE);
	assert_int_equal(answer(&p, OP_CHALLENGE, 200, "{}"), OP_AUTHORIZATION);
	assert_int_equal(answer(&p, OP_AUTHORIZATION, 200,
				AUTHORIZATION("pending")),
			 OP_AUTHORIZATION);
	assert_int_equal(answer(&p, OP_AUTHORIZATION, 200,
				AUTHORIZATION("valid")),
			 OP_FINALIZE);
	assert_int_equal(answer(&p, OP_FINALIZE, 200, ORDER("processing", "")),
			 OP_ORDER);
	assert_int_equal(
		answer(&p, OP_ORDER, 200,
		       ORDER("valid", ",\"certificate\":\"" URL "/cert/1\"")),
		OP_CERTIFICATE);
	assert_int_equal(op_at(&p, "/cert/1"), OP_CERTIFICATE);
	assert_int_equal(answer(&p, OP_CERTIFICATE, 200, "PEM"), OP_DIRECTORY);
	places_release(&p);
}

static void a_refused_nonce_is_asked_again_and_other_failures_end(void **state)
{
	static const char bad_nonce[] =
		"{\"type\":\"urn:ietf:params:acme:error:badNonce\"}";
	struct places p;

	(void)state;
	places_init(&p, "/dir");
	assert_int_equal(answer(&p, OP_NEW_ORDER, 400, bad_nonce),
			 OP_NEW_ORDER);
	assert_int_equal(answer(&p, OP_NEW_ORDER, 500, "{}"), OP_DIRECTORY);
	assert_int_equal(op_at(&p, "/order/1"), OPS);
	places_release(&p);
}

static void what_is_no_json_teaches_nothing(void **state)
{
	static const char *const bodies[] = {
		"",	 "<html>",	     "[1]",
		"\"x\"", "{\"newNonce\":7}", "{\"authorizations\":{}}"
	};
	struct places p;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		places_init(&p, "/dir");
		answer(&p, OP_DIRECTORY, 200, bodies[i]);
		answer(&p, OP_ORDER, 200, bodies[i]);
		answer(&p, OP_AUTHORIZATION, 200, bodies[i]);
		assert_int_equal(p.count, 1);
		places_release(&p);
	}
}

/* A day of attempts: the directory and what is new stay known. */
static void the_oldest_orders_are_forgotten(void **state)
{
	struct places p;
	char url[64];

	(void)state;
	places_init(&p, "/dir");
	answer(&p, OP_DIRECTORY, 200, directory);
	for (int i = 0; i < 3 * PLACES_MOST; i++) {
		const struct places_answer a = { .op = OP_NEW_ORDER,
						 .status = 201,
						 .location = url };

		snprintf(url, sizeof(url), URL "/order/%d", i);
		places_learn(&p, &a);
		assert_int_equal(op_at(&p, url + strlen(URL)), OP_ORDER);
	}
	assert_int_equal(p.count, PLACES_MOST);
	assert_int_equal(op_at(&p, "/order/0"), OPS);
	assert_int_equal(op_at(&p, "/dir"), OP_DIRECTORY);
	places_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_but_the_directory),
		cmocka_unit_test(an_attempt_is_followed_from_answer_to_answer),
		cmocka_unit_test(
			a_refused_nonce_is_asked_again_and_other_failures_end),
		cmocka_unit_test(what_is_no_json_teaches_nothing),
		cmocka_unit_test(the_oldest_orders_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
