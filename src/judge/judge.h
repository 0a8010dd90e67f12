/*
 * The judge of one CA: from what the stations report of their attempts to a
 * verdict, and from verdicts to incidents. Pure: it is told the time.
 *
 * A station that sees (its controls answer) and was heard of lately has a
 * voice; stations of one network operator have one voice together, which says
 * "failing" only when all of them do. One failed attempt makes a station
 * suspect, a second in a row, which may be a confirmation, makes it failing.
 * What is our own fault, or the path's, is no evidence.
 *
 *   major_outage    max(3, half) of the voices are failing; all of them where
 *                   there are fewer than three, and that is said; since nobody
 *                   else can tell then whether it is their own network, not
 *                   before their controls would have
 *   partial_outage  two have failed three times in a row, or the share of
 *                   failed attempts has risen (two cumulative sums) to a tenth
 *                   or more
 *   degraded        it has risen to less than that, or what the CA takes is
 *                   longer than each station's own usual (a third sum)
 *
 * An incident ends when a majority of the voices have had two complete good
 * attempts in a row, and as many good ones have come one after the other as
 * would have had a chance of one in a hundred had nothing changed. What begins
 * within five minutes of an end goes on with the same incident.
 *
 * The figures are measured in docs/detection.md.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/incident.h"
#include "judge/recent.h"
#include "judge/sight.h"
#include "judge/statement.h"
#include "judge/verdict.h"

struct judge_rules {
	unsigned p0_per_mille;	 /* failures that are usual */
	unsigned fast_per_mille; /* the two sums look for these shares */
	unsigned partial_per_mille;
	unsigned slow0_per_mille; /* of attempts beyond the usual */
	unsigned slow1_per_mille;
	int32_t failing_h, slow_h; /* thousandths of a nat */
	unsigned voices;	   /* for a major outage, at least */
	int64_t few_us;	  /* with fewer, a failure has to last so long */
	int64_t stale_us; /* not heard for so long is no voice */
	int64_t merge_us;
	unsigned good_row; /* complete attempts that end a failure */
};

struct judge_rules judge_rules_default(void);

struct judge;

/* The names are copied. */
struct judge *judge_new(const struct judge_rules *rules,
			const struct judge_station *stations, size_t count);
void judge_free(struct judge *j);

enum judge_event {
	JUDGE_NOTHING,
	JUDGE_OPENED,
	JUDGE_REOPENED, /* an incident that had ended goes on */
	JUDGE_CHANGED,	/* the verdict of the open incident is another */
	JUDGE_CLOSED,
};

/*
 * Attempts in the order of their ends, as far as they come so; a station's own
 * must. Each call says what came of it.
 */
enum judge_event judge_take(struct judge *j, const struct judge_attempt *a);

/* A station's sight is another now. */
enum judge_event judge_sight(struct judge *j, unsigned station,
			     enum sight sight, int64_t at_us);

/*
 * What time it is, also when that is earlier than was said before: a clock may
 * be set back. Voices fall silent.
 */
enum judge_event judge_look(struct judge *j, int64_t now_us);

struct judge_view {
	enum verdict verdict;
	bool few;			 /* fewer than three voices */
	unsigned voices;		 /* that see and were heard of lately */
	unsigned failing;		 /* of them, confirmed */
	unsigned suspect;		 /* of them, failed once */
	const struct incident *incident; /* the open one, or NULL */
};

void judge_view(struct judge *j, struct judge_view *ret_view);

/* The latest incident, open or ended; NULL before the first. */
const struct incident *judge_incident(const struct judge *j);

/* incident_hear() of the latest incident; changes no verdict. */
bool judge_hear(struct judge *j, const struct statement *s);

/* failure_locate() wherever this station's failures are remembered. */
void judge_locate(struct judge *j, unsigned station, const struct failure *f);

/*
 * The incident that has just opened was said before, as `old`: it has that
 * one's number, start and declaration, and its evidence where it began earlier.
 */
void judge_recognise(struct judge *j, const struct incident *old);

/* This station's last attempt failed, and it has not been confirmed yet. */
bool judge_is_suspect(const struct judge *j, unsigned station);

#endif
