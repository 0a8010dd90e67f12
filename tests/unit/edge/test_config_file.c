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
#include "edge/cleanup.h"
#include "edge/whole.h"
#include "measure/config_parts.h"
#include "measure/config_schema.h"
#include "support/test_ca.h"

#define STATION "station: fra1\n"
#define CAS "cas:\n"
#define CA                                            \
	"- name: pebble\n"                            \
	"  directory: https://ca.example:14000/dir\n" \
	"  rate: 2/min\n"
#define NAMES "  names: [a.example]\n"
#define RATE                                                      \
	"a rate such as 2/min: 1 to 1000, then /s, /min, /h, /d " \
	"or /week"
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
	assert_string_equal(c->place.city, "");
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

/* Everything written, nothing as it is by default. */
#define FULL                                                           \
	"\xef\xbb\xbf# a byte order mark is taken\n"                   \
	"station: \"fra1\"\n"                                          \
	"city: 'Frankfurt \xe2\x82\xac'\n"                             \
	"country: DE\n"                                                \
	"latitude: 50.11\n"                                            \
	"longitude: -8.68\n"                                           \
	"operator: AS64496 Example\n"                                  \
	"note: One of two.\n"                                          \
	"database: db/station.db\n"                                    \
	"state: /srv/state\n"                                          \
	"seed: 18446744073709551615\n"                                 \
	"listen: '[::1]:0'\n"                                          \
	"responder: 0.0.0.0:5002\n"                                    \
	"web_connections: 9\n"                                         \
	"keep: {exchanges: 7d, failures: 14d}\n"                       \
	"control_every: 1m\n"                                          \
	"stop_grace: 0\n"                                              \
	"controls:\n"                                                  \
	"- {name: one, url: http://192.0.2.1/}\n"                      \
	"cas:\n"                                                       \
	"- name: local\n"                                              \
	"  directory: http://ca.example/dir\n"                         \
	"  allow_http: true\n"                                         \
	"  hosts: [b.example, 192.0.2.7]\n"                            \
	"  tls_roots: [tls.pem]\n"                                     \
	"  roots: [a.pem, /etc/b.pem]\n"                               \
	"  rate: 5/week\n"                                             \
	"  concurrent: 3\n"                                            \
	"  names: [a.example, b.example, 192.0.2.3, '2001:db8::1']\n"  \
	"  names_per_certificate: 4\n"                                 \
	"  challenge: http-01\n"                                       \
	"  key_type: rsa2048\n"                                        \
	"  account_key_type: ed25519\n"                                \
	"  account_key: keys/local.pem\n"                              \
	"  contact: mailto:ops@example.org\n"                          \
	"  eab:\n"                                                     \
	"    kid: kid-1\n"                                             \
	"    hmac_file: hmac.txt\n"                                    \
	"  shallow: false\n"                                           \
	"  revoke: true\n"                                             \
	"  family: ipv6\n"                                             \
	"  resolve: ca.example:192.0.2.9\n"                            \
	"  bad_nonces: 0\n"                                            \
	"  timeouts:\n"                                                \
	"    {dns: 1s, connect: 2s, tls: 3s, answer: 4s, total: 5s,\n" \
	"     issuance: 6s}\n"                                         \
	"- name: second\n"                                             \
	"  directory: https://acme.example/\n"                         \
	"  rate: 1/h\n"                                                \
	"  shallow: true\n"

