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
	{ "city", FIELD_TEXT, AT(hub_station, city), .preset = "", .most = 40,
	  .expected = "a city such as Frankfurt" },
	{ "country", FIELD_TEXT, AT(hub_station, country), .preset = "",
	  .most = 40, .expected = "a country such as DE" },
	{ "latitude", FIELD_TEXT, AT(hub_station, latitude), .preset = "",
	  .most = 20, .expected = "degrees north, -90 to 90" },
	{ "longitude", FIELD_TEXT, AT(hub_station, longitude), .preset = "",
	  .most = 20, .expected = "degrees east, -180 to 180" },
	{ "ca_file", FIELD_PATH, AT(hub_station, ca_file), .least = 1,
	  .most = 1024, .expected = "the path of a PEM file" },
	{ "client_certificate", FIELD_PATH, AT(hub_station, client_certificate),
	  .least = 1, .most = 1024, .expected = "the path of a PEM file" },
	{ "client_key", FIELD_PATH, AT(hub_station, client_key), .least = 1,
	  .most = 1024, .expected = "the path of a PEM file" },
	{ "token_file", FIELD_PATH, AT(hub_station, token_file), .least = 1,
	  .most = 1024, .expected = "the path of a file with a token" },
	{ "operator", FIELD_TEXT, AT(hub_station, operator), .preset = "",
	  .most = 80, .expected = "a network operator such as AS64496" },
	{ .key = NULL },
};
static const struct config_shape station_shape = { sizeof(struct hub_station),
						   station_fields };

static const struct config_field hub_fields[] = {
	{ "title", FIELD_TEXT, AT(hub_config, title), .preset = "hub",
	  .least = 1, .most = 80, .expected = "the name of the page" },
	{ "note", FIELD_TEXT, AT(hub_config, note), .preset = "", .most = 400,
	  .expected = "a sentence for everybody who reads the page" },
	{ "listen", FIELD_TEXT, AT(hub_config, listen),
	  .preset = "127.0.0.1:8480", .least = 1, .most = 80,
	  .expected = CONFIG_LISTEN_EXPECTED },
	{ "web_connections", FIELD_COUNT, AT(hub_config, web_connections),
	  .preset = "1024", .least = 1, .most = 65536 },
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
	free(c->path);
	memset(c, 0, sizeof(*c));
}

/* --- rules -------------------------------------------------------------- */

static bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 32 && text[0] != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool is_degrees(const char *text, double most, double *ret_degrees)
{
	char *end;
	double degrees = strtod(text, &end);

	if (!*text || *end || !(degrees >= -most && degrees <= most))
		return false;
	*ret_degrees = degrees;
	return true;
}

bool hub_station_place(const struct hub_station *s, double *ret_latitude,
		       double *ret_longitude)
{
	return is_degrees(s->latitude, 90, ret_latitude) &&
	       is_degrees(s->longitude, 180, ret_longitude);
}

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

static bool refuse(size_t i, const char *key, const char *found,
		   const char *expected, char **ret_path, struct fail *why)
{
	char path[64], shown[CONFIG_SHOWN];

	snprintf(path, sizeof(path), "stations[%zu].%s", i, key);
	*ret_path = mem_strdup(path);
	config_show(shown, found);
	return fail_set(why, FAIL_INPUT, "found %s, expected %s", shown,
			expected);
}

static bool check_place(const struct hub_station *s, size_t i, char **ret_path,
			struct fail *why)
{
	double degrees;

	if (!s->latitude[0] && !s->longitude[0])
		return true;
	if (!is_degrees(s->latitude, 90, &degrees))
		return refuse(i, "latitude", s->latitude,
			      "degrees north, -90 to 90, beside a longitude",
			      ret_path, why);
	if (!is_degrees(s->longitude, 180, &degrees))
		return refuse(i, "longitude", s->longitude,
			      "degrees east, -180 to 180, beside a latitude",
			      ret_path, why);
	return true;
}

bool hub_config_validate(const struct hub_config *c, char **ret_path,
			 struct fail *why)
{
	for (size_t i = 0; i < c->station_count; i++) {
		const struct hub_station *s = &c->stations[i];

		if (!is_name(s->name))
			return refuse(i, "name", s->name, CONFIG_NAME_EXPECTED,
				      ret_path, why);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(c->stations[k].name, s->name) == 0)
				return refuse(i, "name", s->name,
					      "a name that no other station "
					      "has",
					      ret_path, why);
		}
		if (!is_station_url(s->url))
			return refuse(i, "url", s->url,
				      "an https URL, or http to this machine "
				      "itself",
				      ret_path, why);
		if (!check_place(s, i, ret_path, why))
			return false;
		if (!s->client_certificate != !s->client_key)
			return refuse(i, "client_certificate",
				      s->client_key ? ""
						    : s->client_certificate,
				      "a client_certificate and a client_key, "
				      "or neither",
				      ret_path, why);
	}
	return true;
}
