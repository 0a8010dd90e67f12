/*
 * What all stations together know of one CA, and the sentences that say it.
 *
 * No verdict: it speaks of what was measured. Nobody is counted as good who
 * has not looked lately, or cannot see, or does not answer.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "base/buf.h"
#include "report/board.h"

enum summary_state {
	SUMMARY_UNKNOWN, /* nobody who sees has looked lately */
	SUMMARY_PARTLY,	 /* good, but fewer can tell than cannot */
	SUMMARY_GOOD,
	SUMMARY_MIXED, /* the latest are good, others of the window failed */
	SUMMARY_SOME,  /* the latest failed at some stations */
	SUMMARY_ALL,   /* at all that see */
	SUMMARY_STATES
};

/* Each state is a word, a shape, and a class of the style sheet. */
const char *summary_word(enum summary_state state);
const char *summary_shape(enum summary_state state);
const char *summary_class(enum summary_state state);

struct summary {
	const char *ca, *directory;
	enum summary_state state;
	unsigned stations; /* that watch it */
	unsigned good;	   /* whose latest attempt was, and mixed ones */
	unsigned failing;
	unsigned unknown; /* the rest: */
	unsigned silent, refused, blind;
	bool shallow;			/* at all of them */
	struct series issuances;	/* of all; owned */
	struct series_summary measured; /* of them */
	int64_t good_us;		/* the latest good one's end; 0 none */
	const struct board_station *good_station;
	int64_t since_us;	    /* of failing ones: the first failure */
	const struct issuance *bad; /* the latest of those that failed */
	const struct board_station *bad_station;
};

void summary_make(const struct board *b, const char *ca,
		  struct summary *ret_summary);
void summary_release(struct summary *s);

/* How one station stands, as it is counted above. */
enum summary_state summary_station(const struct board_station *s,
				   const char *ca);

/* One sentence: subject and state. Plain text. */
void summary_claim(struct buf *out, const struct board *b,
		   const struct summary *s);

/* Some more: how many, since when, where; plain text on one line. */
void summary_evidence(struct buf *out, const struct board *b,
		      const struct summary *s);

/* How long it takes, with n and window. "" without a good one. */
void summary_times(struct buf *out, const struct board *b,
		   const struct summary *s);

/* What people call the station's place: its city, else its name. */
const char *board_place(const struct board_station *s);

#endif
