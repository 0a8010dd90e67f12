/*
 * A scenario at another pace, from another moment on: the form in which it is
 * played for real, by processes before a real CA, and again by judge/play, so
 * that the two can be compared.
 *
 * Hurried are the times at which things happen and the rates of the stations.
 * How long anything takes is not, for the machinery of a station stays as it
 * is: delays and paths, what is waited for an answer, confirmations, controls;
 * nor are the rules of the judge.
 */
#ifndef JUDGE_HURRY_H
#define JUDGE_HURRY_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/scenario.h"

enum { HURRY_MOST = 1000 };

/*
 * `speed` times as fast, 1 to HURRY_MOST, beginning at begin_us. What it
 * expects is left as it was: it holds at its own pace only. False when a rate
 * becomes too high; then it is no scenario to play any more.
 */
bool scenario_hurry(struct scenario *s, unsigned speed, int64_t begin_us,
		    struct fail *why);

#endif
