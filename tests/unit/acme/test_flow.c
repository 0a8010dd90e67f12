#include "acme/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/pure_ca.h"

#define PROBLEM(name)                                                          \
	"{\"type\":\"urn:ietf:params:acme:error:" name "\",\"detail\":\"" name \
	" it is\"}"

enum { MOST_REQUESTS = 2000, STEP_US = 10000 };

/* A flow driven against a CA on a clock that only the run moves. */
struct run {
	struct pure_ca ca;
	struct flow_options options;
	struct flow *flow;
	struct now now;
	char ops[4096]; /* "directory newNonce ..." */
	char bad[4096]; /* "newOrder:problem ..." */
	unsigned requests, waits;
	int64_t longest_wait_us;
	unsigned verified;
	int reject_chain; /* index of the chain found bad, -1 none */
	const char *hint; /* in tokens that the CA asks for at once; or NULL */
	bool bound;
};

static const char *const one_name[] = { "a.example" };
static const char *const three_names[] = { "a.example", "b.example",
					   "c.example" };

static void setup(struct run *r, const char *const *names, size_t count)
{
	memset(r, 0, sizeof(*r));
	pure_ca_init(&r->ca, names, count);
	r->options = (struct flow_options){
		.directory_url = model_ca_directory,
		.names = names,
		.name_count = count,
		.thumbprint = "thumb",
		.csr = "Y3Ny",
		.limits = flow_limits_default(),
	};
	r->now.mono_us = 1000 * US_PER_S;
	r->now.wall_us = INT64_C(1750000000) * US_PER_S;
	r->reject_chain = -1;
}

static void teardown(struct run *r)
{
	flow_free(r->flow);
	pure_ca_release(&r->ca);
}

static void note(char *list, size_t size, const char *format, ...)
{
	size_t used = strlen(list);
	va_list args;

	va_start(args, format);
	vsnprintf(list + used, size - used, format, args);
	va_end(args);
}

static void send_it(struct run *r, const struct flow_ask *ask)
{
	struct flow_reading reading;
	struct flow_answer answer;

	assert_true(++r->requests < MOST_REQUESTS);
	note(r->ops, sizeof(r->ops), "%s%s", r->ops[0] ? " " : "",
	     op_name(ask->op));
	assert_int_equal(ask->attempt, r->ca.model.asked[ask->op] + 1);
	if (ask->signer != FLOW_UNSIGNED)
		assert_true(ask->nonce[0] != '\0');
	answer = pure_ca_answer(&r->ca, ask);
	r->now.mono_us += STEP_US;
	r->now.wall_us += STEP_US;
	flow_take(r->flow, &answer, r->now, &reading);
	if (reading.outcome != OUTCOME_OK)
		note(r->bad, sizeof(r->bad), "%s%s:%s", r->bad[0] ? " " : "",
		     op_name(ask->op), outcome_slug(reading.outcome));
}

static void wait_it(struct run *r, int64_t until_us)
{
	int64_t us = until_us - r->now.mono_us;

	assert_true(us > 0);
	if (us > r->longest_wait_us)
		r->longest_wait_us = us;
	r->waits++;
	r->now.mono_us += us;
	r->now.wall_us += us;
}

static void verify_it(struct run *r, const struct flow_want *want)
{
	static const struct flow_certificate good = { .serial = "0a",
						      .issuer = "Issuer",
						      .not_before_us = 1,
						      .not_after_us = 2,
						      .chain_length = 2 };

	assert_non_null(strstr(want->chain, "BEGIN CERTIFICATE"));
	r->verified++;
	if (r->reject_chain == (int)want->chain_index)
		flow_verified(r->flow, NULL, "it is for another name", r->now);
	else
		flow_verified(r->flow, &good, NULL, r->now);
}

/* Does one thing; false when the flow has ended. */
static bool turn(struct run *r)
{
	struct flow_want want, again;
	enum flow_want_kind kind = flow_want(r->flow, r->now, &want);

	/* Asking again gives the same. */
	assert_int_equal(flow_want(r->flow, r->now, &again), kind);
	switch (kind) {
	case FLOW_SEND:
		assert_int_equal(want.ask.op, again.ask.op);
		send_it(r, &again.ask);
		return true;
	case FLOW_WAIT:
		wait_it(r, want.until_us);
		return true;
	case FLOW_BIND:
		r->bound = true;
		flow_bound(r->flow, "{\"bound\":1}", NULL, r->now);
		return true;
	case FLOW_PRESENT:
		if (r->hint && strstr(want.token, r->hint))
			flow_validation_seen(r->flow, want.token, r->now);
		flow_presented(r->flow, true, NULL, r->now);
		return true;
	case FLOW_VERIFY:
		verify_it(r, &want);
		return true;
	case FLOW_ENDED:
		return false;
	}
	return false;
}

