/*
 * Who is told of incidents, and how: the `notify` of a hub's configuration.
 *
 * Every string is owned by the struct, and NULL where nothing is written. Each
 * receiver has exactly one way.
 */
#ifndef MEASURE_NOTIFY_CONFIG_H
#define MEASURE_NOTIFY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "measure/config_schema.h"

enum {
	NOTIFY_RECEIVERS_MAX = 64,
	NOTIFY_CAS_MAX = 64,
	NOTIFY_TO_MAX = 64,
	NOTIFY_ARGV_MAX = 64,
};

enum notify_way {
	NOTIFY_WEBHOOK,
	NOTIFY_ALERTMANAGER,
	NOTIFY_COMMAND,
	NOTIFY_MAIL,
	NOTIFY_WAYS
};

/* Of a webhook, of Alertmanager, and of the heartbeat. */
struct notify_http {
	char *url;	  /* or ... */
	char *url_file;	  /* ... its only line; one of them, or no way */
	char *token_file; /* its only line is a bearer token */
	char *ca_file;	  /* roots of its TLS, PEM; NULL: the system's */
};

struct notify_mail {
	char *server;  /* "smtp://HOST:PORT" or "smtps://..."; NULL: no way */
	bool starttls; /* smtp: TLS or nothing */
	char *from;
	char **to;
	size_t to_count;
	char *user, *password_file; /* both or neither */
	char *ca_file;
};

struct notify_receiver {
	char *name;
	struct notify_http webhook;
	struct notify_http alertmanager;
	int64_t resend_us; /* to Alertmanager, while it is open */
	char **argv;	   /* argc 0: no way */
	size_t argc;
	int64_t command_us; /* the command is killed then */
	struct notify_mail mail;
	char **cas; /* of these; none: of all */
	size_t ca_count;
	char *verdict;	   /* at least: a word of enum verdict */
	int64_t remind_us; /* 0: never */
	bool resolved;
	int64_t give_up_us;
};

extern const struct config_shape notify_receiver_shape;

/* Of a receiver that is valid. */
enum notify_way notify_way(const struct notify_receiver *r);

/* "webhook": the key under which it is written. */
const char *notify_way_name(enum notify_way way);

/*
 * The rules for these receivers. *ret_path names the value as
 * "notify[0].mail.from", malloc'ed.
 */
bool notify_check(const struct notify_receiver *receivers, size_t count,
		  char **ret_path, struct fail *why);

/* Of a way by HTTP: *ret_key names the value as "url". */
bool notify_http_check(const struct notify_http *h, const char **ret_key,
		       struct fail *why);

/* An http or https URL without a query, of which pages are part. */
bool notify_is_public_url(const char *text);

/* Not over TLS, and not to this machine: others can read it. */
bool notify_is_open(const char *url);

#endif
