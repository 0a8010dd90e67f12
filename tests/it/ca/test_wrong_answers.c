/*
 * A CA that does one thing wrong at a time (cases.c), and acmeter's word for
 * it: the right outcome, at the right op, with the right exit status, in
 * bounded time and memory.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/mem.h"
#include "cases.h"
#include "support/run.h"

enum {
	/* The issuance may take 3 s and its cleanup a little more. */
	PROBE_MS = 30000,
#ifdef __SANITIZE_ADDRESS__
	PROBE_KIB = 256 * 1024,
#else
	/* It has some 15 MB when all is well, and may keep 1 MB of an answer.
	 */
	PROBE_KIB = 32 * 1024,
#endif
};

struct room {
	char folder[64], roots[96], account[96];
};

static int setup(void **state)
{
	struct room *r = mem_zalloc(sizeof(*r));

	snprintf(r->folder, sizeof(r->folder), "/tmp/acmeter-ca-XXXXXX");
	if (!mkdtemp(r->folder))
		return -1;
	snprintf(r->roots, sizeof(r->roots), "%s/roots.pem", r->folder);
	snprintf(r->account, sizeof(r->account), "%s/account.key", r->folder);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;

	unlink(r->roots);
	unlink(r->account);
	rmdir(r->folder);
	free(r);
	return 0;
}

/* A port that nobody listens on just now. */
static uint16_t free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	close(fd);
	return ntohs(address.sin_port);
}

static void write_roots(const struct room *r, const struct fake_ca *ca)
{
	struct buf pem = BUF_INIT(1 << 16);

	test_ca_add_pem(&pem, fake_ca_root(ca));
	test_ca_write(r->roots, pem.data, pem.len);
	buf_release(&pem);
}

static void probe_for(const struct room *r, const struct fake_ca *ca,
		      uint16_t responder_port, const char *name,
		      struct run_result *ret_result)
{
	char responder[32];
	const char *const argv[] = {
		ACMETER_PROGRAM,
		"probe",
		"--json",
		"--allow-http",
		"--timeout",
		"4s",
		"--connect-timeout",
		"2s",
		"--answer-timeout",
		"2s",
		"--name",
		name,
		"--account-key",
		r->account,
		"--roots",
		r->roots,
		"--responder",
		responder,
		fake_ca_directory(ca),
		NULL,
	};

	snprintf(responder, sizeof(responder), "127.0.0.1:%u", responder_port);
	write_roots(r, ca);
	run_program(argv, PROBE_MS, ret_result);
}

static void probe(const struct room *r, const struct fake_ca *ca,
		  uint16_t responder_port, struct run_result *ret_result)
{
	probe_for(r, ca, responder_port, "a.example", ret_result);
}

