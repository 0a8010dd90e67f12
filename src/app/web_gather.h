/*
 * What the web process knows, read from the record at one moment: the window
 * that the page shows, and how the station itself is.
 */
#ifndef APP_WEB_GATHER_H
#define APP_WEB_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "edge/store.h"
#include "measure/config.h"
#include "report/station.h"

struct gathered {
	struct station_facts facts; /* points into the rest */
	struct gathered_private *private;
};

/*
 * store NULL: there is no record yet, and the facts say so. Release with
 * gathered_release(), also after a failure.
 */
bool gather(struct store *store, const struct config *c, int64_t wall_us,
	    struct gathered *ret_gathered, struct fail *why);
void gathered_release(struct gathered *g);

/* The row of a CA, or of a control, by its name. */
bool gather_find(struct store *store, const char *name, bool is_control,
		 struct store_ca_row *ret_row, bool *ret_found,
		 struct fail *why);

#endif
