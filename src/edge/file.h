/*
 * Small local files and folders.
 */
#ifndef EDGE_FILE_H
#define EDGE_FILE_H

#include <stdbool.h>

#include "base/fail.h"

/* Makes path and what is missing above it, mode 0700; fine when it is there. */
bool file_make_folders(const char *path, struct fail *why);

/*
 * The only line of a small text file, without its end, malloc'ed: for secrets
 * that are kept in files. FAIL_FILE when it is empty or more than one line.
 */
bool file_read_line(const char *path, char **ret_line, struct fail *why);

#endif
