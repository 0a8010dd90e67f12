#include "report/page_frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/assets.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/summary.h"

unsigned frame_style(size_t station)
{
	return (unsigned)(station % CHART_STYLES);
}

void frame_latency(struct buf *out, int64_t us)
{
	char text[32] = "\xe2\x80\x93"; /* a dash: there is none */

	if (us >= 0)
		text_latency(text, sizeof(text), us);
	buf_add_text(out, text);
}

void frame_open(struct buf *out, const struct board *b, const char *title,
		const char *trail)
{
	buf_add_text(out,
		     "<!DOCTYPE html>\n<html lang=\"en\"><head>"
		     "<meta charset=\"utf-8\"/>"
		     "<meta name=\"viewport\" "
		     "content=\"width=device-width, initial-scale=1\"/>"
		     "<meta name=\"color-scheme\" content=\"light dark\"/>");
	buf_addf(out,
		 "<link rel=\"icon\" href=\"%s\"/>"
		 "<link rel=\"stylesheet\" href=\"%s\"/>"
		 "<script type=\"module\" src=\"%s\"></script>",
		 asset_url("icon.svg"), asset_url("page.css"),
		 asset_url("page.js"));
	html_element(out, "title", title);
	buf_add_text(out, "</head><body><a class=\"skip\" href=\"#main\">"
			  "To the contents</a><header><p class=\"brand\">"
			  "<a href=\"/\"><strong>acmeter</strong></a> <span>");
	html_text(out, b->title);
	buf_add_text(out, "</span>");
	if (trail) {
		buf_add_text(out, " <span>");
		html_text(out, trail);
		buf_add_text(out, "</span>");
	}
	buf_add_text(out, "</p><p id=\"clock\" class=\"clock\">as of ");
	html_time(out, b->now_us, b->now_us);
	buf_add_text(out, "</p>");
	if (b->note[0])
		html_element(out, "p class=\"remark\"", b->note);
	buf_add_text(out, "</header><main id=\"main\">");
}

void frame_close(struct buf *out, const struct board *b)
{
	buf_add_text(out, "</main><footer><p><a href=\"/method\">How it is "
			  "measured</a>. All of it is data: "
			  "<a href=\"/api/v1/stations\">stations</a>, "
			  "<a href=\"/api/v1/series\">samples</a>");
	if (!b->hub)
		buf_add_text(out,
			     ", <a href=\"/api/v1/exchanges\">exchanges</a> "
			     "(<a href=\"/api/v1/exchanges.csv\">CSV</a>), "
			     "<a href=\"/api/v1/issuances\">issuances</a> "
			     "(<a href=\"/api/v1/issuances.csv\">CSV</a>), "
			     "<a href=\"/api/v1/hours\">hours</a> "
			     "(<a href=\"/api/v1/hours.csv\">CSV</a>)");
	buf_add_text(out, ", <a href=\"/metrics\">metrics</a>, "
			  "<a href=\"/healthz\">health</a>.</p><p>acmeter ");
	html_text(out, b->version);
	buf_add_text(out, "</p></footer></body></html>\n");
}

void frame_query(struct buf *out, const struct board_view *v, const char *ca,
		 int op)
{
	const char *p = v->stations;

	buf_add_text(out, "?ca=");
	html_text(out, ca);
	if (op >= 0)
		buf_addf(out, "&amp;op=%s", op_name((enum op)op));
	while (*p) {
		size_t len = strcspn(p, ",");

		buf_addf(out, "&amp;station=%.*s", (int)len, p);
		p += len;
		p += *p == ',';
	}
	if (v->log)
		buf_add_text(out, "&amp;scale=log");
}

/* --- exchanges ---------------------------------------------------------- */

enum { BAR_WIDTH = 120, BAR_HEIGHT = 10, DETAIL_SHOWN = 160 };

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
	char detail[DETAIL_SHOWN];

	buf_addf(out, "<td class=\"%s\" data-label=\"outcome\">",
		 e->outcome != OUTCOME_OK &&
				 outcome_fault(e->outcome) == FAULT_CA
			 ? "bad"
			 : "");
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

static void add_exchange(struct buf *out, const struct board *b,
			 const struct frame_row *row)
{
	const struct exchange *e = row->exchange;
	const struct board_station *s = &b->stations[row->station];
	const struct station_ca *ca =
		s->facts ? station_ca_find(s->facts, e->ca) : NULL;

	buf_add_text(out, "<tr><td data-label=\"started\">"
			  "<a href=\"/exchanges/");
	html_text(out, s->name);
	buf_addf(out, "/%" PRId64 "\">", e->id);
	html_time(out, e->wall_us, b->now_us);
	buf_add_text(out, "</a></td>");
	if (b->hub) {
		buf_add_text(out, "<td data-label=\"station\">");
		html_text(out, board_place(s));
		buf_add_text(out, "</td>");
	}
	buf_add_text(out, "<td data-label=\"CA\">");
	html_text(out, ca ? ca->name : "\xe2\x80\x93");
	buf_addf(out, "</td><td data-label=\"operation\">%s</td>",
		 op_name(e->op));
	add_answer(out, e);
	buf_add_text(out, "<td class=\"n\" data-label=\"took\">");
	frame_latency(out, exchange_took_us(e));
	buf_add_text(out, "</td><td data-label=\"phases\">");
	add_bar(out, e);
	buf_add_text(out, "</td></tr>");
}

static void add_keys(struct buf *out)
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

void frame_exchanges(struct buf *out, const struct board *b,
		     const struct frame_row *rows, size_t count)
{
	buf_add_text(out, "<table class=\"cards\"><thead><tr>"
			  "<th scope=\"col\">started</th>");
	if (b->hub)
		buf_add_text(out, "<th scope=\"col\">station</th>");
	buf_add_text(out, "<th scope=\"col\">CA</th>"
			  "<th scope=\"col\">operation</th>"
			  "<th scope=\"col\">outcome</th>"
			  "<th scope=\"col\" class=\"n\">status</th>"
			  "<th scope=\"col\">answer</th>"
			  "<th scope=\"col\" class=\"n\">took</th>"
			  "<th scope=\"col\">phases</th>"
			  "</tr></thead><tbody>");
	for (size_t i = 0; i < count; i++)
		add_exchange(out, b, &rows[i]);
	buf_add_text(out, "</tbody></table>");
	add_keys(out);
}

void frame_moment(struct buf *out, const struct board *b, const char *name,
		  int64_t wall_us)
{
	buf_addf(out, "<div><dt>%s</dt><dd>", name);
	if (wall_us)
		html_time(out, wall_us, b->now_us);
	else
		buf_add_text(out, "\xe2\x80\x93");
	buf_add_text(out, "</dd></div>");
}