static void a_full_file_is_taken_as_it_is_written(void **state)
{
	struct config *c = NULL;
	struct fail why;
	const struct config_ca *ca;

	(void)state;
	assert_true(config_load_text("/etc/acmeter/t.yaml", FULL, strlen(FULL),
				     false, &c, &why));
	ca = &c->cas[0];
	assert_string_equal(c->station, "fra1");
	assert_string_equal(c->place.city, "Frankfurt \xe2\x82\xac");
	assert_string_equal(c->place.country, "DE");
	assert_string_equal(c->place.latitude, "50.11");
	assert_string_equal(c->place.longitude, "-8.68");
	assert_string_equal(c->place.operator, "AS64496 Example");
	assert_string_equal(c->note, "One of two.");
	assert_string_equal(c->database, "/etc/acmeter/db/station.db");
	assert_string_equal(c->state, "/srv/state");
	assert_true(c->seed == UINT64_MAX);
	assert_string_equal(c->listen, "[::1]:0");
	assert_string_equal(c->responder, "0.0.0.0:5002");
	assert_int_equal(c->web_connections, 9);
	assert_int_equal(c->keep_exchanges_us, 7 * US_PER_DAY);
	assert_int_equal(c->keep_failures_us, 14 * US_PER_DAY);
	assert_int_equal(c->control_every_us, US_PER_MIN);
	assert_int_equal(c->stop_grace_us, 0);
	assert_int_equal(c->control_count, 1);
	assert_string_equal(c->controls[0].name, "one");
	assert_string_equal(c->controls[0].url, "http://192.0.2.1/");
	assert_int_equal(c->ca_count, 2);
	assert_true(ca->allow_http);
	assert_int_equal(ca->host_count, 2);
	assert_string_equal(ca->hosts[1], "192.0.2.7");
	assert_int_equal(ca->tls_root_count, 1);
	assert_string_equal(ca->tls_roots[0], "/etc/acmeter/tls.pem");
	assert_int_equal(ca->root_count, 2);
	assert_string_equal(ca->roots[0], "/etc/acmeter/a.pem");
	assert_string_equal(ca->roots[1], "/etc/b.pem");
	assert_int_equal(ca->rate.count, 5);
	assert_true(ca->rate.per_us == 7 * US_PER_DAY);
	assert_int_equal(ca->concurrent, 3);
	assert_int_equal(ca->name_count, 4);
	assert_string_equal(ca->names[3], "2001:db8::1");
	assert_int_equal(ca->names_per_certificate, 4);
	assert_int_equal(ca->key_type, KEY_RSA2048);
	assert_int_equal(ca->account_key_type, KEY_ED25519);
	assert_string_equal(ca->account_key, "/etc/acmeter/keys/local.pem");
	assert_string_equal(ca->contact, "mailto:ops@example.org");
	assert_string_equal(ca->eab_kid, "kid-1");
	assert_string_equal(ca->eab_hmac_file, "/etc/acmeter/hmac.txt");
	assert_false(ca->shallow);
	assert_true(ca->revoke);
	assert_int_equal(ca->family, IP_V6);
	assert_string_equal(ca->resolve, "ca.example:192.0.2.9");
	assert_int_equal(ca->bad_nonces, 0);
	assert_int_equal(ca->timeouts.dns_us, 1 * US_PER_S);
	assert_int_equal(ca->timeouts.connect_us, 2 * US_PER_S);
	assert_int_equal(ca->timeouts.tls_us, 3 * US_PER_S);
	assert_int_equal(ca->timeouts.answer_us, 4 * US_PER_S);
	assert_int_equal(ca->timeouts.total_us, 5 * US_PER_S);
	assert_int_equal(ca->timeouts.issuance_us, 6 * US_PER_S);
	assert_true(c->cas[1].shallow);
	assert_int_equal(c->cas[1].name_count, 0);
	assert_string_equal(c->cas[1].account_key, "/srv/state/second.key");
	drop(c);
}