static const struct flow_result *run(struct run *r)
{
	struct fail why;

	r->flow = flow_new(&r->options, r->now, &why);
	assert_non_null(r->flow);
	while (turn(r))
		;
	assert_true(flow_result(r->flow)->decided);
	return flow_result(r->flow);
}

/* --- what should happen ------------------------------------------------- */

static void an_issuance_goes_through_all_steps(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	result = run(&r);
	assert_string_equal(r.ops, "directory newNonce newAccount newOrder "
				   "authorization challenge authorization "
				   "authorization finalize order order "
				   "certificate");
	assert_string_equal(r.bad, "");
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_int_equal(result->op, OP_CERTIFICATE);
	assert_int_equal(result->requests, 12);
	assert_string_equal(result->account_url,
			    "https://ca.example/account/1");
	assert_string_equal(result->serial, "0a");
	assert_int_equal(result->left_pending, 0);
	assert_true(result->waited_us > 0);
	teardown(&r);
}

static void several_names_are_read_then_challenged_then_polled(void **state)
{
	struct run r;

	(void)state;
	setup(&r, three_names, 3);
	r.ca.model.authz_polls = 0;
	r.ca.model.reused = 1;
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_string_equal(r.ops,
			    "directory newNonce newAccount newOrder "
			    "authorization authorization authorization "
			    "challenge challenge authorization authorization "
			    "finalize order order certificate");
	teardown(&r);
}

static void reused_authorizations_need_no_challenge(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, three_names, 3);
	r.ca.model.reused = 3;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_int_equal(r.ca.model.asked[OP_CHALLENGE], 0);
	assert_int_equal(result->challenged_us, -1);
	teardown(&r);
}

static void shallow_stops_at_the_authorization_and_deactivates_it(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, three_names, 3);
	r.options.shallow = true;
	r.options.csr = NULL;
	r.ca.model.reused = 1;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_int_equal(result->op, OP_AUTHORIZATION);
	assert_false(r.ca.model.deactivated[0]);
	assert_true(r.ca.model.deactivated[1]);
	assert_true(r.ca.model.deactivated[2]);
	assert_int_equal(r.ca.model.asked[OP_FINALIZE], 0);
	assert_int_equal(result->left_pending, 0);
	/* The outcome was known before the cleaning up. */
	assert_true(result->decided_us < r.now.mono_us);
	teardown(&r);
}

static void a_contact_is_a_mailto_url_however_it_was_written(void **state)
{
	static const char *const written[] = { "ops@example.org",
					       "mailto:ops@example.org" };

	(void)state;
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		struct run r;
		struct fail why;

		setup(&r, one_name, 1);
		r.options.contact = written[i];
		r.flow = flow_new(&r.options, r.now, &why);
		while (r.ca.model.asked[OP_NEW_ACCOUNT] < 1)
			assert_true(turn(&r));
		assert_non_null(strstr(r.ca.model.last_payload,
				       "[\"mailto:ops@example.org\"]"));
		teardown(&r);
	}
}

static void a_known_account_is_looked_up(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.options.account_known = true;
	r.options.has_binding = true;
	r.ca.model.account_exists = true;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_false(r.bound);
	assert_int_equal(r.ca.model.asked[OP_NEW_ACCOUNT], 1);
	teardown(&r);
}

static void a_forgotten_account_is_registered_anew_in_the_open(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.options.account_known = true;
	r.options.has_binding = true;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_true(r.bound);
	assert_string_equal(r.bad, "newAccount:problem");
	assert_int_equal(r.ca.model.asked[OP_NEW_ACCOUNT], 2);
	teardown(&r);
}

static void a_wanted_binding_that_we_lack_is_our_own_failure(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.binding_required = true;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_SELF);
	assert_int_equal(result->op, OP_NEW_ACCOUNT);
	assert_string_equal(r.ops, "directory");
	teardown(&r);
}

static void a_binding_that_we_lack_is_missed_after_the_lookup_too(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.binding_required = true;
	r.options.account_known = true;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_SELF);
	assert_int_equal(result->op, OP_NEW_ACCOUNT);
	assert_non_null(strstr(result->detail, "external account binding"));
	assert_int_equal(r.ca.model.asked[OP_NEW_ACCOUNT], 1);
	teardown(&r);
}

static void alternate_chains_are_fetched_and_checked(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.alternates = 9;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_int_equal(result->alternates, 4);
	assert_int_equal(r.verified, 5);
	assert_int_equal(r.ca.model.asked[OP_CERTIFICATE], 5);
	/* The certificate was there before the alternates. */
	assert_true(result->decided_us <= r.now.mono_us - 4 * STEP_US);
	teardown(&r);
}