/* The last line of the output, which is the issuance; counts the others. */
static json_t *last_line(const struct buf *out, unsigned *ret_before)
{
	json_t *last = NULL;
	unsigned lines = 0;

	for (const char *p = buf_text(out); *p;) {
		size_t len = strcspn(p, "\n");
		json_error_t error;

		json_decref(last);
		last = json_loadb(p, len, JSON_REJECT_DUPLICATES, &error);
		if (!last)
			fail_msg("no JSON: %s: %.*s", error.text, (int)len, p);
		for (size_t i = 0; i < len; i++)
			assert_in_range((unsigned char)p[i], 0x20, 0xff);
		lines++;
		p += len + (p[len] == '\n');
	}
	if (!last)
		fail_msg("nothing was printed");
	*ret_before = lines - 1;
	return last;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int status_for(const char *outcome)
{
	enum outcome found = OUTCOMES;

	if (!outcome_find(outcome, &found))
		fail_msg("%s is no outcome", outcome);
	switch (outcome_fault(found)) {
	case FAULT_NONE:
		return 0;
	case FAULT_CA:
		return 2;
	case FAULT_PATH:
	case FAULT_OURS:
		return 3;
	}
	return -1;
}

static void check(const struct wrong *w, const struct run_result *run,
		  unsigned requests)
{
	unsigned exchanges = 0;

	if (run->killed)
		fail_msg("it did not end within %d ms", PROBE_MS);
	json_t *issuance = last_line(&run->out, &exchanges);

	if (strcmp(text_of(issuance, "outcome"), w->outcome) != 0 ||
	    strcmp(text_of(issuance, "op"), op_name(w->op)) != 0)
		fail_msg("expected %s at %s, got %s at %s: %s", w->outcome,
			 op_name(w->op), text_of(issuance, "outcome"),
			 text_of(issuance, "op"), text_of(issuance, "detail"));
	if (w->says && !strstr(text_of(issuance, "detail"), w->says))
		fail_msg("\"%s\" does not say \"%s\"",
			 text_of(issuance, "detail"), w->says);
	assert_int_equal(run->status, status_for(w->outcome));
	/* Nothing retries in silence: what the CA saw is what was told. */
	assert_int_equal(exchanges, requests);
	if (run->peak_kib > PROBE_KIB)
		fail_msg("it took %ld KiB of memory", run->peak_kib);
	json_decref(issuance);
}

static void run_case(void **state)
{
	const struct wrong *w = *state;
	struct fake_options options = w->options;
	struct room *r = NULL;
	void *made = NULL;
	struct run_result run;

	assert_int_equal(setup(&made), 0);
	r = made;
	options.faults = w->faults;
	options.fault_count = 2;
	struct fake_ca *ca = fake_ca_start(&options);

	probe(r, ca, free_port(), &run);
	unsigned requests = fake_ca_requests(ca);

	fake_ca_stop(ca);
	teardown(&made);
	check(w, &run, requests);
	run_release(&run);
}

/* The whole of RFC 8555, with the CA asking our responder for the proof. */
static void
a_real_validation_is_answered_and_the_certificate_obtained(void **state)
{
	uint16_t port = free_port();
	const struct fake_options options = { .validation_port = port,
					      .pending = 1,
					      .processing = 1 };
	const struct wrong right = { .name = "right",
				     .outcome = "ok",
				     .op = OP_CERTIFICATE };
	struct fake_ca *ca = fake_ca_start(&options);
	struct run_result run;

	probe(*state, ca, port, &run);
	unsigned requests = fake_ca_requests(ca), before;

	assert_int_equal(fake_ca_downloads(ca), 1);
	fake_ca_stop(ca);
	check(&right, &run, requests);
	json_t *issuance = last_line(&run.out, &before);
	const json_t *seen = json_object_get(issuance, "validation_requests");

	assert_int_equal(json_array_size(seen), 1);
	assert_string_equal(text_of(json_array_get(seen, 0), "from"),
			    "127.0.0.1");
	json_decref(issuance);
	run_release(&run);
}

/* Runs against one CA, with our responder at responder_port. */
static void probe_and_check(const struct room *r, const struct wrong *w,
			    const struct fake_options *options,
			    uint16_t responder_port)
{
	struct fake_ca *ca = fake_ca_start(options);
	struct run_result run;

	probe(r, ca, responder_port, &run);
	unsigned requests = fake_ca_requests(ca);

	fake_ca_stop(ca);
	check(w, &run, requests);
	run_release(&run);
}

/* RFC 8738 section 3: however it was typed, it is ordered as RFC 5952 has it.
 */
static void an_address_is_ordered_in_its_one_text(void **state)
{
	const struct fake_options options = { .pending = 1 };
	struct fake_ca *ca = fake_ca_start(&options);
	struct run_result run;
	unsigned before;

	probe_for(*state, ca, free_port(), "0:0:0:0:0:0:0:1", &run);
	fake_ca_stop(ca);
	json_t *issuance = last_line(&run.out, &before);

	assert_string_equal(text_of(issuance, "outcome"), "ok");
	assert_string_equal(text_of(issuance, "name"), "::1");
	json_decref(issuance);
	run_release(&run);
}

static void a_ca_that_cannot_reach_us_is_not_to_blame(void **state)
{
	const struct fake_options options = { .validation_port = free_port() };
	const struct wrong w = { .outcome = "self",
				 .op = OP_CHALLENGE,
				 .says = "never reached our responder" };

	probe_and_check(*state, &w, &options, free_port());
}

static void a_ca_that_had_our_answer_and_denies_it_is_to_blame(void **state)
{
	uint16_t port = free_port();
	const struct fake_fault fault = { .op = OP_AUTHORIZATION,
					  .nth = 2,
					  .member = "status",
					  .value = "\"invalid\"" };
	const struct fake_options options = { .faults = &fault,
					      .fault_count = 1,
					      .validation_port = port };
	const struct wrong w = { .outcome = "validation", .op = OP_CHALLENGE };

	probe_and_check(*state, &w, &options, port);
}

static unsigned deactivated_after(const struct room *r,
				  const struct fake_fault *fault)
{
	const struct fake_options options = { .faults = fault,
					      .fault_count = 1 };
	struct fake_ca *ca = fake_ca_start(&options);
	struct run_result run;

	probe(r, ca, free_port(), &run);
	unsigned deactivated = fake_ca_deactivated(ca);

	fake_ca_stop(ca);
	run_release(&run);
	return deactivated;
}

static void
what_is_left_pending_is_deactivated_unless_the_ca_is_down(void **state)
{
	const struct fake_fault refusal = {
		.op = OP_CHALLENGE,
		.status = 400,
		.body = "{\"type\":\"urn:ietf:params:acme:error:malformed\"}",
	};
	const struct fake_fault down = { .op = OP_CHALLENGE,
					 .status = 500,
					 .body = "" };

	assert_int_equal(deactivated_after(*state, &refusal), 1);
	assert_int_equal(deactivated_after(*state, &down), 0);
}

/* it_ca [PART OF]: every OFth case from PART on, so that parts can run at once.
 */
int main(int argc, char **argv)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test_setup_teardown(
			a_ca_that_cannot_reach_us_is_not_to_blame, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_ca_that_had_our_answer_and_denies_it_is_to_blame,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_address_is_ordered_in_its_one_text, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_real_validation_is_answered_and_the_certificate_obtained,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_left_pending_is_deactivated_unless_the_ca_is_down,
			setup, teardown),
	};
	unsigned long of = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
	unsigned long part = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct CMUnitTest *tests = mem_array(wrong_count, sizeof(*tests));
	size_t count = 0;

	for (size_t i = part; i < wrong_count; i += of)
		tests[count++] = (struct CMUnitTest){
			.name = wrongs[i].name,
			.test_func = run_case,
			/* cmocka only hands it back. */
			.initial_state = (void *)(uintptr_t)&wrongs[i],
		};
	int failed = _cmocka_run_group_tests("wrong answers", tests, count,
					     NULL, NULL);

	if (part == 0)
		failed += cmocka_run_group_tests(others, NULL, NULL);
	free(tests);
	return failed;
}