static void addresses_of_both_families_are_taken(void **state)
{
	static const char *const good[] = {
		MINIMAL "  resolve: ca.example:192.0.2.1\n",
		MINIMAL "  resolve: ca.example:2001:db8::1\n",
		MINIMAL "  resolve: ca.example:[2001:db8::1]\n",
		MINIMAL "  resolve: CA.example:192.0.2.1\n",
		MINIMAL "  hosts: [b.example]\n  resolve: b.example:::1\n",
		MINIMAL "listen: '[::]:1'\nresponder: 192.0.2.1:65535\n",
		MINIMAL "listen: ':0'\nresponder: ':0'\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		drop(load(good[i]));
}

static void an_empty_list_turns_the_controls_off(void **state)
{
	struct config *c = load(MINIMAL "controls: []\n");

	(void)state;
	assert_int_equal(c->control_count, 0);
	drop(c);
}

/* What follows MINIMAL stands in line 7, what follows a CA in line 7 too. */
static const struct {
	const char *text, *sentence;
} bad[] = {
	/* no YAML, or more of it than a configuration has */
	{ "", "1:1: found nothing, expected keys and values" },
	{ "# only a comment\n",
	  "1:1: found nothing, expected keys and values" },
	{ "station: fra1\n\tcity: here\n",
	  "2:1: found a tab, expected spaces: YAML takes no tab there" },
	{ "station: a: b\n",
	  "1:11: found \": b\", expected YAML: mapping values are not allowed "
	  "in this context" },
	{ "cas: [1, 2\nstation: x\n",
	  "2:8: found \": x\", expected YAML: did not find expected ',' or "
	  "']' (while parsing a flow sequence from line 1)" },
	{ "station: \"fra1\n",
	  "2:1: found the end of the file, expected YAML: found unexpected "
	  "end of stream (while scanning a quoted scalar from line 1)" },
	{ "station: fra1\n  city: x\n",
	  "2:7: found \": x\", expected YAML: mapping values are not allowed "
	  "in this context" },
	{ "station: fra1\ncas:\n- a\n -b: c\n",
	  "4:4: found \": c\", expected YAML: mapping values are not allowed "
	  "in this context" },
	{ "station: fra1\n]\n",
	  "2:1: found \"]\", expected YAML: did not find expected key (while "
	  "parsing a block mapping from line 1)" },
	{ "station: @fra1\n",
	  "1:10: found \"@fra1\", expected YAML: found character that cannot "
	  "start any token" },
	{ "station: \x01\n",
	  "1:10: found the control character \\x01, expected text" },
	{ "station: fra1\ncity: \xc3\x28\n",
	  "2:8: found bytes that are not UTF-8 text, expected UTF-8" },
	{ "\xff\xfes\n",
	  "1:1: found bytes that are not UTF-8 text, expected UTF-8" },
	{ "station: \"a\\0b\"\n",
	  "1:10: found the character \\0, expected text" },
	{ "station: &a fra1\n",
	  "1:10: found the anchor &a, expected the value alone" },
	{ "cas: &a [b]\ncity: *a\n",
	  "1:6: found the anchor &a, expected the value alone" },
	{ "station: *a\n",
	  "1:10: found the alias *a, expected the value itself" },
	{ "station: !!str fra1\n",
	  "1:10: found the tag tag:yaml.org,2002:str, expected the value "
	  "alone" },
	{ "cas: !x {a: b}\n",
	  "1:6: found the tag !x, expected the value alone" },
	{ MINIMAL "---\nstation: ams1\n",
	  "7:1: found a second document, expected one in a file" },
	{ "a: [[[[[[[[1]]]]]]]]\n",
	  "1:11: found values more than 8 deep, expected fewer" },
	{ "? [a, b]\n: c\n",
	  "1:3: found a list or mapping as a key, expected a word" },
	{ "? {a: b}\n: c\n",
	  "1:3: found a list or mapping as a key, expected a word" },
	{ "- station\n", "1:1: found a list, expected keys and values" },
	{ "station\n", "1:1: found \"station\", expected keys and values" },
	{ "~\n", "1:1: found \"~\", expected keys and values" },
	{ MINIMAL "station: ams1\n",
	  "7:1: found \"station\" again, expected it once: it is in line 1 "
	  "already" },
	{ STATION CAS CA NAMES "  rate: 3/min\n",
	  "7:3: found \"rate\" again, expected it once: it is in line 5 "
	  "already" },

	/* keys */
	{ MINIMAL "stationn: x\n", "7:1: found the unknown key \"stationn\", "
				   "did you mean \"station\"?" },
	{ MINIMAL "web-connections: 9\n",
	  "7:1: found the unknown key \"web-connections\", did you mean "
	  "\"web_connections\"?" },
	{ MINIMAL "Station: x\n",
	  "7:1: found the unknown key \"Station\", did you mean \"station\"?" },
	{ MINIMAL "<<: x\n",
	  "7:1: found the unknown key \"<<\", expected one of station, note, "
	  "city, country, latitude, longitude, operator, "
	  "database, state, seed, listen, responder, web_connections, web, "
	  "keep, control_every, stop_grace, controls, cas" },
	{ MINIMAL "  dirctory: x\n",
	  "7:3: cas[0]: found the unknown key \"dirctory\", did you mean "
	  "\"directory\"?" },
	{ MINIMAL "  timeouts: {dsn: 1s}\n",
	  "7:14: cas[0].timeouts: found the unknown key \"dsn\", did you mean "
	  "\"dns\"?" },
	{ MINIMAL "keep: {hours: 1d}\n",
	  "7:8: keep: found the unknown key \"hours\", expected one of "
	  "exchanges, failures" },
	{ MINIMAL "  eab: {kid: a, hmac: b}\n",
	  "7:17: cas[0].eab: found the unknown key \"hmac\", expected one of "
	  "kid, hmac_file" },
	{ MINIMAL "controls: [{name: a, address: b}]\n",
	  "7:22: controls[0]: found the unknown key \"address\", expected one "
	  "of name, url" },
	{ CAS CA NAMES,
	  "1:1: found no \"station\", expected " CONFIG_NAME_EXPECTED },
	{ STATION,
	  "1:1: found no \"cas\", expected a list of 1 to 64 entries" },
	{ STATION CAS "- directory: https://a/\n",
	  "3:3: cas[0]: found no \"name\", expected " CONFIG_NAME_EXPECTED },
	{ STATION CAS "- name: a\n  rate: 1/h\n",
	  "3:3: cas[0]: found no \"directory\", expected the https URL of an "
	  "ACME directory" },
	{ STATION CAS "- name: a\n  directory: https://a/\n",
	  "3:3: cas[0]: found no \"rate\", expected " RATE },
	{ MINIMAL "controls:\n- name: a\n",
	  "8:3: controls[0]: found no \"url\", expected an http or https URL" },
	{ STATION CAS CA,
	  "3:3: cas[0]: found no \"names\", expected names that the CA can "
	  "validate here, or shallow: true" },

	/* kinds of values */
	{ "station: [fra1]\n",
	  "1:10: station: found a list, expected " CONFIG_NAME_EXPECTED },
	{ "station: {a: b}\n", "1:10: station: found keys and values, "
			       "expected " CONFIG_NAME_EXPECTED },
	{ "station:\ncity: x\n",
	  "1:9: station: found no value, expected " CONFIG_NAME_EXPECTED },
	{ "station: null\n",
	  "1:10: station: found \"null\", expected " CONFIG_NAME_EXPECTED },
	{ "station: \"\"\n",
	  "1:10: station: found \"\", expected " CONFIG_NAME_EXPECTED },
	{ "city: \"a\\nb\"\n", "1:7: city: found \"a\\x0ab\", expected a "
			       "city such as Frankfurt" },
	{ "city: |\n  a\n", "1:7: city: found \"a\\x0a\", expected a city "
			    "such as Frankfurt" },
	{ MINIMAL "country: Germany\n", "7:10: country: found \"Germany\", "
					"expected " CONFIG_COUNTRY_EXPECTED },
	{ MINIMAL "country: de\n",
	  "7:10: country: found \"de\", expected " CONFIG_COUNTRY_EXPECTED },
	{ MINIMAL "latitude: 1\n",
	  "1:1: longitude: found \"\", expected degrees east, -180 to 180, "
	  "beside a latitude" },
	{ MINIMAL "latitude: 0x10\nlongitude: 1\n",
	  "7:11: latitude: found \"0x10\", expected degrees north, -90 to 90, "
	  "beside a longitude" },
	{ MINIMAL "latitude: 1\nlongitude: 180.1\n",
	  "8:12: longitude: found \"180.1\", expected degrees east, -180 to "
	  "180, beside a latitude" },
	{ MINIMAL "web: {certificate: a.pem}\n",
	  "7:20: web.certificate: found it alone, expected \"key\" beside it" },
	{ MINIMAL "web: {key: a.key}\n",
	  "7:12: web.key: found it alone, expected \"certificate\" beside it" },
	{ MINIMAL "web:\n  client_ca: a.pem\n",
	  "8:14: web.client_ca: found it alone, expected \"certificate\" and "
	  "\"key\" beside it: certificates are shown by TLS" },
	{ MINIMAL "web: {certficate: a.pem}\n",
	  "7:7: web: found the unknown key \"certficate\", did you mean "
	  "\"certificate\"?" },
	{ MINIMAL "web: yes\n",
	  "7:6: web: found \"yes\", expected keys and values" },
	{ STATION "cas: all\n",
	  "2:6: cas: found \"all\", expected a list of 1 to 64 entries" },
	{ STATION "cas: []\n",
	  "2:6: cas: found 0 entries, expected a list of 1 to 64 entries" },
	{ STATION "cas: [a]\n",
	  "2:7: cas[0]: found \"a\", expected keys and values" },
	{ STATION "cas: {name: a}\n",
	  "2:6: cas: found keys and values, expected a list of 1 to 64 "
	  "entries" },
	{ MINIMAL "keep: 90d\n",
	  "7:7: keep: found \"90d\", expected keys and values" },
	{ MINIMAL "controls:\n",
	  "7:10: controls: found no value, expected a list of 0 to 16 "
	  "entries" },
	{ STATION CAS CA "  names: a.example\n",
	  "6:10: cas[0].names: found \"a.example\", expected a list of 1 to "
	  "10000 entries" },
	{ STATION CAS CA "  names: []\n",
	  "6:10: cas[0].names: found 0 entries, expected a list of 1 to "
	  "10000 entries" },
	{ STATION CAS CA "  names: [a, [b]]\n",
	  "6:14: cas[0].names[1]: found a list, expected a DNS name or IP "
	  "address" },
	{ STATION CAS CA "  names:\n  - a\n  -\n",
	  "8:4: cas[0].names[1]: found no value, expected a DNS name or IP "
	  "address" },
	{ MINIMAL "  roots: ['']\n",
	  "7:11: cas[0].roots[0]: found \"\", expected the path of a PEM "
	  "file" },

	/* words */
	{ MINIMAL "  shallow: yes\n",
	  "7:12: cas[0].shallow: found \"yes\", expected true or false" },
	{ MINIMAL "web_connections: 0\n",
	  "7:18: web_connections: found \"0\", expected a whole number from 1 "
	  "to 65536" },
	{ MINIMAL "web_connections: 65537\n",
	  "7:18: web_connections: found \"65537\", expected a whole number "
	  "from 1 to 65536" },
	{ MINIMAL "web_connections: 1e3\n",
	  "7:18: web_connections: found \"1e3\", expected a whole number from "
	  "1 to 65536" },
	{ MINIMAL "web_connections: 0x10\n",
	  "7:18: web_connections: found \"0x10\", expected a whole number "
	  "from 1 to 65536" },
	{ MINIMAL "seed: -1\n",
	  "7:7: seed: found \"-1\", expected a whole number from 0 to "
	  "18446744073709551615" },
	{ MINIMAL "seed: 18446744073709551616\n",
	  "7:7: seed: found \"18446744073709551616\", expected a whole number "
	  "from 0 to 18446744073709551615" },
	{ MINIMAL "stop_grace: 20\n",
	  "7:13: stop_grace: found \"20\", expected a duration such as 90s, "
	  "5m, 2h or 7d, from 0 to 10m" },
	{ MINIMAL "stop_grace: 11m\n",
	  "7:13: stop_grace: found \"11m\", expected a duration such as 90s, "
	  "5m, 2h or 7d, from 0 to 10m" },
	{ MINIMAL "control_every: 1s\n",
	  "7:16: control_every: found \"1s\", expected a duration such as "
	  "90s, 5m, 2h or 7d, from 5s to 1h" },
	{ MINIMAL "  timeouts:\n    dns: 0\n",
	  "8:10: cas[0].timeouts.dns: found \"0\", expected a duration such "
	  "as 90s, 5m, 2h or 7d, from 1ms to 10m" },
	{ MINIMAL "keep: {exchanges: 2 weeks}\n",
	  "7:19: keep.exchanges: found \"2 weeks\", expected a duration such "
	  "as 90s, 5m, 2h or 7d, from 1h to 36500d" },
	{ STATION CAS "- name: a\n  rate: 2 per minute\n",
	  "4:9: cas[0].rate: found \"2 per minute\", expected " RATE },
	{ STATION CAS "- name: a\n  rate: 0/min\n",
	  "4:9: cas[0].rate: found \"0/min\", expected " RATE },
	{ STATION CAS "- name: a\n  rate: 1001/min\n",
	  "4:9: cas[0].rate: found \"1001/min\", expected " RATE },
	{ STATION CAS "- name: a\n  rate: 2/minute\n",
	  "4:9: cas[0].rate: found \"2/minute\", expected " RATE },
	{ MINIMAL "  challenge: http01\n",
	  "7:14: cas[0].challenge: found \"http01\", expected http-01, "
	  "dns-01 or tls-alpn-01" },
	{ MINIMAL "  key_type: ecdsa\n",
	  "7:13: cas[0].key_type: found \"ecdsa\", expected p256, p384, "
	  "rsa2048, rsa3072, rsa4096 or ed25519" },
	{ MINIMAL "  family: IPv4\n",
	  "7:11: cas[0].family: found \"IPv4\", expected any, ipv4 or ipv6" },

	/* rules */
	{ "station: Fra1\n" CAS CA NAMES,
	  "1:10: station: found \"Fra1\", expected " CONFIG_NAME_EXPECTED },
	{ "station: abcdefghijklmnopqrstuvwxyz1234567\n" CAS CA NAMES,
	  "1:10: station: found \"abcdefghijklmnopqrstuvwxyz1234567\", "
	  "expected " CONFIG_NAME_EXPECTED },
	{ MINIMAL "listen: localhost:8475\n",
	  "7:9: listen: found \"localhost:8475\", "
	  "expected " CONFIG_LISTEN_EXPECTED },
	{ MINIMAL "listen: 8475\n",
	  "7:9: listen: found \"8475\", expected " CONFIG_LISTEN_EXPECTED },
	{ MINIMAL "listen: 127.0.0.1:65536\n",
	  "7:9: listen: found \"127.0.0.1:65536\", "
	  "expected " CONFIG_LISTEN_EXPECTED },
	{ MINIMAL "responder: ::1:80\n", "7:12: responder: found \"::1:80\", "
					 "expected " CONFIG_LISTEN_EXPECTED },
	{ MINIMAL "listen: '[127.0.0.1]:80'\n",
	  "7:9: listen: found \"[127.0.0.1]:80\", "
	  "expected " CONFIG_LISTEN_EXPECTED },
	{ MINIMAL "listen: ':80'\n",
	  "1:1: responder: found \":80\", expected another address than that "
	  "of listen" },
	{ MINIMAL "keep:\n  failures: 1d\n",
	  "8:13: keep.failures: found less than keep.exchanges, expected at "
	  "least as long: a failure is an exchange" },
	{ MINIMAL "controls: [{name: A, url: http://a/}]\n",
	  "7:19: controls[0].name: found \"A\", "
	  "expected " CONFIG_NAME_EXPECTED },
	{ MINIMAL "controls:\n- {name: a, url: http://a/}\n"
		  "- {name: a, url: http://b/}\n",
	  "9:10: controls[1].name: found \"a\", the name of controls[0], "
	  "expected another" },
	{ STATION CAS "- name: Let's Encrypt\n  directory: https://a/\n"
		      "  rate: 1/h\n" NAMES,
	  "3:9: cas[0].name: found \"Let's Encrypt\", "
	  "expected " CONFIG_NAME_EXPECTED },
	{ MINIMAL CA NAMES,
	  "7:9: cas[1].name: found \"pebble\", the name of cas[0], expected "
	  "another" },
	{ STATION CAS "- name: a\n  directory: http://ca.example/dir\n"
		      "  rate: 1/h\n" NAMES,
	  "4:14: cas[0].directory: found \"http://ca.example/dir\", expected "
	  "an https URL (allow_http: true takes http, for a CA on a test "
	  "network)" },
	{ STATION CAS "- name: a\n  directory: ca.example\n  rate: 1/h\n" NAMES,
	  "4:14: cas[0].directory: \"ca.example\" is no http or https URL, "
	  "expected the https URL of an ACME directory" },
	{ STATION CAS "- name: a\n  directory: https://u@ca.example/\n"
		      "  rate: 1/h\n" NAMES,
	  "4:14: cas[0].directory: \"https://u@ca.example/\" holds a user "
	  "name, expected the https URL of an ACME directory" },
	{ MINIMAL "controls: [{name: a, url: ping}]\n",
	  "7:27: controls[0].url: \"ping\" is no http or https URL, expected "
	  "an http or https URL" },
	{ MINIMAL "  hosts: [a.example, 'https://b.example']\n",
	  "7:22: cas[0].hosts[1]: found \"https://b.example\", expected a "
	  "host name or address, without scheme, port and path" },
	{ STATION CAS CA "  names: ['*.a.example']\n",
	  "6:11: cas[0].names[0]: found \"*.a.example\", expected a name "
	  "without wildcard: http-01 cannot prove one" },
	{ STATION CAS CA "  names:\n  - a.example\n  - b_c.example\n",
	  "8:5: cas[0].names[1]: found \"b_c.example\", expected a DNS name "
	  "or IP address" },
	{ STATION CAS CA "  names: [300.1.2.3]\n",
	  "6:11: cas[0].names[0]: found \"300.1.2.3\", expected a DNS name or "
	  "IP address" },
	{ STATION CAS CA "  names: [a..b]\n",
	  "6:11: cas[0].names[0]: found \"a..b\", expected a DNS name or IP "
	  "address" },
	{ STATION CAS CA "  names: [a.example.]\n",
	  "6:11: cas[0].names[0]: found \"a.example.\", expected a DNS name "
	  "or IP address" },
	{ STATION CAS CA "  names: [\303\274.example]\n",
	  "6:11: cas[0].names[0]: found \"\303\274.example\", expected a "
	  "DNS name in ASCII, as DNS has it: with xn-- in front" },
	{ MINIMAL "  names_per_certificate: 2\n",
	  "7:26: cas[0].names_per_certificate: found 2, expected at most 1, "
	  "the number of names" },
	{ MINIMAL "  challenge: dns-01\n",
	  "7:14: cas[0].challenge: found \"dns-01\", expected http-01, the "
	  "one that this version answers" },
	{ MINIMAL "  key_type: ed25519\n",
	  "7:13: cas[0].key_type: found \"ed25519\", expected p256, p384, "
	  "rsa2048, rsa3072 or rsa4096: no CA issues for ed25519" },
	{ MINIMAL "  eab:\n    kid: a\n",
	  "8:5: cas[0].eab: found \"kid\" alone, expected \"hmac_file\" "
	  "beside it" },
	{ MINIMAL "  eab: {hmac_file: a}\n",
	  "7:8: cas[0].eab: found \"hmac_file\" alone, expected \"kid\" "
	  "beside it" },
	{ MINIMAL "  contact: ops\n",
	  "7:12: cas[0].contact: found \"ops\", expected one address such as "
	  "ops@example.org" },
	{ MINIMAL "  contact: a@example.org,b@example.org\n",
	  "7:12: cas[0].contact: found \"a@example.org,b@example.org\", "
	  "expected one address such as ops@example.org" },
	{ MINIMAL "  contact: m\303\274ller@example.org\n",
	  "7:12: cas[0].contact: found \"m\303\274ller@example.org\", "
	  "expected one address such as ops@example.org" },
	{ MINIMAL "  revoke: true\n  shallow: true\n",
	  "7:11: cas[0].revoke: found true beside shallow: true, expected one "
	  "of them: a shallow watch issues nothing that could be revoked" },
	{ MINIMAL "  resolve: ca.example\n",
	  "7:12: cas[0].resolve: found \"ca.example\", expected HOST:ADDRESS "
	  "such as ca.example:192.0.2.1" },
	{ MINIMAL "  resolve: ca.example:[192.0.2.1]\n",
	  "7:12: cas[0].resolve: found \"ca.example:[192.0.2.1]\", expected "
	  "HOST:ADDRESS such as ca.example:192.0.2.1" },
	{ MINIMAL "  resolve: other.example:192.0.2.1\n",
	  "7:12: cas[0].resolve: found \"other.example:192.0.2.1\", expected "
	  "the host of the directory, or one of hosts, before the colon" },
	{ MINIMAL "  timeouts: {total: 5s}\n",
	  "7:13: cas[0].timeouts.connect: found 10s, expected at most the 5s "
	  "of timeouts.total" },
	{ MINIMAL "  timeouts:\n    tls: 90s\n",
	  "8:10: cas[0].timeouts.tls: found 90s, expected at most the 1m of "
	  "timeouts.total" },
	{ MINIMAL "  timeouts:\n    issuance: 59s\n",
	  "8:15: cas[0].timeouts.issuance: found 59s, expected at least the "
	  "1m of timeouts.total" },
};

static void every_bad_file_is_refused_with_place_and_reason(void **state)
{
	(void)state;
	assert_true(sizeof(bad) / sizeof(bad[0]) >= 50);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char expected[600];
		struct config *c = NULL;
		struct fail why = { FAIL_NONE, "" };

		snprintf(expected, sizeof(expected), "t.yaml:%s",
			 bad[i].sentence);
		if (config_load_text("t.yaml", bad[i].text, strlen(bad[i].text),
				     false, &c, &why))
			fail_msg("taken:\n%s", bad[i].text);
		assert_null(c);
		assert_int_equal(why.code, FAIL_INPUT);
		assert_string_equal(why.text, expected);
	}
}
/* --- files -------------------------------------------------------------- */

