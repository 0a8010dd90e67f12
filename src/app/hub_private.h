/*
 * What the files of the hub share.
 */
#ifndef APP_HUB_PRIVATE_H
#define APP_HUB_PRIVATE_H

#include <stdbool.h>

#include "app/heartbeat.h"
#include "app/hub.h"
#include "app/judging.h"
#include "app/notifier.h"
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
	struct status_reader **readers; /* config->status_page_count of them */
	struct board_status *statuses;
	int64_t made_us; /* mono: when the board was; 0 never */
	struct judging *judging;
	struct notifier *notifier;   /* or NULL */
	struct heartbeat *heartbeat; /* or NULL */
	struct hub_looks *looks;
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

/*
 * hub_looks.c: when a station saw a failure, the others are asked to look.
 * Freed with free().
 */
void hub_looks_open(struct hub *h);
void hub_looks_hear(struct hub *h, unsigned station, const char *ca,
		    const struct issuance *i);

/* hub_status.c: the status pages of the CAs themselves. */
bool hub_status_open(struct hub *h, uint64_t (*seed_of)(size_t i),
		     struct fail *why);
void hub_status_close(struct hub *h);
void hub_status_tick(struct hub *h);
void hub_status_show(struct hub *h, struct board *b);

#endif
