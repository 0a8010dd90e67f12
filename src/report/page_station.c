#include "report/page_station.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/map.h"
#include "report/page_frame.h"
#include "report/summary.h"
#include "report/words.h"

enum { LATEST = 20 };

/* --- operation by station ----------------------------------------------- */

static bool any_samples(const struct board *b, const char *ca, int op)
{
	for (size_t i = 0; i < b->station_count; i++) {
		const struct station_ca *c =
			board_station_ca(&b->stations[i], ca);

		if (c && (op < 0 ? c->issuances : &c->ops[op])->count)
			return true;
	}
	return false;
}

static void add_cell(struct buf *out, const struct board *b,
		     const struct board_station *s, const struct station_ca *ca,
		     int op)
{
	const char *word = op < 0 ? "issuance" : op_name((enum op)op);
	struct series_summary sum;

	series_summarise(op < 0 ? ca->issuances : &ca->ops[op], b->from_us,
			 b->now_us + 1, &sum);
	buf_addf(out, "<td class=\"n%s\" data-label=\"%s\">",
		 sum.failed ? " hurt" : "", word);
	if (sum.n == 0) {
		buf_add_text(out, "\xe2\x80\x93</td>");
		return;
	}
	buf_add_text(out, "<a href=\"/exchanges?station=");
	html_text(out, s->name);
	buf_add_text(out, "&amp;ca=");
	html_text(out, ca->name);
	if (op >= 0)
		buf_addf(out, "&amp;op=%s", word);
	buf_add_text(out, "\"><b>");
	frame_latency(out, sum.p50_us);
	buf_add_text(out, "</b> <small>p95 ");
	frame_latency(out, sum.p95_us);
	buf_add_text(out, "</small>");
	if (sum.failed)
		buf_addf(out,
			 " <small class=\"bad\">\xc3\x97 %" PRIu64
			 " of %" PRIu64 " failed</small>",
			 sum.failed, sum.n);
	else
		buf_addf(out, " <small>n %" PRIu64 "</small>", sum.n);
	buf_add_text(out, "</a></td>");
}

static void add_matrix_row(struct buf *out, const struct board *b, size_t i,
			   const char *ca)
{
	const struct board_station *s = &b->stations[i];
	const struct station_ca *c = board_station_ca(s, ca);
	enum summary_state state = summary_station(s, ca);

	buf_addf(out,
		 "<tr><th scope=\"row\"><span class=\"%s\" title=\"%s\">%s"
		 "</span> ",
		 summary_class(state), summary_word(state),
		 summary_shape(state));
	html_text(out, board_place(s));
	buf_add_text(out, "</th>");
	for (int op = -1; op < OPS; op++) {
		if (op == OP_CONTROL || !any_samples(b, ca, op))
			continue;
		if (c)
			add_cell(out, b, s, c, op);
		else
			buf_addf(out,
				 "<td class=\"n\" data-label=\"%s\">"
				 "\xe2\x80\x93</td>",
				 op < 0 ? "issuance" : op_name((enum op)op));
	}
	buf_add_text(out, "</tr>");
}

void page_matrix(struct buf *out, const struct board *b, const char *ca)
{
	if (!any_samples(b, ca, -1) && !any_samples(b, ca, OP_DIRECTORY))
		return;
	buf_addf(out,
		 "<section id=\"matrix\"><h2>%s</h2><p class=\"note\">Medians, "
		 "p95 and failures of the same window. A figure leads to its "
		 "exchanges.</p><table class=\"matrix\"><thead><tr>"
		 "<th scope=\"col\">station</th>",
		 b->hub ? "Operation by station" : "Operations");
	for (int op = -1; op < OPS; op++) {
		if (op != OP_CONTROL && any_samples(b, ca, op))
			buf_addf(out, "<th scope=\"col\" class=\"n\">%s</th>",
				 op < 0 ? "issuance" : op_name((enum op)op));
	}
	buf_add_text(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < b->station_count; i++)
		add_matrix_row(out, b, i, ca);
	buf_add_text(out, "</tbody></table></section>");
}

/* --- the stations ------------------------------------------------------- */

static void add_word(struct buf *out, const struct board *b,
		     const struct board_station *s)
{
	char age[WORDS];

	words_age(age, b->now_us - s->heard_us);
	switch (s->answer) {
	case BOARD_NEVER:
		buf_add_text(out, "\xe2\x97\x8b has not answered yet");
		break;
	case BOARD_ANSWERS:
		buf_addf(out, "\xe2\x97\x8f answers, last %s ago", age);
		break;
	case BOARD_SILENT:
		buf_addf(out, "\xe2\x97\x8b no answer for %s", age);
		break;
	case BOARD_REFUSED:
		buf_add_text(out, "\xe2\x96\xb2 refused");
		break;
	}
	if (s->trouble[0]) {
		buf_add_text(out, ": ");
		html_text(out, s->trouble);
	}
}

static void add_offset(struct buf *out, const struct board_station *s)
{
	char offset[32], error[32];
	int64_t us = s->offset_us < 0 ? -s->offset_us : s->offset_us;

	if (!s->offset_known) {
		buf_add_text(out, "\xe2\x80\x93");
		return;
	}
	text_latency(offset, sizeof(offset), us);
	text_latency(error, sizeof(error), s->offset_error_us);
	buf_addf(out, "%s%s \xc2\xb1 %s",
		 s->offset_us < 0 ? "\xe2\x88\x92" : "+", offset, error);
}

