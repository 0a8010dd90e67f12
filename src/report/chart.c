#include "report/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/html.h"

/* The drawing, in units of the viewBox. */
enum {
	WIDTH = 720,
	HEIGHT = 260,
	LEFT = 60,
	RIGHT = 712,
	RAIL = 14, /* of the failures */
	TOP = 34,
	BOTTOM = 230,
	HATCH = 8, /* between two hatching lines */
	BINS_MAX = 288,
	TICK_PX_LEAST = 70,
};
#define BIN_US (5 * US_PER_MIN)

struct plot {
	const struct chart *chart;
	struct series_summary sum; /* of all stations together */
	struct series all;	   /* in the order of the starts */
	int64_t top_us;		   /* the value at TOP */
	int64_t low_us;		   /* at BOTTOM; 0 unless logarithmic */
	unsigned above;		   /* samples over it */
};

/* Marks that differ by shape; relative, around the point they begin at. */
static const char *const marks[CHART_STYLES] = {
	"m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0", /* a ring */
	"m-2-2h4v4h-4z",		     /* a square */
	"m0-3l3 3-3 3-3-3z",		     /* a diamond */
	"m0-3l3 5h-6z",			     /* a triangle */
	"m-2-2l4 4m-4 0l4-4",		     /* a cross */
	"m-3 0h6m-3-3v6",		     /* a plus */
	"m0 3l3-5h-6z",			     /* a triangle on its head */
	"m-3 0h6",			     /* a dash */
};

/* --- scales ------------------------------------------------------------- */

/* The least of some round figures, times a power of ten, not below. */
static int64_t round_up(int64_t us)
{
	static const int64_t tens[] = { 10, 12, 16, 20, 30, 40, 50, 60, 80 };
	int64_t unit = 1;

	while (unit <= INT64_MAX / 1000 && unit * 100 <= us)
		unit *= 10;
	for (size_t i = 0; i < sizeof(tens) / sizeof(tens[0]); i++) {
		if (us <= tens[i] * unit)
			return tens[i] * unit;
	}
	return 100 * unit;
}

/*
 * The whole range, unless a few samples far out would press all others flat:
 * those are then drawn at the edge, and counted.
 */
static int64_t choose_top(const struct series_summary *sum)
{
	int64_t max_us = sum->max_us < 1 ? 1 : sum->max_us;

	if (sum->p95_us > 0 && max_us / 3 > sum->p95_us)
		max_us = sum->p95_us + sum->p95_us / 2;
	return round_up(max_us < 1000 ? 1000 : max_us);
}

/* Tenths of a unit. */
static int x_of(const struct chart *c, int64_t wall_us)
{
	int64_t span = c->to_us - c->from_us;
	int64_t at = wall_us - c->from_us;

	at = at < 0 ? 0 : at > span ? span : at;
	return LEFT * 10 +
	       (int)((double)at / (double)span * (RIGHT - LEFT) * 10);
}

/*
 * The logarithm to the base of two in 1/65536, a straight line between powers:
 * as good for a scale as the exact one, and the same everywhere.
 */
static int64_t octaves(int64_t us)
{
	int power;

	if (us < 1)
		return 0;
	power = 63 - __builtin_clzll((unsigned long long)us);
	return ((int64_t)power << 16) +
	       (int64_t)((double)(us - (INT64_C(1) << power)) /
			 (double)(INT64_C(1) << power) * 65536);
}

static int y_of(const struct plot *p, int64_t us)
{
	double share;

	us = us < p->low_us ? p->low_us : us > p->top_us ? p->top_us : us;
	if (p->chart->log)
		share = (double)(octaves(us) - octaves(p->low_us)) /
			(double)(octaves(p->top_us) - octaves(p->low_us));
	else
		share = (double)us / (double)p->top_us;
	return BOTTOM * 10 - (int)(share * (BOTTOM - TOP) * 10);
}

static void add_tenths(struct buf *out, int tenths)
{
	buf_addf(out, "%d", tenths / 10);
	if (tenths % 10)
		buf_addf(out, ".%d", tenths % 10);
}

static void add_point(struct buf *out, char command, int x, int y)
{
	buf_add_char(out, command);
	add_tenths(out, x);
	buf_add_char(out, ' ');
	add_tenths(out, y);
}

/* A word of ours. */
static void add_label(struct buf *out, int x, int y, const char *anchor,
		      const char *text)
{
	buf_add_text(out, "<text class=\"tick\" x=\"");
	add_tenths(out, x);
	buf_add_text(out, "\" y=\"");
	add_tenths(out, y);
	buf_addf(out, "\" text-anchor=\"%s\">%s</text>", anchor, text);
}

static bool in_window(const struct chart *c, const struct sample *s)
{
	return s->wall_us >= c->from_us && s->wall_us < c->to_us;
}

