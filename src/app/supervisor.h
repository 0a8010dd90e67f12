/*
 * The parent of a station's two processes: starts them, starts them again
 * when they die, ends them, and gives them a new configuration.
 *
 * Invariant: at most one prober runs, so that the database has one writer.
 */
#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

#include "measure/config.h"

/*
 * Takes the configuration over. Returns the exit status: 0 after SIGTERM or
 * SIGINT, EXIT_OURS when the station could not be brought up the first time.
 */
int supervisor_run(struct config *config);

#endif
