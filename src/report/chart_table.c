/*
 * The values of a chart as a table, for who cannot see it or wants to copy it:
 * a row for each five minutes of the clock, a column for each station.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/page_frame.h"

enum { BINS_MAX = 288 };
#define BIN_US (5 * US_PER_MIN)

static void add_cell(struct buf *out, const struct series_summary *sum,
		     const char *name)
{
	buf_add_text(out, "<td");
	html_attr(out, "data-label", name);
	if (sum->n == 0) {
		buf_add_text(out, ">\xe2\x80\x93</td>");
		return;
	}
	buf_add_text(out, "><span>");
	if (sum->p50_us >= 0) {
		frame_latency(out, sum->p50_us);
		buf_add_text(out, " <small>p95 ");
		frame_latency(out, sum->p95_us);
		buf_addf(out, ", n %" PRIu64 "</small>", sum->n);
	} else {
		buf_addf(out, "<small>n %" PRIu64 "</small>", sum->n);
	}
	if (sum->failed)
		buf_addf(out,
			 " <small class=\"bad\">\xc3\x97 %" PRIu64
			 " failed</small>",
			 sum->failed);
	buf_add_text(out, "</span></td>");
}

/* Among many stations, all of them as one. */
static void pool(const struct chart *c, struct series *ret_all)
{
	*ret_all = (struct series){ .count = 0 };
	for (size_t i = 0; i < c->line_count; i++) {
		const struct series *s = c->lines[i].series;

		for (size_t k = 0; k < s->count; k++)
			series_add(ret_all, &s->samples[k]);
	}
}

static void add_rows(struct buf *out, const struct chart *c,
		     const struct chart_line *lines, size_t count)
{
	int64_t at = clock_floor(c->to_us - 1, BIN_US);

	for (int i = 0; i < BINS_MAX && at + BIN_US > c->from_us;
	     i++, at -= BIN_US) {
		int64_t from_us = at < c->from_us ? c->from_us : at;
		int64_t to_us = at + BIN_US > c->to_us ? c->to_us : at + BIN_US;
		struct civil civil = civil_from_us(at);

		buf_addf(out, "<tr><th scope=\"row\">%02d:%02d</th>",
			 civil.hour, civil.minute);
		for (size_t k = 0; k < count; k++) {
			struct series_summary sum;

			series_summarise(lines[k].series, from_us, to_us, &sum);
			add_cell(out, &sum, lines[k].name);
		}
		buf_add_text(out, "</tr>");
	}
}

void chart_table(struct buf *out, const struct chart *c)
{
	bool crowd = c->line_count > CHART_STYLES;
	struct series all;
	const struct chart_line one = { .series = &all,
					.name = "all stations" };
	const struct chart_line *lines = crowd ? &one : c->lines;
	size_t count = crowd ? 1 : c->line_count;

	pool(c, &all);
	buf_add_text(out,
		     "<details><summary>The same as a table</summary>"
		     "<div class=\"values\"><table class=\"cards\"><thead><tr>"
		     "<th scope=\"col\">five minutes from (UTC)</th>");
	for (size_t i = 0; i < count; i++)
		html_element(out, "th scope=\"col\"", lines[i].name);
	buf_add_text(out, "</tr></thead><tbody>");
	add_rows(out, c, lines, count);
	buf_add_text(out, "</tbody></table><p class=\"note\">Median and p95 of "
			  "those that succeeded; n counts all that were "
			  "tried.</p></div></details>");
	series_release(&all);
}
