/*
 * How one CA stands in the eyes of one station: a word and a sentence, computed
 * from its issuances.
 *
 * It is no verdict, which needs several stations. It never says "good" of what
 * was not measured: old, absent and blind are `unknown`.
 */
#ifndef REPORT_STANDING_H
#define REPORT_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "judge/sight.h"
#include "measure/issuance.h"
#include "report/series.h"

enum standing {
	STANDING_UNKNOWN, /* nothing measured, or not lately, or blind */
	STANDING_GOOD,	  /* the last issuance and all of the window are good */
	STANDING_MIXED,	  /* the last is good, others of the window failed */
	STANDING_FAILING, /* the last failed, and it counts against the CA */
	STANDINGS
};

/* "unknown", "issuing", "issuing with failures", "failing". */
const char *standing_word(enum standing standing);

struct standing_facts {
	const char *ca;
	bool shallow; /* it stops after the authorization */
	int64_t now_us;
	int64_t from_us;  /* start of the window, which ends now */
	int64_t stale_us; /* without an end for so long, nothing is known */
	enum sight sight;

	/* The rest is standing_take()'s; zero before. */
	unsigned ended;	  /* of the window: with an outcome */
	unsigned failed;  /* counts against the CA or the path to it */
	unsigned ours;	  /* our own side */
	int64_t ended_us; /* when the latest ended; 0: never */
	bool last_good;
	bool last_ours;
	int64_t good_us;  /* when the latest good one ended; 0: none known */
	unsigned row;	  /* failed since then, one after the other */
	int64_t since_us; /* when the first of that row started */
	struct issuance last_bad; /* the latest that failed; id 0: none */
};

/*
 * The issuances of the CA in the order of their starts; running ones are
 * passed over. When none of the window has ended, the latest before it is to
 * be given.
 */
void standing_take(struct standing_facts *f, const struct issuance *i);

enum standing standing_of(const struct standing_facts *f);

/*
 * One to four sentences, plain text on one line. `times` is of the issuances
 * in the window.
 */
void standing_sentence(struct buf *out, const struct standing_facts *f,
		       const struct series_summary *times);

#endif
