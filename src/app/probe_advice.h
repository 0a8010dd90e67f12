/*
 * What a person may try next when a probe did not succeed: the option that
 * would have made a difference, where there is one.
 */
#ifndef APP_PROBE_ADVICE_H
#define APP_PROBE_ADVICE_H

#include <stdbool.h>

#include "app/probe_options.h"
#include "measure/issuance.h"

/* A sentence without a full stop, or NULL. */
const char *probe_advice(const struct probe_options *o, bool name_is_invented,
			 const struct issuance *i);

#endif