static void an_alternate_that_cannot_be_fetched_spoils_nothing(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.alternates = 2;
	pure_ca_twist(&r.ca, (struct pure_twist){ .op = OP_CERTIFICATE,
						  .from = 2,
						  .to = 2,
						  .twist.status = 500,
						  .twist.body = "" });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_string_equal(r.bad, "certificate:http_error");
	assert_int_equal(r.verified, 2);
	teardown(&r);
}

#define ALTERNATE(target) "Link: <" target ">;rel=\"alternate\"\r\n"

static void a_link_is_relative_to_its_request_or_passed_over(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_CERTIFICATE,
				     .from = 1,
				     .to = 1,
				     .twist.headers = ALTERNATE("1/1")
					     ALTERNATE("https://evil.example/1")
						     ALTERNATE("/cert/2") });
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_int_equal(result->alternates, 2);
	assert_int_equal(r.verified, 3);
	teardown(&r);
}

static void a_location_is_relative_to_its_request(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_NEW_ACCOUNT,
				     .from = 1,
				     .to = 1,
				     .twist.status = 201,
				     .twist.headers = "Location: account/7\r\n",
				     .twist.body = "{\"status\":\"valid\"}" });
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_string_equal(result->account_url,
			    "https://ca.example/account/7");
	teardown(&r);
}

static void a_wrong_chain_is_a_bad_certificate(void **state)
{
	(void)state;
	for (int chain = 0; chain <= 1; chain++) {
		struct run r;
		const struct flow_result *result;

		setup(&r, one_name, 1);
		r.ca.model.alternates = 1;
		r.reject_chain = chain;
		result = run(&r);
		assert_int_equal(result->outcome, OUTCOME_BAD_CERTIFICATE);
		assert_int_equal(result->op, OP_CERTIFICATE);
		assert_string_equal(result->detail, "it is for another name");
		teardown(&r);
	}
}

static void what_was_issued_can_be_revoked(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	r.options.revoke = true;
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_true(r.ca.model.revoked);
	assert_non_null(strstr(r.ca.model.last_payload, "\"AA-_\""));
	teardown(&r);
}

static void a_refused_revocation_does_not_change_the_outcome(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	r.options.revoke = true;
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_REVOKE_CERT,
				     .from = 1,
				     .to = 99,
				     .twist.status = 500,
				     .twist.body = PROBLEM("serverInternal") });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_string_equal(r.bad, "revokeCert:problem");
	teardown(&r);
}

/* --- second tries, in the open ------------------------------------------ */

static void a_bad_nonce_is_tried_again_at_once(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca,
		      (struct pure_twist){ .op = OP_NEW_ORDER,
					   .from = 1,
					   .to = 10,
					   .twist.status = 400,
					   .twist.body = PROBLEM("badNonce") });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_int_equal(r.ca.model.asked[OP_NEW_ORDER], 11);
	assert_int_equal(r.ca.model.asked[OP_NEW_NONCE], 1);
	teardown(&r);
}

static void too_many_bad_nonces_end_it(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca,
		      (struct pure_twist){ .op = OP_NEW_ORDER,
					   .from = 1,
					   .to = 99,
					   .twist.status = 400,
					   .twist.body = PROBLEM("badNonce") });
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_PROBLEM);
	assert_string_equal(result->problem, "badNonce");
	assert_int_equal(result->op, OP_NEW_ORDER);
	assert_int_equal(r.ca.model.asked[OP_NEW_ORDER], 11);
	teardown(&r);
}

static void busy_with_a_short_retry_after_is_waited_for(void **state)
{
	static const char *const headers[] = {
		"Retry-After: 3\r\n",
		/* 3 s after what the clock shows when newOrder is answered. */
		"Retry-After: Sun, 15 Jun 2025 15:06:43 GMT\r\n",
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct run r;

		setup(&r, one_name, 1);
		pure_ca_twist(&r.ca,
			      (struct pure_twist){
				      .op = OP_NEW_ORDER,
				      .from = 1,
				      .to = 2,
				      .twist.status = 503,
				      .twist.headers = headers[i],
				      .twist.body = PROBLEM("rateLimited") });
		assert_int_equal(run(&r)->outcome, OUTCOME_OK);
		assert_int_equal(r.ca.model.asked[OP_NEW_ORDER], 3);
		assert_string_equal(r.bad, "newOrder:problem newOrder:problem");
		assert_in_range(r.longest_wait_us, 2900000, 3000000);
		teardown(&r);
	}
}