/* --- axes --------------------------------------------------------------- */

/* "0", "250 ms", "2.5 s": exact, in the unit that is shortest. */
static void tick_text(char dst[static 24], int64_t us)
{
	static const struct {
		int64_t us;
		const char *unit;
	} units[] = { { US_PER_S, "s" },
		      { US_PER_MS, "ms" },
		      { 1, "\xc2\xb5s" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t whole = us / units[i].us;
		int64_t tenth = us % units[i].us * 10 / units[i].us;

		if (whole == 0 && i < 2)
			continue;
		if (tenth)
			snprintf(dst, 24, "%" PRId64 ".%d %s", whole,
				 (int)tenth, units[i].unit);
		else
			snprintf(dst, 24, "%" PRId64 " %s", whole,
				 units[i].unit);
		return;
	}
}

static void add_value(struct buf *out, const struct plot *p, int64_t us)
{
	int y = y_of(p, us);
	char text[24] = "0";

	if (us)
		tick_text(text, us);
	buf_addf(out, "<path class=\"grid\" d=\"M%d ", LEFT);
	add_tenths(out, y);
	buf_addf(out, "H%d\"/>", RIGHT);
	add_label(out, LEFT * 10 - 60, y + 40, "end", text);
}

static void add_values(struct buf *out, const struct plot *p)
{
	if (p->chart->log) {
		for (int64_t us = p->low_us; us <= p->top_us; us *= 10)
			add_value(out, p, us);
		return;
	}
	for (int i = 0; i <= 4; i += 2)
		add_value(out, p, p->top_us * i / 4);
}

/* Powers of ten around all there is. */
static void choose_range(struct plot *p)
{
	int64_t least_us = p->sum.max_us;

	p->top_us = choose_top(&p->sum);
	if (!p->chart->log)
		return;
	for (size_t i = 0; i < p->all.count; i++) {
		const struct sample *s = &p->all.samples[i];

		if (s->outcome == OUTCOME_OK && s->took_us < least_us)
			least_us = s->took_us;
	}
	p->low_us = 100;
	while (p->low_us * 10 <= least_us)
		p->low_us *= 10;
	p->top_us = p->low_us * 10;
	while (p->top_us < p->sum.max_us)
		p->top_us *= 10;
}

/* A step of the clock that leaves room between two labels. */
static int64_t choose_step(const struct chart *c)
{
	static const int64_t steps[] = { 1, 2, 5, 10, 15, 30, 60, 120, 240 };
	int64_t most = (RIGHT - LEFT) / TICK_PX_LEAST;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int64_t step = steps[i] * US_PER_MIN;

		if ((c->to_us - c->from_us) / step <= most)
			return step;
	}
	return US_PER_DAY;
}

static void add_times(struct buf *out, const struct chart *c)
{
	int64_t step = choose_step(c);
	int64_t at = clock_floor(c->from_us, step) + step;

	for (; at < c->to_us; at += step) {
		struct civil civil = civil_from_us(at);
		int x = x_of(c, at);
		char text[32];

		/* A label may not leave the drawing. */
		if (x < (LEFT + 12) * 10 || x > (RIGHT - 12) * 10)
			continue;
		buf_add_text(out, "<path class=\"grid\" d=\"M");
		add_tenths(out, x);
		buf_addf(out, " %dv4\"/>", BOTTOM);
		snprintf(text, sizeof(text), "%02d:%02d", civil.hour,
			 civil.minute);
		add_label(out, x, BOTTOM * 10 + 160, "middle", text);
	}
}

/* --- gaps --------------------------------------------------------------- */

/* Slanted lines within the plot, clipped to it by arithmetic. */
static void add_hatching(struct buf *out, int left, int right)
{
	const int height = (BOTTOM - TOP) * 10;

	buf_add_text(out, "<path class=\"gap\" d=\"");
	for (int x = left / (HATCH * 10) * (HATCH * 10) - height; x < right;
	     x += HATCH * 10) {
		/* From (x, bottom) up to (x + height, top). */
		int begin = x < left ? left : x;
		int end = x + height > right ? right : x + height;

		if (begin >= end)
			continue;
		add_point(out, 'M', begin, BOTTOM * 10 - (begin - x));
		add_point(out, 'L', end, BOTTOM * 10 - (end - x));
	}
	buf_add_text(out, "\"/>");
}

static unsigned add_gap(struct buf *out, const struct chart *c, int64_t from_us,
			int64_t to_us, int64_t gap_us)
{
	int left, right;

	if (to_us - from_us <= gap_us)
		return 0;
	left = x_of(c, from_us);
	right = x_of(c, to_us);
	/* A sample at its edge stays in the open. */
	if (from_us > c->from_us)
		left += 20;
	if (to_us < c->to_us)
		right -= 20;
	if (right > left)
		add_hatching(out, left, right);
	return 1;
}

