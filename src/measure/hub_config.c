#include "measure/hub_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/url.h"
#include "measure/config.h"

#define KIND_EXPECTED "status.io, statuspage or feed"
/* A page of somebody else is not asked more often. */
#define POLITE_US (30 * US_PER_S)

#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member, count)                \
	.offset = offsetof(struct type, member), \
	.count_offset = offsetof(struct type, count)

#define PUBLIC_URL_EXPECTED \
	"an http or https URL such as https://status.example.org"

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

static const struct config_field status_page_fields[] = {
	{ "ca", FIELD_TEXT, true, AT(hub_status_page, ca), .least = 1,
	  .most = 32, .expected = CONFIG_NAME_EXPECTED },
	{ "kind", FIELD_TEXT, true, AT(hub_status_page, kind), .least = 1,
	  .most = 32, .expected = KIND_EXPECTED },
	{ "url", FIELD_TEXT, true, AT(hub_status_page, url), .least = 1,
	  .most = 512, .expected = "the https URL that a program reads" },
	{ "page", FIELD_TEXT, AT(hub_status_page, page), .least = 1,
	  .most = 512, .expected = "the https URL that people read" },
	{ "every", FIELD_DURATION, AT(hub_status_page, every_us),
	  .preset = "1m", .least = US_PER_S, .most = US_PER_HOUR },
	{ "components", FIELD_TEXTS,
	  LIST(hub_status_page, components, component_count), .least = 1,
	  .most = HUB_COMPONENTS_MAX,
	  .expected = "the name of a component as the page writes it" },
	{ "ca_file", FIELD_PATH, AT(hub_status_page, ca_file), .least = 1,
	  .most = 1024, .expected = "the path of a PEM file" },
	{ .key = NULL },
};
static const struct config_shape status_page_shape = {
	sizeof(struct hub_status_page), status_page_fields
};

static const struct config_field heartbeat_fields[] = {
	{ "url", FIELD_TEXT, AT(hub_config, heartbeat.url), .least = 1,
	  .most = 1024, .expected = "a URL that is asked while all is well" },
	{ "url_file", FIELD_PATH, AT(hub_config, heartbeat.url_file),
	  .least = 1, .most = 1024,
	  .expected = "the path of a file with one line" },
	{ "token_file", FIELD_PATH, AT(hub_config, heartbeat.token_file),
	  .least = 1, .most = 1024,
	  .expected = "the path of a file with one line" },
	{ "ca_file", FIELD_PATH, AT(hub_config, heartbeat.ca_file), .least = 1,
	  .most = 1024, .expected = "the path of a PEM file" },
	{ "every", FIELD_DURATION, AT(hub_config, heartbeat_us), .preset = "1m",
	  .least = US_PER_S, .most = US_PER_DAY },
	{ .key = NULL },
};
static const struct config_shape heartbeat_shape = { .fields =
							     heartbeat_fields };

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
	{ "public_url", FIELD_TEXT, AT(hub_config, public_url), .least = 1,
	  .most = 384, .expected = PUBLIC_URL_EXPECTED },
	{ "notify", FIELD_STRUCTS, LIST(hub_config, receivers, receiver_count),
	  .most = NOTIFY_RECEIVERS_MAX, .expected = "receivers",
	  .shape = &notify_receiver_shape },
	{ "heartbeat", FIELD_GROUP, .shape = &heartbeat_shape },
	{ "stations", FIELD_STRUCTS, true,
	  LIST(hub_config, stations, station_count), .least = 1,
	  .most = HUB_STATIONS_MAX, .expected = "stations",
	  .shape = &station_shape },
	{ "status_pages", FIELD_STRUCTS,
	  LIST(hub_config, status_pages, status_page_count),
	  .most = HUB_STATUS_PAGES_MAX, .expected = "status pages",
	  .shape = &status_page_shape },
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

static bool is_of_this_machine(const struct url *url)
{
	return strcmp(url->host, "localhost") == 0 ||
	       (url->address.family != IP_NONE &&
		ip_is_loopback(&url->address));
}

