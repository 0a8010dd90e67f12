#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "judge/play_private.h"

/* What is found and what is expected, as lines. */
struct check {
	const struct play *play;
	const struct scenario_incident *e;
	const struct incident *i;
	char where[64]; /* "letsencrypt, incident 1" */
	struct buf *out;
	bool differs;
};

static void differ(struct check *c, const char *what, const char *found,
		   const char *expected)
{
	buf_addf(c->out, "%s: %s: found %s, expected %s\n", c->where, what,
		 found, expected);
	c->differs = true;
}

static void print_us(char dst[static CLOCK_TEXT], int64_t us)
{
	if (us == INT64_MIN || us == INT64_MAX)
		text_copy(dst, CLOCK_TEXT, "..");
	else
		clock_rfc3339_us(dst, us);
}

/* found 0: it has not happened. */
static void check_moment(struct check *c, const char *what, int64_t found_us,
			 const struct config_span *span)
{
	char found[CLOCK_TEXT] = "never", expected[2 * CLOCK_TEXT + 8];
	char from[CLOCK_TEXT], until[CLOCK_TEXT];

	if (found_us > 0
		    ? config_span_holds(span, found_us)
		    : span->from_us == INT64_MIN && span->until_us == INT64_MAX)
		return;
	if (found_us > 0)
		print_us(found, found_us);
	print_us(from, span->from_us);
	print_us(until, span->until_us);
	snprintf(expected, sizeof(expected), "%s to %s", from, until);
	differ(c, what, found, expected);
}

static void check_course(struct check *c)
{
	const struct scenario_incident *e = c->e;
	struct buf found = BUF_INIT(1024), expected = BUF_INIT(1024);

	for (unsigned k = 0; k < c->i->step_count; k++)
		buf_addf(&found, "%s%s", k ? ", " : "",
			 verdict_name(c->i->steps[k].verdict));
	for (size_t k = 0; k < e->course_count; k++)
		buf_addf(&expected, "%s%s", k ? ", " : "", e->course[k]);
	if (e->course_count &&
	    strcmp(buf_text(&found), buf_text(&expected)) != 0)
		differ(c, "course", buf_text(&found), buf_text(&expected));
	buf_release(&found);
	buf_release(&expected);
}

static void add_cause(struct buf *out, const char *op, const char *outcome,
		      unsigned status, const char *problem, bool consequence)
{
	buf_addf(out, "%s%s %s", out->len ? "; " : "", op, outcome);
	if (status)
		buf_addf(out, " %u", status);
	buf_addf(out, "%s%s%s", problem[0] ? " " : "", problem,
		 consequence ? " (a consequence)" : "");
}

static void check_causes(struct check *c)
{
	const struct scenario_incident *e = c->e;
	struct buf found = BUF_INIT(4096), expected = BUF_INIT(4096);

	if (!e->causes)
		return;
	for (unsigned k = 0; k < c->i->cause_count; k++) {
		const struct incident_cause *f = &c->i->causes[k];

		add_cause(&found, op_name(f->first.op),
			  outcome_slug(f->first.outcome),
			  (unsigned)f->first.status, f->first.problem,
			  f->consequence);
	}
	for (size_t k = 0; k < e->cause_count; k++)
		add_cause(&expected, e->causes[k].op, e->causes[k].outcome,
			  e->causes[k].status, e->causes[k].problem,
			  e->causes[k].consequence);
	if (strcmp(buf_text(&found), buf_text(&expected)) != 0)
		differ(c, "causes", found.len ? buf_text(&found) : "none",
		       expected.len ? buf_text(&expected) : "none");
	buf_release(&found);
	buf_release(&expected);
}

static void check_stations(struct check *c)
{
	const struct scenario_incident *e = c->e;
	struct buf found = BUF_INIT(4096), expected = BUF_INIT(4096);
	uint64_t bits = 0, named = 0;

	for (size_t k = 0; k < c->i->station_count; k++) {
		if (!c->i->stations[k].failures)
			continue;
		bits |= UINT64_C(1) << k;
		buf_addf(&found, "%s%s", found.len ? ", " : "",
			 c->play->names[k]);
	}
	for (size_t k = 0; k < e->station_count; k++) {
		for (size_t n = 0; n < c->play->scenario->station_count; n++) {
			if (strcmp(c->play->names[n], e->stations[k]) == 0)
				named |= UINT64_C(1) << n;
		}
		buf_addf(&expected, "%s%s", expected.len ? ", " : "",
			 e->stations[k]);
	}
	if (e->station_count && bits != named)
		differ(c, "stations", found.len ? buf_text(&found) : "none",
		       buf_text(&expected));
	buf_release(&found);
	buf_release(&expected);
}

static void check_lead(struct check *c)
{
	const struct incident *i = c->i;
	char expected[32], found[32] = "no word of the status page";
	int64_t page_us;

	if (c->e->lead_us == 0)
		return;
	text_from_duration(expected, sizeof(expected), c->e->lead_us);
	if (scenario_page_us(c->play->scenario, i->start_us,
			     i->end_us ? i->end_us : c->play->now_us,
			     &page_us)) {
		if (page_us - i->declared_us >= c->e->lead_us)
			return;
		snprintf(found, sizeof(found), "%" PRId64 " s",
			 (page_us - i->declared_us) / US_PER_S);
	}
	differ(c, "lead over the status page", found, expected);
}

static void check_incident(struct check *c)
{
	const struct incident *i = c->i;

	if (strcmp(verdict_name(i->worst), c->e->worst) != 0)
		differ(c, "worst", verdict_name(i->worst), c->e->worst);
	check_moment(c, "start", i->start_us, &c->e->start);
	check_moment(c, "declared", i->declared_us, &c->e->declared);
	check_moment(c, "end", i->end_us, &c->e->end);
	check_moment(c, "good", i->good_us, &c->e->good);
	check_course(c);
	check_causes(c);
	check_stations(c);
	check_lead(c);
}

/* The n-th expected of this CA, or NULL. */
static const struct scenario_incident *expected_of(const struct scenario *s,
						   const char *ca, size_t n)
{
	for (size_t k = 0; k < s->expect_count; k++) {
		if (strcmp(s->expect[k].ca, ca) == 0 && n-- == 0)
			return &s->expect[k];
	}
	return NULL;
}

static void check_ca(struct check *c, const char *ca)
{
	const struct incident *list[COURT_INCIDENTS];
	size_t count = court_incidents(c->play->court, ca, list), k = 0;
	char start[CLOCK_TEXT];

	for (;; k++) {
		c->e = expected_of(c->play->scenario, ca, k);
		/* The latest is the first in the list. */
		c->i = k < count ? list[count - 1 - k] : NULL;
		if (!c->e && !c->i)
			return;
		snprintf(c->where, sizeof(c->where), "%s, incident %zu", ca,
			 k + 1);
		if (c->e && c->i) {
			check_incident(c);
			continue;
		}
		if (c->i)
			clock_rfc3339(start, c->i->start_us);
		differ(c, "it", c->i ? start : "none",
		       c->e ? c->e->worst : "none");
	}
}

bool play_differences(struct play *p, struct buf *out)
{
	struct check c = { .play = p, .out = out };

	for (size_t i = 0; i < p->scenario->ca_count; i++)
		check_ca(&c, p->scenario->cas[i].name);
	return !c.differs;
}
