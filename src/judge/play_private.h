/*
 * What the files of the play share: play.c keeps the clock and the hub,
 * play_station.c is a station with its controls, play_watch.c one station at
 * one CA.
 */
#ifndef JUDGE_PLAY_PRIVATE_H
#define JUDGE_PLAY_PRIVATE_H

#include "acme/flow.h"
#include "acme/model_ca.h"
#include "judge/lookout.h"
#include "judge/play.h"
#include "judge/script.h"
#include "judge/sight.h"
#include "measure/clockwatch.h"
#include "measure/schedule.h"

#define PLAY_NEVER INT64_MAX

/* What one CA is to one station. */
struct watch {
	struct play_station *station;
	size_t ca;
	struct rng rng;
	struct schedule schedule;
	struct model_ca model;
	bool account_known;
	struct play_count count;

	/* The attempt that runs; flow NULL without one. */
	struct flow *flow;
	struct issuance row;
	struct flow_want want;
	int64_t started_us;   /* mono */
	int64_t sent_us;      /* mono: the request that is on its way */
	int64_t next_us;      /* mono: when it goes on */
	int64_t validated_us; /* mono: the CA asks our responder; or never */
	uint64_t failed;      /* ops that failed, a bit each */
	unsigned requests;
	bool connected, on_its_way, too_late;
	char token[64];
	struct exchange exchange;
	struct flow_answer answer; /* the model's, or a transport's */
	char body[2048], headers[128];
};

/* A row that the hub has not heard of. */
struct unheard {
	struct unheard *next;
	size_t ca;
	bool is_issuance;
	struct exchange exchange;
	struct issuance issuance;
};

enum { PLAY_CONTROLS = 3 };

struct play_station {
	struct play *play;
	const struct scenario_station *facts;
	size_t number;
	bool there;
	struct watch *watches; /* one for each CA */
	int64_t last_exchange, last_issuance;
	struct clockwatch clock;
	int64_t clock_seen_us; /* wall of the play: jumps up to here happened */
	struct sight_watch sight;
	enum sight sees; /* as it said last */
	int64_t sees_us; /* since when, wall of the play */
	struct {
		int64_t ask_us, answer_us; /* mono; answer_us or never */
		bool good;
	} controls[PLAY_CONTROLS];
	struct unheard *first, **last;
};

struct play {
	const struct scenario *scenario;
	struct play_watch_rows rows;
	struct court *court;
	struct lookout lookout;
	const char **names;
	struct play_station *stations;
	size_t *order;	/* of the stations, by name */
	int64_t now_us; /* wall of the play */
};

/* The station's clocks at that time. */
struct now station_now(const struct play_station *t);
int64_t station_mono_us(const struct play_station *t, int64_t wall_us);
int64_t station_wall_us(const struct play_station *t, int64_t mono_us);

/* Rows for the hub, now or when it reaches the station again. */
void station_tell_exchange(struct play_station *t, size_t ca,
			   const struct exchange *e);
void station_tell_issuance(struct play_station *t, size_t ca,
			   const struct issuance *i);

void station_init(struct play_station *t, struct play *p, size_t number);
void station_release(struct play_station *t);

/* When the station does something, wall of the play; PLAY_NEVER. */
int64_t station_next_us(const struct play_station *t);
void station_turn(struct play_station *t);

/* Whether the hub reaches it; what it then knows of it. */
bool station_is_heard(const struct play_station *t);
void station_report(struct play_station *t);

void watch_init(struct watch *w, struct play_station *t, size_t ca);
void watch_release(struct watch *w);

/* The station came up: the schedule begins anew. It went: what runs is lost. */
void watch_start(struct watch *w);
void watch_stop(struct watch *w);

/* The hub asks it to look. */
void station_look(struct play_station *t, size_t ca);

/* As station_next_us(), on the monotonic clock. */
int64_t watch_next_us(const struct watch *w);
void watch_turn(struct watch *w);

#endif
