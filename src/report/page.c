#include "report/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/json_write.h"
#include "report/page_table.h"
#include "report/route.h"
#include "report/words.h"

/* Each state is a word, a shape and a class, which has its colour. */
static const struct {
	const char *shape, *class;
} looks[STANDINGS] = {
	[STANDING_UNKNOWN] = { "\xe2\x97\x8b", "unknown" },
	[STANDING_GOOD] = { "\xe2\x97\x8f", "good" },
	[STANDING_MIXED] = { "\xe2\x97\x86", "mixed" },
	[STANDING_FAILING] = { "\xe2\x96\xa0", "failing" },
};

static bool is_shown(const struct station_ca *ca)
{
	return ca->watched && !ca->is_control;
}

static void add_head(struct buf *out, const char *title)
{
	buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
			  "<meta charset=\"utf-8\"/>"
			  "<meta name=\"viewport\" "
			  "content=\"width=device-width, initial-scale=1\"/>"
			  "<meta name=\"color-scheme\" content=\"light dark\"/>"
			  "<link rel=\"icon\" href=\"data:,\"/>"
			  "<link rel=\"stylesheet\" href=\"/style.css\"/>");
	html_element(out, "title", title);
}

/* --- the head of the page ----------------------------------------------- */

static void add_title(struct buf *out, const struct station_facts *f)
{
	char title[256];
	size_t used = 0;

	title[0] = '\0';
	for (size_t i = 0; i < f->ca_count && used < sizeof(title); i++) {
		if (is_shown(&f->cas[i]))
			used += (size_t)snprintf(
				title + used, sizeof(title) - used, "%s %s, ",
				looks[standing_of(f->cas[i].standing)].shape,
				f->cas[i].name);
	}
	if (used < sizeof(title))
		snprintf(title + used, sizeof(title) - used, "acmeter %s",
			 f->name);
	add_head(out, title);
	buf_add_text(out, "<meta http-equiv=\"refresh\" content=\"60\"/>"
			  "</head><body>");
}

static void add_banner(struct buf *out, const struct station_facts *f)
{
	buf_add_text(out, "<header><p class=\"brand\"><strong>acmeter</strong>"
			  " <span>station ");
	html_text(out, f->name);
	if (f->place[0]) {
		buf_add_text(out, ", ");
		html_text(out, f->place);
	}
	buf_add_text(out, "</span></p><p class=\"clock\">as of ");
	html_time(out, f->now_us, f->now_us);
	buf_add_text(out, "</p></header>");
}

/* What makes all that follows old or doubtful comes before it. */
static void add_warning(struct buf *out, const struct station_facts *f)
{
	char age[WORDS];

	if (f->last_us == 0) {
		buf_add_text(out, "<p class=\"warning\">This station has not "
				  "measured anything yet.</p>");
		return;
	}
	if (!station_is_fresh(f)) {
		words_age(age, f->now_us - f->last_us);
		buf_addf(out,
			 "<p class=\"warning\">This station has recorded "
			 "nothing for %s. What is below is old.</p>",
			 age);
	}
	if (f->sight == SIGHT_BLIND)
		buf_add_text(out,
			     "<p class=\"warning\">This station is blind: what "
			     "has nothing to do with any CA fails from here as "
			     "well. Failures below may be its own.</p>");
}

static void add_standing(struct buf *out, const struct station_facts *f,
			 const struct station_ca *ca)
{
	enum standing standing = standing_of(ca->standing);
	struct buf sentence = BUF_INIT(2048);
	struct series_summary sum;

	series_summarise(ca->issuances, f->from_us, f->now_us, &sum);
	standing_sentence(&sentence, ca->standing, &sum);
	buf_addf(out,
		 "<p class=\"lead\"><span class=\"state %s\">%s %s</span> ",
		 looks[standing].class, looks[standing].shape,
		 standing_word(standing));
	html_text(out, buf_text(&sentence));
	buf_add_text(out, "</p>");
	buf_release(&sentence);
}

static void add_standings(struct buf *out, const struct station_facts *f)
{
	bool any = false;

	buf_add_text(out, "<main>");
	add_warning(out, f);
	for (size_t i = 0; i < f->ca_count; i++) {
		if (is_shown(&f->cas[i])) {
			add_standing(out, f, &f->cas[i]);
			any = true;
		}
	}
	if (!any)
		buf_add_text(out, "<p class=\"lead\">No CA has been measured "
				  "yet.</p>");
	buf_add_text(out, "<p class=\"note\">This is what one station saw. It "
			  "tells a failure of the CA from one of its own "
			  "network only as far as its controls do.</p>");
}

/* --- one CA ------------------------------------------------------------- */

