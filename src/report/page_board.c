/*
 * The page at "/": sentence, chart, where the time goes, the matrix.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/board.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/page_incident.h"
#include "report/page_station.h"
#include "report/status_show.h"
#include "report/summary.h"
#include "report/words.h"

enum { SENTENCE_MAX = 4096 };

static const char *op_word(int op)
{
	return op < 0 ? "issuance" : op_name((enum op)op);
}

static const struct series *series_of(const struct station_ca *ca, int op)
{
	return op < 0 ? ca->issuances : &ca->ops[op];
}

/* --- the CAs ------------------------------------------------------------ */

/* What is judged goes before what was last seen: a good certificate in the
   middle of an incident makes no CA look well. */
static struct incident_look look_of(const struct board *b,
				    const struct summary *s)
{
	const struct incident_look *judged = incident_look(b, s->ca);
	const struct incident_look seen = { .words = summary_word(s->state),
					    .shape = summary_shape(s->state),
					    .class = summary_class(s->state) };

	return judged ? *judged : seen;
}

static void add_cas(struct buf *out, const struct board *b,
		    const struct board_view *v, const char *chosen)
{
	const struct station_ca *list[BOARD_CAS];
	size_t n = board_cas(b, list);

	if (n < 2)
		return;
	buf_add_text(out, "<nav id=\"cas\" aria-label=\"CAs\"><ul>");
	for (size_t i = 0; i < n; i++) {
		struct incident_look look;
		struct summary s;

		summary_make(b, list[i]->name, &s);
		look = look_of(b, &s);
		buf_add_text(out, "<li><a href=\"/");
		frame_query(out, v, list[i]->name, v->op);
		buf_addf(out, "\"%s><span class=\"%s\">%s</span> ",
			 strcmp(list[i]->name, chosen) == 0
				 ? " aria-current=\"page\""
				 : "",
			 look.class, look.shape);
		html_text(out, list[i]->name);
		buf_addf(out, "<span class=\"hidden\"> (%s)</span></a></li>",
			 look.words);
		summary_release(&s);
	}
	buf_add_text(out, "</ul></nav>");
}

/* --- the sentence ------------------------------------------------------- */

static void add_text(struct buf *out, const char *tag, const struct board *b,
		     const struct summary *s,
		     void (*make)(struct buf *, const struct board *,
				  const struct summary *))
{
	struct buf text = BUF_INIT(SENTENCE_MAX);

	make(&text, b, s);
	html_element(out, tag, buf_text(&text));
	buf_release(&text);
}

static void add_sentence(struct buf *out, const struct board *b,
			 const struct summary *s)
{
	struct buf claim = BUF_INIT(SENTENCE_MAX);

	if (incident_lead(out, b, s->ca))
		return;
	buf_addf(out,
		 "<section id=\"sentence\" aria-live=\"polite\" "
		 "class=\"lead %s\">",
		 summary_class(s->state));
	if (!s->ca[0]) {
		buf_add_text(out, "<h1>No CA has been measured yet.</h1>"
				  "</section>");
		return;
	}
	summary_claim(&claim, b, s);
	buf_addf(out, "<h1><span class=\"shape\" title=\"%s\">%s</span> ",
		 summary_word(s->state), summary_shape(s->state));
	html_text(out, buf_text(&claim));
	buf_release(&claim);
	buf_add_text(out, "</h1>");
	add_text(out, "p", b, s, summary_evidence);
	add_text(out, "p", b, s, summary_times);
	status_line(out, b, s->ca);
	buf_addf(out, "<p class=\"note\">%s</p></section>",
		 b->hub ? "This is what the stations saw, together. It is no "
			  "statement of the CA."
			: "This is what one station saw. It tells a failure "
			  "of the CA from one of its own network only as far "
			  "as its controls do.");
}

/* --- the chart ---------------------------------------------------------- */

