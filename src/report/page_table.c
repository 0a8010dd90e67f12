#include "report/page_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/html.h"
#include "report/words.h"

/* --- operations --------------------------------------------------------- */

static void add_latency(struct buf *out, int64_t us)
{
	char text[32] = "\xe2\x80\x93"; /* a dash: there is none */

	if (us >= 0)
		text_latency(text, sizeof(text), us);
	buf_addf(out, "<td class=\"n\">%s</td>", text);
}

/* Failures stand out, their absence does not. */
static void add_count(struct buf *out, uint64_t n, bool is_bad)
{
	buf_addf(out, "<td class=\"n%s\">%" PRIu64 "</td>",
		 is_bad && n ? " bad" : "", n);
}

static void add_operation(struct buf *out, const struct station_facts *f,
			  const char *name, const struct series *series,
			  const char *class)
{
	struct series_summary sum;

	series_summarise(series, f->from_us, f->now_us, &sum);
	buf_addf(out, "<tr%s><th scope=\"row\">%s</th>", class, name);
	add_count(out, sum.n, false);
	add_count(out, sum.failed, true);
	add_count(out, sum.other, false);
	add_latency(out, sum.p50_us);
	add_latency(out, sum.p95_us);
	buf_add_text(out, "</tr>");
}

void page_operations(struct buf *out, const struct station_facts *f,
		     const struct station_ca *ca)
{
	buf_add_text(out,
		     "<table class=\"ops\"><thead><tr>"
		     "<th scope=\"col\">operation</th>"
		     "<th scope=\"col\" class=\"n\">n</th>"
		     "<th scope=\"col\" class=\"n\">failed</th>"
		     "<th scope=\"col\" class=\"n\">not the CA\xe2\x80\x99s"
		     "</th>"
		     "<th scope=\"col\" class=\"n\">median</th>"
		     "<th scope=\"col\" class=\"n\">p95</th>"
		     "</tr></thead><tbody>");
	for (unsigned op = 0; op < OPS; op++) {
		if (ca->ops[op].count)
			add_operation(out, f, op_name((enum op)op),
				      &ca->ops[op], "");
	}
	add_operation(out, f, "issuance, whole", ca->issuances,
		      " class=\"whole\"");
	buf_add_text(out, "</tbody></table>");
}

/* --- exchanges ---------------------------------------------------------- */

enum { BAR_WIDTH = 120, BAR_HEIGHT = 10 };

static void add_part(struct buf *out, enum phase phase, int64_t from_us,
		     int64_t us, int64_t total_us)
{
	buf_addf(out,
		 "<rect class=\"p-%s\" x=\"%.1f\" width=\"%.1f\" "
		 "height=\"%d\"/>",
		 phase_name(phase),
		 (double)from_us * BAR_WIDTH / (double)total_us,
		 (double)us * BAR_WIDTH / (double)total_us, BAR_HEIGHT);
}

/*
 * The phases' shares of the whole, in the order in which they happened; of a
 * failure, the one it stopped in as far as it got.
 */
static void add_bar(struct buf *out, const struct exchange *e)
{
	int64_t total = exchange_took_us(e);
	int64_t at = 0;
	char text[32];

	buf_addf(out,
		 "<svg class=\"bar\" viewBox=\"0 0 %d %d\" "
		 "preserveAspectRatio=\"none\" role=\"img\"><title>",
		 BAR_WIDTH, BAR_HEIGHT);
	for (unsigned p = 0; p < PHASE_TOTAL; p++) {
		int64_t us = marks_phase_us(&e->marks, (enum phase)p);

		if (us < 0)
			continue;
		text_latency(text, sizeof(text), us);
		buf_addf(out, "%s %s; ", phase_name((enum phase)p), text);
	}
	buf_add_text(out, "</title>");
	for (unsigned p = 0; p < PHASE_TOTAL && total > 0; p++) {
		int64_t us = marks_phase_us(&e->marks, (enum phase)p);

		if (us <= 0)
			continue;
		add_part(out, (enum phase)p, at, us, total);
		at += us;
	}
	if (e->outcome != OUTCOME_OK && at < total)
		add_part(out, marks_stopped_in(&e->marks), at, total - at,
			 total);
	buf_add_text(out, "</svg>");
}

/* Status, problem and the CA's own words, as far as there are any. */
static void add_answer(struct buf *out, const struct exchange *e)
{
	char detail[160];

	buf_addf(out, "<td class=\"%s\" data-label=\"outcome\">",
		 e->outcome == OUTCOME_OK		 ? "ok"
		 : outcome_fault(e->outcome) == FAULT_CA ? "ok bad"
							 : "ok");
	html_text(out, outcome_slug(e->outcome));
	buf_add_text(out, "</td><td class=\"n\" data-label=\"status\">");
	if (e->status)
		buf_addf(out, "%d", e->status);
	else
		buf_add_text(out, "\xe2\x80\x93");
	buf_add_text(out, "</td><td class=\"words\" data-label=\"answer\">");
	if (e->problem[0])
		html_element(out, "b", e->problem);
	if (e->problem[0] && e->detail[0])
		buf_add_char(out, ' ');
	text_copy(detail, sizeof(detail), e->detail);
	html_text(out, detail);
	buf_add_text(out, "</td>");
}

