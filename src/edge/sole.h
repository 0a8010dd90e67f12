/*
 * One station for one database: a lock on the file that lasts as long as the
 * process that took it, and those that it forked, live.
 */
#ifndef EDGE_SOLE_H
#define EDGE_SOLE_H

#include <stdbool.h>

#include "base/fail.h"

/*
 * False (FAIL_FILE) when another process has it. A file that is not there is
 * made, empty; one that cannot be opened is left for its reader to tell.
 */
bool sole_take(const char *path, struct fail *why);

#endif
