/*
 * The hub: asks all stations, and shows what they know together.
 */
#ifndef APP_HUB_H
#define APP_HUB_H

#include "measure/hub_config.h"

/*
 * Runs until SIGTERM or SIGINT; SIGHUP reads the configuration at c->path
 * again, or refuses it and keeps this one. Takes c over. The exit status.
 */
int hub_run(struct hub_config *c);

#endif
