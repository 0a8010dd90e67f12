#include "report/waterfall.h"

#include <stdio.h>

#include "base/text.h"

enum {
	NAME_COLUMNS = 14,
	STATUS_COLUMNS = 4,
	TIME_COLUMNS = 10,
	LEAST_COLUMNS = 40, /* a bar of few cells says little, but fits */
	MOST_COLUMNS = 160,
};

/* Letters tell the phases apart without colour; colours are the terminal's. */
static const struct {
	char letter;
	const char *color;
} looks[PHASE_TOTAL] = {
	[PHASE_DNS] = { 'd', "\033[35m" },
	[PHASE_CONNECT] = { 'c', "\033[34m" },
	[PHASE_TLS] = { 't', "\033[36m" },
	[PHASE_SEND] = { 's', "\033[37m" },
	[PHASE_WAIT] = { 'w', "\033[33m" },
	[PHASE_RECEIVE] = { 'r', "\033[32m" },
};

/* Where in a line a moment of the issuance is. */
struct scale {
	int64_t start_us; /* wall */
	int64_t span_us;
	unsigned columns;
};

static unsigned column_of(const struct scale *s, int64_t us)
{
	int64_t column = us < 0 ? 0 : us * s->columns / s->span_us;

	return column > s->columns ? s->columns : (unsigned)column;
}

static void add_cells(struct buf *out, enum phase phase, unsigned cells,
		      const struct waterfall_style *style)
{
	if (cells > 0 && style->color)
		buf_add_text(out, looks[phase].color);
	for (unsigned i = 0; i < cells; i++) {
		if (style->color && style->utf8)
			buf_add_text(out, "\xe2\x96\x88");
		else
			buf_add_char(out, looks[phase].letter);
	}
	if (cells > 0 && style->color)
		buf_add_text(out, "\033[0m");
}

static enum phase longest_phase(const struct marks *m)
{
	enum phase longest = marks_stopped_in(m);
	int64_t longest_us = -1;

	for (unsigned p = 0; p < PHASE_TOTAL; p++) {
		int64_t us = marks_phase_us(m, (enum phase)p);

		if (us > longest_us) {
			longest_us = us;
			longest = (enum phase)p;
		}
	}
	return longest;
}

/*
 * The bar of one exchange, at least one cell; returns the column behind it. A
 * phase that a failure cut short is drawn as far as it got.
 */
static unsigned add_bar(struct buf *out, const struct exchange *e,
			const struct scale *s,
			const struct waterfall_style *style)
{
	enum phase stopped = marks_stopped_in(&e->marks);
	int64_t start_us = e->wall_us - s->start_us;
	int64_t at_us = start_us;
	unsigned column = column_of(s, start_us);
	unsigned first;

	if (column >= s->columns)
		column = s->columns - 1;
	first = column;
	buf_addf(out, "%*s", (int)column, "");
	for (unsigned p = 0; p < PHASE_TOTAL; p++) {
		int64_t us = marks_phase_us(&e->marks, (enum phase)p);
		unsigned to;

		if (us < 0 && p != stopped)
			continue;
		at_us = us < 0 ? start_us + e->marks.done_us : at_us + us;
		to = column_of(s, at_us);
		if (to > column) {
			add_cells(out, (enum phase)p, to - column, style);
			column = to;
		}
	}
	if (column > first)
		return column;
	add_cells(out, longest_phase(&e->marks), 1, style);
	return column + 1;
}

static void add_line(struct buf *out, const struct exchange *e,
		     const struct scale *s, const struct waterfall_style *style)
{
	char took[32];
	char status[16] = "-";
	unsigned used;

	text_latency(took, sizeof(took), exchange_took_us(e));
	if (e->status)
		snprintf(status, sizeof(status), "%d", e->status);
	buf_addf(out, "  %-*s %*s  ", NAME_COLUMNS, op_name(e->op),
		 STATUS_COLUMNS, status);
	used = add_bar(out, e, s, style);
	buf_addf(out, "%*s%*s", (int)(s->columns - used), "", TIME_COLUMNS,
		 took);
	if (e->outcome != OUTCOME_OK)
		buf_addf(out, "  %s%s%s", outcome_slug(e->outcome),
			 e->problem[0] ? " " : "", e->problem);
	if (e->resends)
		buf_addf(out, "  (sent %u times by the transport)",
			 e->resends + 1);
	if (exchange_is_blurred(e))
		buf_add_text(out, "  (this machine was busy)");
	buf_add_char(out, '\n');
}

static void add_legend(struct buf *out, const struct waterfall_style *style)
{
	buf_add_text(out, "  ");
	for (unsigned p = 0; p < PHASE_TOTAL; p++) {
		add_cells(out, (enum phase)p, 1, style);
		buf_addf(out, " %s%s", phase_name((enum phase)p),
			 p + 1 < PHASE_TOTAL ? "   " : "\n");
	}
}

/* Who was asked and how, from the first exchange that knows. */
static void add_head(struct buf *out, const struct exchange *exchanges,
		     size_t count)
{
	char address[IP_TEXT];
	const struct exchange *e = exchanges;

	while (e < exchanges + count && e->remote.family == IP_NONE)
		e++;
	if (e == exchanges + count)
		return;
	ip_print(address, &e->remote);
	buf_addf(out, "  %s %s, port %u", ip_family_name(e->remote.family),
		 address, e->remote_port);
	if (e->http_version)
		buf_addf(out, ", HTTP/%d.%d", e->http_version / 10,
			 e->http_version % 10);
	if (e->tls_version[0])
		buf_addf(out, ", %s %s", e->tls_version, e->cipher);
	if (e->rtt_us >= 0)
		buf_addf(out, ", round trip %.2f ms", (double)e->rtt_us / 1e3);
	buf_add_char(out, '\n');
}

void waterfall_print(struct buf *out, const struct issuance *i,
		     const struct exchange *exchanges, size_t count,
		     const struct waterfall_style *style)
{
	unsigned columns = style->columns < LEAST_COLUMNS  ? LEAST_COLUMNS
			   : style->columns > MOST_COLUMNS ? MOST_COLUMNS
							   : style->columns;
	struct scale s = {
		.start_us = i->wall_us,
		.span_us = i->took_us > 0 ? i->took_us : 1,
		.columns = columns - NAME_COLUMNS - STATUS_COLUMNS -
			   TIME_COLUMNS - 5,
	};

	for (size_t k = 0; k < count; k++) {
		int64_t end_us = exchanges[k].wall_us - s.start_us +
				 exchange_took_us(&exchanges[k]);

		if (end_us > s.span_us)
			s.span_us = end_us;
	}
	add_head(out, exchanges, count);
	for (size_t k = 0; k < count; k++)
		add_line(out, &exchanges[k], &s, style);
	add_legend(out, style);
}