static void add_chart(struct buf *out, const struct station_facts *f,
		      const struct station_ca *ca, const char *what,
		      const struct series *series, unsigned number)
{
	struct series_summary sum;
	char title[128], p50[32], p95[32];
	struct chart chart = {
		.number = number,
		.title = title,
		.series = series,
		.from_us = f->from_us,
		.to_us = f->now_us,
		.gap_us = ca->gap_us,
	};

	series_summarise(series, f->from_us, f->now_us, &sum);
	snprintf(title, sizeof(title), "%s at %s", what, ca->name);
	buf_addf(out, "<figure><figcaption><strong>%s</strong><br/><span>",
		 what);
	if (sum.p50_us >= 0) {
		text_latency(p50, sizeof(p50), sum.p50_us);
		text_latency(p95, sizeof(p95), sum.p95_us);
		buf_addf(out, "median %s, p95 %s, ", p50, p95);
	}
	buf_addf(out, "n %" PRIu64, sum.n);
	if (sum.failed)
		buf_addf(out, ", %" PRIu64 " failed", sum.failed);
	buf_add_text(out, "</span></figcaption>");
	chart_print(out, &chart);
	buf_add_text(out, "</figure>");
}

static void add_charts(struct buf *out, const struct station_facts *f,
		       const struct station_ca *ca)
{
	unsigned number = ca->number * (OPS + 1) + 1;

	buf_add_text(out, "<div class=\"charts\">");
	for (unsigned op = 0; op < OPS; op++) {
		if (ca->ops[op].count)
			add_chart(out, f, ca, op_name((enum op)op),
				  &ca->ops[op], number + op);
	}
	buf_add_text(out, "</div>");
}

static void add_ca(struct buf *out, const struct station_facts *f,
		   const struct station_ca *ca)
{
	char span[WORDS];

	words_span(span, f->now_us - f->from_us);
	buf_add_text(out, "<section><h2>");
	html_text(out, ca->name);
	buf_addf(out, " <small>the last %s</small></h2><p class=\"where\">",
		 span);
	html_text(out, ca->directory);
	if (ca->shallow)
		buf_add_text(out, " (orders only, no certificate)");
	buf_add_text(out, "</p>");
	buf_add_text(out, "<div class=\"top\">");
	page_operations(out, f, ca);
	add_chart(out, f, ca, "issuance, whole", ca->issuances,
		  ca->number * (OPS + 1));
	buf_add_text(out, "</div>");
	add_charts(out, f, ca);
	buf_add_text(out, "</section>");
}

static void add_legend(struct buf *out, const struct station_facts *f)
{
	buf_add_text(
		out,
		"<p class=\"note\">A dot is one that succeeded, at the time "
		"it started (UTC) and with the time it took; the line is the "
		"median of five minutes. On the rail above, a cross is a "
		"failure that counts against the CA, a ring one that does not. "
		"Arrows are above the scale. Where it is hatched, nothing was "
		"measured.");
	if (f->cut)
		buf_add_text(out, " More was measured than is drawn: the "
				  "window begins where the drawing does.");
	buf_add_text(out, "</p>");
}

static void add_foot(struct buf *out, const struct station_facts *f)
{
	buf_add_text(out, "</main><footer><p>Everything here is also data: "
			  "<a href=\"/api/v1/station\">station</a>, "
			  "<a href=\"/api/v1/exchanges\">exchanges</a> "
			  "(<a href=\"/api/v1/exchanges.csv\">CSV</a>), "
			  "<a href=\"/api/v1/issuances\">issuances</a> "
			  "(<a href=\"/api/v1/issuances.csv\">CSV</a>), "
			  "<a href=\"/api/v1/hours\">hours</a> "
			  "(<a href=\"/api/v1/hours.csv\">CSV</a>), "
			  "<a href=\"/metrics\">metrics</a>, "
			  "<a href=\"/healthz\">health</a>.</p><p>acmeter ");
	html_text(out, f->version);
	buf_add_text(out, "</p></footer></body></html>\n");
}

void page_station(struct buf *out, const struct station_facts *f)
{
	bool any = false;

	add_title(out, f);
	add_banner(out, f);
	add_standings(out, f);
	for (size_t i = 0; i < f->ca_count; i++) {
		if (is_shown(&f->cas[i])) {
			add_ca(out, f, &f->cas[i]);
			any = true;
		}
	}
	if (any)
		add_legend(out, f);
	page_exchanges(out, f);
	page_facts(out, f);
	add_foot(out, f);
}

/* --- one sentence ------------------------------------------------------- */

void page_message(struct buf *out, int status, const char *sentence)
{
	char title[64];

	snprintf(title, sizeof(title), "%d %s", status,
		 route_status_phrase(status));
	add_head(out, title);
	buf_add_text(out, "</head><body><main>");
	html_element(out, "h1", title);
	html_element(out, "p class=\"lead\"", sentence);
	buf_add_text(out, "<p><a href=\"/\">To the station's page</a></p>"
			  "</main></body></html>\n");
}

void json_message(struct buf *out, int status, const char *sentence)
{
	buf_add_char(out, '{');
	json_number(out, "status", status);
	json_text(out, "title", route_status_phrase(status));
	json_text(out, "detail", sentence);
	buf_add_text(out, "}\n");
}
