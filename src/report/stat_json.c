#include "report/stat_json.h"

#include "report/json_write.h"

/* Only those that happened. */
static void add_outcomes(struct buf *out, const uint64_t outcomes[OUTCOMES])
{
	json_name(out, "outcomes");
	buf_add_char(out, '{');
	for (unsigned i = 0; i < OUTCOMES; i++) {
		if (outcomes[i])
			json_count(out, outcome_slug((enum outcome)i),
				   outcomes[i]);
	}
	buf_add_char(out, '}');
}

/* All of it, so that hours can be added by whoever reads them. */
static void add_hist(struct buf *out, const struct hist *h)
{
	static const char digits[] = "0123456789abcdef";
	struct buf bytes = BUF_INIT(64 * 1024);

	json_name(out, "hist");
	buf_add_char(out, '"');
	hist_encode(h, &bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.data[i];

		buf_add_char(out, digits[byte >> 4]);
		buf_add_char(out, digits[byte & 15]);
	}
	buf_add_char(out, '"');
	buf_release(&bytes);
}

static void add_phase(struct buf *out, const char *name, const struct hist *h)
{
	json_name(out, name);
	buf_add_char(out, '{');
	json_count(out, "n", h->n);
	json_count(out, "sum_us", h->sum_us);
	json_number(out, "min_us", h->min_us);
	json_number(out, "p50_us", hist_quantile_us(h, 500));
	json_number(out, "p95_us", hist_quantile_us(h, 950));
	json_number(out, "p99_us", hist_quantile_us(h, 990));
	json_number(out, "max_us", h->max_us);
	add_hist(out, h);
	buf_add_char(out, '}');
}

void report_stat_json(struct buf *out, const char *ca, enum op op,
		      int64_t start_us, int64_t span_us,
		      const struct stat_span *stat)
{
	buf_add_char(out, '{');
	json_text(out, "ca", ca);
	json_text(out, "op", op_name(op));
	json_time(out, "start", start_us);
	json_number(out, "span_us", span_us);
	json_count(out, "n", stat_count(stat));
	json_count(out, "failed", stat_failed(stat));
	add_outcomes(out, stat->outcomes);
	json_name(out, "phases");
	buf_add_char(out, '{');
	for (unsigned p = 0; p < PHASES; p++) {
		if (stat->phases[p].n)
			add_phase(out, phase_name((enum phase)p),
				  &stat->phases[p]);
	}
	buf_add_text(out, "}}");
}

void report_summary_json(struct buf *out, const struct series_summary *sum)
{
	json_count(out, "n", sum->n);
	json_count(out, "failed", sum->failed);
	json_count(out, "other", sum->other);
	add_outcomes(out, sum->outcomes);
	json_known(out, "p50_us", sum->p50_us);
	json_known(out, "p95_us", sum->p95_us);
	json_known(out, "max_us", sum->max_us);
}

void report_sample_json(struct buf *out, const struct sample *sample)
{
	buf_add_char(out, '{');
	json_number(out, "id", sample->id);
	json_time(out, "started", sample->wall_us);
	json_number(out, "took_us", sample->took_us);
	json_text(out, "outcome", outcome_slug(sample->outcome));
	buf_add_char(out, '}');
}
