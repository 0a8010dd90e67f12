/*
 * One station for one database: a lock on the file that lasts until it is
 * released or the process that took it has ended, and those that it forked.
 */
#ifndef EDGE_SOLE_H
#define EDGE_SOLE_H

#include <stdbool.h>

#include "base/fail.h"

/*
 * False (FAIL_FILE) when another process has it. A file that is not there is
 * made, empty; one that cannot be opened is left for its reader to tell, and
 * *ret_lock is then -1.
 */
bool sole_take(const char *path, int *ret_lock, struct fail *why);

/*
 * For a process that does not use the database itself, or not any more: SQLite
 * would lose its own locks on the file. -1 is nothing.
 */
void sole_release(int lock);

#endif
