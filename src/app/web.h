/*
 * The web process: reads the record, answers visitors, and has no keys but the
 * one of its own TLS.
 */
#ifndef APP_WEB_H
#define APP_WEB_H

#include "edge/listener.h"
#include "measure/config.h"

/*
 * Serves until SIGTERM and returns the exit status. Writes one byte to
 * ready_fd when it answers and closes it. looks_fd: prober_run()'s bell, to be
 * rung; -1 without a prober.
 */
int web_run(const struct config *c, const struct listener *listener,
	    int looks_fd, int ready_fd);

#endif
