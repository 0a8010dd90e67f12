#include "report/standing.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/words.h"

const char *standing_word(enum standing standing)
{
	static const char *const words[STANDINGS] = {
		[STANDING_UNKNOWN] = "unknown",
		[STANDING_GOOD] = "issuing",
		[STANDING_MIXED] = "issuing with failures",
		[STANDING_FAILING] = "failing",
	};

	return words[standing];
}

void standing_take(struct standing_facts *f, const struct issuance *i)
{
	bool in_window = i->wall_us >= f->from_us;
	int64_t end_us = i->wall_us + i->took_us;

	if (i->took_us < 0)
		return;
	f->ended += in_window;
	if (end_us > f->ended_us)
		f->ended_us = end_us;
	f->last_good = i->outcome == OUTCOME_OK;
	f->last_ours = outcome_fault(i->outcome) == FAULT_OURS;
	if (f->last_good) {
		f->good_us = end_us;
		f->row = 0;
		return;
	}
	if (f->last_ours) {
		f->ours += in_window;
	} else {
		f->failed += in_window;
		if (f->row++ == 0)
			f->since_us = i->wall_us;
	}
	/* What speaks of the CA is not hidden by what does not. */
	if (!(f->last_ours && f->row))
		f->last_bad = *i;
}

static bool is_stale(const struct standing_facts *f)
{
	return f->now_us - f->ended_us > f->stale_us;
}

enum standing standing_of(const struct standing_facts *f)
{
	if (f->ended_us == 0 || is_stale(f) || f->sight == SIGHT_BLIND)
		return STANDING_UNKNOWN;
	if (f->last_good)
		return f->failed || f->ours ? STANDING_MIXED : STANDING_GOOD;
	return f->row ? STANDING_FAILING : STANDING_UNKNOWN;
}

/* --- the sentences ------------------------------------------------------ */

static const char *thing(const struct standing_facts *f)
{
	return f->shallow ? "order" : "certificate";
}

static void add_age(struct buf *out, const struct standing_facts *f,
		    int64_t then_us)
{
	char age[WORDS];

	words_age(age, f->now_us - then_us);
	buf_add_text(out, age);
}

static void add_window(struct buf *out, const struct standing_facts *f)
{
	char span[WORDS];

	words_span(span, f->now_us - f->from_us);
	buf_addf(out, "the last %s", span);
}

/* "The last good certificate is 14 s old." */
static void add_last_good(struct buf *out, const struct standing_facts *f)
{
	if (f->good_us == 0) {
		buf_addf(out, " No good %s is known from before.", thing(f));
		return;
	}
	buf_addf(out, " The last good %s is ", thing(f));
	add_age(out, f, f->good_us);
	buf_add_text(out, " old.");
}

/* "at newOrder: 500 serverInternal, "detail"". */
static void add_bad(struct buf *out, const struct issuance *i)
{
	buf_addf(out, "%s (", op_name(i->op));
	words_failure(out, i->outcome, i->status, i->problem, "");
	buf_add_char(out, ')');
}

static void add_times(struct buf *out, const struct series_summary *times)
{
	char p50[WORDS], p95[WORDS];

	if (times->p50_us < 0)
		return;
	text_latency(p50, sizeof(p50), times->p50_us);
	text_latency(p95, sizeof(p95), times->p95_us);
	buf_addf(out, " Obtaining one takes %s (median) and %s (p95).", p50,
		 p95);
}

static void add_good(struct buf *out, const struct standing_facts *f,
		     const struct series_summary *times)
{
	buf_addf(out, "%s %s: ", f->ca,
		 f->shallow ? "takes orders" : "issues certificates");
	if (f->ended == 0) {
		buf_add_text(out, "the latest attempt succeeded; there was "
				  "none in ");
		add_window(out, f);
		buf_add_char(out, '.');
	} else {
		if (f->ended == 1)
			buf_add_text(out, "the one attempt");
		else
			buf_addf(out, "all %u attempts", f->ended);
		buf_add_text(out, " of ");
		add_window(out, f);
		buf_add_text(out, " succeeded.");
	}
	add_last_good(out, f);
	add_times(out, times);
}

static void add_mixed(struct buf *out, const struct standing_facts *f,
		      const struct series_summary *times)
{
	buf_addf(out, "%s %s, the last one ", f->ca,
		 f->shallow ? "takes orders" : "issues certificates");
	add_age(out, f, f->good_us);
	buf_addf(out, " ago, but not always: of %u attempts in ", f->ended);
	add_window(out, f);
	if (f->failed)
		buf_addf(out, " %u failed", f->failed);
	if (f->ours)
		buf_addf(out, "%s %u failed on this station's own side",
			 f->failed ? " and" : "", f->ours);
	buf_add_text(out, ". The latest failure was ");
	add_age(out, f, f->last_bad.wall_us + f->last_bad.took_us);
	buf_add_text(out, " ago at ");
	add_bad(out, &f->last_bad);
	buf_add_char(out, '.');
	add_times(out, times);
}

static void add_failing(struct buf *out, const struct standing_facts *f)
{
	char since[WORDS];

	words_time(since, f->since_us, f->now_us);
	if (f->row == 1)
		buf_addf(out, "%s fails: the latest attempt, at %s, gave no %s",
			 f->ca, since, thing(f));
	else
		buf_addf(out,
			 "%s fails: the last %u attempts gave no %s, since %s",
			 f->ca, f->row, thing(f), since);
	if (f->last_bad.id) {
		buf_add_text(out, ". It stopped at ");
		add_bad(out, &f->last_bad);
	}
	buf_add_char(out, '.');
	add_last_good(out, f);
}

static void add_unknown(struct buf *out, const struct standing_facts *f)
{
	if (f->ended_us == 0) {
		buf_addf(out, "Nothing has been measured at %s yet.", f->ca);
		return;
	}
	if (is_stale(f)) {
		buf_addf(out, "Nothing has been measured at %s for ", f->ca);
		add_age(out, f, f->ended_us);
		buf_add_text(out, ", so how it does now is not known.");
	} else if (f->sight == SIGHT_BLIND) {
		buf_addf(out,
			 "This station is blind: what has nothing to do with "
			 "%s fails as well, so nothing can be said of %s.",
			 f->ca, f->ca);
	} else {
		buf_addf(out,
			 "The last attempt at %s failed on this station's own "
			 "side at ",
			 f->ca);
		add_bad(out, &f->last_bad);
		buf_add_text(out, ", which says nothing about the CA.");
	}
	add_last_good(out, f);
}

void standing_sentence(struct buf *out, const struct standing_facts *f,
		       const struct series_summary *times)
{
	switch (standing_of(f)) {
	case STANDING_UNKNOWN:
		add_unknown(out, f);
		return;
	case STANDING_GOOD:
		add_good(out, f, times);
		return;
	case STANDING_MIXED:
		add_mixed(out, f, times);
		return;
	case STANDING_FAILING:
		add_failing(out, f);
		return;
	case STANDINGS:
		return;
	}
}