/* A folder of its own for each test. */
struct folder {
	char path[64];
};

static int make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/acmeter-config-XXXXXX");
	*state = f;
	return mkdtemp(f->path) ? 0 : -1;
}

static void in_folder(char dst[static 256], const struct folder *f,
		      const char *name)
{
	snprintf(dst, 256, "%s/%s", f->path, name);
}

static void put(const struct folder *f, const char *name, const void *data,
		size_t len)
{
	char path[256];
	FILE *file;

	in_folder(path, f, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "t.yaml",	   "a.pem", "fifo",
					     "state/kept", "state", "file",
					     "mac" };
	struct folder *f = *state;
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		in_folder(path, f, names[i]);
		remove(path);
	}
	rmdir(f->path);
	free(f);
	return 0;
}

/* Loads FOLDER/t.yaml and compares the sentence; % stands for the folder. */
static void refused(const struct folder *f, const char *name,
		    const char *sentence)
{
	char path[256], expected[600];
	const char *percent;
	size_t used = 0;
	struct config *c = NULL;
	struct fail why = { FAIL_NONE, "" };

	while ((percent = strchr(sentence, '%'))) {
		used += (size_t)snprintf(expected + used,
					 sizeof(expected) - used, "%.*s%s",
					 (int)(percent - sentence), sentence,
					 f->path);
		sentence = percent + 1;
	}
	snprintf(expected + used, sizeof(expected) - used, "%s", sentence);
	in_folder(path, f, name);
	assert_false(config_load(path, &c, &why));
	assert_null(c);
	assert_string_equal(why.text, expected);
}

