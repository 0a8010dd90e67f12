#include "report/summary.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/standing.h"
#include "report/words.h"

static const struct {
	const char *word, *shape, *class;
} looks[SUMMARY_STATES] = {
	[SUMMARY_UNKNOWN] = { "unknown", "\xe2\x97\x8b", "unknown" },
	[SUMMARY_PARTLY] = { "hardly known", "\xe2\x97\x90", "unknown" },
	[SUMMARY_GOOD] = { "issuing", "\xe2\x97\x8f", "good" },
	[SUMMARY_MIXED] = { "issuing with failures", "\xe2\x97\x86", "mixed" },
	[SUMMARY_SOME] = { "failing for some", "\xe2\x96\xb2", "some" },
	[SUMMARY_ALL] = { "failing", "\xe2\x96\xa0", "failing" },
};

const char *summary_word(enum summary_state state)
{
	return looks[state].word;
}

const char *summary_shape(enum summary_state state)
{
	return looks[state].shape;
}

const char *summary_class(enum summary_state state)
{
	return looks[state].class;
}

const char *board_place(const struct board_station *s)
{
	return s->city[0] ? s->city : s->name;
}

/* --- counting ----------------------------------------------------------- */

enum summary_state summary_station(const struct board_station *s,
				   const char *ca)
{
	const struct station_ca *c = board_station_ca(s, ca);

	if (!c || !board_speaks(s))
		return SUMMARY_UNKNOWN;
	switch (standing_of(c->standing)) {
	case STANDING_UNKNOWN:
	case STANDINGS:
		break;
	case STANDING_GOOD:
		return SUMMARY_GOOD;
	case STANDING_MIXED:
		return SUMMARY_MIXED;
	case STANDING_FAILING:
		return SUMMARY_ALL;
	}
	return SUMMARY_UNKNOWN;
}

static void count_unknown(struct summary *sum, const struct board_station *s)
{
	sum->unknown++;
	sum->silent += s->answer == BOARD_SILENT || s->answer == BOARD_NEVER;
	sum->refused += s->answer == BOARD_REFUSED;
	sum->blind += s->answer == BOARD_ANSWERS && s->facts &&
		      s->facts->sight == SIGHT_BLIND;
}

/* What its clock said, by ours. */
static int64_t by_our_clock(const struct board_station *s, int64_t wall_us)
{
	return s->offset_known ? wall_us - s->offset_us : wall_us;
}

static void take_bad(struct summary *sum, const struct board_station *s,
		     const struct standing_facts *f)
{
	if (f->last_bad.id == 0 ||
	    (sum->bad && f->last_bad.wall_us <= sum->bad->wall_us))
		return;
	sum->bad = &f->last_bad;
	sum->bad_station = s;
}

static void take_failing(struct summary *sum, const struct board_station *s,
			 const struct standing_facts *f)
{
	int64_t since_us = by_our_clock(s, f->since_us);

	/* What fails now comes before what failed once. */
	if (sum->failing++ == 0)
		sum->bad = NULL;
	if (!sum->since_us || since_us < sum->since_us)
		sum->since_us = since_us;
	take_bad(sum, s, f);
}

static void take_good(struct summary *sum, const struct board_station *s,
		      const struct standing_facts *f)
{
	int64_t good_us = by_our_clock(s, f->good_us);

	if (f->good_us == 0 || good_us <= sum->good_us)
		return;
	sum->good_us = good_us;
	sum->good_station = s;
}

static void take_station(struct summary *sum, const struct board_station *s,
			 const struct station_ca *c, bool *any_mixed)
{
	enum summary_state state = summary_station(s, sum->ca);

	sum->stations++;
	sum->directory = c->directory;
	sum->shallow = sum->shallow && c->shallow;
	for (size_t i = 0; i < c->issuances->count; i++)
		series_add(&sum->issuances, &c->issuances->samples[i]);
	take_good(sum, s, c->standing);
	if (state == SUMMARY_UNKNOWN) {
		count_unknown(sum, s);
	} else if (state == SUMMARY_ALL) {
		take_failing(sum, s, c->standing);
	} else {
		sum->good++;
		if (state == SUMMARY_MIXED && sum->failing == 0)
			take_bad(sum, s, c->standing);
		*any_mixed = *any_mixed || state == SUMMARY_MIXED;
	}
}

