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

#include "base/fail.h"
#include "measure/config_parts.h"

enum { HUB_STATIONS_MAX = 1000 };

struct hub_station {
	char *name; /* as the station calls itself, unique */
	char *url;  /* "https://fra.example.org"; http to loopback only */
	struct config_place place;
	char *ca_file; /* roots of its TLS, PEM; NULL: the system's */
	/* By which the hub is known to it, PEM; both or NULL. */
	char *client_certificate, *client_key;
	char *token_file; /* its first line is a bearer token; or NULL */
};

struct hub_config {
	char *path;
	char *title, *note; /* note "" for none */
	char *listen;
	unsigned web_connections;
	struct config_web web;
	char *database; /* keeps the incidents; NULL: none are kept */
	struct hub_station *stations;
	size_t station_count;
	struct config_warnings warnings;
};

const struct config_shape *hub_config_shape(void);

/* Frees what it holds, not c itself. */
void hub_config_release(struct hub_config *c);

/* As config_validate(). */
bool hub_config_validate(const struct hub_config *c, char **ret_path,
			 struct fail *why);

#endif
