#include "report/page_incident.h"

#include <inttypes.h>
#include <stdio.h>

#include "judge/court.h"
#include "judge/statement.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/status_show.h"
#include "report/summary.h"
#include "report/words.h"

enum { LISTED = 10, TEXT_MAX = 4096 };

static const struct incident_look looks[VERDICTS] = {
	[VERDICT_UNKNOWN] = { "unknown", "\xe2\x97\x8b", "unknown" },
	[VERDICT_OPERATIONAL] = { "operational", "\xe2\x97\x8f", "good" },
	[VERDICT_DEGRADED] = { "degraded", "\xe2\x97\x86", "mixed" },
	[VERDICT_PARTIAL_OUTAGE] = { "partial outage", "\xe2\x96\xb2", "some" },
	[VERDICT_MAJOR_OUTAGE] = { "major outage", "\xe2\x96\xa0", "failing" },
};

/* --- sentences ---------------------------------------------------------- */

static void add_failure(struct buf *out, const struct failure *f)
{
	buf_addf(out, "%s: ", op_name(f->op));
	words_failure(out, f->outcome, f->status, f->problem, f->detail);
}

static void claim(struct buf *out, const char *ca, const struct judge_view *v)
{
	const struct incident *i = v->incident;
	const struct incident_cause *root = incident_root(i);

	if (v->verdict == VERDICT_DEGRADED)
		buf_addf(out, "%s is degraded", ca);
	else
		buf_addf(out, "%s has a %s", ca, looks[v->verdict].words);
	if (i->slow)
		buf_add_text(out, ": it is slower than usual");
	else if (root)
		buf_addf(out, ", at %s", op_name(root->first.op));
	if (v->few && v->voices > 0)
		buf_addf(out, ", as far as %u station%s can tell", v->voices,
			 v->voices == 1 ? "" : "s");
	buf_add_char(out, '.');
}

static void add_shares(struct buf *out, const struct judge_view *v)
{
	if (v->voices == 0)
		buf_add_text(out, "No station can tell any more. ");
	else if (v->voices > 1)
		buf_addf(out,
			 "Attempts fail now at %u of %u stations that "
			 "can tell. ",
			 v->failing, v->voices);
}

static void add_times(struct buf *out, const struct board *b,
		      const struct incident *i)
{
	char start[WORDS], age[WORDS], late[WORDS];

	words_time(start, i->start_us, b->now_us);
	words_age(late, i->declared_us - i->start_us);
	words_age(age, (i->end_us ? i->end_us : b->now_us) - i->start_us);
	buf_addf(out, "It began at %s, was declared %s later, and %s %s. ",
		 start, late, i->end_us ? "lasted" : "has lasted", age);
	if (i->attempts)
		buf_addf(out,
			 "%" PRIu64 " of %" PRIu64
			 " attempts failed meanwhile. ",
			 i->failures, i->attempts);
}

static void evidence(struct buf *out, const struct board *b,
		     const struct judge_view *v)
{
	const struct incident_cause *root = incident_root(v->incident);

	add_shares(out, v);
	add_times(out, b, v->incident);
	if (root) {
		buf_add_text(out, "First seen: ");
		add_failure(out, &root->first);
		buf_add_text(out, ".");
	}
}

static void add_link(struct buf *out, const char *ca, const struct incident *i)
{
	buf_add_text(out, "<a href=\"/incidents/");
	html_text(out, ca);
	buf_addf(out, "/%" PRIu64 "\">", i->number);
}

static bool view_open(const struct board *b, const char *ca,
		      struct judge_view *ret_view)
{
	return b->court && court_view(b->court, ca, ret_view) &&
	       ret_view->incident;
}

const struct incident_look *incident_look(const struct board *b, const char *ca)
{
	struct judge_view v;

	return view_open(b, ca, &v) ? &looks[v.verdict] : NULL;
}