static enum summary_state state_of(const struct summary *sum, bool any_mixed)
{
	if (sum->good == 0 && sum->failing == 0)
		return SUMMARY_UNKNOWN;
	if (sum->failing)
		return sum->good ? SUMMARY_SOME : SUMMARY_ALL;
	if (sum->good < sum->unknown)
		return SUMMARY_PARTLY;
	return any_mixed ? SUMMARY_MIXED : SUMMARY_GOOD;
}

/* Stations that have said nothing yet may watch it as well: they are unknown.
 */
void summary_make(const struct board *b, const char *ca,
		  struct summary *ret_summary)
{
	struct summary sum = { .ca = ca, .directory = "", .shallow = true };
	bool any_mixed = false;

	for (size_t i = 0; i < b->station_count; i++) {
		const struct board_station *s = &b->stations[i];
		const struct station_ca *c = board_station_ca(s, ca);

		if (c) {
			take_station(&sum, s, c, &any_mixed);
		} else if (!s->facts) {
			sum.stations++;
			count_unknown(&sum, s);
		}
	}
	series_sort(&sum.issuances);
	series_summarise(&sum.issuances, b->from_us, b->now_us + 1,
			 &sum.measured);
	sum.state = state_of(&sum, any_mixed);
	*ret_summary = sum;
}

void summary_release(struct summary *s)
{
	series_release(&s->issuances);
}

/* --- sentences ---------------------------------------------------------- */

static const char *thing(const struct summary *s)
{
	return s->shallow ? "order" : "certificate";
}

static const char *does(const struct summary *s)
{
	return s->shallow ? "takes orders" : "issues certificates";
}

/* What only some of the stations can tell is not said for all. */
static void add_reach(struct buf *out, const struct summary *s)
{
	if (s->unknown)
		buf_addf(out, ", as far as %u of %u stations can tell",
			 s->good + s->failing, s->stations);
	buf_add_char(out, '.');
}

void summary_claim(struct buf *out, const struct board *b,
		   const struct summary *s)
{
	switch (s->state) {
	case SUMMARY_UNKNOWN:
	case SUMMARY_STATES:
		buf_addf(out, "How %s does is not known now.", s->ca);
		return;
	case SUMMARY_PARTLY:
	case SUMMARY_GOOD:
		buf_addf(out, "%s %s", s->ca, does(s));
		add_reach(out, s);
		return;
	case SUMMARY_MIXED:
		buf_addf(out, "%s %s, but not every attempt succeeds", s->ca,
			 does(s));
		add_reach(out, s);
		return;
	case SUMMARY_SOME:
		buf_addf(out, "%s fails at %u of %s%u stations%s", s->ca,
			 s->failing, s->unknown ? "the " : "",
			 s->failing + s->good,
			 s->unknown ? " that can tell" : "");
		break;
	case SUMMARY_ALL:
		buf_addf(out, "%s fails", s->ca);
		if (b->hub && s->failing > 1)
			buf_addf(out, " at all %u stations that see it",
				 s->failing);
		else if (s->unknown)
			buf_add_text(out, " at the one station that can tell");
		break;
	}
	if (s->bad)
		buf_addf(out, ", at %s", op_name(s->bad->op));
	buf_add_char(out, '.');
}

/* "3 of 4 stations obtained their latest certificate." */
static void add_counts(struct buf *out, const struct board *b,
		       const struct summary *s)
{
	if (!b->hub && s->stations <= 1)
		return;
	buf_addf(out, "%u of %u stations obtained their latest %s", s->good,
		 s->stations, thing(s));
	if (s->failing)
		buf_addf(out, ", %u failed to", s->failing);
	buf_add_text(out, ". ");
}

