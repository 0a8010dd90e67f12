#include "measure/hub_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/url.h"
#include "measure/config.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member, count)                \
	.offset = offsetof(struct type, member), \
	.count_offset = offsetof(struct type, count)

static const struct config_field station_fields[] = {
	{ "name", FIELD_TEXT, true, AT(hub_station, name), .least = 1,
	  .most = 32, .expected = CONFIG_NAME_EXPECTED },
	{ "url", FIELD_TEXT, true, AT(hub_station, url), .least = 1,
	  .most = 512,
	  .expected = "the URL of a station such as https://fra.example.org" },
	CONFIG_PLACE_ROWS(hub_station),
	{ "ca_file", FIELD_PATH, AT(hub_station, ca_file), .least = 1,
	  .most = 1024, .expected = "the path of a PEM file" },
	{ "client_certificate", FIELD_PATH, AT(hub_station, client_certificate),
	  .least = 1, .most = 1024, .expected = "the path of a PEM file" },
	{ "client_key", FIELD_PATH, AT(hub_station, client_key), .least = 1,
	  .most = 1024, .expected = "the path of a PEM file" },
	{ "token_file", FIELD_PATH, AT(hub_station, token_file), .least = 1,
	  .most = 1024, .expected = "the path of a file with a token" },
	{ .key = NULL },
};
static const struct config_shape station_shape = { sizeof(struct hub_station),
						   station_fields };

static const struct config_field hub_fields[] = {
	{ "title", FIELD_TEXT, AT(hub_config, title), .preset = "hub",
	  .least = 1, .most = 80, .expected = "the name of the page" },
	{ "note", FIELD_TEXT, AT(hub_config, note), .preset = "",
	  .most = CONFIG_NOTE_MOST,
	  .expected = "a sentence for everybody who reads the page" },
	{ "listen", FIELD_TEXT, AT(hub_config, listen),
	  .preset = "127.0.0.1:8480", .least = 1, .most = 80,
	  .expected = CONFIG_LISTEN_EXPECTED },
	{ "web_connections", FIELD_COUNT, AT(hub_config, web_connections),
	  .preset = "1024", .least = 1, .most = 65536 },
	CONFIG_WEB_ROW(hub_config),
	{ "database", FIELD_PATH, AT(hub_config, database), .least = 1,
	  .most = 1024, .expected = "the path of a file" },
	{ "stations", FIELD_STRUCTS, true,
	  LIST(hub_config, stations, station_count), .least = 1,
	  .most = HUB_STATIONS_MAX, .expected = "stations",
	  .shape = &station_shape },
	{ .key = NULL },
};
static const struct config_shape hub_shape = { .fields = hub_fields };

const struct config_shape *hub_config_shape(void)
{
	return &hub_shape;
}

void hub_config_release(struct hub_config *c)
{
	config_shape_release(&hub_shape, c);
	config_warnings_release(&c->warnings);
	free(c->path);
	memset(c, 0, sizeof(*c));
}

/* --- rules -------------------------------------------------------------- */

/* What a station sends is anybody's on the way, unless there is no way. */
static bool is_station_url(const char *text)
{
	struct fail why;
	struct url url;

	if (!url_parse(text, &url, &why) || strlen(url.target) > 1)
		return false;
	return url.https || strcmp(url.host, "localhost") == 0 ||
	       (url.address.family != IP_NONE && ip_is_loopback(&url.address));
}

/* Notes which value of a station it is; always false. */
static bool refused(size_t i, const char *key, char **ret_path)
{
	char path[64];

	snprintf(path, sizeof(path), "stations[%zu].%s", i, key);
	*ret_path = mem_strdup(path);
	return false;
}

static bool refuse(const char *found, const char *expected, struct fail *why)
{
	char shown[CONFIG_SHOWN];

	config_show(shown, found);
	return fail_set(why, FAIL_INPUT, "found %s, expected %s", shown,
			expected);
}

static bool is_new_name(const struct hub_config *c, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(c->stations[k].name, c->stations[i].name) == 0)
			return false;
	}
	return true;
}

static bool check_station(const struct hub_config *c, size_t i,
			  const char **ret_key, struct fail *why)
{
	const struct hub_station *s = &c->stations[i];

	*ret_key = "name";
	if (!config_is_name(s->name))
		return refuse(s->name, CONFIG_NAME_EXPECTED, why);
	if (!is_new_name(c, i))
		return refuse(s->name, "a name that no other station has", why);
	*ret_key = "url";
	if (!is_station_url(s->url))
		return refuse(s->url,
			      "an https URL, or http to this machine itself",
			      why);
	if (!config_place_check(&s->place, ret_key, why))
		return false;
	*ret_key = "client_certificate";
	return !s->client_certificate == !s->client_key ||
	       refuse(s->client_key ? "" : s->client_certificate,
		      "a client_certificate and a client_key, or neither", why);
}

static bool check_server(const struct hub_config *c, char **ret_path,
			 struct fail *why)
{
	const char *key;
	char path[64];

	if (!config_is_listen(c->listen)) {
		*ret_path = mem_strdup("listen");
		return refuse(c->listen, CONFIG_LISTEN_EXPECTED, why);
	}
	if (config_web_check(&c->web, &key, why))
		return true;
	snprintf(path, sizeof(path), "web.%s", key);
	*ret_path = mem_strdup(path);
	return false;
}

bool hub_config_validate(const struct hub_config *c, char **ret_path,
			 struct fail *why)
{
	const char *key;

	if (!check_server(c, ret_path, why))
		return false;
	for (size_t i = 0; i < c->station_count; i++) {
		if (!check_station(c, i, &key, why))
			return refused(i, key, ret_path);
	}
	return true;
}
