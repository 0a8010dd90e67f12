#include "report/openmetrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { LE_FIRST = 10, LE_LAST = 27 }; /* 1 ms to 134 s */

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM, KIND_INFO };

struct family {
	const char *name;
	enum kind kind;
	const char *unit;
	const char *help;
};

struct label {
	const char *name, *value;
};

enum { LABELS_MOST = 4 };

struct labels {
	struct label label[LABELS_MOST];
	size_t count;
};

/* The format decides how the head of a family is written, nothing else. */
struct writer {
	struct buf *out;
	enum metrics_format format;
};

enum metrics_format metrics_format_for(const char *accept)
{
	return accept && strcasestr(accept, "application/openmetrics-text")
		       ? METRICS_OPENMETRICS
		       : METRICS_TEXT;
}

const char *metrics_content_type(enum metrics_format format)
{
	static const char *const types[METRICS_FORMATS] = {
		[METRICS_OPENMETRICS] = "application/openmetrics-text; "
					"version=1.0.0; charset=utf-8",
		[METRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	};

	return types[format];
}

/* --- the pieces --------------------------------------------------------- */

/* What a sample's name has behind its family's. */
static const char *suffix_of(enum kind kind)
{
	switch (kind) {
	case KIND_COUNTER:
		return "_total";
	case KIND_INFO:
		return "_info";
	case KIND_GAUGE:
	case KIND_HISTOGRAM:
		return "";
	}
	return "";
}

static void add_head(const struct writer *w, const struct family *f)
{
	static const char *const kinds[] = {
		[KIND_COUNTER] = "counter",
		[KIND_GAUGE] = "gauge",
		[KIND_HISTOGRAM] = "histogram",
		[KIND_INFO] = "info",
	};

	if (w->format == METRICS_OPENMETRICS) {
		buf_addf(w->out, "# TYPE %s %s\n", f->name, kinds[f->kind]);
		if (f->unit)
			buf_addf(w->out, "# UNIT %s %s\n", f->name, f->unit);
		buf_addf(w->out, "# HELP %s %s\n", f->name, f->help);
		return;
	}
	/* There a family is called as its samples are, and info is unknown. */
	buf_addf(w->out, "# HELP %s%s %s\n", f->name, suffix_of(f->kind),
		 f->help);
	buf_addf(w->out, "# TYPE %s%s %s\n", f->name, suffix_of(f->kind),
		 f->kind == KIND_INFO ? "gauge" : kinds[f->kind]);
}

/* Valid UTF-8 with \, " and line feed escaped; else the replacement mark. */
static void add_value(struct buf *out, const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len;) {
		size_t step = text_utf8_len((const unsigned char *)value + i,
					    len - i);

		if (step == 0)
			buf_add_text(out, "\xef\xbf\xbd");
		else if (value[i] == '\n')
			buf_add_text(out, "\\n");
		else if (value[i] == '\\' || value[i] == '"')
			buf_addf(out, "\\%c", value[i]);
		else
			buf_add(out, value + i, step);
		i += step ? step : 1;
	}
}

/* name{label="value",...} and the space before the number. */
static void add_series(const struct writer *w, const struct family *f,
		       const char *suffix, const struct labels *labels,
		       const char *le)
{
	const char *between = "{";

	buf_addf(w->out, "%s%s", f->name, suffix);
	for (size_t i = 0; labels && i < labels->count; i++) {
		buf_addf(w->out, "%s%s=\"", between, labels->label[i].name);
		add_value(w->out, labels->label[i].value);
		buf_add_char(w->out, '"');
		between = ",";
	}
	if (le) {
		buf_addf(w->out, "%sle=\"%s\"", between, le);
		between = ",";
	}
	buf_add_text(w->out, between[0] == '{' ? " " : "} ");
}

/* Microseconds as seconds, exactly. */
static void print_seconds(char dst[static 32], uint64_t us)
{
	size_t len = (size_t)snprintf(dst, 32, "%" PRIu64 ".%06" PRIu64,
				      us / 1000000, us % 1000000);

	while (dst[len - 1] == '0' && dst[len - 2] != '.')
		dst[--len] = '\0';
}

static void add_seconds(const struct writer *w, uint64_t us)
{
	char text[32];

	print_seconds(text, us);
	buf_addf(w->out, "%s\n", text);
}

static void add_count(const struct writer *w, uint64_t value)
{
	buf_addf(w->out, "%" PRIu64 "\n", value);
}

static void add_hist(const struct writer *w, const struct family *f,
		     const struct labels *labels, const struct hist *h)
{
	for (unsigned n = LE_FIRST; n <= LE_LAST; n++) {
		char le[32];

		print_seconds(le, UINT64_C(1) << n);
		add_series(w, f, "_bucket", labels, le);
		add_count(w, hist_count_to(h, INT64_C(1) << n));
	}
	add_series(w, f, "_bucket", labels, "+Inf");
	add_count(w, h->n);
	add_series(w, f, "_count", labels, NULL);
	add_count(w, h->n);
	add_series(w, f, "_sum", labels, NULL);
	add_seconds(w, h->sum_us);
}

/* --- the families ------------------------------------------------------- */