static void put_yaml(const struct folder *f, const char *text)
{
	struct buf pem = BUF_INIT(65536);
	struct test_ca root;
	char path[256];

	in_folder(path, f, "state");
	mkdir(path, 0700);
	test_ca_make(&root, "Root", NULL);
	test_ca_add_pem(&pem, root.cert);
	put(f, "a.pem", pem.data, pem.len);
	test_ca_release(&root);
	buf_release(&pem);
	put(f, "mac", "MDEyMzQ1Njc4OWFiY2RlZg\n", 23);
	put(f, "t.yaml", text, strlen(text));
}

static void files_are_looked_for_beside_the_configuration(void **state)
{
	struct config *c = NULL;
	struct fail why = { FAIL_NONE, "" };
	char path[256];

	put_yaml(*state, STATION
		 "state: state\ndatabase: state/station.db\n" CAS CA NAMES
		 "  tls_roots: [a.pem]\n  roots: [a.pem]\n"
		 "  eab: {kid: k, hmac_file: mac}\n");
	in_folder(path, *state, "t.yaml");
	if (!config_load(path, &c, &why))
		fail_msg("refused: %s", why.text);
	in_folder(path, *state, "state/pebble.key");
	assert_string_equal(c->cas[0].account_key, path);
	in_folder(path, *state, "a.pem");
	assert_string_equal(c->cas[0].roots[0], path);
	drop(c);
}