static void busy_for_longer_ends_it_and_says_until_when(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_NEW_ORDER,
				     .from = 1,
				     .to = 99,
				     .twist.status = 500,
				     .twist.headers = "Retry-After: 60\r\n",
				     .twist.body = PROBLEM("serverInternal") });
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_PROBLEM);
	assert_int_equal(result->status, 500);
	assert_int_equal(result->retry_after_us, 60 * US_PER_S);
	assert_int_equal(r.ca.model.asked[OP_NEW_ORDER], 1);
	teardown(&r);
}

static void busy_for_ever_ends_after_the_retries(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){ .op = OP_FINALIZE,
						  .from = 1,
						  .to = 99,
						  .twist.status = 503,
						  .twist.headers =
							  "Retry-After: 1\r\n",
						  .twist.body = "busy" });
	assert_int_equal(run(&r)->outcome, OUTCOME_HTTP_ERROR);
	assert_int_equal(r.ca.model.asked[OP_FINALIZE], 3);
	teardown(&r);
}

static void a_rate_limit_is_ours_and_never_tried_again(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_NEW_ORDER,
				     .from = 1,
				     .to = 99,
				     .twist.status = 429,
				     .twist.headers = "Retry-After: 1\r\n",
				     .twist.body = PROBLEM("rateLimited") });
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_RATE_LIMITED);
	assert_int_equal(result->retry_after_us, US_PER_S);
	assert_int_equal(r.ca.model.asked[OP_NEW_ORDER], 1);
	assert_int_equal(outcome_fault(result->outcome), FAULT_OURS);
	teardown(&r);
}

static void a_rate_limit_is_ours_by_its_type_with_any_4xx(void **state)
{
	static const struct {
		int status;
		enum outcome outcome;
	} cases[] = {
		{ 400, OUTCOME_RATE_LIMITED },
		{ 403, OUTCOME_RATE_LIMITED },
		{ 429, OUTCOME_RATE_LIMITED },
		{ 503, OUTCOME_PROBLEM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run r;

		setup(&r, one_name, 1);
		pure_ca_twist(&r.ca,
			      (struct pure_twist){
				      .op = OP_NEW_ORDER,
				      .from = 1,
				      .to = 99,
				      .twist.status = cases[i].status,
				      .twist.body = PROBLEM("rateLimited") });
		assert_int_equal(run(&r)->outcome, cases[i].outcome);
		teardown(&r);
	}
}

#define READY_ORDER                                      \
	"{\"status\":\"ready\",\"authorizations\":"      \
	"[\"https://ca.example/authz/0\"],\"finalize\":" \
	"\"https://ca.example/finalize/1\"}"

/* Nonces that are refused on the way have nothing to do with the order. */
static void an_order_that_is_not_ready_is_no_matter_of_nonces(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca,
		      (struct pure_twist){ .op = OP_FINALIZE,
					   .from = 1,
					   .to = 3,
					   .twist.status = 400,
					   .twist.body = PROBLEM("badNonce") });
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_FINALIZE,
				     .from = 4,
				     .to = 5,
				     .twist.status = 403,
				     .twist.body = PROBLEM("orderNotReady") });
	pure_ca_twist(&r.ca, (struct pure_twist){ .op = OP_ORDER,
						  .from = 1,
						  .to = 2,
						  .twist.status = 200,
						  .twist.body = READY_ORDER });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_int_equal(r.ca.model.asked[OP_FINALIZE], 6);
	teardown(&r);
}

static void
an_order_that_is_not_ready_is_polled_and_finalized_again(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_FINALIZE,
				     .from = 1,
				     .to = 1,
				     .twist.status = 403,
				     .twist.body = PROBLEM("orderNotReady") });
	pure_ca_twist(&r.ca, (struct pure_twist){ .op = OP_ORDER,
						  .from = 1,
						  .to = 1,
						  .twist.status = 200,
						  .twist.body = READY_ORDER });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_int_equal(r.ca.model.asked[OP_FINALIZE], 2);
	teardown(&r);
}

static void a_missing_nonce_is_fetched_anew(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){ .op = OP_NEW_ORDER,
						  .from = 1,
						  .to = 1,
						  .twist.no_nonce = true });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_int_equal(r.ca.model.asked[OP_NEW_NONCE], 2);
	teardown(&r);
}

/* --- waiting ------------------------------------------------------------ */

static void polls_come_later_each_time_up_to_the_limit(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.authz_polls = 9;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_OK);
	assert_int_equal(r.longest_wait_us, 5 * US_PER_S);
	assert_true(result->valid_after_us < result->valid_before_us);
	/* The last pending poll was asked one wait and one turn before. */
	assert_int_equal(result->valid_before_us - result->valid_after_us,
			 5 * US_PER_S + 2 * STEP_US);
	teardown(&r);
}