static void add_option(struct buf *out, int op, int chosen)
{
	buf_addf(out, "<option value=\"%s\"%s>%s</option>", op_word(op),
		 op == chosen ? " selected=\"selected\"" : "",
		 op < 0 ? "issuance, whole" : op_name((enum op)op));
}

static bool is_measured(const struct board *b, const char *ca, int op)
{
	for (size_t i = 0; i < b->station_count; i++) {
		const struct station_ca *c =
			board_station_ca(&b->stations[i], ca);

		if (c && c->ops[op].count)
			return true;
	}
	return false;
}

static void add_boxes(struct buf *out, const struct board *b,
		      const struct board_view *v)
{
	if (b->station_count < 2)
		return;
	buf_add_text(out, "<fieldset><legend>stations</legend>");
	for (size_t i = 0; i < b->station_count; i++) {
		const struct board_station *s = &b->stations[i];

		buf_add_text(out, "<label><input type=\"checkbox\" "
				  "name=\"station\" value=\"");
		html_text(out, s->name);
		buf_addf(out, "\"%s/> ",
			 board_shows(v, s->name) ? " checked=\"checked\"" : "");
		chart_mark(out, frame_style(i));
		buf_add_char(out, ' ');
		html_text(out, board_place(s));
		buf_add_text(out, "</label>");
	}
	buf_add_text(out, "</fieldset>");
}

/* What is drawn is in the address; a plain form makes it. */
static void add_form(struct buf *out, const struct board *b,
		     const struct board_view *v, const char *ca)
{
	buf_add_text(out, "<form id=\"view\" action=\"/\" method=\"get\">"
			  "<input type=\"hidden\" name=\"ca\" value=\"");
	html_text(out, ca);
	buf_add_text(out, "\"/><label>operation <select name=\"op\">");
	add_option(out, -1, v->op);
	for (int op = 0; op < OPS; op++) {
		if (op != OP_CONTROL && is_measured(b, ca, op))
			add_option(out, op, v->op);
	}
	buf_add_text(out, "</select></label>");
	add_boxes(out, b, v);
	buf_addf(out,
		 "<label><input type=\"checkbox\" name=\"scale\" "
		 "value=\"log\"%s/> logarithmic</label>"
		 "<button>Show</button></form>",
		 v->log ? " checked=\"checked\"" : "");
}

/* Drawn, explained, and the same as a table. */
static void add_figure(struct buf *out, const struct chart *c)
{
	buf_add_text(out, "<div class=\"plot\">");
	chart_print(out, c);
	buf_add_text(out,
		     "</div><figcaption>A mark is one that succeeded, at the "
		     "time it started (UTC); a line is the median of five "
		     "minutes at one station. On the rail above, a cross is a "
		     "failure that counts against the CA, a ring one that "
		     "does not. Where it is hatched, nobody measured."
		     "</figcaption></figure>");
	chart_table(out, c);
}

static void add_plot(struct buf *out, const struct board *b,
		     const struct board_view *v, const char *ca)
{
	struct chart_line *lines = mem_array(b->station_count, sizeof(*lines));
	char title[128];
	struct chart c = { .number = 1,
			   .title = title,
			   .lines = lines,
			   .from_us = b->from_us,
			   .to_us = b->now_us + 1,
			   .log = v->log };

	for (size_t i = 0; i < b->station_count; i++) {
		const struct board_station *s = &b->stations[i];
		const struct station_ca *one = board_station_ca(s, ca);

		if (!one || !board_shows(v, s->name))
			continue;
		lines[c.line_count++] =
			(struct chart_line){ .name = board_place(s),
					     .series = series_of(one, v->op),
					     .style = frame_style(i),
					     .gap_us = one->gap_us };
	}
	snprintf(title, sizeof(title), "%s at %s", op_word(v->op), ca);
	add_figure(out, &c);
	free(lines);
}

