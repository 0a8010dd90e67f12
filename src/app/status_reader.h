/*
 * Reads the status page of one CA again and again, politely: one question at a
 * time, only for what has changed, not more often than asked, more rarely
 * while it fails or when it wishes so. Follows no redirect.
 */
#ifndef APP_STATUS_READER_H
#define APP_STATUS_READER_H

#include <stdint.h>

#include "edge/http.h"
#include "edge/loop.h"
#include "judge/statement.h"
#include "measure/hub_config.h"

struct status_reader;

/*
 * Everything is borrowed; trust is NULL for plain http. `changed` is called
 * when something else is to be shown.
 */
struct status_reader *status_reader_new(struct loop *loop, struct http *http,
					const struct trust *trust,
					const struct hub_status_page *page,
					uint64_t seed,
					void (*changed)(void *ctx), void *ctx);
void status_reader_free(struct status_reader *r);

/* What it knows; valid as long as the reader. */
const struct statement *status_reader_statement(const struct status_reader *r);

/* Why the latest reading failed; "" when it did not. */
const char *status_reader_trouble(const struct status_reader *r);

#endif