static void a_poll_waits_for_retry_after(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_AUTHORIZATION,
				     .from = 2,
				     .to = 2,
				     .twist.headers = "Retry-After: 7\r\n" });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_int_equal(r.longest_wait_us, 7 * US_PER_S);
	teardown(&r);
}

static void a_seen_validation_brings_the_poll_forward(void **state)
{
	struct run r;
	struct flow_want want;
	struct fail why;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.authz_polls = 9;
	r.flow = flow_new(&r.options, r.now, &why);
	do
		assert_true(turn(&r));
	while (r.ca.model.asked[OP_AUTHORIZATION] < 5);
	assert_int_equal(flow_want(r.flow, r.now, &want), FLOW_WAIT);
	assert_true(want.until_us > r.now.mono_us + US_PER_S);
	flow_validation_seen(r.flow, "token-0", r.now);
	assert_int_equal(flow_want(r.flow, r.now, &want), FLOW_WAIT);
	assert_int_equal(want.until_us, r.now.mono_us + 250 * US_PER_MS);
	assert_int_equal(flow_result(r.flow)->validations, 1);
	teardown(&r);
}

static void a_seen_validation_does_not_overrule_retry_after(void **state)
{
	struct run r;
	struct flow_want want;
	struct fail why;
	int64_t asked_us;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_AUTHORIZATION,
				     .from = 2,
				     .to = 2,
				     .twist.headers = "Retry-After: 7\r\n" });
	r.flow = flow_new(&r.options, r.now, &why);
	do
		assert_true(turn(&r));
	while (r.ca.model.asked[OP_AUTHORIZATION] < 2);
	asked_us = r.now.mono_us;
	flow_validation_seen(r.flow, "token-0", r.now);
	assert_int_equal(flow_want(r.flow, r.now, &want), FLOW_WAIT);
	assert_int_equal(want.until_us, asked_us + 7 * US_PER_S);
	teardown(&r);
}

static void polls_without_end_are_a_timeout(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.options.limits.issuance_us = 3600 * US_PER_S;
	r.ca.model.order_polls = 9999;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_TIMEOUT);
	assert_int_equal(result->op, OP_ORDER);
	/* The answer to finalize was the first that said "not yet". */
	assert_int_equal(r.ca.model.asked[OP_ORDER], 59);
	teardown(&r);
}

static void the_issuance_has_a_deadline_also_between_polls(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.options.limits.issuance_us = 10 * US_PER_S;
	r.ca.model.authz_polls = 9999;
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_TIMEOUT);
	assert_int_equal(result->op, OP_AUTHORIZATION);
	assert_int_equal(result->decided_us, 1000 * US_PER_S + 10 * US_PER_S);
	/* The CA was answering: what was pending is cleaned up. */
	assert_true(r.ca.model.deactivated[0]);
	teardown(&r);
}

static void a_request_that_hangs_until_the_deadline_is_a_timeout(void **state)
{
	struct run r;
	struct flow_want want;
	struct fail why;

	(void)state;
	setup(&r, one_name, 1);
	r.flow = flow_new(&r.options, r.now, &why);
	do
		assert_true(turn(&r));
	while (r.ca.model.asked[OP_NEW_ORDER] < 1);
	assert_int_equal(flow_want(r.flow, r.now, &want), FLOW_SEND);
	r.now.mono_us = flow_deadline_us(r.flow);
	flow_timeout(r.flow, r.now);
	assert_int_equal(flow_want(r.flow, r.now, &want), FLOW_ENDED);
	assert_int_equal(flow_result(r.flow)->outcome, OUTCOME_TIMEOUT);
	assert_int_equal(flow_result(r.flow)->op, OP_AUTHORIZATION);
	assert_int_equal(flow_result(r.flow)->left_pending, 1);
	teardown(&r);
}

/* --- whose fault -------------------------------------------------------- */

static void an_invalid_authorization_is_blamed_on_who_it_was(void **state)
{
	static const struct {
		const char *error;
		bool asked_us;
		enum outcome outcome;
	} cases[] = {
		{ PROBLEM("connection"), false, OUTCOME_SELF },
		{ PROBLEM("connection"), true, OUTCOME_VALIDATION },
		{ PROBLEM("unauthorized"), false, OUTCOME_SELF },
		{ PROBLEM("unauthorized"), true, OUTCOME_VALIDATION },
		{ PROBLEM("dns"), false, OUTCOME_SELF },
		{ PROBLEM("serverInternal"), false, OUTCOME_VALIDATION },
		{ NULL, false, OUTCOME_VALIDATION },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run r;
		const struct flow_result *result;

		setup(&r, one_name, 1);
		r.ca.model.invalid = true;
		r.ca.model.challenge_error = cases[i].error;
		r.hint = cases[i].asked_us ? "token" : NULL;
		result = run(&r);
		assert_int_equal(result->outcome, cases[i].outcome);
		assert_int_equal(result->op, OP_CHALLENGE);
		teardown(&r);
	}
}

