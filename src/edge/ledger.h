/*
 * What a hub keeps of itself: documents, each under the name of a CA and a
 * number. An SQLite file that only the hub writes.
 */
#ifndef EDGE_LEDGER_H
#define EDGE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct ledger;

/* Makes it when there is none. The sentence names the file. */
bool ledger_open(const char *path, struct ledger **ret_ledger,
		 struct fail *why);
void ledger_close(struct ledger *l);

/* In the place of one with the same name and number. */
bool ledger_put(struct ledger *l, const char *ca, uint64_t number,
		const char *text, size_t len, struct fail *why);

/* Each, the highest numbers first; each is borrowed for the call. */
bool ledger_each(struct ledger *l,
		 void (*each)(void *ctx, const char *text, size_t len),
		 void *ctx, struct fail *why);

#endif
