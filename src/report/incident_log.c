#include "report/incident_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/words.h"

static void add_printable(struct buf *out, const char *text)
{
	char shown[4 * INCIDENT_DETAIL];

	text_printable(shown, sizeof(shown), text, strlen(text));
	buf_add_text(out, shown);
}

/* "2020-06-25T06:53:33.214000Z" */
static void add_time(struct buf *out, int64_t us)
{
	char text[CLOCK_TEXT];

	clock_rfc3339_us(text, us);
	buf_add_text(out, text);
}

/* A row of which the rest follows. */
static void begin_row(struct buf *out, const char *what)
{
	buf_addf(out, "  %-12s", what);
}

static void add_moment(struct buf *out, const char *what, int64_t us,
		       int64_t since_us, const char *words)
{
	char age[WORDS];

	begin_row(out, what);
	add_time(out, us);
	if (words) {
		words_age(age, us - since_us);
		buf_addf(out, "  %s %s", age, words);
	}
	buf_add_char(out, '\n');
}

static void add_moments(struct buf *out, const struct incident *i)
{
	add_moment(out, "start", i->start_us, 0, NULL);
	add_moment(out, "declared", i->declared_us, i->start_us,
		   "after the start");
	if (i->good_us)
		add_moment(out, "good again", i->good_us, i->start_us,
			   "after the start");
	if (i->end_us) {
		add_moment(out, "end", i->end_us, i->start_us,
			   "after the start");
	} else {
		begin_row(out, "end");
		buf_add_text(out, "none: it is still open\n");
	}
}

static void add_page(struct buf *out, const struct incident *i, int64_t page_us)
{
	char age[WORDS];

	begin_row(out, "status page");
	add_time(out, page_us);
	if (page_us >= i->declared_us) {
		words_age(age, page_us - i->declared_us);
		buf_addf(out, "  a lead of %s\n", age);
	} else {
		words_age(age, i->declared_us - page_us);
		buf_addf(out, "  it was %s earlier\n", age);
	}
}

static void add_course(struct buf *out, const struct incident *i)
{
	for (unsigned k = 0; k < i->step_count; k++) {
		begin_row(out, k ? "" : "verdicts");
		add_time(out, i->steps[k].at_us);
		buf_addf(out, "  %s\n", verdict_name(i->steps[k].verdict));
	}
}

/* "newAccount: problem, status 500, serverInternal: words" */
static void add_failure(struct buf *out, const struct failure *f)
{
	buf_addf(out, "%s: %s", op_name(f->op), outcome_slug(f->outcome));
	if (f->status)
		buf_addf(out, ", status %d", f->status);
	if (f->problem[0]) {
		buf_add_text(out, ", ");
		add_printable(out, f->problem);
	}
	if (f->detail[0]) {
		buf_add_text(out, ": ");
		add_printable(out, f->detail);
	}
}

static void add_causes(struct buf *out, const struct incident *i)
{
	const struct incident_cause *root = incident_root(i);

	for (unsigned k = 0; k < i->cause_count; k++) {
		const struct incident_cause *c = &i->causes[k];

		begin_row(out, c == root	? "root cause"
			       : c->consequence ? "consequence"
						: "also");
		add_failure(out, &c->first);
		buf_addf(out, "\n  %-12s%" PRIu64 " times at %u station%s, ",
			 "", c->count, c->stations,
			 c->stations == 1 ? "" : "s");
		add_time(out, c->first.at_us);
		buf_add_text(out, " to ");
		add_time(out, c->last_us);
		buf_add_char(out, '\n');
	}
}

static void add_station(struct buf *out, const char *name,
			const struct incident_station *s)
{
	begin_row(out, "station");
	buf_addf(out, "%s: %" PRIu64 " of %" PRIu64 " attempts failed", name,
		 s->failures, s->attempts);
	if (s->failures) {
		buf_add_text(out, ", ");
		add_time(out, s->first_us);
		buf_add_text(out, " to ");
		add_time(out, s->last_us);
	}
	if (s->voted_us) {
		buf_add_text(out, ", confirmed ");
		add_time(out, s->voted_us);
	}
	if (s->good_us) {
		buf_add_text(out, ", good again ");
		add_time(out, s->good_us);
	}
	buf_add_char(out, '\n');
	if (!s->failures)
		return;
	begin_row(out, "");
	buf_add_text(out, "first ");
	add_failure(out, &s->first);
	buf_add_char(out, '\n');
}

void incident_log(struct buf *out, const char *ca, const struct incident *i,
		  const char *const *names, int64_t page_us)
{
	buf_addf(out, "%s: %s, incident %" PRIu64 "\n", ca,
		 verdict_name(i->worst), i->number);
	add_moments(out, i);
	if (page_us)
		add_page(out, i, page_us);
	add_course(out, i);
	begin_row(out, "failed");
	buf_addf(out,
		 "%" PRIu64 " of %" PRIu64
		 " attempts, judged by %u voice%s%s%s\n",
		 i->failures, i->attempts, i->voters, i->voters == 1 ? "" : "s",
		 i->few ? ", fewer than three" : "",
		 i->slow ? "; it was slowness" : "");
	add_causes(out, i);
	for (size_t k = 0; k < i->station_count; k++)
		add_station(out, names[k], &i->stations[k]);
}
