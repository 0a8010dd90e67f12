/*
 * A URL that is asked again and again while all is well, so that whoever is
 * asked can tell of our silence: nobody is told anything by a hub that is down.
 */
#ifndef APP_HEARTBEAT_H
#define APP_HEARTBEAT_H

#include "app/roots.h"
#include "edge/http.h"
#include "measure/hub_config.h"

struct heartbeat;

/* NULL when none is configured. Everything is borrowed. */
struct heartbeat *heartbeat_new(struct loop *loop, struct http *http,
				struct roots *roots,
				const struct hub_config *config);
void heartbeat_free(struct heartbeat *b);

/* All is well at this moment; h may be NULL. */
void heartbeat_beat(struct heartbeat *b);

#endif
