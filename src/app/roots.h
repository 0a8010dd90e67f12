/*
 * Sets of roots, each read once however many CAs use it: the system's own is
 * some megabytes.
 */
#ifndef APP_ROOTS_H
#define APP_ROOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "edge/chain.h"

struct roots;

struct roots *roots_new(void);
void roots_free(struct roots *r);

/* The set of these files (borrowed until roots_free); none: the system's. */
bool roots_get(struct roots *r, char *const *paths, size_t count,
	       const struct trust **ret_trust, struct fail *why);

#endif