bool incident_lead(struct buf *out, const struct board *b, const char *ca)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct judge_view v;

	if (!view_open(b, ca, &v))
		return false;
	buf_addf(out,
		 "<section id=\"sentence\" aria-live=\"polite\" "
		 "class=\"lead %s\"><h1><span class=\"shape\" "
		 "title=\"%s\">%s</span> ",
		 looks[v.verdict].class, looks[v.verdict].words,
		 looks[v.verdict].shape);
	claim(&text, ca, &v);
	html_text(out, buf_text(&text));
	buf_add_text(out, "</h1>");
	buf_clear(&text);
	evidence(&text, b, &v);
	html_element(out, "p", buf_text(&text));
	buf_release(&text);
	buf_add_text(out, "<p>");
	add_link(out, ca, v.incident);
	buf_add_text(out, "What each station saw</a></p>");
	status_line(out, b, ca);
	buf_addf(out, "<p class=\"note\">%s</p></section>",
		 b->hub ? "This is what the stations agree on. It is no "
			  "statement of the CA."
			: "One station says this alone: nobody else was "
			  "asked.");
	return true;
}

/* --- the list ----------------------------------------------------------- */

static void add_row(struct buf *out, const struct board *b, const char *ca,
		    const struct incident *i)
{
	const struct incident_cause *root = incident_root(i);
	char age[WORDS];

	words_age(age, (i->end_us ? i->end_us : b->now_us) - i->start_us);
	buf_add_text(out, "<tr><th scope=\"row\">");
	add_link(out, ca, i);
	html_time(out, i->start_us, b->now_us);
	buf_addf(out,
		 "</a></th><td data-label=\"verdict\"><span class=\"%s\">%s"
		 "</span> %s</td><td data-label=\"for\" class=\"n\">%s%s</td>"
		 "<td data-label=\"cause\">",
		 looks[i->worst].class, looks[i->worst].shape,
		 looks[i->worst].words, age, i->end_us ? "" : ", goes on");
	if (root)
		buf_addf(out, "%s, ", op_name(root->first.op));
	if (root && root->first.problem[0])
		html_text(out, root->first.problem);
	else if (root)
		buf_add_text(out, outcome_slug(root->first.outcome));
	else
		buf_add_text(out, "slower than usual");
	buf_addf(out,
		 "</td><td data-label=\"failed\" class=\"n\">%" PRIu64
		 " of %" PRIu64 "</td>",
		 i->failures, i->attempts);
	if (board_status_find(b, ca)) {
		buf_add_text(out, "<td data-label=\"lead\" class=\"n\">");
		status_lead(out, i);
		buf_add_text(out, "</td>");
	}
	buf_add_text(out, "</tr>");
}

void page_incidents(struct buf *out, const struct board *b, const char *ca)
{
	const struct incident *list[COURT_INCIDENTS];
	size_t n = b->court ? court_incidents(b->court, ca, list) : 0;

	if (!b->court)
		return;
	buf_add_text(out, "<section id=\"incidents\"><h2>Incidents</h2>");
	if (n == 0) {
		buf_addf(out, "<p class=\"note\">None %s.</p></section>",
			 b->hub ? "that this hub knows of"
				: "in the last day, as this station judges "
				  "alone");
		return;
	}
	buf_add_text(out, "<table class=\"cards\"><thead><tr>"
			  "<th scope=\"col\">began</th>"
			  "<th scope=\"col\">at its worst</th>"
			  "<th scope=\"col\" class=\"n\">for</th>"
			  "<th scope=\"col\">first cause</th>"
			  "<th scope=\"col\" class=\"n\">attempts failed"
			  "</th>");
	if (board_status_find(b, ca))
		buf_add_text(out, "<th scope=\"col\" class=\"n\">declared, "
				  "against the CA\xe2\x80\x99s page</th>");
	buf_add_text(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < n && i < LISTED; i++)
		add_row(out, b, ca, list[i]);
	buf_add_text(out, "</tbody></table><p class=\"note\">");
	buf_add_text(out, "<a href=\"/api/v1/incidents?ca=");
	html_text(out, ca);
	buf_add_text(out, "\">All of them as JSON</a></p></section>");
}