static void what_cannot_be_read_is_said(void **state)
{
	const struct folder *f = *state;
	char path[256];

	refused(f, "t.yaml", "cannot open %/t.yaml: No such file or directory");
	refused(f, "", "%/ is a folder, expected a regular file");
	in_folder(path, f, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(f, "fifo", "%/fifo is a FIFO, expected a regular file");
	put(f, "t.yaml", "", 0);
	refused(f, "t.yaml",
		"%/t.yaml:1:1: found nothing, expected keys and values");
	put(f, "t.yaml", "city: a\0b\n", 10);
	refused(f, "t.yaml",
		"%/t.yaml:1:8: found the control character "
		"\\x00, expected text");
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
	size_t len = CONFIG_FILE_BYTES + 1;
	char *text = malloc(len);

	memset(text, '#', len);
	put(*state, "t.yaml", text, len);
	free(text);
	refused(*state, "t.yaml",
		"%/t.yaml is larger than 1048576 bytes, the most that such a "
		"file may have");
}

static void a_missing_or_wrong_file_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ STATION "state: nowhere\n" CAS CA NAMES,
		  "%/t.yaml:2:8: state: found \"%/nowhere\": No such file or "
		  "directory, expected a folder that can be written to" },
		{ STATION "state: a.pem\n" CAS CA NAMES,
		  "%/t.yaml:2:8: state: found \"%/a.pem\": not a folder, "
		  "expected a folder that can be written to" },
		{ STATION "state: state\ndatabase: no/x.db\n" CAS CA NAMES,
		  "%/t.yaml:3:11: database: found \"%/no/x.db\", whose folder "
		  "cannot be used: No such file or directory, expected a "
		  "folder that can be written to" },
		{ STATION "state: state\ndatabase: state\n" CAS CA NAMES,
		  "%/t.yaml:3:11: database: found \"%/state\": not a regular "
		  "file, expected a file or nothing yet" },
		{ STATION "state: state\ndatabase: a.pem\n" CAS CA NAMES,
		  "%/t.yaml:3:11: database: %/a.pem: cannot open the "
		  "database: file is not a database; keep a copy of it, and "
		  "start with another file" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  roots: [a.pem, b.pem]\n",
		  "%/t.yaml:9:18: cas[0].roots[1]: found \"%/b.pem\": No such "
		  "file or directory, expected a file that can be read" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  tls_roots:\n  - state\n",
		  "%/t.yaml:10:5: cas[0].tls_roots[0]: found \"%/state\": not "
		  "a regular file, expected a file that can be read" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  tls_roots: [a.pem, mac]\n",
		  "%/t.yaml:9:22: cas[0].tls_roots[1]: %/mac holds no "
		  "certificate, expected one or more in PEM (-----BEGIN "
		  "CERTIFICATE-----)" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  account_key: a.pem\n",
		  "%/t.yaml:9:16: cas[0].account_key: %/a.pem: no private key "
		  "in PEM (-----BEGIN PRIVATE KEY-----) can be read" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  eab: {kid: a, hmac_file: a.pem}\n",
		  "%/t.yaml:9:28: cas[0].eab.hmac_file: %/a.pem: expected one "
		  "line of text" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  account_key: keys/a.pem\n",
		  "%/t.yaml:9:16: cas[0].account_key: found \"%/keys/a.pem\", "
		  "whose folder cannot be used: No such file or directory, "
		  "expected a folder that can be written to" },
		{ STATION "state: state\ndatabase: x.db\n" CAS CA NAMES
			  "  eab:\n    kid: a\n    hmac_file: ~/a\n",
		  "%/t.yaml:11:16: cas[0].eab.hmac_file: found \"%/~/a\": No "
		  "such file or directory, expected a file that can be read" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_yaml(*state, cases[i].text);
		refused(*state, "t.yaml", cases[i].sentence);
	}
}