/* Nothing was presented yet: that nobody answered is not our failure. */
static void an_authorization_that_begins_invalid_is_not_ours(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	pure_ca_twist(
		&r.ca,
		(struct pure_twist){
			.op = OP_AUTHORIZATION,
			.from = 1,
			.to = 1,
			.twist.status = 200,
			.twist.body =
				"{\"status\":\"invalid\",\"identifier\":"
				"{\"value\":\"a.example\"},\"challenges\":"
				"[{\"type\":\"http-01\",\"token\":\"t\","
				"\"url\":\"https://ca.example/chall/0\","
				"\"error\":" PROBLEM("connection") "}]}" });
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_VALIDATION);
	assert_int_equal(result->op, OP_AUTHORIZATION);
	assert_non_null(strstr(result->detail, "before any challenge"));
	teardown(&r);
}

static void the_first_poll_waits_for_the_challenges_retry_after(void **state)
{
	struct run r;

	(void)state;
	setup(&r, three_names, 3);
	/* Of one of three, and not of the last. */
	pure_ca_twist(&r.ca, (struct pure_twist){
				     .op = OP_CHALLENGE,
				     .from = 2,
				     .to = 2,
				     .twist.headers = "Retry-After: 3\r\n" });
	r.hint = "token";
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_in_range(r.longest_wait_us, 3 * US_PER_S - 2 * STEP_US,
			3 * US_PER_S);
	teardown(&r);
}

static void what_we_do_not_use_condemns_no_directory(void **state)
{
	struct run r;

	(void)state;
	setup(&r, one_name, 1);
	r.options.revoke = true;
	pure_ca_twist(
		&r.ca,
		(struct pure_twist){
			.op = OP_DIRECTORY,
			.from = 1,
			.to = 1,
			.twist.status = 200,
			.twist.body =
				"{\"newNonce\":\"https://ca.example/nonce\","
				"\"newAccount\":\"https://ca.example/account\","
				"\"newOrder\":\"https://ca.example/order\","
				"\"revokeCert\":\"https://cdn.example/revoke\","
				"\"keyChange\":\"https://cdn.example/key\","
				"\"renewalInfo\":7}" });
	assert_int_equal(run(&r)->outcome, OUTCOME_OK);
	assert_false(r.ca.model.revoked);
	teardown(&r);
}

static void a_name_that_leads_elsewhere_is_not_excused_by_another(void **state)
{
	static const char *const names[] = { "a.example", "b.example" };
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, names, 2);
	r.ca.model.invalid = true;
	r.ca.model.challenge_error = PROBLEM("connection");
	r.hint = "token-1";
	result = run(&r);
	assert_int_equal(result->validations, 1);
	assert_int_equal(result->outcome, OUTCOME_SELF);
	teardown(&r);
}

static void a_withdrawn_challenge_type_is_said(void **state)
{
	struct run r;
	const struct flow_result *result;

	(void)state;
	setup(&r, one_name, 1);
	r.ca.model.challenge_type = "tls-alpn-01";
	result = run(&r);
	assert_int_equal(result->outcome, OUTCOME_VALIDATION);
	assert_int_equal(result->op, OP_AUTHORIZATION);
	assert_non_null(strstr(result->detail, "dns-01, tls-alpn-01"));
	assert_true(r.ca.model.deactivated[0]);
	teardown(&r);
}

static void an_interrupted_issuance_ends_at_once(void **state)
{
	struct run r;
	struct fail why;

	(void)state;
	setup(&r, one_name, 1);
	r.flow = flow_new(&r.options, r.now, &why);
	while (r.ca.model.asked[OP_NEW_ORDER] < 1)
		assert_true(turn(&r));
	flow_interrupt(r.flow, r.now);
	assert_false(turn(&r));
	assert_int_equal(flow_result(r.flow)->outcome, OUTCOME_INTERRUPTED);
	assert_int_equal(flow_result(r.flow)->left_pending, 1);
	teardown(&r);
}

static void unusable_options_are_refused(void **state)
{
	struct run r;
	struct fail why;

	(void)state;
	setup(&r, one_name, 1);
	r.options.directory_url = "http://ca.example/directory";
	assert_null(flow_new(&r.options, r.now, &why));
	assert_int_equal(why.code, FAIL_INPUT);
	r.options.directory_url = "ca.example";
	assert_null(flow_new(&r.options, r.now, &why));
	r.options.directory_url = model_ca_directory;
	r.options.name_count = 0;
	assert_null(flow_new(&r.options, r.now, &why));
	r.options.name_count = 1;
	r.options.csr = NULL;
	assert_null(flow_new(&r.options, r.now, &why));
	teardown(&r);
}

