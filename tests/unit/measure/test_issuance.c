#include "measure/issuance.h"

#include <string.h>

#include "acme/model_ca.h"
#include "support/unit.h"

static const char *const names[] = { "a.example" };

static struct now at(int64_t s)
{
	return (struct now){ .mono_us = s * US_PER_S,
			     .boot_us = s * US_PER_S,
			     .wall_us = (1000 + s) * US_PER_S };
}

static void a_row_follows_its_flow_until_it_is_decided(void **state)
{
	const struct flow_options options = {
		.directory_url = model_ca_directory,
		.names = names,
		.name_count = 1,
		.thumbprint = "t",
		.csr = "Y3Ny",
		.limits = flow_limits_default(),
	};
	const struct model_twist busy = { .status = 503,
					  .body = "{\"type\":\"urn:ietf:params:"
						  "acme:error:rateLimited\","
						  "\"detail\":\"busy\"}" };
	struct issuance i = issuance_begin(3, "a.example", 1, false, at(1));
	struct flow *f = flow_new(&options, at(1), NULL);
	struct exchange e = { .op = OP_DIRECTORY };
	struct flow_reading reading;
	struct flow_answer answer;
	struct flow_want want;
	struct model_ca ca;

	(void)state;
	assert_int_equal(i.ca, 3);
	assert_true(i.wall_us == 1001 * US_PER_S && i.took_us == -1);
	assert_string_equal(i.name, "a.example");
	model_ca_init(&ca, names, 1);
	assert_int_equal(flow_want(f, at(2), &want), FLOW_SEND);
	issuance_follow(&i, f, at(1).mono_us);
	assert_int_equal(i.op, OP_DIRECTORY);
	assert_int_equal(i.took_us, -1);
	answer = model_ca_answer(&ca, &want.ask, &busy);
	flow_take(f, &answer, at(4), &reading);
	issuance_read(&e, &reading);
	assert_int_equal(e.outcome, OUTCOME_PROBLEM);
	assert_string_equal(e.problem, "rateLimited");
	assert_string_equal(e.detail, "busy");
	assert_int_equal(e.retry_after_us, -1);
	issuance_follow(&i, f, at(1).mono_us);
	assert_true(i.took_us == 3 * US_PER_S);
	assert_int_equal(i.outcome, OUTCOME_PROBLEM);
	assert_int_equal(i.status, 503);
	assert_string_equal(i.detail, "busy");
	assert_int_equal(i.valid_after_us, -1);
	flow_free(f);
	model_ca_release(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_follows_its_flow_until_it_is_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
