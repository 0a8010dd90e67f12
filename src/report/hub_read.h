/*
 * What a hub, or a station, answers at /api/v1/cas and /api/v1/verdict, read
 * back without trust. It may be newer than we are: members that are not known
 * are passed over, and so are operations; a verdict that is not known is
 * refused.
 */
#ifndef REPORT_HUB_READ_H
#define REPORT_HUB_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "judge/incident.h"
#include "judge/verdict.h"

enum {
	HUB_READ_BYTES = 256 * 1024,
	HUB_NAME = 33,
	HUB_URL = 513,
	HUB_CAS = 64,
};

struct hub_ca {
	char name[HUB_NAME];
	char directory[HUB_URL];
};

struct hub_cas {
	struct hub_ca list[HUB_CAS];
	size_t count;
};

struct hub_verdict {
	char ca[HUB_NAME];
	char directory[HUB_URL]; /* "" unknown */
	int64_t as_of_us;
	enum verdict verdict;
	bool few;
	unsigned stations, voices, failing, suspect;
	int64_t evidence_age_s; /* -1 without evidence */
	int64_t retry_after_s;	/* -1: waiting is no help */
	bool works[OPS], fails[OPS];
	int64_t p95_us; /* -1 unknown */

	/* The open incident; start_us 0 without one. */
	int64_t start_us;
	bool slow;
	bool has_cause;
	struct failure cause;
};

/* FAIL_PEER, FAIL_LIMIT. */
bool hub_read_cas(const char *text, size_t len, struct hub_cas *ret_cas,
		  struct fail *why);
bool hub_read_verdict(const char *text, size_t len,
		      struct hub_verdict *ret_verdict, struct fail *why);

/* The CA whose directory has this URL, or NULL. */
const struct hub_ca *hub_cas_find(const struct hub_cas *cas,
				  const char *directory);

/* Two URLs lead to the same: scheme, host, port and path. */
bool hub_is_same_url(const char *a, const char *b);

#endif
