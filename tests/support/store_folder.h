/*
 * A folder for a database that is to be tested, and rows to put in: random
 * ones, as hostile as the types allow, and ones as a station makes them.
 */
#ifndef TESTS_SUPPORT_STORE_FOLDER_H
#define TESTS_SUPPORT_STORE_FOLDER_H

#include <stdbool.h>

#include "base/rng.h"
#include "edge/store.h"

struct store_folder {
	char path[64];	   /* of the folder */
	char database[80]; /* in it; not there yet */
};

void store_folder_make(struct store_folder *f);

/* The database, its log and the folder. */
void store_folder_remove(struct store_folder *f);

/* Every field of any value that it can have; release it. */
struct exchange any_exchange(struct rng *r);
struct issuance any_issuance(struct rng *r);

/* Ends the test when they differ in anything that is stored. */
void same_exchange(const struct exchange *a, const struct exchange *b);
void same_issuance(const struct issuance *a, const struct issuance *b);

/*
 * The statistics of every hour (or minute) from from_us on, a start of one, or
 * 0 for all, are those of the exchanges stored: no more, no fewer, byte for
 * byte. Only while no exchange has expired. Returns how many rows of statistics
 * there were.
 */
unsigned stats_are_a_recount(struct store *s, enum store_span span,
			     int64_t from_us);

#endif