/* What is sent is anybody's on the way, unless there is no way. */
static bool is_safe_url(const char *text, struct url *ret_url)
{
	struct fail why;

	return url_parse(text, ret_url, &why) &&
	       (ret_url->https || is_of_this_machine(ret_url));
}

static bool is_station_url(const char *text)
{
	struct url url;

	return is_safe_url(text, &url) && strlen(url.target) <= 1;
}

/* Notes which value of a list it is; always false. */
static bool refused(const char *list, size_t i, const char *key,
		    char **ret_path)
{
	char path[64];

	snprintf(path, sizeof(path), "%s[%zu].%s", list, i, key);
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

bool status_kind_find(const char *word, enum status_kind *ret_kind)
{
	static const char *const kinds[STATUS_KINDS] = {
		[STATUS_KIND_IO] = "status.io",
		[STATUS_KIND_PAGE] = "statuspage",
		[STATUS_KIND_FEED] = "feed",
	};

	for (int i = 0; i < STATUS_KINDS; i++) {
		if (strcmp(kinds[i], word) == 0) {
			*ret_kind = (enum status_kind)i;
			return true;
		}
	}
	return false;
}

static bool is_new_page(const struct hub_config *c, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(c->status_pages[k].ca, c->status_pages[i].ca) == 0)
			return false;
	}
	return true;
}

static bool check_status_page(const struct hub_config *c, size_t i,
			      const char **ret_key, struct fail *why)
{
	const struct hub_status_page *p = &c->status_pages[i];
	enum status_kind kind;
	struct url url, page;

	*ret_key = "ca";
	if (!config_is_name(p->ca))
		return refuse(p->ca, CONFIG_NAME_EXPECTED, why);
	if (!is_new_page(c, i))
		return refuse(p->ca, "a CA that has no other status page", why);
	*ret_key = "kind";
	if (!status_kind_find(p->kind, &kind))
		return refuse(p->kind, KIND_EXPECTED, why);
	*ret_key = "url";
	if (!is_safe_url(p->url, &url))
		return refuse(p->url,
			      "an https URL, or http to this machine itself",
			      why);
	*ret_key = "page";
	if (p->page && !is_safe_url(p->page, &page))
		return refuse(p->page,
			      "an https URL, or http to this machine itself",
			      why);
	*ret_key = "every";
	if (p->every_us >= POLITE_US || is_of_this_machine(&url))
		return true;
	return fail_set(why, FAIL_INPUT,
			"found less than 30s, expected 30s or more: the page "
			"is somebody else's");
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

static bool check_notify(const struct hub_config *c, char **ret_path,
			 struct fail *why)
{
	const char *key;
	char path[64];

	if (c->public_url && !notify_is_public_url(c->public_url)) {
		*ret_path = mem_strdup("public_url");
		return refuse(c->public_url, PUBLIC_URL_EXPECTED, why);
	}
	if (c->receiver_count && !c->database) {
		*ret_path = mem_strdup("notify");
		return fail_set(why, FAIL_INPUT,
				"found it without \"database\", expected the "
				"path of a file there: it keeps what is still "
				"to be told");
	}
	if (!notify_http_check(&c->heartbeat, &key, why)) {
		snprintf(path, sizeof(path), "heartbeat.%s", key);
		*ret_path = mem_strdup(path);
		return false;
	}
	return notify_check(c->receivers, c->receiver_count, ret_path, why);
}

bool hub_config_validate(const struct hub_config *c, char **ret_path,
			 struct fail *why)
{
	const char *key;

	if (!check_server(c, ret_path, why))
		return false;
	for (size_t i = 0; i < c->station_count; i++) {
		if (!check_station(c, i, &key, why))
			return refused("stations", i, key, ret_path);
	}
	for (size_t i = 0; i < c->status_page_count; i++) {
		if (!check_status_page(c, i, &key, why))
			return refused("status_pages", i, key, ret_path);
	}
	return check_notify(c, ret_path, why);
}
