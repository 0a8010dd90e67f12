/*
 * What was measured of one operation, or of issuances as a whole, over a
 * stretch of time: a sample each, in the order of their starts, and what can
 * be said of them together.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"

/* A part of what one took, in microseconds; -1 when it is not known. */
enum sample_part {
	PART_DNS,
	PART_CONNECT,
	PART_TLS,
	PART_NETWORK, /* of the wait for the answer */
	PART_CA,      /* the rest of that wait */
	PART_RECEIVE,
	PART_WAITED, /* of an issuance: between requests, on purpose */
	PARTS
};

struct sample {
	int64_t id;	 /* of the exchange or issuance */
	int64_t wall_us; /* when it started */
	int64_t took_us;
	int64_t issuance; /* that it belongs to; 0 for none */
	int32_t parts[PARTS];
	enum outcome outcome;
	int status; /* HTTP; 0 without an answer */
	enum op op; /* of an issuance, the one that decided */
};

struct exchange;
struct issuance;

/* Everything of them that a sample holds; of an issuance that has ended. */
struct sample sample_of_exchange(const struct exchange *e);
struct sample sample_of_issuance(const struct issuance *i);

struct series {
	struct sample *samples; /* owned */
	size_t count;
	size_t cap; /* private */
};

void series_release(struct series *s);
void series_add(struct series *s, const struct sample *sample);

/* Puts the samples into the order of their starts. */
void series_sort(struct series *s);

struct series_summary {
	uint64_t n;
	uint64_t failed; /* counts against the CA */
	uint64_t other;	 /* failed otherwise: the path, or our own side */
	uint64_t outcomes[OUTCOMES];
	/* Exact, by rank, of those that were ok; -1 without any. */
	int64_t p50_us, p95_us, max_us;
};

/* The median of a part, of those that were ok and have it; -1 without any. */
int64_t series_part_us(const struct series *s, enum sample_part part,
		       uint64_t *ret_n);

/* Of the samples that started in [from_us, to_us). */
void series_summarise(const struct series *s, int64_t from_us, int64_t to_us,
		      struct series_summary *ret_summary);

#endif
