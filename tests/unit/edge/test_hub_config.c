#include <string.h>

#include "base/clock.h"
#include "edge/config_file.h"
#include "support/unit.h"

#define STATION "stations:\n  - name: fra\n    url: https://fra.example\n"

#define STATUS(ca, kind, url) \
	"status_pages:\n  - ca: " ca "\n    kind: " kind "\n    url: " url "\n"

static void what_is_not_said_has_a_default(void **state)
{
	struct hub_config *c;
	struct fail why;
	double latitude, longitude;

	(void)state;
	assert_true(hub_config_load_text("hub.yaml", STATION, strlen(STATION),
					 false, &c, &why));
	assert_string_equal(c->title, "hub");
	assert_string_equal(c->note, "");
	assert_string_equal(c->listen, "127.0.0.1:8480");
	assert_int_equal(c->web_connections, 1024);
	assert_int_equal(c->station_count, 1);
	assert_string_equal(c->stations[0].place.city, "");
	assert_false(config_place_degrees(&c->stations[0].place, &latitude,
					  &longitude));
	hub_config_release(c);
	free(c);
}

static void a_bad_one_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "title: x\n",
		  "hub.yaml:1:1: found no \"stations\", expected" },
		{ "stations: []\n", "hub.yaml:1:11: stations: found" },
		{ STATION "x: 1\n",
		  "hub.yaml:4:1: found the unknown key \"x\"" },
		{ "stations:\n  - name: Fra\n    url: https://a.example\n",
		  "hub.yaml:2:11: stations[0].name: found \"Fra\"" },
		{ STATION "  - name: fra\n    url: https://b.example\n",
		  "hub.yaml:4:11: stations[1].name: found \"fra\", expected a "
		  "name that no other station has" },
		{ "stations:\n  - name: fra\n    url: http://a.example\n",
		  "hub.yaml:3:10: stations[0].url: found "
		  "\"http://a.example\"" },
		{ "stations:\n  - name: fra\n    url: https://a.example/page\n",
		  "hub.yaml:3:10: stations[0].url:" },
		{ STATION "    latitude: 91\n    longitude: 1\n",
		  "hub.yaml:4:15: stations[0].latitude: found \"91\"" },
		{ STATION "    latitude: 9\n", "stations[0].longitude: found" },
		{ STATION "listen: here\n",
		  "hub.yaml:4:9: listen: found \"here\", expected " },
		{ STATION "web: {client_ca: a.pem}\n",
		  "hub.yaml:4:18: web.client_ca: found it alone" },
		{ STATION STATUS("le", "rss", "https://s.example/x"),
		  "hub.yaml:6:11: status_pages[0].kind: found \"rss\", "
		  "expected status.io, statuspage or feed" },
		{ STATION STATUS("le", "feed", "http://s.example/x"),
		  "hub.yaml:7:10: status_pages[0].url: found" },
		{ STATION STATUS("le", "feed",
				 "https://s.example/x") "    every: 29s\n",
		  "status_pages[0].every: found less than 30s" },
		{ STATION STATUS(
			  "le", "feed",
			  "https://s.example/x") "    page: ftp://s.example/\n",
		  "status_pages[0].page: found" },
		{ STATION STATUS(
			  "le", "feed",
			  "https://s.example/x") "  - {ca: le, kind: feed, "
						 "url: 'https://a.example'}"
						 "\n",
		  "status_pages[1].ca: found \"le\", expected a CA that has no "
		  "other" },
		{ STATION STATUS("Le", "feed", "https://s.example/x"),
		  "status_pages[0].ca: found \"Le\"" },
		{ STATION "    country: Germany\n",
		  "hub.yaml:4:14: stations[0].country: found \"Germany\"" },
		{ STATION "    longitude: nan\n    latitude: 1\n",
		  "stations[0].longitude: found \"nan\"" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct hub_config *c;
		struct fail why;

		assert_for(rows[i].text,
			   !hub_config_load_text("hub.yaml", rows[i].text,
						 strlen(rows[i].text), false,
						 &c, &why));
		assert_for(why.text, strstr(why.text, rows[i].sentence));
	}
}

