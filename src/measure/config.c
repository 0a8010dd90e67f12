#include "measure/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/text.h"
#include "base/url.h"
#include "measure/config_schema.h"

enum {
	KEY_PATH = 96,
	MAILBOX_MOST = 254,
};

void config_release(struct config *c)
{
	config_shape_release(config_shape(), c);
	config_warnings_release(&c->warnings);
	free(c->path);
	*c = (struct config){ 0 };
}

static const struct {
	const char *unit;
	int64_t per_us;
} rate_units[] = {
	{ "s", US_PER_S },   { "min", US_PER_MIN },	 { "h", US_PER_HOUR },
	{ "d", US_PER_DAY }, { "week", 7 * US_PER_DAY },
};
enum { RATE_UNITS = sizeof(rate_units) / sizeof(rate_units[0]) };

bool config_rate_parse(const char *text, struct config_rate *ret_rate)
{
	const char *slash = strchr(text, '/');
	char count_text[8];
	uint64_t count;

	if (!slash || (size_t)(slash - text) >= sizeof(count_text))
		return false;
	text_copy(count_text, (size_t)(slash - text) + 1, text);
	if (!text_to_u64(count_text, CONFIG_RATE_MAX, &count) || count == 0)
		return false;
	for (int i = 0; i < RATE_UNITS; i++) {
		if (strcmp(slash + 1, rate_units[i].unit) != 0)
			continue;
		ret_rate->count = (unsigned)count;
		ret_rate->per_us = rate_units[i].per_us;
		return true;
	}
	return false;
}

void config_rate_print(char dst[static CONFIG_RATE_TEXT],
		       const struct config_rate *rate)
{
	const char *unit = "?";

	for (int i = 0; i < RATE_UNITS; i++) {
		if (rate_units[i].per_us == rate->per_us)
			unit = rate_units[i].unit;
	}
	snprintf(dst, CONFIG_RATE_TEXT, "%u/%s", rate->count, unit);
}

void config_default_controls(struct config *c)
{
	static const char *const controls[][2] = {
		{ "apple", "https://captive.apple.com/hotspot-detect.html" },
		{ "cloudflare", "https://cp.cloudflare.com/generate_204" },
		{ "fedora", "https://fedoraproject.org/static/hotspot.txt" },
	};

	c->control_count = sizeof(controls) / sizeof(controls[0]);
	c->controls = mem_array(c->control_count, sizeof(*c->controls));
	for (size_t i = 0; i < c->control_count; i++) {
		c->controls[i].name = mem_strdup(controls[i][0]);
		c->controls[i].url = mem_strdup(controls[i][1]);
	}
}

char *config_default_account_key(const struct config *c, const char *name)
{
	struct buf path = BUF_INIT(64 * 1024);

	buf_addf(&path, "%s/%s.key", c->state, name);
	return buf_take(&path);
}

/* --- the rules ---------------------------------------------------------- */

/* Which value breaks a rule, and how. */
struct breach {
	char key[KEY_PATH];
	struct fail *why;
};