static void add_chart(struct buf *out, const struct board *b,
		      const struct board_view *v, const char *ca)
{
	char span[WORDS];

	words_span(span, b->now_us - b->from_us);
	buf_addf(out, "<section id=\"chart\"><h2>%s time, the last %s</h2>",
		 v->op < 0 ? "Issuance" : op_name((enum op)v->op), span);
	add_form(out, b, v, ca);
	buf_add_text(out, "<figure");
	html_attr(out, "data-ca", ca);
	html_attr(out, "data-op", op_word(v->op));
	buf_add_char(out, '>');
	add_plot(out, b, v, ca);
	buf_add_text(out, "</section>");
}

/* --- where the time goes ------------------------------------------------ */

struct share {
	enum sample_part part;
	const char *word;
};

static const struct share shares[] = {
	{ PART_DNS, "dns" }, { PART_CONNECT, "connect" },
	{ PART_TLS, "tls" }, { PART_NETWORK, "network" },
	{ PART_CA, "CA" },   { PART_RECEIVE, "receive" },
};

enum { SHARES = sizeof(shares) / sizeof(shares[0]), TIME_WIDTH = 400 };

/* The samples of an operation at all stations that are shown. */
static void pool(const struct board *b, const struct board_view *v,
		 const char *ca, int op, struct series *ret_all)
{
	*ret_all = (struct series){ .count = 0 };
	for (size_t i = 0; i < b->station_count; i++) {
		const struct board_station *s = &b->stations[i];
		const struct station_ca *one = board_station_ca(s, ca);
		const struct series *series;

		if (!one || !board_shows(v, s->name))
			continue;
		series = series_of(one, op);
		for (size_t k = 0; k < series->count; k++)
			series_add(ret_all, &series->samples[k]);
	}
}

struct time_row {
	int op;
	uint64_t n;
	int64_t us[SHARES], whole_us;
};

static bool make_row(const struct board *b, const struct board_view *v,
		     const char *ca, int op, struct time_row *ret_row)
{
	struct time_row row = { .op = op };
	struct series_summary sum;
	struct series all;
	uint64_t n;

	pool(b, v, ca, op, &all);
	series_summarise(&all, b->from_us, b->now_us + 1, &sum);
	for (size_t i = 0; i < SHARES; i++) {
		row.us[i] = series_part_us(&all, shares[i].part, &n);
		/* Most requests open no connection: theirs is shown once. */
		if (i < 3 && 2 * n < all.count)
			row.us[i] = -1;
		if (row.us[i] > 0)
			row.whole_us += row.us[i];
	}
	series_release(&all);
	row.n = sum.outcomes[OUTCOME_OK];
	*ret_row = row;
	return row.n > 0;
}

