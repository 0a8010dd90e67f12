/*
 * A scenario: stations, what a CA does over time, what its own status page says
 * when, and the incidents that a right judge finds. As values, read by
 * edge/scenario_file; judge/script says what it means to one request,
 * judge/play plays it.
 */
#ifndef JUDGE_SCENARIO_H
#define JUDGE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/flow.h"
#include "judge/judge.h"
#include "measure/config.h"
#include "measure/config_span.h"

enum {
	SCENARIO_CAS = 8,
	SCENARIO_STATIONS = 64,
	SCENARIO_ACTS = 64,
	SCENARIO_INCIDENTS = 50,
	SCENARIO_DAYS = 31,	      /* the longest */
	SCENARIO_ATTEMPTS = 10000000, /* of all stations together */
};

/* A CA that the stations watch by one kind of challenge. */
struct scenario_ca {
	char *name;
	enum challenge_type challenge;
};

/* The station's clock is moved. */
struct scenario_clock {
	struct config_span at; /* when: its beginning */
	int64_t forward_us, back_us;
};

/* How what a station sends fails on its way. */
enum scenario_loss {
	LOSS_SILENCE,
	LOSS_REFUSED,
	LOSS_UNREACHABLE,
	LOSS_DNS,
};

/* The station has no network, or not all of it. */
struct scenario_outage {
	struct config_span during;
	enum scenario_loss fails;
	bool controls; /* they fail too */
	bool heard;    /* the hub reaches the station nevertheless */
};

struct scenario_station {
	char *name, *operator;	    /* operator "" for none */
	struct config_rate rate;    /* of each CA */
	int64_t path_us;	    /* round trip to the CA */
	struct config_span present; /* it is there */
	struct scenario_clock *clock;
	size_t clock_count;
	struct scenario_outage *network;
	size_t network_count;
};

/* What the CA does. */
enum act_answer {
	ACT_USUAL,	/* what it should; for a delay */
	ACT_PROBLEM,	/* status and a problem document */
	ACT_PAGE,	/* status and a page of HTML */
	ACT_REFUSED,	/* the connection */
	ACT_DROPPED,	/* nothing answers to connecting */
	ACT_SILENCE,	/* connected, and no answer */
	ACT_RESET,	/* the connection ends instead of an answer */
	ACT_PROCESSING, /* orders and authorizations stay as they are */
	ACT_WITHDRAWN,	/* the kind of challenge is not offered */
	ACT_INVALID,	/* the authorization becomes invalid */
};

/* What a share is of. */
enum act_share { SHARE_OF_REQUESTS, SHARE_OF_ATTEMPTS };

struct scenario_act {
	struct config_span during;
	int64_t every_us, lasts_us; /* 0: all the time */
	int64_t counted_from_us;    /* the epoch, so that 1h is on the hour */
	unsigned percent;	    /* of what it is meant for */
	enum act_share of;
	/* Whom it is meant for; none: everybody. */
	char **stations, **cas, **ops;
	size_t station_count, ca_count, op_count;
	/*
	 * Only in an attempt in which this op has failed; "": in any. Clients
	 * that go on then see it, ours would not.
	 */
	char *follows;
	enum act_answer answer;
	unsigned status;
	char *type, *detail;
	int64_t retry_after_us; /* 0: none is sent */
	int64_t delay_us, delay_most_us;
	bool creeps; /* the delay grows from nothing while it lasts */

	/* Found by scenario_check(): a bit each. */
	uint64_t station_bits, ca_bits, op_bits, follows_bit;
};

/* The CA's own page says that something is wrong. */
struct scenario_page {
	struct config_span during;
	char *says; /* "" for nothing */
};

/* One kind of failure that an incident has. */
struct scenario_cause {
	char *op, *outcome; /* their words */
	unsigned status;    /* 0: none */
	char *problem;	    /* "" for none */
	bool consequence;
};

/* Exactly this is expected; what is open at both sides is not looked at. */
struct scenario_incident {
	char *ca;
	char *worst;   /* a verdict */
	char **course; /* verdicts, one after the other */
	size_t course_count;
	struct config_span start, declared, end, good;
	int64_t lead_us; /* over the status page, at least; 0: not looked at */
	struct scenario_cause *causes; /* NULL: not looked at */
	size_t cause_count;
	char **stations; /* that saw failures */
	size_t station_count;
};

struct scenario {
	char *path; /* of its file */
	char *title;
	uint64_t seed;
	bool looks; /* who sees a failure first is not left alone with it */
	struct config_span during;
	struct judge_rules rules;
	struct scenario_ca *cas;
	size_t ca_count;
	struct scenario_station *stations;
	size_t station_count;
	struct scenario_act *acts;
	size_t act_count;
	struct scenario_page *pages;
	size_t page_count;
	struct scenario_incident *expect;
	size_t expect_count;
};

const struct config_shape *scenario_shape(void);

/* Frees what it holds, not s itself. */
void scenario_release(struct scenario *s);

/*
 * The rules that no row of the table can say, and the bits of the acts.
 * *ret_path, malloc'ed, names the value that is wrong.
 */
bool scenario_check(struct scenario *s, char **ret_path, struct fail *why);

/*
 * When the status page first spoke of what went on in [from, until]; false
 * when it said nothing. It may have done so up to an hour after the end.
 */
bool scenario_page_us(const struct scenario *s, int64_t from_us,
		      int64_t until_us, int64_t *ret_us);

#endif
