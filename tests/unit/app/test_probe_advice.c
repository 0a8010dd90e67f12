/* What a probe that did not succeed says should be tried. */
#include "app/probe_advice.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static const struct probe_options plain;

static const struct issuance unknown_issuer = {
	.outcome = OUTCOME_TLS,
	.detail = "unable to get local issuer certificate",
};
static const struct issuance other_root = {
	.outcome = OUTCOME_BAD_CERTIFICATE,
	.detail = "self-signed certificate in certificate chain",
};

static void roots_are_advised_only_to_who_gave_none(void **state)
{
	struct probe_options given = { .tls_roots.count = 1, .roots.count = 1 };

	(void)state;
	assert_non_null(
		strstr(probe_advice(&plain, false, &unknown_issuer), "--ca-"));
	assert_non_null(
		strstr(probe_advice(&plain, false, &other_root), "--roots"));
	assert_null(probe_advice(&given, false, &unknown_issuer));
	assert_null(probe_advice(&given, false, &other_root));
}

static void a_name_is_advised_when_it_was_ours(void **state)
{
	const struct issuance i = { .outcome = OUTCOME_PROBLEM,
				    .problem = "rejectedIdentifier" };

	(void)state;
	assert_non_null(strstr(probe_advice(&plain, true, &i), "--name"));
	assert_null(probe_advice(&plain, false, &i));
}

static void a_binding_is_advised_to_who_has_none(void **state)
{
	const struct issuance wanted = { .outcome = OUTCOME_PROBLEM,
					 .problem = "externalAccountRequired" };
	const struct issuance missed = { .outcome = OUTCOME_SELF,
					 .op = OP_NEW_ACCOUNT };
	const struct probe_options given = { .eab_kid = "k" };

	(void)state;
	assert_non_null(strstr(probe_advice(&plain, true, &wanted), "--eab"));
	assert_non_null(strstr(probe_advice(&plain, true, &missed), "--eab"));
	assert_null(probe_advice(&given, true, &wanted));
	assert_null(probe_advice(&given, true, &missed));
}

static void what_no_option_changes_has_no_advice(void **state)
{
	static const struct issuance others[] = {
		{ .outcome = OUTCOME_OK },
		{ .outcome = OUTCOME_TIMEOUT },
		{ .outcome = OUTCOME_DNS },
		{ .outcome = OUTCOME_TLS, .detail = "it has expired" },
		{ .outcome = OUTCOME_BAD_CERTIFICATE, .detail = "other name" },
		{ .outcome = OUTCOME_PROBLEM, .problem = "serverInternal" },
		{ .outcome = OUTCOME_HTTP_ERROR, .op = OP_NEW_ORDER },
		{ .outcome = OUTCOME_SELF, .op = OP_FINALIZE },
	};
	const struct issuance page = { .outcome = OUTCOME_HTTP_ERROR,
				       .op = OP_DIRECTORY };
	const struct issuance lost = { .outcome = OUTCOME_SELF,
				       .op = OP_CHALLENGE };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(probe_advice(&plain, true, &others[i]));
	assert_non_null(strstr(probe_advice(&plain, true, &page), "directory"));
	assert_non_null(strstr(probe_advice(&plain, true, &lost), "port 80"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_advised_only_to_who_gave_none),
		cmocka_unit_test(a_name_is_advised_when_it_was_ours),
		cmocka_unit_test(a_binding_is_advised_to_who_has_none),
		cmocka_unit_test(what_no_option_changes_has_no_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
