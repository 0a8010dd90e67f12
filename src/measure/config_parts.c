#include "measure/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "base/text.h"

enum { NAME_MOST = 32, PATH_MOST = 1024 };

static const struct config_field web_fields[] = {
	{ "certificate", FIELD_PATH,
	  .offset = offsetof(struct config_web, certificate), .least = 1,
	  .most = PATH_MOST, .expected = "the path of a PEM file" },
	{ "key", FIELD_PATH, .offset = offsetof(struct config_web, key),
	  .least = 1, .most = PATH_MOST, .expected = "the path of a PEM file" },
	{ "client_ca", FIELD_PATH,
	  .offset = offsetof(struct config_web, client_ca), .least = 1,
	  .most = PATH_MOST, .expected = "the path of a PEM file" },
	{ "token_file", FIELD_PATH,
	  .offset = offsetof(struct config_web, token_file), .least = 1,
	  .most = PATH_MOST, .expected = "the path of a file with a token" },
	{ .key = NULL },
};
const struct config_shape config_web_shape = { sizeof(struct config_web),
					       web_fields };

void config_warnings_add(struct config_warnings *r, char *text)
{
	r->texts = mem_resize(r->texts, (r->count + 1) * sizeof(*r->texts));
	r->texts[r->count++] = text;
}

void config_warnings_release(struct config_warnings *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->texts[i]);
	free(r->texts);
	*r = (struct config_warnings){ .count = 0 };
}

bool config_is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= NAME_MOST && text[0] != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* --- addresses ---------------------------------------------------------- */

/* *ret_ip has no family when all addresses are meant. */
static bool listen_parse(const char *text, struct ip *ret_ip)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
	char address[IP_TEXT + 2];
	struct ip ip = { .family = IP_NONE };
	uint64_t port;

	if (!colon || !text_to_u64(colon + 1, UINT16_MAX, &port) ||
	    len >= sizeof(address))
		return false;
	text_copy(address, (bracketed ? len - 2 : len) + 1,
		  bracketed ? text + 1 : text);
	if (len > 0 && (!ip_parse(address, &ip) ||
			ip.family != (bracketed ? IP_V6 : IP_V4)))
		return false;
	*ret_ip = ip;
	return true;
}

bool config_is_listen(const char *text)
{
	struct ip ip;

	return listen_parse(text, &ip);
}

bool config_listen_is_local(const char *text)
{
	struct ip ip;

	return listen_parse(text, &ip) && ip.family != IP_NONE &&
	       ip_is_loopback(&ip);
}

/* --- the place ---------------------------------------------------------- */

static bool refuse(const char *found, const char *expected, struct fail *why)
{
	char shown[CONFIG_SHOWN];

	config_show(shown, found);
	return fail_set(why, FAIL_INPUT, "found %s, expected %s", shown,
			expected);
}

/* "50.11": digits with a sign and a point, and no other form of a number. */
static bool is_degrees(const char *text, double most, double *ret_degrees)
{
	char *end;
	double degrees = strtod(text, &end);

	if (!*text || *end || text[strspn(text, "+-.0123456789")] ||
	    !(degrees >= -most && degrees <= most))
		return false;
	*ret_degrees = degrees;
	return true;
}

bool config_place_degrees(const struct config_place *p, double *ret_latitude,
			  double *ret_longitude)
{
	return is_degrees(p->latitude, 90, ret_latitude) &&
	       is_degrees(p->longitude, 180, ret_longitude);
}

bool config_is_country(const char *text)
{
	return !*text || (strlen(text) == 2 &&
			  strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2);
}

bool config_place_check(const struct config_place *p, const char **ret_key,
			struct fail *why)
{
	double degrees;

	*ret_key = "country";
	if (!config_is_country(p->country))
		return refuse(p->country, CONFIG_COUNTRY_EXPECTED, why);
	if (!p->latitude[0] && !p->longitude[0])
		return true;
	*ret_key = "latitude";
	if (!is_degrees(p->latitude, 90, &degrees))
		return refuse(p->latitude,
			      "degrees north, -90 to 90, beside a longitude",
			      why);
	*ret_key = "longitude";
	return is_degrees(p->longitude, 180, &degrees) ||
	       refuse(p->longitude,
		      "degrees east, -180 to 180, beside a latitude", why);
}

/* --- the server --------------------------------------------------------- */

bool config_web_check(const struct config_web *w, const char **ret_key,
		      struct fail *why)
{
	*ret_key = w->certificate ? "certificate" : "key";
	if (!w->certificate != !w->key)
		return fail_set(why, FAIL_INPUT,
				"found it alone, expected \"%s\" beside it",
				w->certificate ? "key" : "certificate");
	*ret_key = "client_ca";
	return !w->client_ca || w->certificate ||
	       fail_set(why, FAIL_INPUT,
			"found it alone, expected \"certificate\" and \"key\" "
			"beside it: certificates are shown by TLS");
}
