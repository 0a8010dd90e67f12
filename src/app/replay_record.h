/*
 * The record of a station judged again, as its web process would have, with
 * rules of one's choice.
 */
#ifndef APP_REPLAY_RECORD_H
#define APP_REPLAY_RECORD_H

#include "base/fail.h"
#include "judge/court.h"
#include "measure/config_span.h"

struct replay_record_setup {
	const char *path; /* of the database; it is only read */
	struct config_span during;
	struct judge_rules rules;
	const char *station; /* what to call it */
};

struct replay_record_count {
	uint64_t attempts, exchanges;
};

/* The court after the last row; court_free() it. NULL and why. */
struct court *replay_record(const struct replay_record_setup *setup,
			    struct replay_record_count *ret_count,
			    struct fail *why);

#endif
