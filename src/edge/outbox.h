/*
 * What a hub has still to tell, and what it has told, in its database: the
 * messages of each receiver in the order in which they came, until they are
 * taken out.
 *
 * A message and what its receiver knows with it are written in one transaction:
 * a restart neither repeats nor loses one.
 */
#ifndef EDGE_OUTBOX_H
#define EDGE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "edge/ledger.h"
#include "judge/telling.h"

struct outbox_message {
	const char *receiver;
	const char *id; /* of this receiver's */
	const char *kind, *ca, *verdict, *subject, *url;
	const char *letter; /* "" where a receiver takes none */
	const char *body;
	int64_t made_us;
	int64_t due_us;
	unsigned attempts; /* that failed */
};

/* What a receiver knows of an incident. */
struct outbox_told {
	const char *receiver, *ca;
	uint64_t number;
	struct told told;
};

/* Makes its tables where there are none. */
bool outbox_open(struct ledger *l, struct fail *why);

/*
 * Keeps what is known, and the message unless that is NULL. One with the same
 * receiver and id that still waits is replaced, and goes on waiting.
 */
bool outbox_put(struct ledger *l, const struct outbox_told *told,
		const struct outbox_message *message, struct fail *why);

/*
 * The message that this receiver is to get next, whether it is due or not;
 * *ret_message is NULL when there is none, and else is freed with free(), with
 * all that it points to. One that failed OUTBOX_PATIENCE times lets others
 * pass, so that one that cannot be taken does not silence its receiver.
 */
enum { OUTBOX_PATIENCE = 8 };
bool outbox_next(struct ledger *l, const char *receiver,
		 struct outbox_message **ret_message, struct fail *why);

/* It failed once more; it is due again then. */
bool outbox_postpone(struct ledger *l, const struct outbox_message *message,
		     int64_t due_us, struct fail *why);

/* It was told, or is given up. One that has replaced it meanwhile stays. */
bool outbox_remove(struct ledger *l, const struct outbox_message *message,
		   struct fail *why);

/* How many wait. */
bool outbox_count(struct ledger *l, const char *receiver, uint64_t *ret_count,
		  struct fail *why);

/* All that is known; each is borrowed for the call. */
bool outbox_each_told(struct ledger *l,
		      void (*each)(void *ctx, const struct outbox_told *told),
		      void *ctx, struct fail *why);

/* As telling_forget(). */
bool outbox_forget(struct ledger *l, int64_t before_us, struct fail *why);

#endif
