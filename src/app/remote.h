/*
 * One station, as a hub asks it: how it is, every ten seconds; what it has
 * measured, by cursor, waiting for what comes.
 *
 * Each has its own connection, deadlines and patience, so that none can delay
 * another. One that is silent is asked again after a while that grows to half
 * a minute; one that says what cannot be true is refused with a reason, what
 * it said is forgotten, and it is asked again as well.
 */
#ifndef APP_REMOTE_H
#define APP_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/http.h"
#include "edge/loop.h"
#include "edge/trust.h"
#include "measure/hub_config.h"
#include "report/board.h"

struct remote;

/* What is heard while it happens; all may be called from the loop. */
struct remote_ears {
	void *ctx;
	/* is_news: not of the hour before the start. */
	void (*exchange)(void *ctx, const struct hub_station *station,
			 const char *ca, const struct exchange *e,
			 bool is_news);
	void (*issuance)(void *ctx, const struct hub_station *station,
			 const char *ca, const struct issuance *i,
			 bool is_news);
	void (*changed)(void *ctx);
};

/* All borrowed; trust may be NULL for http. */
struct remote *remote_new(struct loop *loop, struct http *http,
			  const struct trust *trust,
			  const struct hub_station *station, uint64_t seed,
			  const struct remote_ears *ears);
void remote_free(struct remote *r);

/* How it is at this moment; what it points to is valid until the next call. */
void remote_show(struct remote *r, struct now now,
		 struct board_station *ret_station);

/*
 * Asks it for something else, "/api/v1/...", on a connection of its own.
 * status 0: no answer, and why is a sentence. The call back comes once, within
 * five seconds, or when the remote is freed.
 */
typedef void remote_got(void *ctx, int status, const char *body, size_t len,
			const char *why);

/* False when too much is being asked already; then there is no call back. */
bool remote_ask(struct remote *r, const char *method, const char *target,
		remote_got *got, void *ctx);

/* It has told the hour before the start. */
bool remote_is_warm(const struct remote *r);

/* That, or it does not answer. */
bool remote_is_settled(const struct remote *r);

/* Its clock less ours; 0 while that is not known. */
int64_t remote_offset_us(const struct remote *r);

/* Since when, on our clock; 0 when that is not known. */
enum sight remote_sight(const struct remote *r, int64_t *ret_since_us);

/* Of the CAs that it has described: the number as its facts have it, or 0. */
unsigned remote_ca_number(struct remote *r, const char *ca);

#endif
