#include "measure/notify_config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "measure/config_parts.h"

enum { PATH_MOST = 1024, ADDRESS_MOST = 254, PUBLIC_URL_MOST = 384 };

#define AT(member) .offset = offsetof(struct notify_receiver, member)
#define LIST(member, count)                                 \
	.offset = offsetof(struct notify_receiver, member), \
	.count_offset = offsetof(struct notify_receiver, count)

#define URL_EXPECTED "the URL of the receiver"
#define LINE_EXPECTED "the path of a file with one line"
#define PEM_EXPECTED "the path of a PEM file"
#define VERDICT_EXPECTED "degraded, partial_outage or major_outage"
#define SERVER_EXPECTED \
	"smtp://HOST:PORT, or smtps://HOST:PORT with TLS from the start"
#define ADDRESS_EXPECTED "an address such as ops@example.org"

#define FILE_ROW(name, member, what)                                         \
	{                                                                    \
		name, FIELD_PATH, AT(member), .least = 1, .most = PATH_MOST, \
					      .expected = what               \
	}
#define TEXT_ROW(name, member, bytes, what)                              \
	{                                                                \
		name, FIELD_TEXT, AT(member), .least = 1, .most = bytes, \
					      .expected = what           \
	}

static const struct config_field webhook_fields[] = {
	TEXT_ROW("url", webhook.url, PATH_MOST, URL_EXPECTED),
	FILE_ROW("url_file", webhook.url_file, LINE_EXPECTED),
	FILE_ROW("token_file", webhook.token_file, LINE_EXPECTED),
	FILE_ROW("ca_file", webhook.ca_file, PEM_EXPECTED),
	{ .key = NULL },
};
static const struct config_shape webhook_shape = { .fields = webhook_fields };

static const struct config_field alertmanager_fields[] = {
	TEXT_ROW("url", alertmanager.url, PATH_MOST, URL_EXPECTED),
	FILE_ROW("url_file", alertmanager.url_file, LINE_EXPECTED),
	FILE_ROW("token_file", alertmanager.token_file, LINE_EXPECTED),
	FILE_ROW("ca_file", alertmanager.ca_file, PEM_EXPECTED),
	{ "resend", FIELD_DURATION, AT(resend_us), .preset = "1m",
	  .least = US_PER_S, .most = US_PER_HOUR },
	{ .key = NULL },
};
static const struct config_shape alertmanager_shape = {
	.fields = alertmanager_fields
};

static const struct config_field command_fields[] = {
	{ "argv", FIELD_TEXTS, LIST(argv, argc), .least = 1,
	  .most = NOTIFY_ARGV_MAX, .expected = "a program or its argument" },
	{ "timeout", FIELD_DURATION, AT(command_us), .preset = "30s",
	  .least = US_PER_S, .most = 10 * US_PER_MIN },
	{ .key = NULL },
};
static const struct config_shape command_shape = { .fields = command_fields };

static const struct config_field mail_fields[] = {
	TEXT_ROW("server", mail.server, PATH_MOST, SERVER_EXPECTED),
	{ "starttls", FIELD_BOOL, AT(mail.starttls), .preset = "true" },
	TEXT_ROW("from", mail.from, ADDRESS_MOST, ADDRESS_EXPECTED),
	{ "to", FIELD_TEXTS, LIST(mail.to, mail.to_count), .least = 1,
	  .most = NOTIFY_TO_MAX, .expected = ADDRESS_EXPECTED },
	TEXT_ROW("user", mail.user, ADDRESS_MOST, "a name to log in with"),
	FILE_ROW("password_file", mail.password_file, LINE_EXPECTED),
	FILE_ROW("ca_file", mail.ca_file, PEM_EXPECTED),
	{ .key = NULL },
};
static const struct config_shape mail_shape = { .fields = mail_fields };

