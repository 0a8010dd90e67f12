#include <string.h>

#include "edge/config_file.h"
#include "support/unit.h"

#define STATION "stations:\n  - name: fra\n    url: https://fra.example\n"

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
		cmocka_unit_test(this_machine_may_be_asked_without_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
