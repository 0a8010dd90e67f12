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
	WIDTH = 420,
	HEIGHT = 168,
	LEFT = 50,
	RIGHT = 412,
	RAIL = 12, /* of the failures */
	TOP = 30,
	BOTTOM = 144,
	HATCH = 8, /* between two hatching lines */
	BINS_MAX = 288,
	TICK_PX_LEAST = 44,
};
#define BIN_US (5 * US_PER_MIN)

struct plot {
	const struct chart *chart;
	struct series_summary sum;
	int64_t top_us; /* the value at TOP */
	unsigned above; /* samples over it */
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

static int y_of(const struct plot *p, int64_t us)
{
	us = us < 0 ? 0 : us > p->top_us ? p->top_us : us;
	return BOTTOM * 10 -
	       (int)((double)us / (double)p->top_us * (BOTTOM - TOP) * 10);
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

static void add_values(struct buf *out, const struct plot *p)
{
	for (int i = 0; i <= 2; i++) {
		int64_t us = p->top_us * i / 2;
		int y = y_of(p, us);
		char text[24] = "0";

		if (us)
			tick_text(text, us);
		buf_addf(out, "<path class=\"grid\" d=\"M%d ", LEFT);
		add_tenths(out, y);
		buf_addf(out, "H%d\"/>", RIGHT);
		add_label(out, LEFT * 10 - 50, y + 35, "end", text);
	}
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
			int64_t to_us)
{
	int left, right;

	if (to_us - from_us <= c->gap_us)
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

/* Returns how many gaps there are. */
static unsigned add_gaps(struct buf *out, const struct chart *c)
{
	int64_t last_us = c->from_us;
	unsigned gaps = 0;

	for (size_t i = 0; i < c->series->count; i++) {
		const struct sample *s = &c->series->samples[i];

		if (!in_window(c, s))
			continue;
		gaps += add_gap(out, c, last_us, s->wall_us);
		last_us = s->wall_us;
	}
	return gaps + add_gap(out, c, last_us, c->to_us);
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

static void add_dots(struct buf *out, struct plot *p)
{
	const struct series *s = p->chart->series;
	struct canvas *canvas = mem_zalloc(sizeof(*canvas));

	buf_add_text(out, "<path class=\"dots\" d=\"");
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
			buf_add_text(out, "h0");
		}
	}
	buf_add_text(out, "\"/>");
	free(canvas);
}

/* Arrows at the edge for what lies above it. */
static void add_above(struct buf *out, const struct plot *p)
{
	const struct series *s = p->chart->series;
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
		buf_add_text(out, "l3 -4 3 4");
	}
	buf_add_text(out, "\"/>");
}

/* Those that count against the CA, or those that do not. */
static void add_crosses(struct buf *out, const struct plot *p, bool of_ca)
{
	const struct series *s = p->chart->series;
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
static void add_medians(struct buf *out, const struct plot *p)
{
	const struct chart *c = p->chart;
	int64_t at = clock_floor(c->from_us, BIN_US);
	int64_t before_us = INT64_MIN;

	buf_add_text(out, "<path class=\"median\" d=\"");
	for (int i = 0; i < BINS_MAX && at < c->to_us; i++, at += BIN_US) {
		int64_t from_us = at < c->from_us ? c->from_us : at;
		int64_t to_us = at + BIN_US > c->to_us ? c->to_us : at + BIN_US;
		int64_t first_us = 0, last_us = 0;
		struct series_summary sum;
		int y;

		if (!good_between(c->series, from_us, to_us, &first_us,
				  &last_us))
			continue;
		series_summarise(c->series, from_us, to_us, &sum);
		y = y_of(p, sum.p50_us);
		add_point(out,
			  before_us != INT64_MIN &&
					  first_us - before_us <= c->gap_us
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
		 "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" "
		 "aria-labelledby=\"t%u d%u\"><title id=\"t%u\">",
		 WIDTH, HEIGHT, c->number, c->number, c->number);
	html_text(out, c->title);
	buf_addf(out, "</title><desc id=\"d%u\">", c->number);
}

void chart_print(struct buf *out, const struct chart *c)
{
	struct plot p = { .chart = c };
	struct buf drawing = BUF_INIT(out->max);
	unsigned gaps;

	series_summarise(c->series, c->from_us, c->to_us, &p.sum);
	p.top_us = choose_top(&p.sum);
	gaps = add_gaps(&drawing, c);
	add_values(&drawing, &p);
	add_times(&drawing, c);
	add_dots(&drawing, &p);
	add_above(&drawing, &p);
	add_medians(&drawing, &p);
	buf_addf(&drawing, "<path class=\"rail\" d=\"M%d %dH%d\"/>", LEFT, RAIL,
		 RIGHT);
	add_crosses(&drawing, &p, false);
	add_crosses(&drawing, &p, true);
	add_label(&drawing, LEFT * 10 - 50, RAIL * 10 + 40, "end", "failed");
	if (p.sum.n == 0)
		add_label(&drawing, (LEFT + RIGHT) * 5, (TOP + BOTTOM) * 5,
			  "middle", "nothing measured");
	add_head(out, c);
	add_words(out, &p, gaps);
	buf_add_text(out, "</desc>");
	buf_add(out, buf_text(&drawing), drawing.len);
	buf_add_text(out, "</svg>");
	buf_release(&drawing);
}