static const struct config_field receiver_fields[] = {
	{ "name", FIELD_TEXT, true, AT(name), .least = 1, .most = 32,
	  .expected = CONFIG_NAME_EXPECTED },
	{ "webhook", FIELD_GROUP, .shape = &webhook_shape },
	{ "alertmanager", FIELD_GROUP, .shape = &alertmanager_shape },
	{ "command", FIELD_GROUP, .shape = &command_shape },
	{ "mail", FIELD_GROUP, .shape = &mail_shape },
	{ "cas", FIELD_TEXTS, LIST(cas, ca_count), .least = 1,
	  .most = NOTIFY_CAS_MAX, .expected = CONFIG_NAME_EXPECTED },
	{ "verdict", FIELD_TEXT, AT(verdict), .preset = "degraded", .least = 1,
	  .most = 32, .expected = VERDICT_EXPECTED },
	{ "remind", FIELD_DURATION, AT(remind_us), .preset = "4h",
	  .most = 30 * US_PER_DAY },
	{ "resolved", FIELD_BOOL, AT(resolved), .preset = "true" },
	{ "give_up", FIELD_DURATION, AT(give_up_us), .preset = "3d",
	  .least = US_PER_MIN, .most = 30 * US_PER_DAY },
	{ .key = NULL },
};
const struct config_shape notify_receiver_shape = {
	sizeof(struct notify_receiver), receiver_fields
};

/* --- the ways ----------------------------------------------------------- */

static bool has_url(const struct notify_http *h)
{
	return h->url || h->url_file;
}

static bool has_way(const struct notify_receiver *r, enum notify_way way)
{
	switch (way) {
	case NOTIFY_WEBHOOK:
		return has_url(&r->webhook);
	case NOTIFY_ALERTMANAGER:
		return has_url(&r->alertmanager);
	case NOTIFY_COMMAND:
		return r->argc > 0;
	case NOTIFY_MAIL:
		return r->mail.server != NULL;
	case NOTIFY_WAYS:
		break;
	}
	return false;
}

enum notify_way notify_way(const struct notify_receiver *r)
{
	int way = 0;

	while (way < NOTIFY_WAYS - 1 && !has_way(r, (enum notify_way)way))
		way++;
	return (enum notify_way)way;
}

const char *notify_way_name(enum notify_way way)
{
	switch (way) {
	case NOTIFY_WEBHOOK:
		return "webhook";
	case NOTIFY_ALERTMANAGER:
		return "alertmanager";
	case NOTIFY_COMMAND:
		return "command";
	case NOTIFY_MAIL:
		return "mail";
	case NOTIFY_WAYS:
		break;
	}
	return "";
}

/* --- rules -------------------------------------------------------------- */

static bool refuse(const char *found, const char *expected, struct fail *why)
{
	char shown[CONFIG_SHOWN];

	config_show(shown, found);
	return fail_set(why, FAIL_INPUT, "found %s, expected %s", shown,
			expected);
}

bool notify_is_public_url(const char *text)
{
	struct url url;

	return strlen(text) <= PUBLIC_URL_MOST && url_parse(text, &url, NULL) &&
	       !strpbrk(text, "?\"<>");
}

bool notify_is_open(const char *text)
{
	struct url url;

	return url_parse(text, &url, NULL) && !url.https &&
	       strcmp(url.host, "localhost") != 0 &&
	       !(url.address.family != IP_NONE && ip_is_loopback(&url.address));
}

/* One address, and nothing that ends a header or begins another. */
static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');
	size_t len = strlen(text);

	for (const char *p = text; *p; p++) {
		if (*p <= ' ' || *p >= 0x7f || strchr("<>()[],;:\\\"", *p))
			return false;
	}
	return len <= ADDRESS_MOST && at && at > text && at[1] &&
	       !strchr(at + 1, '@');
}

/* As an http URL would be, since there is one parser of URLs. */
static bool is_server(const char *text)
{
	struct buf http = BUF_INIT(PATH_MOST + 8);
	struct url url;
	bool good = text_starts(text, "smtp://") ||
		    text_starts(text, "smtps://");

	buf_addf(&http, "http%s", good ? text + 4 : "");
	good = good && url_parse(buf_text(&http), &url, NULL) &&
	       strlen(url.target) <= 1;
	buf_release(&http);
	return good;
}

bool notify_http_check(const struct notify_http *h, const char **ret_key,
		       struct fail *why)
{
	struct url url;

	*ret_key = "url";
	if (h->url && h->url_file)
		return fail_set(why, FAIL_INPUT,
				"found it beside \"url_file\", expected one of "
				"them");
	return !h->url || url_parse(h->url, &url, NULL) ||
	       refuse(h->url, "an http or https URL", why);
}