static void add_exchange(struct buf *out, const struct station_facts *f,
			 const struct exchange *e)
{
	const struct station_ca *ca = station_ca_find(f, e->ca);
	char took[32];

	text_latency(took, sizeof(took), exchange_took_us(e));
	buf_addf(out,
		 "<tr><td data-label=\"started\">"
		 "<a href=\"/api/v1/exchanges/%" PRId64 "\">",
		 e->id);
	html_time(out, e->wall_us, f->now_us);
	buf_add_text(out, "</a></td><td data-label=\"CA\">");
	html_text(out, ca ? ca->name : "?");
	buf_addf(out, "</td><td data-label=\"operation\">%s</td>",
		 op_name(e->op));
	add_answer(out, e);
	buf_addf(out, "<td class=\"n\" data-label=\"took\">%s</td>", took);
	buf_add_text(out, "<td data-label=\"phases\">");
	add_bar(out, e);
	buf_add_text(out, "</td></tr>");
}

static void add_phases(struct buf *out)
{
	buf_add_text(out, "<p class=\"note keys\">Phases: ");
	for (unsigned p = 0; p < PHASE_TOTAL; p++) {
		const char *name = phase_name((enum phase)p);

		buf_addf(out,
			 "<span><svg class=\"key\" viewBox=\"0 0 10 10\" "
			 "aria-hidden=\"true\"><rect class=\"p-%s\" "
			 "width=\"10\" height=\"10\"/></svg> %s</span> ",
			 name, name);
	}
	buf_add_text(out, "</p>");
}

void page_exchanges(struct buf *out, const struct station_facts *f)
{
	if (f->latest_count == 0)
		return;
	buf_add_text(out, "<section><h2>The latest exchanges</h2>"
			  "<table class=\"cards\"><thead><tr>"
			  "<th scope=\"col\">started</th>"
			  "<th scope=\"col\">CA</th>"
			  "<th scope=\"col\">operation</th>"
			  "<th scope=\"col\">outcome</th>"
			  "<th scope=\"col\" class=\"n\">status</th>"
			  "<th scope=\"col\">answer</th>"
			  "<th scope=\"col\" class=\"n\">took</th>"
			  "<th scope=\"col\">phases</th>"
			  "</tr></thead><tbody>");
	for (size_t i = 0; i < f->latest_count; i++)
		add_exchange(out, f, &f->latest[i]);
	buf_add_text(out, "</tbody></table>");
	add_phases(out);
	buf_add_text(out, "</section>");
}

/* --- the station -------------------------------------------------------- */

static void add_sight(struct buf *out, const struct station_facts *f)
{
	buf_addf(out, "<div><dt>sight</dt><dd>%s", sight_name(f->sight));
	if (f->sight_since_us) {
		buf_add_text(out, " since ");
		html_time(out, f->sight_since_us, f->now_us);
	}
	buf_add_text(out, "</dd></div>");
}

static void add_moment(struct buf *out, const struct station_facts *f,
		       const char *name, int64_t wall_us)
{
	buf_addf(out, "<div><dt>%s</dt><dd>", name);
	if (wall_us)
		html_time(out, wall_us, f->now_us);
	else
		buf_add_text(out, "not known");
	buf_add_text(out, "</dd></div>");
}

static void add_controls(struct buf *out, const struct station_facts *f)
{
	for (size_t i = 0; i < f->ca_count; i++) {
		const struct station_ca *ca = &f->cas[i];
		struct series_summary sum;

		if (!ca->is_control || !ca->watched)
			continue;
		series_summarise(&ca->ops[OP_CONTROL], f->from_us, f->now_us,
				 &sum);
		buf_add_text(out, "<div><dt>control ");
		html_text(out, ca->name);
		buf_addf(out,
			 "</dt><dd>%" PRIu64 " asked, %" PRIu64
			 " failed</dd></div>",
			 sum.n, sum.n - sum.outcomes[OUTCOME_OK]);
	}
}

static void add_event(struct buf *out, const struct station_facts *f,
		      const struct station_event *e)
{
	char length[WORDS];

	buf_add_text(out, "<li>");
	html_time(out, e->wall_us, f->now_us);
	buf_add_char(out, ' ');
	html_element(out, "b", e->kind);
	if (e->until_us > e->wall_us) {
		words_age(length, e->until_us - e->wall_us);
		buf_addf(out, " for %s", length);
	}
	if (e->detail[0]) {
		buf_add_text(out, ": ");
		html_text(out, e->detail);
	}
	buf_add_text(out, "</li>");
}

void page_facts(struct buf *out, const struct station_facts *f)
{
	buf_add_text(out, "<section><h2>This station</h2><dl>"
			  "<div><dt>name</dt><dd>");
	html_text(out, f->name);
	buf_add_text(out, "</dd></div><div><dt>place</dt><dd>");
	html_text(out, f->place[0] ? f->place : "not told");
	buf_add_text(out, "</dd></div>");
	add_sight(out, f);
	add_moment(out, f, "measuring since", f->started_us);
	add_moment(out, f, "last word", f->last_us);
	add_controls(out, f);
	buf_add_text(out, "</dl>");
	if (f->event_count) {
		buf_add_text(out, "<h3>What happened to it</h3><ul>");
		for (size_t i = 0; i < f->event_count; i++)
			add_event(out, f, &f->events[i]);
		buf_add_text(out, "</ul>");
	}
	buf_add_text(out, "</section>");
}
