/*
 * What a configuration is warned of, told on standard error.
 */
#ifndef APP_WARNINGS_H
#define APP_WARNINGS_H

#include "measure/config_parts.h"

/* A line each; before stands in front of it, as "acmeter hub: ", or is "". */
void warnings_tell(const char *before, const struct config_warnings *w);

#endif
