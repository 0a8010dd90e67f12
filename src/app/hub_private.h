/*
 * What the files of the hub share.
 */
#ifndef APP_HUB_PRIVATE_H
#define APP_HUB_PRIVATE_H

#include <stdbool.h>

#include "app/hub.h"
#include "app/judging.h"
#include "app/protection.h"
#include "app/remote.h"
#include "app/roots.h"
#include "app/site.h"

struct hub {
	struct hub_config *config;
	struct loop *loop;
	struct http *http;
	struct roots *roots;
	struct site *site;
	struct protection *protection;
	struct remote **remotes; /* config->station_count of them */
	struct board_station *stations;
	struct board board;
	int64_t made_us; /* mono: when the board was; 0 never */
	struct judging *judging;
	bool judges;	    /* the hour before the start is complete */
	int64_t started_us; /* mono */
	struct loop_timer *tick;
	struct loop_timer *end;
	bool ending;
	struct hub_config *next; /* of SIGHUP: what to go on with */
};

/* hub_relay.c: what only a station itself can tell; as a site_source's. */
void hub_issuance(void *ctx, size_t station, int64_t number, bool is_exchange,
		  struct site_wait *wait);
void hub_cell(void *ctx, size_t station, const struct route *route,
	      struct site_wait *wait);

/* Passes a question for one station on, as it is. */
void hub_pass_on(struct hub *h, size_t station, const struct route *route,
		 struct site_wait *wait);

/* hub_hours.c: the hours of all stations, added. */
void hub_hours(struct hub *h, const struct route *route,
	       struct site_wait *wait);

#endif