static bool check_mail(const struct notify_mail *m, const char **ret_key,
		       struct fail *why)
{
	*ret_key = "server";
	if (!is_server(m->server))
		return refuse(m->server, SERVER_EXPECTED, why);
	*ret_key = "from";
	if (!m->from || !is_address(m->from))
		return refuse(m->from ? m->from : "", ADDRESS_EXPECTED, why);
	*ret_key = "to";
	if (m->to_count == 0)
		return refuse("", "a list of addresses", why);
	for (size_t i = 0; i < m->to_count; i++) {
		if (!is_address(m->to[i]))
			return refuse(m->to[i], ADDRESS_EXPECTED, why);
	}
	*ret_key = "user";
	if (!m->user != !m->password_file)
		return fail_set(why, FAIL_INPUT,
				"found %s, expected \"user\" and "
				"\"password_file\", or neither",
				m->user ? "it alone" : "none");
	*ret_key = "starttls";
	return !m->user || m->starttls || text_starts(m->server, "smtps:") ||
	       refuse("false",
		      "TLS where a password is sent: true, or smtps://", why);
}

static bool is_verdict(const char *text)
{
	return strcmp(text, "degraded") == 0 ||
	       strcmp(text, "partial_outage") == 0 ||
	       strcmp(text, "major_outage") == 0;
}

static bool check_rule(const struct notify_receiver *r, const char **ret_key,
		       struct fail *why)
{
	*ret_key = "verdict";
	if (!is_verdict(r->verdict))
		return refuse(r->verdict, VERDICT_EXPECTED, why);
	*ret_key = "cas";
	for (size_t i = 0; i < r->ca_count; i++) {
		if (!config_is_name(r->cas[i]))
			return refuse(r->cas[i], CONFIG_NAME_EXPECTED, why);
	}
	*ret_key = "command.argv";
	return r->argc == 0 || r->argv[0][0] == '/' ||
	       refuse(r->argv[0], "the whole path of a program", why);
}

static bool check_way(const struct notify_receiver *r, const char **ret_key,
		      struct fail *why)
{
	switch (notify_way(r)) {
	case NOTIFY_WEBHOOK:
		return notify_http_check(&r->webhook, ret_key, why);
	case NOTIFY_ALERTMANAGER:
		return notify_http_check(&r->alertmanager, ret_key, why);
	case NOTIFY_MAIL:
		return check_mail(&r->mail, ret_key, why);
	case NOTIFY_COMMAND:
	case NOTIFY_WAYS:
		break;
	}
	return true;
}

static bool is_new_name(const struct notify_receiver *receivers, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(receivers[k].name, receivers[i].name) == 0)
			return false;
	}
	return true;
}

static bool check_one(const struct notify_receiver *receivers, size_t i,
		      char *path, size_t size, struct fail *why)
{
	const struct notify_receiver *r = &receivers[i];
	const char *key = "";
	unsigned ways = 0;

	snprintf(path, size, "notify[%zu].name", i);
	if (!config_is_name(r->name))
		return refuse(r->name, CONFIG_NAME_EXPECTED, why);
	if (!is_new_name(receivers, i))
		return refuse(r->name, "a name that no other receiver has",
			      why);
	for (int w = 0; w < NOTIFY_WAYS; w++)
		ways += has_way(r, (enum notify_way)w);
	snprintf(path, size, "notify[%zu]", i);
	if (ways != 1)
		return fail_set(why, FAIL_INPUT,
				"found %u ways to tell %s, expected one of: "
				"webhook with url or url_file, alertmanager "
				"with url or url_file, command with argv, mail "
				"with server",
				ways, r->name);
	if (!check_rule(r, &key, why)) {
		snprintf(path, size, "notify[%zu].%s", i, key);
		return false;
	}
	if (!check_way(r, &key, why)) {
		snprintf(path, size, "notify[%zu].%s.%s", i,
			 notify_way_name(notify_way(r)), key);
		return false;
	}
	return true;
}

bool notify_check(const struct notify_receiver *receivers, size_t count,
		  char **ret_path, struct fail *why)
{
	char path[96];

	for (size_t i = 0; i < count; i++) {
		if (!check_one(receivers, i, path, sizeof(path), why)) {
			*ret_path = mem_strdup(path);
			return false;
		}
	}
	return true;
}