/* Where nobody measured. Returns how many gaps there are. */
static unsigned add_gaps(struct buf *out, const struct plot *p)
{
	const struct chart *c = p->chart;
	int64_t last_us = c->from_us, gap_us = 0;
	unsigned gaps = 0;

	for (size_t i = 0; i < c->line_count; i++) {
		if (i == 0 || c->lines[i].gap_us < gap_us)
			gap_us = c->lines[i].gap_us;
	}
	for (size_t i = 0; i < p->all.count; i++) {
		const struct sample *s = &p->all.samples[i];

		if (!in_window(c, s))
			continue;
		gaps += add_gap(out, c, last_us, s->wall_us, gap_us);
		last_us = s->wall_us;
	}
	return gaps + add_gap(out, c, last_us, c->to_us, gap_us);
}

/* --- samples ------------------------------------------------------------ */

/* A bit for each place of the plot: a dot on a dot shows nothing new. */
struct canvas {
	unsigned char bits[(WIDTH * HEIGHT + 7) / 8];
};

static bool paint(struct canvas *canvas, int x, int y)
{
	int bit = y / 10 * WIDTH + x / 10;
	unsigned char mask = (unsigned char)(1U << (bit % 8));
	bool fresh = !(canvas->bits[bit / 8] & mask);

	canvas->bits[bit / 8] |= mask;
	return fresh;
}

static void add_dots(struct buf *out, struct plot *p,
		     const struct chart_line *line)
{
	const struct series *s = line->series;
	struct canvas *canvas = mem_zalloc(sizeof(*canvas));

	/* Among many, a dot is a dot. */
	const char *mark =
		p->chart->line_count > CHART_STYLES ? "h0" : marks[line->style];

	buf_addf(out, "<path class=\"dots s%u\" d=\"", line->style);
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *one = &s->samples[i];
		int x = x_of(p->chart, one->wall_us);
		int y = y_of(p, one->took_us);

		if (!in_window(p->chart, one) || one->outcome != OUTCOME_OK)
			continue;
		if (one->took_us > p->top_us) {
			p->above++;
			continue;
		}
		if (paint(canvas, x, y)) {
			add_point(out, 'M', x, y);
			buf_add_text(out, mark);
		}
	}
	buf_add_text(out, "\"/>");
	free(canvas);
}

void chart_mark(struct buf *out, unsigned style)
{
	buf_addf(out,
		 "<svg class=\"mark\" viewBox=\"0 0 12 12\" "
		 "aria-hidden=\"true\"><path class=\"dots s%u\" "
		 "d=\"M6 6%s\"/></svg>",
		 style, marks[style]);
}

/* Arrows at the edge for what lies above it. */
static void add_above(struct buf *out, const struct plot *p)
{
	const struct series *s = &p->all;
	int last = -1;

	if (p->above == 0)
		return;
	buf_add_text(out, "<path class=\"above\" d=\"");
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *one = &s->samples[i];
		int x = x_of(p->chart, one->wall_us);

		if (!in_window(p->chart, one) || one->outcome != OUTCOME_OK ||
		    one->took_us <= p->top_us || x / 10 == last)
			continue;
		last = x / 10;
		add_point(out, 'M', x - 30, TOP * 10 + 40);
		buf_add_text(out, "l3-4 3 4");
	}
	buf_add_text(out, "\"/>");
}

/* Those that count against the CA, or those that do not. */
static void add_crosses(struct buf *out, const struct plot *p, bool of_ca)
{
	const struct series *s = &p->all;
	int last = -1;

	buf_addf(out, "<path class=\"%s\" d=\"", of_ca ? "failed" : "other");
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *one = &s->samples[i];
		int x = x_of(p->chart, one->wall_us);

		if (!in_window(p->chart, one) || one->outcome == OUTCOME_OK ||
		    (outcome_fault(one->outcome) == FAULT_CA) != of_ca ||
		    x / 10 == last)
			continue;
		last = x / 10;
		add_point(out, 'M', x - 30, RAIL * 10 - 30);
		buf_add_text(out, of_ca ? "l6 6m0 -6l-6 6"
					: "m0 3a3 3 0 1 0 6 0a3 3 0 1 0 -6 0");
	}
	buf_add_text(out, "\"/>");
}

/* The first and the last good sample that started in [from_us, to_us). */
static bool good_between(const struct series *s, int64_t from_us, int64_t to_us,
			 int64_t *ret_first_us, int64_t *ret_last_us)
{
	bool any = false;

	for (size_t i = 0; i < s->count; i++) {
		int64_t at = s->samples[i].wall_us;

		if (at < from_us || at >= to_us ||
		    s->samples[i].outcome != OUTCOME_OK)
			continue;
		if (!any)
			*ret_first_us = at;
		*ret_last_us = at;
		any = true;
	}
	return any;
}