static void status_pages_are_read(void **state)
{
	static const char text[] = STATION STATUS(
		"le", "status.io",
		"https://s.example/1.0/status/1") "    page: "
						  "https://s.example\n    "
						  "every: 2m\n"
						  "    components: [a b, c]\n"
						  "  - {ca: local, kind: feed, "
						  "url: "
						  "'http://127.0.0.1:1/x', "
						  "every: "
						  "1s}\n";
	struct hub_config *c;
	struct fail why;

	(void)state;
	if (!hub_config_load_text("hub.yaml", text, strlen(text), false, &c,
				  &why))
		fail_msg("%s", why.text);
	assert_int_equal(c->status_page_count, 2);
	assert_string_equal(c->status_pages[0].page, "https://s.example");
	assert_true(c->status_pages[0].every_us == 2 * US_PER_MIN);
	assert_int_equal(c->status_pages[0].component_count, 2);
	assert_string_equal(c->status_pages[0].components[0], "a b");
	assert_null(c->status_pages[1].page);
	hub_config_release(c);
	free(c);
}

#define NOTIFY STATION "database: hub.db\nnotify:\n  - name: ops\n"

static void receivers_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ STATION "public_url: status.example\n",
		  "hub.yaml:4:13: public_url: found \"status.example\"" },
		{ STATION "public_url: https://a.example/?x\n",
		  "public_url: found" },
		{ STATION "notify:\n  - name: ops\n"
			  "    webhook: {url: 'https://a.example'}\n",
		  "hub.yaml:5:3: notify: found it without \"database\"" },
		{ STATION "heartbeat: {url: x}\n",
		  "hub.yaml:4:18: heartbeat.url: found \"x\"" },
		{ STATION "heartbeat: {url: 'https://a.b', every: 1ms}\n",
		  "heartbeat.every: found \"1ms\"" },
		{ NOTIFY, "hub.yaml:6:5: notify[0]: found 0 ways to tell ops" },
		{ NOTIFY "    webhook: {url: 'https://a.example'}\n"
			 "    command: {argv: [/bin/true]}\n",
		  "notify[0]: found 2 ways" },
		{ NOTIFY "    webhook: {url: here}\n",
		  "hub.yaml:7:20: notify[0].webhook.url: found \"here\"" },
		{ NOTIFY
		  "    webhook: {url: 'https://a.example', url_file: x}\n",
		  "notify[0].webhook.url: found it beside" },
		{ NOTIFY "    webhook: {uri: x}\n",
		  "notify[0].webhook: found the unknown key \"uri\", did you "
		  "mean \"url\"?" },
		{ NOTIFY "    command: {argv: [true]}\n",
		  "notify[0].command.argv: found \"true\"" },
		{ NOTIFY "    command: {argv: [/bin/true]}\n    verdict: bad\n",
		  "hub.yaml:8:14: notify[0].verdict: found \"bad\"" },
		{ NOTIFY "    command: {argv: [/bin/true]}\n    cas: [A]\n",
		  "notify[0].cas: found \"A\"" },
		{ NOTIFY "    command: {argv: [/bin/true]}\n"
			 "  - name: ops\n    command: {argv: [/bin/true]}\n",
		  "hub.yaml:8:11: notify[1].name: found \"ops\"" },
		{ NOTIFY "    mail: {server: mail.example}\n",
		  "notify[0].mail.server: found \"mail.example\"" },
		{ NOTIFY "    mail: {server: 'smtp://m.example'}\n",
		  "notify[0].mail.from: found \"\"" },
		{ NOTIFY "    mail: {server: 'smtp://m.example', from: a@b}\n",
		  "notify[0].mail.to: found" },
		{ NOTIFY "    mail: {server: 'smtp://m.example', from: a@b, "
			 "to: ['c@d', 'e@f, g@h']}\n",
		  "notify[0].mail.to: found \"e@f, g@h\"" },
		{ NOTIFY "    mail: {server: 'smtp://m.example', from: a@b, "
			 "to: ['<c@d>']}\n",
		  "notify[0].mail.to: found" },
		{ NOTIFY "    mail: {server: 'smtp://m.example', from: a@b, "
			 "to: [c@d], user: u}\n",
		  "notify[0].mail.user: found it alone" },
		{ NOTIFY "    mail: {server: 'smtp://m.example', from: a@b, "
			 "to: [c@d], user: u, password_file: p, "
			 "starttls: false}\n",
		  "notify[0].mail.starttls: found \"false\"" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct hub_config *c;
		struct fail why;

		assert_for(rows[i].text,
			   !hub_config_load_text("hub.yaml", rows[i].text,
						 strlen(rows[i].text), false,
						 &c, &why));
		assert_for(why.text, strstr(why.text, rows[i].sentence));
	}
}