static void a_default_that_cannot_be_used_is_called_one(void **state)
{
	if (access("/var/lib/acmeter", F_OK) == 0)
		skip();
	put_yaml(*state, STATION CAS CA NAMES);
	refused(*state, "t.yaml",
		"%/t.yaml:1:1: state: found the default \"/var/lib/acmeter\": "
		"No such file or directory, expected a folder that can be "
		"written to");
}

static void many_keys_and_values_end_at_a_limit(void **state)
{
	struct buf text = BUF_INIT(CONFIG_FILE_BYTES);
	struct config *c = NULL;
	struct fail why;

	(void)state;
	for (unsigned i = 0; i < 65; i++)
		buf_addf(&text, "k%u: v\n", i);
	assert_false(config_load_text("t.yaml", buf_text(&text), text.len,
				      false, &c, &why));
	assert_string_equal(why.text, "t.yaml:65:1: found more than 64 keys, "
				      "expected fewer");
	buf_clear(&text);
	buf_add_text(&text, "cas: [");
	for (unsigned i = 0; i < 100000; i++)
		buf_add_text(&text, "a,\n");
	assert_false(config_load_text("t.yaml", buf_text(&text), text.len,
				      false, &c, &why));
	assert_string_equal(why.text,
			    "t.yaml:99999:1: found more than 100000 values, "
			    "expected fewer");
	buf_release(&text);
}