/* --- every kind of bad answer, at every operation ------------------------ */

static const enum op all_ops[] = { OP_DIRECTORY,     OP_NEW_NONCE,
				   OP_NEW_ACCOUNT,   OP_NEW_ORDER,
				   OP_AUTHORIZATION, OP_CHALLENGE,
				   OP_FINALIZE,	     OP_ORDER,
				   OP_CERTIFICATE };

static void every_failure_at_every_operation_ends_as_itself(void **state)
{
	static const struct pure_twist kinds[] = {
		{ .twist.transport = OUTCOME_REFUSED },
		{ .twist.transport = OUTCOME_TIMEOUT },
		{ .twist.transport = OUTCOME_TLS },
		{ .twist.transport = OUTCOME_CLOSED },
		{ .twist.transport = OUTCOME_DNS },
		{ .twist.status = 500, .twist.body = "" },
		{ .twist.status = 502,
		  .twist.body = "<html>Bad gateway</html>",
		  .twist.headers = "Content-Type: text/html\r\n" },
		{ .twist.status = 404, .twist.body = "not found" },
		{ .twist.status = 500,
		  .twist.body = PROBLEM("serverInternal") },
		{ .twist.status = 403, .twist.body = PROBLEM("unauthorized") },
		{ .twist.status = 503,
		  .twist.body = "{\"type\":\"urn:acme:error:serverInternal\","
				"\"detail\":\"down for maintenance\"}" },
		{ .twist.status = 429, .twist.body = "slow down" },
		{ .twist.status = 302, .twist.body = "moved" },
		{ .twist.status = 999, .twist.body = "what" },
		{ .twist.status = 101, .twist.body = "switch" },
	};
	static const enum outcome outcomes[] = {
		OUTCOME_REFUSED,    OUTCOME_TIMEOUT,	OUTCOME_TLS,
		OUTCOME_CLOSED,	    OUTCOME_DNS,	OUTCOME_HTTP_ERROR,
		OUTCOME_HTTP_ERROR, OUTCOME_HTTP_ERROR, OUTCOME_PROBLEM,
		OUTCOME_PROBLEM,    OUTCOME_PROBLEM,	OUTCOME_RATE_LIMITED,
		OUTCOME_PROTOCOL,   OUTCOME_PROTOCOL,	OUTCOME_PROTOCOL,
	};

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (size_t i = 0; i < sizeof(all_ops) / sizeof(*all_ops);
		     i++) {
			struct pure_twist twist = kinds[k];
			const struct flow_result *result;
			struct run r;

			setup(&r, one_name, 1);
			twist.op = all_ops[i];
			twist.from = 1;
			twist.to = 9999;
			pure_ca_twist(&r.ca, twist);
			result = run(&r);
			assert_int_equal(result->outcome, outcomes[k]);
			assert_int_equal(result->op, all_ops[i]);
			teardown(&r);
		}
	}
}

static void every_malformed_body_is_a_protocol_failure(void **state)
{
	static const enum op with_body[] = { OP_DIRECTORY, OP_NEW_ACCOUNT,
					     OP_NEW_ORDER, OP_AUTHORIZATION,
					     OP_FINALIZE,  OP_ORDER };
	static const char *const bodies[] = {
		"",
		"{",
		"[]",
		"null",
		"\"text\"",
		"{}",
		"{\"status\":7}",
		"{\"status\":\"unheard of\"}",
		"<html></html>",
		"{\"newNonce\":\"https://evil.example/\",\"newAccount\":"
		"\"https://evil.example/\",\"newOrder\":"
		"\"https://evil.example/\",\"status\":\"pending\","
		"\"authorizations\":[\"https://evil.example/\"]}",
		"{\"newNonce\":1,\"status\":\"valid\",\"authorizations\":[1]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(with_body) / sizeof(*with_body); i++) {
		for (size_t k = 0; k < sizeof(bodies) / sizeof(*bodies); k++) {
			const struct flow_result *result;
			struct run r;

			setup(&r, one_name, 1);
			pure_ca_twist(&r.ca, (struct pure_twist){
						     .op = with_body[i],
						     .from = 1,
						     .to = 99,
						     .twist.status = 200,
						     .twist.body = bodies[k] });
			result = run(&r);
			assert_int_equal(result->outcome, OUTCOME_PROTOCOL);
			assert_int_equal(result->op, with_body[i]);
			assert_true(result->detail[0] != '\0');
			teardown(&r);
		}
	}
}