static void add_station(struct buf *out, const struct board *b, size_t i)
{
	const struct board_station *s = &b->stations[i];

	buf_add_text(out, "<tr><th scope=\"row\">");
	chart_mark(out, frame_style(i));
	buf_add_char(out, ' ');
	html_text(out, board_place(s));
	if (s->country[0]) {
		buf_add_text(out, ", ");
		html_text(out, s->country);
	}
	buf_add_text(out, "</th><td data-label=\"name\">");
	html_text(out, s->name);
	if (b->hub && s->note && s->note[0]) {
		buf_add_text(out, "<br/>");
		html_element(out, "small", s->note);
	}
	buf_add_text(out, "</td><td data-label=\"operator\">");
	html_text(out, s->operator[0] ? s->operator: "\xe2\x80\x93");
	buf_add_text(out, "</td><td data-label=\"answer\">");
	add_word(out, b, s);
	buf_add_text(out, "</td><td data-label=\"sight\">");
	buf_add_text(out, s->facts ? sight_name(s->facts->sight) : "unknown");
	buf_add_text(out, "</td><td class=\"n\" data-label=\"clock\">");
	add_offset(out, s);
	buf_add_text(out, "</td></tr>");
}

static void add_list(struct buf *out, const struct board *b)
{
	buf_add_text(out, "<table class=\"cards\"><thead><tr>"
			  "<th scope=\"col\">place</th>"
			  "<th scope=\"col\">name</th>"
			  "<th scope=\"col\">operator</th>"
			  "<th scope=\"col\">last word</th>"
			  "<th scope=\"col\">sight</th>"
			  "<th scope=\"col\" class=\"n\">its clock less ours"
			  "</th></tr></thead><tbody>");
	for (size_t i = 0; i < b->station_count; i++)
		add_station(out, b, i);
	buf_add_text(out, "</tbody></table>");
}

/* --- a station alone ---------------------------------------------------- */

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

static void add_event(struct buf *out, const struct board *b,
		      const struct station_event *e)
{
	char length[WORDS];

	buf_add_text(out, "<li>");
	html_time(out, e->wall_us, b->now_us);
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

static void add_alone(struct buf *out, const struct board *b,
		      const struct station_facts *f)
{
	buf_addf(out, "<dl><div><dt>sight</dt><dd>%s", sight_name(f->sight));
	if (f->sight_since_us) {
		buf_add_text(out, " since ");
		html_time(out, f->sight_since_us, b->now_us);
	}
	buf_add_text(out, "</dd></div>");
	frame_moment(out, b, "measuring since", f->started_us);
	frame_moment(out, b, "last word", f->last_us);
	add_controls(out, f);
	buf_add_text(out, "</dl>");
	if (f->event_count == 0)
		return;
	buf_add_text(out, "<h3>What happened to it</h3><ul class=\"events\">");
	for (size_t i = 0; i < f->event_count; i++)
		add_event(out, b, &f->events[i]);
	buf_add_text(out, "</ul>");
}

void page_stations(struct buf *out, const struct board *b)
{
	buf_addf(out, "<section id=\"stations\"><h2>%s</h2>",
		 b->hub ? "Stations" : "This station");
	if (b->station_count == 0)
		buf_add_text(out, "<p>There are no stations yet.</p>");
	map_print(out, b);
	if (b->station_count)
		add_list(out, b);
	if (!b->hub && b->station_count == 1 && b->stations[0].facts)
		add_alone(out, b, b->stations[0].facts);
	buf_add_text(out, "</section>");
}

/* --- the latest --------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
	const struct frame_row *x = a, *y = b;

	if (x->exchange->wall_us != y->exchange->wall_us)
		return x->exchange->wall_us > y->exchange->wall_us ? -1 : 1;
	if (x->station != y->station)
		return x->station < y->station ? -1 : 1;
	return (x->exchange->id < y->exchange->id) -
	       (x->exchange->id > y->exchange->id);
}

void page_latest(struct buf *out, const struct board *b)
{
	struct frame_row *rows;
	size_t most = 0, n = 0;

	for (size_t i = 0; i < b->station_count; i++) {
		if (b->stations[i].facts)
			most += b->stations[i].facts->latest_count;
	}
	rows = mem_array(most, sizeof(*rows));
	for (size_t i = 0; i < b->station_count; i++) {
		const struct station_facts *f = b->stations[i].facts;

		for (size_t k = 0; f && k < f->latest_count; k++)
			rows[n++] = (struct frame_row){ &f->latest[k], i };
	}
	if (n)
		qsort(rows, n, sizeof(*rows), newest_first);
	buf_add_text(out, "<section id=\"latest\">"
			  "<h2>The latest exchanges</h2>");
	if (n)
		frame_exchanges(out, b, rows, n < LATEST ? n : LATEST);
	else
		buf_add_text(out, "<p class=\"note\">There is none yet.</p>");
	buf_add_text(out, "</section>");
	free(rows);
}