static void the_packaged_example_is_taken(void **state)
{
	struct config *c = NULL;
	struct fail why = { FAIL_NONE, "" };
	AUTO(buf) struct buf text = BUF_INIT(CONFIG_FILE_BYTES);

	(void)state;
	assert_true(whole_read(ACMETER_SOURCE "/packaging/acmeter.yaml", &text,
			       &why));
	if (!config_load_text("acmeter.yaml", buf_text(&text), text.len, false,
			      &c, &why))
		fail_msg("%s", why.text);
	assert_true(c->ca_count >= 1);
	drop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_minimal_file_is_taken_and_the_rest_is_filled_in),
		cmocka_unit_test(a_full_file_is_taken_as_it_is_written),
		cmocka_unit_test(addresses_of_both_families_are_taken),
		cmocka_unit_test(an_empty_list_turns_the_controls_off),
		cmocka_unit_test(
			every_bad_file_is_refused_with_place_and_reason),
		cmocka_unit_test_setup_teardown(
			files_are_looked_for_beside_the_configuration,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_said,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_file_of_more_than_a_mebibyte_is_refused, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			a_missing_or_wrong_file_is_told_with_its_place,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_default_that_cannot_be_used_is_called_one,
			make_folder, remove_folder),
		cmocka_unit_test(many_keys_and_values_end_at_a_limit),
		cmocka_unit_test(the_packaged_example_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