static void missing_headers_are_protocol_failures(void **state)
{
	static const enum op needing[] = { OP_NEW_NONCE, OP_NEW_ACCOUNT,
					   OP_NEW_ORDER };

	(void)state;
	for (size_t i = 0; i < sizeof(needing) / sizeof(*needing); i++) {
		const struct flow_result *result;
		struct run r;

		setup(&r, one_name, 1);
		pure_ca_twist(
			&r.ca,
			(struct pure_twist){
				.op = needing[i],
				.from = 1,
				.to = 99,
				.twist.status = 200,
				.twist.no_nonce = true,
				.twist.headers =
					"Location: https://ca.example/\x01\r\n"
					"Location: https://ca.example/2\r\n",
				.twist.body = "{\"status\":\"valid\"}" });
		result = run(&r);
		assert_int_equal(result->outcome, OUTCOME_PROTOCOL);
		assert_int_equal(result->op, needing[i]);
		teardown(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_issuance_goes_through_all_steps),
		cmocka_unit_test(
			several_names_are_read_then_challenged_then_polled),
		cmocka_unit_test(reused_authorizations_need_no_challenge),
		cmocka_unit_test(
			shallow_stops_at_the_authorization_and_deactivates_it),
		cmocka_unit_test(
			a_contact_is_a_mailto_url_however_it_was_written),
		cmocka_unit_test(a_known_account_is_looked_up),
		cmocka_unit_test(
			a_forgotten_account_is_registered_anew_in_the_open),
		cmocka_unit_test(
			a_wanted_binding_that_we_lack_is_our_own_failure),
		cmocka_unit_test(
			a_binding_that_we_lack_is_missed_after_the_lookup_too),
		cmocka_unit_test(alternate_chains_are_fetched_and_checked),
		cmocka_unit_test(
			an_alternate_that_cannot_be_fetched_spoils_nothing),
		cmocka_unit_test(
			a_link_is_relative_to_its_request_or_passed_over),
		cmocka_unit_test(a_location_is_relative_to_its_request),
		cmocka_unit_test(a_wrong_chain_is_a_bad_certificate),
		cmocka_unit_test(
			an_authorization_that_begins_invalid_is_not_ours),
		cmocka_unit_test(
			the_first_poll_waits_for_the_challenges_retry_after),
		cmocka_unit_test(what_we_do_not_use_condemns_no_directory),
		cmocka_unit_test(what_was_issued_can_be_revoked),
		cmocka_unit_test(
			a_refused_revocation_does_not_change_the_outcome),
		cmocka_unit_test(a_bad_nonce_is_tried_again_at_once),
		cmocka_unit_test(too_many_bad_nonces_end_it),
		cmocka_unit_test(busy_with_a_short_retry_after_is_waited_for),
		cmocka_unit_test(busy_for_longer_ends_it_and_says_until_when),
		cmocka_unit_test(busy_for_ever_ends_after_the_retries),
		cmocka_unit_test(a_rate_limit_is_ours_and_never_tried_again),
		cmocka_unit_test(a_rate_limit_is_ours_by_its_type_with_any_4xx),
		cmocka_unit_test(
			an_order_that_is_not_ready_is_no_matter_of_nonces),
		cmocka_unit_test(
			an_order_that_is_not_ready_is_polled_and_finalized_again),
		cmocka_unit_test(a_missing_nonce_is_fetched_anew),
		cmocka_unit_test(polls_come_later_each_time_up_to_the_limit),
		cmocka_unit_test(a_poll_waits_for_retry_after),
		cmocka_unit_test(a_seen_validation_brings_the_poll_forward),
		cmocka_unit_test(
			a_seen_validation_does_not_overrule_retry_after),
		cmocka_unit_test(polls_without_end_are_a_timeout),
		cmocka_unit_test(
			the_issuance_has_a_deadline_also_between_polls),
		cmocka_unit_test(
			a_request_that_hangs_until_the_deadline_is_a_timeout),
		cmocka_unit_test(
			an_invalid_authorization_is_blamed_on_who_it_was),
		cmocka_unit_test(
			a_name_that_leads_elsewhere_is_not_excused_by_another),
		cmocka_unit_test(a_withdrawn_challenge_type_is_said),
		cmocka_unit_test(an_interrupted_issuance_ends_at_once),
		cmocka_unit_test(unusable_options_are_refused),
		cmocka_unit_test(
			every_failure_at_every_operation_ends_as_itself),
		cmocka_unit_test(every_malformed_body_is_a_protocol_failure),
		cmocka_unit_test(missing_headers_are_protocol_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