static void add_time_row(struct buf *out, const struct time_row *row,
			 int64_t most_us)
{
	double at = 0;
	char text[32];

	buf_addf(out,
		 "<tr><th scope=\"row\">%s</th><td class=\"wide\"><svg "
		 "class=\"share\" viewBox=\"0 0 %d 12\" "
		 "preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		 op_word(row->op), TIME_WIDTH);
	for (size_t i = 0; i < SHARES; i++) {
		double width =
			(double)row->us[i] * TIME_WIDTH / (double)most_us;

		if (row->us[i] <= 0)
			continue;
		buf_addf(out,
			 "<rect class=\"t-%s\" x=\"%.1f\" width=\"%.1f\" "
			 "height=\"12\"/>",
			 shares[i].word, at, width);
		at += width;
	}
	buf_add_text(out, "</svg></td>");
	for (size_t i = 3; i < 5; i++) {
		buf_addf(out, "<td class=\"n\" data-label=\"%s\">",
			 shares[i].word);
		frame_latency(out, row->us[i]);
		buf_add_text(out, "</td>");
	}
	snprintf(text, sizeof(text), "%" PRIu64, row->n);
	buf_addf(out, "<td class=\"n\" data-label=\"n\">%s</td></tr>", text);
}

static void add_time_head(struct buf *out)
{
	buf_add_text(out, "<section id=\"time\"><h2>Where the time goes</h2>"
			  "<p class=\"note keys\">");
	for (size_t i = 0; i < SHARES; i++)
		buf_addf(out,
			 "<span><svg class=\"key\" viewBox=\"0 0 10 10\" "
			 "aria-hidden=\"true\"><rect class=\"t-%s\" "
			 "width=\"10\" height=\"10\"/></svg> %s</span> ",
			 shares[i].word, shares[i].word);
	buf_add_text(out, "</p><table class=\"time\"><thead><tr>"
			  "<th scope=\"col\">operation</th>"
			  "<th scope=\"col\">medians, on one scale</th>"
			  "<th scope=\"col\" class=\"n\">network</th>"
			  "<th scope=\"col\" class=\"n\">CA</th>"
			  "<th scope=\"col\" class=\"n\">n</th>"
			  "</tr></thead><tbody>");
}

/* Between polls we wait on purpose: that is nobody's slowness. */
static void add_waited(struct buf *out, const struct board *b,
		       const struct board_view *v, const char *ca)
{
	struct series all;
	int64_t us;
	uint64_t n;

	pool(b, v, ca, -1, &all);
	us = series_part_us(&all, PART_WAITED, &n);
	series_release(&all);
	if (n == 0)
		return;
	buf_add_text(out, "<p class=\"note\">Of a whole issuance, ");
	frame_latency(out, us);
	buf_addf(out,
		 " (median, n %" PRIu64 ") is our own waiting between one "
		 "request and the next, most of it for the validation.</p>",
		 n);
}

static void add_time(struct buf *out, const struct board *b,
		     const struct board_view *v, const char *ca)
{
	struct time_row rows[OPS];
	size_t n = 0;
	int64_t most_us = 1;

	for (int op = 0; op < OPS; op++) {
		if (op == OP_CONTROL || !make_row(b, v, ca, op, &rows[n]))
			continue;
		if (rows[n].whole_us > most_us)
			most_us = rows[n].whole_us;
		n++;
	}
	add_time_head(out);
	for (size_t i = 0; i < n; i++)
		add_time_row(out, &rows[i], most_us);
	buf_add_text(out, "</tbody></table>");
	if (n == 0)
		buf_add_text(out, "<p class=\"note\">Nothing has succeeded in "
				  "this window.</p>");
	add_waited(out, b, v, ca);
	buf_add_text(out, "</section>");
}

/* --- the page ----------------------------------------------------------- */

static void add_sections(struct buf *out, const struct board *b,
			 const struct board_view *v, const struct summary *s)
{
	add_sentence(out, b, s);
	if (s->ca[0]) {
		add_chart(out, b, v, s->ca);
		page_matrix(out, b, s->ca);
		page_incidents(out, b, s->ca);
		add_time(out, b, v, s->ca);
	}
	page_stations(out, b);
	page_latest(out, b);
}

void page_board(struct buf *out, const struct board *b,
		const struct board_view *v)
{
	struct summary s;
	char title[256];

	summary_make(b, board_ca(b, v), &s);
	snprintf(title, sizeof(title), "%s %s, acmeter %s",
		 look_of(b, &s).shape, s.ca, b->title);
	frame_open(out, b, title, NULL);
	add_cas(out, b, v, s.ca);
	add_sections(out, b, v, &s);
	frame_close(out, b);
	summary_release(&s);
}

/* With its own clock, so that what is refreshed says how old it is. */
void page_part(struct buf *out, const struct board *b,
	       const struct board_view *v)
{
	struct summary s;

	summary_make(b, board_ca(b, v), &s);
	buf_add_text(out, "<p id=\"clock\" class=\"clock\">as of ");
	html_time(out, b->now_us, b->now_us);
	buf_add_text(out, "</p>");
	add_cas(out, b, v, s.ca);
	add_sections(out, b, v, &s);
	summary_release(&s);
}