/*
 * Medians of the five minutes of the clock, each drawn from its first sample to
 * its last, so that no line leads over what was not measured.
 */
static void add_medians(struct buf *out, const struct plot *p,
			const struct chart_line *line)
{
	const struct chart *c = p->chart;
	int64_t at = clock_floor(c->from_us, BIN_US);
	int64_t before_us = INT64_MIN;

	buf_addf(out, "<path class=\"median s%u\" d=\"", line->style);
	for (int i = 0; i < BINS_MAX && at < c->to_us; i++, at += BIN_US) {
		int64_t from_us = at < c->from_us ? c->from_us : at;
		int64_t to_us = at + BIN_US > c->to_us ? c->to_us : at + BIN_US;
		int64_t first_us = 0, last_us = 0;
		struct series_summary sum;
		int y;

		if (!good_between(line->series, from_us, to_us, &first_us,
				  &last_us))
			continue;
		series_summarise(line->series, from_us, to_us, &sum);
		y = y_of(p, sum.p50_us);
		add_point(out,
			  before_us != INT64_MIN &&
					  first_us - before_us <= line->gap_us
				  ? 'L'
				  : 'M',
			  x_of(c, first_us), y);
		add_point(out, 'L', x_of(c, last_us), y);
		before_us = last_us;
	}
	buf_add_text(out, "\"/>");
}

/* --- words -------------------------------------------------------------- */

static void add_words(struct buf *out, const struct plot *p, unsigned gaps)
{
	const struct series_summary *sum = &p->sum;
	char p50[32], p95[32];

	buf_addf(out, "%" PRIu64 " measured, %" PRIu64 " failed", sum->n,
		 sum->failed);
	if (sum->other)
		buf_addf(out, ", %" PRIu64 " not by the CA's fault",
			 sum->other);
	if (sum->p50_us >= 0) {
		text_latency(p50, sizeof(p50), sum->p50_us);
		text_latency(p95, sizeof(p95), sum->p95_us);
		buf_addf(out, "; median %s, p95 %s", p50, p95);
	}
	if (p->above)
		buf_addf(out, "; %u above the scale", p->above);
	if (gaps)
		buf_addf(out, "; %u %s nothing was measured", gaps,
			 gaps == 1 ? "stretch in which" : "stretches in which");
}

static void add_head(struct buf *out, const struct chart *c)
{
	buf_addf(out,
		 "<svg class=\"chart%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
		 "aria-labelledby=\"t%u d%u\"><title id=\"t%u\">",
		 c->line_count > CHART_STYLES ? " crowd" : "", WIDTH, HEIGHT,
		 c->number, c->number, c->number);
	html_text(out, c->title);
	buf_addf(out, "</title><desc id=\"d%u\">", c->number);
}

/* All samples of all lines. */
static void collect(struct plot *p)
{
	const struct chart *c = p->chart;

	for (size_t i = 0; i < c->line_count; i++) {
		const struct series *s = c->lines[i].series;

		for (size_t k = 0; k < s->count; k++)
			series_add(&p->all, &s->samples[k]);
	}
	series_sort(&p->all);
	series_summarise(&p->all, c->from_us, c->to_us, &p->sum);
}

static void add_drawing(struct buf *out, struct plot *p)
{
	const struct chart *c = p->chart;

	add_values(out, p);
	add_times(out, c);
	for (size_t i = 0; i < c->line_count; i++)
		add_dots(out, p, &c->lines[i]);
	add_above(out, p);
	for (size_t i = 0; i < c->line_count; i++)
		add_medians(out, p, &c->lines[i]);
	buf_addf(out, "<path class=\"rail\" d=\"M%d %dH%d\"/>", LEFT, RAIL,
		 RIGHT);
	add_crosses(out, p, false);
	add_crosses(out, p, true);
	add_label(out, LEFT * 10 - 60, RAIL * 10 + 40, "end", "failed");
	if (p->sum.n == 0)
		add_label(out, (LEFT + RIGHT) * 5, (TOP + BOTTOM) * 5, "middle",
			  "nothing measured");
}

void chart_print(struct buf *out, const struct chart *c)
{
	struct plot p = { .chart = c };
	struct buf drawing = BUF_INIT(out->max);
	unsigned gaps;

	collect(&p);
	choose_range(&p);
	gaps = add_gaps(&drawing, &p);
	add_drawing(&drawing, &p);
	add_head(out, c);
	add_words(out, &p, gaps);
	buf_add_text(out, "</desc>");
	buf_add(out, buf_text(&drawing), drawing.len);
	buf_add_text(out, "</svg>");
	buf_release(&drawing);
	series_release(&p.all);
}
