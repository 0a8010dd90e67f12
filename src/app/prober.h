/*
 * The prober: the process that measures. It has the keys, goes out to the
 * network and is the one writer of the database; nobody can talk to it but the
 * CAs that ask its responder.
 */
#ifndef APP_PROBER_H
#define APP_PROBER_H

#include "measure/config.h"

/*
 * Measures until SIGTERM, then lets what is running end (stop_grace) and
 * returns the exit status. Writes one byte to ready_fd when it is up and
 * closes it. SIGHUP records that a new configuration was refused. looks_fd: a
 * bell that rings with the number of a CA, as the configuration counts them:
 * it is looked at soon, for another station has seen it fail.
 */
int prober_run(const struct config *c, int looks_fd, int ready_fd);

#endif
