/*
 * Random bytes that nobody can foresee, from the kernel.
 */
#ifndef EDGE_RANDOM_H
#define EDGE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

bool random_bytes(void *dst, size_t len, struct fail *why);

#endif