/* --- one incident ------------------------------------------------------- */

static void add_course(struct buf *out, const struct board *b,
		       const struct incident *i)
{
	buf_add_text(out, "<section><h2>Course</h2><dl>");
	frame_moment(out, b, "the first failure", i->start_us);
	frame_moment(out, b, "declared", i->declared_us);
	for (unsigned k = 0; k < i->step_count; k++)
		if (i->steps[k].verdict > VERDICT_OPERATIONAL)
			frame_moment(out, b, looks[i->steps[k].verdict].words,
				     i->steps[k].at_us);
	if (i->word.spoke_us)
		frame_moment(out, b,
			     "the CA\xe2\x80\x99s own status page spoke",
			     incident_word_us(i));
	frame_moment(out, b, "the first good attempt since", i->good_us);
	frame_moment(out, b, "over", i->end_us);
	buf_add_text(out, "</dl></section>");
}

static void add_cause(struct buf *out, const struct board *b,
		      const struct incident_cause *c)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	add_failure(&text, &c->first);
	buf_add_text(out, "<tr><th scope=\"row\">");
	html_text(out, buf_text(&text));
	buf_release(&text);
	buf_addf(out,
		 "</th><td data-label=\"is\">%s</td>"
		 "<td class=\"n\" data-label=\"times\">%" PRIu64 "</td>"
		 "<td class=\"n\" data-label=\"stations\">%u</td>"
		 "<td data-label=\"first\">",
		 c->consequence ? "a consequence" : "a cause", c->count,
		 c->stations);
	html_time(out, c->first.at_us, b->now_us);
	buf_add_text(out, "</td><td data-label=\"last\">");
	html_time(out, c->last_us, b->now_us);
	buf_add_text(out, "</td></tr>");
}

static void add_causes(struct buf *out, const struct board *b,
		       const struct incident *i)
{
	if (i->cause_count == 0)
		return;
	buf_add_text(out, "<section><h2>What failed</h2><p class=\"note\">What "
			  "failed only after something else had failed in the "
			  "same attempt is its consequence.</p>"
			  "<table class=\"cards\"><thead><tr>"
			  "<th scope=\"col\">failure</th>"
			  "<th scope=\"col\">is</th>"
			  "<th scope=\"col\" class=\"n\">times</th>"
			  "<th scope=\"col\" class=\"n\">stations</th>"
			  "<th scope=\"col\">first</th>"
			  "<th scope=\"col\">last</th></tr></thead><tbody>");
	for (unsigned k = 0; k < i->cause_count; k++)
		add_cause(out, b, &i->causes[k]);
	buf_add_text(out, "</tbody></table></section>");
}

/* --- who saw what ------------------------------------------------------- */

enum { LINE_WIDTH = 400, LINE_HEIGHT = 12 };

/* The stretch in which a station saw it fail, on the incident's own scale. */
static void add_line(struct buf *out, const struct board *b,
		     const struct incident *i, const struct incident_station *s)
{
	int64_t end_us = i->end_us ? i->end_us : b->now_us;
	double scale =
		(double)LINE_WIDTH /
		(double)(end_us > i->start_us ? end_us - i->start_us : 1);
	double x = (double)(s->first_us - i->start_us) * scale;
	double until =
		(double)((s->good_us ? s->good_us : s->last_us) - i->start_us) *
		scale;

	buf_addf(out,
		 "<svg class=\"share\" viewBox=\"0 0 %d %d\" "
		 "preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		 LINE_WIDTH, LINE_HEIGHT);
	if (x < 0)
		x = 0;
	if (s->failures)
		buf_addf(out,
			 "<rect class=\"outage\" x=\"%.1f\" width=\"%.1f\" "
			 "height=\"%d\"/>",
			 x, until - x > 2 ? until - x : 2, LINE_HEIGHT);
	buf_add_text(out, "</svg>");
}

static void add_first(struct buf *out, const struct board_station *station,
		      const struct incident_station *s)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	if (!s->failures) {
		buf_add_text(out, "nothing failed");
		return;
	}
	add_failure(&text, &s->first);
	if (s->first.exchange) {
		buf_add_text(out, "<a href=\"/exchanges/");
		html_text(out, station->name);
		buf_addf(out, "/%" PRId64 "\">", s->first.exchange);
	}
	html_text(out, buf_text(&text));
	buf_add_text(out, s->first.exchange ? "</a>" : "");
	buf_release(&text);
}

