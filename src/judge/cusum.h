/*
 * Page's cumulative sum for a stream of yes and no: whether the share of yes
 * has risen from one that is usual (p0) to one that is not (p1).
 *
 * Each yes adds ln(p1/p0), each no takes ln((1-p0)/(1-p1)), never below zero;
 * at the threshold h it alarms. The mean number of observations to a false
 * alarm is at least e^h, the mean delay about h / KL(p || p0) for the share p
 * that is there (Page 1954; Lorden 1971).
 *
 * Agreement is built in: what one voter has added, less what it has taken
 * since the last zero, is capped, so that with a cap of h/2 no voter raises an
 * alarm alone.
 *
 * All in whole thousandths of a nat: the same stream gives the same sums on
 * every machine.
 */
#ifndef JUDGE_CUSUM_H
#define JUDGE_CUSUM_H

#include <stdbool.h>
#include <stdint.h>

struct cusum {
	int32_t yes, no;  /* what one adds, what the other takes; > 0 */
	int32_t h;	  /* the threshold */
	int32_t sum;	  /* 0 .. h */
	int64_t since_us; /* of the first yes since the last zero */
	unsigned voters;
	int32_t *added; /* by each voter, less what it took; >= 0; owned */
};

/* 0 < p0 < p1 < 1, in per mille; h in thousandths of a nat. */
void cusum_init(struct cusum *c, unsigned p0_per_mille, unsigned p1_per_mille,
		int32_t h, unsigned voters);
void cusum_release(struct cusum *c);

/* cap: the most that this voter may have added; h for no cap. */
void cusum_take(struct cusum *c, unsigned voter, bool yes, int64_t at_us,
		int32_t cap);

bool cusum_alarms(const struct cusum *c);

/* As if nothing had been seen. */
void cusum_reset(struct cusum *c);

#endif