static void receivers_have_defaults(void **state)
{
	static const char text[] = NOTIFY
		"    alertmanager: {url: 'http://127.0.0.1:9093'}\n"
		"  - name: mail\n"
		"    mail:\n"
		"      server: smtp://m.example:587\n"
		"      from: acmeter@example.org\n"
		"      to: [ops@example.org]\n"
		"    verdict: major_outage\n"
		"    remind: 0\n"
		"public_url: https://status.example.org/acme\n";
	const struct notify_receiver *r;
	struct hub_config *c;
	struct fail why;

	(void)state;
	if (!hub_config_load_text("/etc/hub.yaml", text, strlen(text), false,
				  &c, &why))
		fail_msg("%s", why.text);
	assert_int_equal(c->receiver_count, 2);
	r = &c->receivers[0];
	assert_int_equal(notify_way(r), NOTIFY_ALERTMANAGER);
	assert_int_equal(r->resend_us, 60 * INT64_C(1000000));
	assert_int_equal(r->remind_us, 4 * 3600 * INT64_C(1000000));
	assert_string_equal(r->verdict, "degraded");
	assert_true(r->resolved);
	assert_int_equal(r->ca_count, 0);
	r = &c->receivers[1];
	assert_int_equal(notify_way(r), NOTIFY_MAIL);
	assert_true(r->mail.starttls);
	assert_int_equal(r->remind_us, 0);
	hub_config_release(c);
	free(c);
}

/* Of what is not there, and of what everybody can read. */
static void files_of_receivers_are_looked_at(void **state)
{
	static const char missing[] = NOTIFY
		"    webhook: {url_file: /nonexistent/url}\n";
	static const char open[] = NOTIFY
		"    webhook: {url: 'http://status.example/x'}\n";
	static const char program[] = NOTIFY
		"    command: {argv: [/etc/passwd]}\n";
	struct hub_config *c;
	struct fail why;

	(void)state;
	assert_false(hub_config_load_text("hub.yaml", missing, strlen(missing),
					  true, &c, &why));
	assert_for(why.text,
		   strstr(why.text, "notify[0].webhook.url_file: found"));
	assert_false(hub_config_load_text("hub.yaml", program, strlen(program),
					  true, &c, &why));
	assert_for(why.text, strstr(why.text, "a program that can be run"));
	assert_true(hub_config_load_text("hub.yaml", open, strlen(open), true,
					 &c, &why));
	assert_int_equal(c->warnings.count, 1);
	assert_for(c->warnings.texts[0],
		   strstr(c->warnings.texts[0], "others on the way can read"));
	hub_config_release(c);
	free(c);
}

static void this_machine_may_be_asked_without_tls(void **state)
{
	static const char text[] =
		"stations:\n"
		"  - {name: a, url: 'http://127.0.0.2:81'}\n"
		"  - {name: b, url: 'http://[::1]:81/'}\n"
		"  - {name: c, url: 'http://localhost:81'}\n";
	struct hub_config *c;
	struct fail why;

	(void)state;
	assert_true(hub_config_load_text("hub.yaml", text, strlen(text), false,
					 &c, &why));
	assert_int_equal(c->station_count, 3);
	hub_config_release(c);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(a_bad_one_is_refused_with_its_place),
		cmocka_unit_test(status_pages_are_read),
		cmocka_unit_test(receivers_are_refused_with_their_place),
		cmocka_unit_test(receivers_have_defaults),
		cmocka_unit_test(files_of_receivers_are_looked_at),
		cmocka_unit_test(this_machine_may_be_asked_without_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
