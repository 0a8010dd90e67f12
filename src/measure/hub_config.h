/*
 * What a hub is told to do: which stations it asks, and where it answers.
 *
 * Every string is owned by the struct, and none is NULL unless it is said so:
 * defaults have been filled in.
 */
#ifndef MEASURE_HUB_CONFIG_H
#define MEASURE_HUB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "measure/config_parts.h"
#include "measure/notify_config.h"

enum {
	HUB_STATIONS_MAX = 1000,
	HUB_STATUS_PAGES_MAX = 64,
	HUB_COMPONENTS_MAX = 32,
};

struct hub_station {
	char *name; /* as the station calls itself, unique */
	char *url;  /* "https://fra.example.org"; http to loopback only */
	struct config_place place;
	char *ca_file; /* roots of its TLS, PEM; NULL: the system's */
	/* By which the hub is known to it, PEM; both or NULL. */
	char *client_certificate, *client_key;
	char *token_file; /* its first line is a bearer token; or NULL */
};

/* The CA's own status page, which is shown beside what is judged. */
struct hub_status_page {
	char *ca;   /* the name that the stations call the CA by */
	char *kind; /* one of status_kind_find() */
	char *url;  /* what is read */
	char *page; /* where people read it; NULL: nowhere else */
	int64_t every_us;
	char **components; /* names that count; none: the page as a whole */
	size_t component_count;
	char *ca_file; /* roots of its TLS, PEM; NULL: the system's */
};

enum status_kind {
	STATUS_KIND_IO,	  /* "status.io" */
	STATUS_KIND_PAGE, /* "statuspage" */
	STATUS_KIND_FEED, /* "feed" */
	STATUS_KINDS
};

bool status_kind_find(const char *word, enum status_kind *ret_kind);

struct hub_config {
	char *path;
	char *title, *note; /* note "" for none */
	char *listen;
	unsigned web_connections;
	struct config_web web;
	char *database;	  /* keeps the incidents; NULL: none are kept */
	char *public_url; /* where people find its pages; or NULL */
	struct notify_receiver *receivers;
	size_t receiver_count;
	struct notify_http
		heartbeat;    /* asked while all is well; no URL: none */
	int64_t heartbeat_us; /* so often */
	struct hub_station *stations;
	size_t station_count;
	struct hub_status_page *status_pages;
	size_t status_page_count;
	struct config_warnings warnings;
};

const struct config_shape *hub_config_shape(void);

/* Frees what it holds, not c itself. */
void hub_config_release(struct hub_config *c);

/* As config_validate(). */
bool hub_config_validate(const struct hub_config *c, char **ret_path,
			 struct fail *why);

#endif