static void add_time_cell(struct buf *out, const struct board *b,
			  const char *label, int64_t us)
{
	buf_addf(out, "<td data-label=\"%s\">", label);
	if (us)
		html_time(out, us, b->now_us);
	else
		buf_add_text(out, "\xe2\x80\x93");
	buf_add_text(out, "</td>");
}

static void add_station(struct buf *out, const struct board *b,
			const struct incident *i, size_t n)
{
	const struct incident_station *s = &i->stations[n];

	buf_add_text(out, "<tr><th scope=\"row\">");
	html_text(out, board_place(&b->stations[n]));
	buf_add_text(out, "</th><td class=\"wide\">");
	add_line(out, b, i, s);
	buf_add_text(out, "</td>");
	add_time_cell(out, b, "first failure", s->first_us);
	add_time_cell(out, b, "confirmed", s->voted_us);
	add_time_cell(out, b, "good again", s->good_us);
	buf_addf(out,
		 "<td class=\"n\" data-label=\"failed\">%" PRIu64 " of %" PRIu64
		 "</td><td data-label=\"first\">",
		 s->failures, s->attempts);
	add_first(out, &b->stations[n], s);
	buf_add_text(out, "</td></tr>");
}

static void add_stations(struct buf *out, const struct board *b,
			 const struct incident *i)
{
	buf_add_text(out, "<section><h2>Station by station</h2>"
			  "<table class=\"cards\"><thead><tr>"
			  "<th scope=\"col\">station</th>"
			  "<th scope=\"col\">failing</th>"
			  "<th scope=\"col\">first failure</th>"
			  "<th scope=\"col\">confirmed</th>"
			  "<th scope=\"col\">good again</th>"
			  "<th scope=\"col\" class=\"n\">failed</th>"
			  "<th scope=\"col\">what failed first</th>"
			  "</tr></thead><tbody>");
	for (size_t n = 0; n < i->station_count && n < b->station_count; n++) {
		if (i->stations[n].attempts)
			add_station(out, b, i, n);
	}
	buf_add_text(out, "</tbody></table></section>");
}

void page_incident(struct buf *out, const struct board *b, const char *ca,
		   const struct incident *i)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	char title[256];

	snprintf(title, sizeof(title), "%s %s, %s", looks[i->worst].shape, ca,
		 looks[i->worst].words);
	frame_open(out, b, title, "incident");
	buf_addf(out,
		 "<section class=\"lead %s\"><h1><span class=\"shape\">%s"
		 "</span> ",
		 i->end_us ? "unknown" : looks[i->worst].class,
		 looks[i->worst].shape);
	html_text(out, ca);
	buf_addf(out, ": %s%s</h1>", looks[i->worst].words,
		 i->end_us ? ", over" : "");
	add_times(&text, b, i);
	status_sentence(&text, b, i);
	if (i->few)
		buf_addf(&text, "%u station%s judged it.", i->voters,
			 i->voters == 1 ? "" : "s");
	html_element(out, "p", buf_text(&text));
	buf_release(&text);
	buf_add_text(out, "</section>");
	add_stations(out, b, i);
	add_causes(out, b, i);
	add_course(out, b, i);
	frame_close(out, b);
}