/* Notes the value and what is wrong with it; always false. */
__attribute__((format(printf, 3, 4))) static bool
breaks(struct breach *b, const char *key, const char *format, ...)
{
	char text[sizeof(b->why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_copy(b->key, sizeof(b->key), key);
	return fail_set(b->why, FAIL_INPUT, "%s", text);
}

/* breaks() for a text of which only `expected` is to be said. */
static bool unexpected(struct breach *b, const char *key, const char *found,
		       const char *expected)
{
	char shown[CONFIG_SHOWN];

	config_show(shown, found);
	return breaks(b, key, "found %s, expected %s", shown, expected);
}

static bool is_ascii(const char *text)
{
	while (*text > 0 && *text < 127)
		text++;
	return !*text;
}

static bool is_host(const char *text)
{
	struct ip ip;

	return name_is_dns(text) || ip_parse(text, &ip);
}

/* --- of one CA ---------------------------------------------------------- */

static bool ca_name(const struct config_ca *c, struct breach *b)
{
	return config_is_name(c->name) ||
	       unexpected(b, "name", c->name, CONFIG_NAME_EXPECTED);
}

static bool ca_directory(const struct config_ca *c, struct breach *b)
{
	struct url url;
	struct fail inner;

	if (!url_parse(c->directory, &url, &inner))
		return breaks(b, "directory",
			      "%s, expected the https URL of an ACME directory",
			      inner.text);
	if (!url.https && !c->allow_http)
		return unexpected(b, "directory", c->directory,
				  "an https URL (allow_http: true takes http, "
				  "for a CA on a test network)");
	return true;
}

static bool ca_hosts(const struct config_ca *c, struct breach *b)
{
	char key[KEY_PATH];

	for (size_t i = 0; i < c->host_count; i++) {
		snprintf(key, sizeof(key), "hosts[%zu]", i);
		if (!is_host(c->hosts[i]))
			return unexpected(b, key, c->hosts[i],
					  "a host name or address, without "
					  "scheme, port and path");
	}
	return true;
}

static bool ca_names(const struct config_ca *c, struct breach *b)
{
	char key[KEY_PATH];

	if (c->name_count == 0 && !c->shallow)
		return breaks(b, "",
			      "found no \"names\", expected names that the CA "
			      "can validate here, or shallow: true");
	for (size_t i = 0; i < c->name_count; i++) {
		snprintf(key, sizeof(key), "names[%zu]", i);
		if (text_starts(c->names[i], "*."))
			return unexpected(b, key, c->names[i],
					  "a name without wildcard: http-01 "
					  "cannot prove one");
		if (!is_ascii(c->names[i]))
			return unexpected(b, key, c->names[i],
					  "a DNS name in ASCII, as DNS has it: "
					  "with xn-- in front");
		if (!is_host(c->names[i]))
			return unexpected(b, key, c->names[i],
					  "a DNS name or IP address");
	}
	if (c->names_per_certificate > c->name_count && c->name_count > 0)
		return breaks(b, "names_per_certificate",
			      "found %u, expected at most %zu, the number of "
			      "names",
			      c->names_per_certificate, c->name_count);
	return true;
}

static bool ca_keys(const struct config_ca *c, struct breach *b)
{
	if (c->key_type == KEY_ED25519)
		return unexpected(b, "key_type", "ed25519",
				  "p256, p384, rsa2048, rsa3072 or rsa4096: no "
				  "CA issues for ed25519");
	return true;
}

static bool ca_challenge(const struct config_ca *c, struct breach *b)
{
	return c->challenge == CHALLENGE_HTTP_01 ||
	       unexpected(b, "challenge", challenge_name(c->challenge),
			  "http-01, the one that this version answers");
}

static bool ca_account(const struct config_ca *c, struct breach *b)
{
	if (c->eab_kid && !c->eab_hmac_file)
		return breaks(b, "eab",
			      "found \"kid\" alone, expected "
			      "\"hmac_file\" beside it");
	if (!c->eab_kid && c->eab_hmac_file)
		return breaks(b, "eab",
			      "found \"hmac_file\" alone, expected "
			      "\"kid\" beside it");
	return true;
}

/* ASCII without what separates, quotes or asks in a mailto URL (RFC 6068). */
static bool is_mailbox(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return len <= MAILBOX_MOST && strcspn(text, ",;?<>\"") == len;
}

/* One mailbox: what every CA that takes a contact takes (RFC 8555 7.3). */
static bool ca_contact(const struct config_ca *c, struct breach *b)
{
	const char *box = c->contact, *at;

	if (!box)
		return true;
	if (text_starts(box, "mailto:"))
		box += strlen("mailto:");
	at = strchr(box, '@');
	if (at && at > box && name_is_dns(at + 1) && is_mailbox(box))
		return true;
	return unexpected(b, "contact", c->contact,
			  "one address such as ops@example.org");
}

static bool ca_depth(const struct config_ca *c, struct breach *b)
{
	return !c->shallow || !c->revoke ||
	       breaks(b, "revoke",
		      "found true beside shallow: true, expected one of them: "
		      "a shallow watch issues nothing that could be revoked");
}

static bool ca_resolve(const struct config_ca *c, struct breach *b)
{
	struct ip ip;
	struct url url;
	char host[URL_HOST_MAX];

	if (!c->resolve)
		return true;
	if (!url_pin_parse(c->resolve, host, &ip, NULL))
		return unexpected(b, "resolve", c->resolve,
				  "HOST:ADDRESS such as ca.example:192.0.2.1");
	if (!url_parse(c->directory, &url, NULL) ||
	    text_same_nocase(host, url.host))
		return true;
	for (size_t i = 0; i < c->host_count; i++) {
		if (text_same_nocase(host, c->hosts[i]))
			return true;
	}
	return unexpected(b, "resolve", c->resolve,
			  "the host of the directory, or one of hosts, before "
			  "the colon");
}

static bool ca_timeouts(const struct config_ca *c, struct breach *b)
{
	const struct config_timeouts *t = &c->timeouts;
	const struct {
		const char *key;
		int64_t us;
	} parts[] = {
		{ "timeouts.dns", t->dns_us },
		{ "timeouts.connect", t->connect_us },
		{ "timeouts.tls", t->tls_us },
		{ "timeouts.answer", t->answer_us },
	};
	char found[32], most[32];

	text_from_duration(most, sizeof(most), t->total_us);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		text_from_duration(found, sizeof(found), parts[i].us);
		if (parts[i].us > t->total_us)
			return breaks(b, parts[i].key,
				      "found %s, expected at most the %s of "
				      "timeouts.total",
				      found, most);
	}
	text_from_duration(found, sizeof(found), t->issuance_us);
	return t->issuance_us >= t->total_us ||
	       breaks(b, "timeouts.issuance",
		      "found %s, expected at least the %s of timeouts.total",
		      found, most);
}

typedef bool ca_rule(const struct config_ca *c, struct breach *b);

static ca_rule *const ca_rules[] = {
	ca_name,  ca_directory, ca_hosts,    ca_names,
	ca_keys,  ca_challenge, ca_account,  ca_contact,
	ca_depth, ca_resolve,	ca_timeouts,
};

static bool check_ca(const struct config_ca *c, struct breach *b)
{
	for (size_t i = 0; i < sizeof(ca_rules) / sizeof(ca_rules[0]); i++) {
		if (!ca_rules[i](c, b))
			return false;
	}
	return true;
}

/* --- of all ------------------------------------------------------------- */

static bool check_parts(const struct config *c, struct breach *b)
{
	const char *key;

	if (!config_place_check(&c->place, &key, b->why)) {
		text_copy(b->key, sizeof(b->key), key);
		return false;
	}
	if (!config_web_check(&c->web, &key, b->why)) {
		snprintf(b->key, sizeof(b->key), "web.%s", key);
		return false;
	}
	return true;
}

static bool check_station(const struct config *c, struct breach *b)
{
	if (!config_is_name(c->station))
		return unexpected(b, "station", c->station,
				  CONFIG_NAME_EXPECTED);
	if (!config_is_listen(c->listen))
		return unexpected(b, "listen", c->listen,
				  CONFIG_LISTEN_EXPECTED);
	if (!config_is_listen(c->responder))
		return unexpected(b, "responder", c->responder,
				  CONFIG_LISTEN_EXPECTED);
	if (strcmp(c->listen, c->responder) == 0 &&
	    strcmp(strrchr(c->listen, ':'), ":0") != 0)
		return unexpected(b, "responder", c->responder,
				  "another address than that of listen");
	if (c->keep_failures_us < c->keep_exchanges_us)
		return breaks(b, "keep.failures",
			      "found less than keep.exchanges, expected at "
			      "least as long: a failure is an exchange");
	return check_parts(c, b);
}

static bool check_control(const struct config *c, size_t i, struct breach *b)
{
	const struct config_control *control = &c->controls[i];
	struct url url;
	struct fail inner;

	if (!config_is_name(control->name))
		return unexpected(b, "name", control->name,
				  CONFIG_NAME_EXPECTED);
	for (size_t k = 0; k < i; k++) {
		if (strcmp(control->name, c->controls[k].name) == 0)
			return breaks(
				b, "name",
				"found \"%s\", the name of controls[%zu], "
				"expected another",
				control->name, k);
	}
	return url_parse(control->url, &url, &inner) ||
	       breaks(b, "url", "%s, expected an http or https URL",
		      inner.text);
}

static bool check_ca_among(const struct config *c, size_t i, struct breach *b)
{
	if (!check_ca(&c->cas[i], b))
		return false;
	for (size_t k = 0; k < i; k++) {
		if (strcmp(c->cas[i].name, c->cas[k].name) == 0)
			return breaks(b, "name",
				      "found \"%s\", the name of cas[%zu], "
				      "expected another",
				      c->cas[i].name, k);
	}
	return true;
}

/* The path of a key in entry i of a list: "cas[0].rate", "cas[0]". */
static char *entry_path(const char *list, size_t i, const char *key)
{
	struct buf path = BUF_INIT(2 * KEY_PATH);

	buf_addf(&path, "%s[%zu]%s%s", list, i, key[0] ? "." : "", key);
	return buf_take(&path);
}

bool config_ca_validate(const struct config_ca *c, char **ret_key,
			struct fail *why)
{
	struct fail unheard = { FAIL_NONE, "" };
	struct breach b = { .why = why ? why : &unheard };

	if (check_ca(c, &b))
		return true;
	*ret_key = mem_strdup(b.key);
	return false;
}

bool config_validate(const struct config *c, char **ret_path, struct fail *why)
{
	struct fail unheard = { FAIL_NONE, "" };
	struct breach b = { .why = why ? why : &unheard };

	if (!check_station(c, &b)) {
		*ret_path = mem_strdup(b.key);
		return false;
	}
	for (size_t i = 0; i < c->control_count; i++) {
		if (!check_control(c, i, &b)) {
			*ret_path = entry_path("controls", i, b.key);
			return false;
		}
	}
	for (size_t i = 0; i < c->ca_count; i++) {
		if (!check_ca_among(c, i, &b)) {
			*ret_path = entry_path("cas", i, b.key);
			return false;
		}
	}
	return true;
}
