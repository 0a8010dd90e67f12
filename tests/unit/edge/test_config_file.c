#include "edge/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#define STATION "station: fra1\n"
#define CAS "cas:\n"
#define CA                                            \
	"- name: pebble\n"                            \
	"  directory: https://ca.example:14000/dir\n" \
	"  rate: 2/min\n"
#define NAMES "  names: [a.example]\n"
#define MINIMAL STATION CAS CA NAMES /* the last line is the sixth */

static struct config *load(const char *text)
{
	struct config *c = NULL;
	struct fail why = { FAIL_NONE, "" };

	if (!config_load_text("t.yaml", text, strlen(text), false, &c, &why))
		fail_msg("refused: %s", why.text);
	return c;
}

static void drop(struct config *c)
{
	config_release(c);
	free(c);
}

static void a_minimal_file_is_taken_and_the_rest_is_filled_in(void **state)
{
	struct config *c = load(MINIMAL);
	const struct config_ca *ca = &c->cas[0];

	(void)state;
	assert_string_equal(c->path, "t.yaml");
	assert_string_equal(c->station, "fra1");
	assert_string_equal(c->place, "");
	assert_string_equal(c->database, "/var/lib/acmeter/station.db");
	assert_string_equal(c->state, "/var/lib/acmeter");
	assert_int_equal(c->seed, 0);
	assert_string_equal(c->listen, "127.0.0.1:8475");
	assert_string_equal(c->responder, ":80");
	assert_int_equal(c->web_connections, 512);
	assert_int_equal(c->keep_exchanges_us, 90 * US_PER_DAY);
	assert_int_equal(c->keep_failures_us, 730 * US_PER_DAY);
	assert_int_equal(c->control_every_us, 30 * US_PER_S);
	assert_int_equal(c->stop_grace_us, 20 * US_PER_S);
	assert_int_equal(c->control_count, 3);
	assert_int_equal(c->ca_count, 1);
	assert_string_equal(ca->name, "pebble");
	assert_string_equal(ca->directory, "https://ca.example:14000/dir");
	assert_false(ca->allow_http);
	assert_int_equal(ca->host_count, 0);
	assert_int_equal(ca->tls_root_count, 0);
	assert_int_equal(ca->root_count, 0);
	assert_int_equal(ca->rate.count, 2);
	assert_int_equal(ca->rate.per_us, US_PER_MIN);
	assert_int_equal(ca->concurrent, 1);
	assert_int_equal(ca->name_count, 1);
	assert_string_equal(ca->names[0], "a.example");
	assert_int_equal(ca->names_per_certificate, 1);
	assert_int_equal(ca->challenge, CHALLENGE_HTTP_01);
	assert_int_equal(ca->key_type, KEY_P256);
	assert_int_equal(ca->account_key_type, KEY_P256);
	assert_string_equal(ca->account_key, "/var/lib/acmeter/pebble.key");
	assert_null(ca->contact);
	assert_null(ca->eab_kid);
	assert_null(ca->eab_hmac_file);
	assert_false(ca->shallow);
	assert_false(ca->revoke);
	assert_int_equal(ca->family, IP_NONE);
	assert_null(ca->resolve);
	assert_int_equal(ca->bad_nonces, 10);
	assert_int_equal(ca->timeouts.dns_us, 5 * US_PER_S);
	assert_int_equal(ca->timeouts.connect_us, 10 * US_PER_S);
	assert_int_equal(ca->timeouts.tls_us, 10 * US_PER_S);
	assert_int_equal(ca->timeouts.answer_us, 30 * US_PER_S);
	assert_int_equal(ca->timeouts.total_us, 60 * US_PER_S);
	assert_int_equal(ca->timeouts.issuance_us, 120 * US_PER_S);
	drop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_minimal_file_is_taken_and_the_rest_is_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