/* Who is missing, and why; each named as long as they are few. */
static void add_missing(struct buf *out, const struct board *b,
			const struct summary *s)
{
	unsigned named = 0;
	char age[WORDS];

	for (size_t i = 0; i < b->station_count && named < 3; i++) {
		const struct board_station *one = &b->stations[i];

		if (summary_station(one, s->ca) != SUMMARY_UNKNOWN ||
		    (one->facts && !board_station_ca(one, s->ca)))
			continue;
		named++;
		words_printable(out,
				b->hub ? board_place(one) : "This station");
		words_age(age, b->now_us - one->heard_us);
		if (one->answer == BOARD_NEVER)
			buf_add_text(out, " has not answered yet. ");
		else if (one->answer == BOARD_SILENT)
			buf_addf(out, " has not answered for %s. ", age);
		else if (one->answer == BOARD_REFUSED)
			buf_add_text(out, " says what cannot be true. ");
		else if (one->facts && one->facts->sight == SIGHT_BLIND)
			buf_add_text(out, " is blind: what has nothing to do "
					  "with the CA fails there too. ");
		else
			buf_add_text(out, " has no recent result. ");
	}
	if (s->unknown > named)
		buf_addf(out, "%u more cannot tell. ", s->unknown - named);
}

/* "Since 13:42:07 UTC: " of what fails now; else when and where it did. */
static void add_when(struct buf *out, const struct board *b,
		     const struct summary *s)
{
	char when[WORDS];

	if (s->failing) {
		words_time(when, s->since_us, b->now_us);
		buf_addf(out, "Since %s: ", when);
		return;
	}
	words_age(when,
		  b->now_us - by_our_clock(s->bad_station, s->bad->wall_us));
	buf_addf(out, "The latest failure was %s ago", when);
	if (b->hub) {
		buf_add_text(out, " from ");
		words_printable(out, board_place(s->bad_station));
	}
	buf_addf(out, ", at %s: ", op_name(s->bad->op));
}

/* "problem, status 500, serverInternal "words"." */
static void add_bad(struct buf *out, const struct board *b,
		    const struct summary *s)
{
	if (!s->bad)
		return;
	add_when(out, b, s);
	words_failure(out, s->bad->outcome, s->bad->status, s->bad->problem,
		      s->bad->detail);
	buf_add_text(out, ". ");
}

static void add_last_good(struct buf *out, const struct board *b,
			  const struct summary *s)
{
	char age[WORDS];

	if (s->good_us == 0) {
		buf_addf(out, "No good %s is known.", thing(s));
		return;
	}
	words_age(age, b->now_us - s->good_us);
	buf_addf(out, "The last good %s is %s old", thing(s), age);
	if (b->hub) {
		buf_add_text(out, ", from ");
		words_printable(out, board_place(s->good_station));
	}
	buf_add_char(out, '.');
}

void summary_evidence(struct buf *out, const struct board *b,
		      const struct summary *s)
{
	add_counts(out, b, s);
	add_bad(out, b, s);
	add_missing(out, b, s);
	add_last_good(out, b, s);
}

void summary_times(struct buf *out, const struct board *b,
		   const struct summary *s)
{
	const struct series_summary *m = &s->measured;
	char p50[WORDS], p95[WORDS], span[WORDS];

	words_span(span, b->now_us - b->from_us);
	if (m->p50_us >= 0) {
		text_latency(p50, sizeof(p50), m->p50_us);
		text_latency(p95, sizeof(p95), m->p95_us);
		buf_addf(out, "%s takes %s (median) and %s (p95) ",
			 s->shallow ? "An order" : "Issuance", p50, p95);
	} else {
		buf_addf(out, "No %s was obtained ", thing(s));
	}
	buf_addf(out, "over the last %s; %" PRIu64 " tried, %" PRIu64 " failed",
		 span, m->n, m->failed);
	if (m->other)
		buf_addf(out,
			 ", %" PRIu64 " more not by the CA\xe2\x80\x99s "
			 "fault",
			 m->other);
	buf_add_char(out, '.');
}