static void add_build(const struct writer *w, const struct metrics *m)
{
	static const struct family f = { "acmeter_build", KIND_INFO, NULL,
					 "The version of acmeter that runs." };
	struct labels labels = { { { "version", m->version } }, 1 };

	add_head(w, &f);
	add_series(w, &f, "_info", &labels, NULL);
	add_count(w, 1);
}

static void add_exchanges(const struct writer *w, const struct metrics *m)
{
	static const struct family f = { "acmeter_exchanges", KIND_COUNTER,
					 NULL,
					 "HTTP requests and how they ended." };

	add_head(w, &f);
	for (size_t i = 0; i < m->op_count; i++) {
		const struct metrics_op *o = &m->ops[i];

		for (enum outcome k = 0; k < OUTCOMES; k++) {
			struct labels labels = { { { "ca", o->ca },
						   { "op", op_name(o->op) },
						   { "outcome",
						     outcome_slug(k) } },
						 3 };

			/* A failure's series is there before its first one,
			 * or its rate could not be told. */
			add_series(w, &f, "_total", &labels, NULL);
			add_count(w, o->stat->outcomes[k]);
		}
	}
}

static void add_exchange_durations(const struct writer *w,
				   const struct metrics *m)
{
	static const struct family f = {
		"acmeter_exchange_duration_seconds", KIND_HISTOGRAM, "seconds",
		"Duration of each phase of the exchanges that were ok."
	};

	add_head(w, &f);
	for (size_t i = 0; i < m->op_count; i++) {
		const struct metrics_op *o = &m->ops[i];

		for (enum phase k = 0; k < PHASES; k++) {
			struct labels labels = { { { "ca", o->ca },
						   { "op", op_name(o->op) },
						   { "phase", phase_name(k) } },
						 3 };

			if (o->stat->phases[k].n)
				add_hist(w, &f, &labels, &o->stat->phases[k]);
		}
	}
}

static void add_issuances(const struct writer *w, const struct metrics *m)
{
	static const struct family f = {
		"acmeter_issuances", KIND_COUNTER, NULL,
		"Attempts to obtain a certificate and how they ended."
	};

	add_head(w, &f);
	for (size_t i = 0; i < m->ca_count; i++) {
		for (enum outcome k = 0; k < OUTCOMES; k++) {
			struct labels labels = { { { "ca", m->cas[i].ca },
						   { "outcome",
						     outcome_slug(k) } },
						 2 };

			add_series(w, &f, "_total", &labels, NULL);
			add_count(w, m->cas[i].issuances[k]);
		}
	}
}

static void add_issuance_durations(const struct writer *w,
				   const struct metrics *m)
{
	static const struct family f = {
		"acmeter_issuance_duration_seconds", KIND_HISTOGRAM, "seconds",
		"Duration of the issuances that were ok, waiting included."
	};

	add_head(w, &f);
	for (size_t i = 0; i < m->ca_count; i++) {
		struct labels labels = { { { "ca", m->cas[i].ca } }, 1 };

		if (m->cas[i].took)
			add_hist(w, &f, &labels, m->cas[i].took);
	}
}

static void add_last_certificates(const struct writer *w,
				  const struct metrics *m)
{
	static const struct family f = {
		"acmeter_last_certificate_timestamp_seconds", KIND_GAUGE,
		"seconds", "When the CA last issued what was ordered."
	};

	add_head(w, &f);
	for (size_t i = 0; i < m->ca_count; i++) {
		struct labels labels = { { { "ca", m->cas[i].ca } }, 1 };

		if (m->cas[i].last_certificate_us <= 0)
			continue;
		add_series(w, &f, "", &labels, NULL);
		add_seconds(w, (uint64_t)m->cas[i].last_certificate_us);
	}
}

static void add_single(const struct writer *w, const struct family *f,
		       int64_t value)
{
	if (value < 0)
		return;
	add_head(w, f);
	add_series(w, f, suffix_of(f->kind), NULL, NULL);
	if (f->unit)
		add_seconds(w, (uint64_t)value);
	else
		add_count(w, (uint64_t)value);
}

static void add_station(const struct writer *w, const struct metrics *m)
{
	static const struct family sighted = {
		"acmeter_station_sighted", KIND_GAUGE, NULL,
		"1 while most controls answer, 0 while the station is blind."
	};
	static const struct family lag = {
		"acmeter_loop_lag_seconds", KIND_GAUGE, "seconds",
		"The longest turn of the prober's own loop lately."
	};
	static const struct family queued = {
		"acmeter_store_queued_rows", KIND_GAUGE, NULL,
		"Rows that were measured and wait for the database."
	};
	static const struct family lost = {
		"acmeter_store_lost_rows", KIND_COUNTER, NULL,
		"Rows that were dropped because there was no room for them."
	};

	add_single(w, &sighted, m->sighted);
	add_single(w, &lag, m->loop_lag_us);
	add_single(w, &queued, m->queued_rows);
	add_single(w, &lost, m->lost_rows);
}

bool metrics_print(struct buf *out, const struct metrics *m,
		   enum metrics_format format)
{
	const struct writer w = { out, format };

	add_build(&w, m);
	add_exchanges(&w, m);
	add_exchange_durations(&w, m);
	add_issuances(&w, m);
	add_issuance_durations(&w, m);
	add_last_certificates(&w, m);
	add_station(&w, m);
	if (format == METRICS_OPENMETRICS)
		buf_add_text(out, "# EOF\n");
	return !out->full;
}
