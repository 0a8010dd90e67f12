#include "report/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum { FIELD_TEXT = 1024 };

/* --- fields ------------------------------------------------------------- */

static void between(struct buf *out)
{
	const char *text = buf_text(out);

	if (out->len && text[out->len - 1] != '\n')
		buf_add_char(out, ',');
}

/* Behind the first field of a row, so that it can be an empty one. */
static void add_empty(struct buf *out)
{
	buf_add_char(out, ',');
}

/* Ours, without anything that needs quotes. */
static void add_word(struct buf *out, const char *word)
{
	between(out);
	buf_add_text(out, word);
}

static void add_foreign(struct buf *out, const char *text)
{
	char shown[FIELD_TEXT];
	const char *p = shown;

	if (!*text) {
		add_empty(out);
		return;
	}
	text_printable(shown, sizeof(shown), text, strlen(text));
	between(out);
	buf_add_char(out, '"');
	if (strchr("=+-@\t\r", text[0]))
		buf_add_char(out, '\'');
	for (; *p; p++) {
		if (*p == '"')
			buf_add_char(out, '"');
		buf_add_char(out, *p);
	}
	buf_add_char(out, '"');
}

static void add_number(struct buf *out, int64_t value)
{
	between(out);
	buf_addf(out, "%" PRId64, value);
}

static void add_known(struct buf *out, int64_t value)
{
	if (value < 0)
		add_empty(out);
	else
		add_number(out, value);
}

static void add_time(struct buf *out, int64_t wall_us)
{
	char text[CLOCK_TEXT];

	clock_rfc3339_us(text, wall_us);
	add_word(out, text);
}

static void end(struct buf *out)
{
	buf_add_text(out, "\r\n");
}

/* --- exchanges ---------------------------------------------------------- */

void csv_exchange_head(struct buf *out)
{
	buf_add_text(out, "id,issuance,ca,op,attempt,started,outcome,status,"
			  "problem,detail,retry_after_us,request_id");
	for (unsigned p = 0; p < PHASES; p++)
		buf_addf(out, ",%s_us", phase_name((enum phase)p));
	buf_add_text(out, ",network_us,lag_us,blurred,family,address,port,"
			  "http,tls,cipher,reused,resends,rtt_us,retransmits,"
			  "request_bytes,header_bytes,body_bytes\r\n");
}

static void add_connection(struct buf *out, const struct exchange *e)
{
	char address[IP_TEXT];

	if (e->remote.family == IP_NONE) {
		add_empty(out);
		add_empty(out);
	} else {
		ip_print(address, &e->remote);
		add_word(out, ip_family_name(e->remote.family));
		add_word(out, address);
	}
	add_known(out, e->remote_port ? e->remote_port : -1);
	between(out);
	if (e->http_version)
		buf_addf(out, "%d.%d", e->http_version / 10,
			 e->http_version % 10);
	add_foreign(out, e->tls_version);
	add_foreign(out, e->cipher);
	add_word(out, e->reused ? "1" : "0");
	add_number(out, e->resends);
	add_known(out, e->rtt_us);
	add_number(out, e->retransmits);
}

void csv_exchange(struct buf *out, const struct exchange *e, const char *ca)
{
	add_number(out, e->id);
	add_known(out, e->issuance ? e->issuance : -1);
	add_foreign(out, ca);
	add_word(out, op_name(e->op));
	add_number(out, e->attempt);
	add_time(out, e->wall_us);
	add_word(out, outcome_slug(e->outcome));
	add_known(out, e->status ? e->status : -1);
	add_foreign(out, e->problem);
	add_foreign(out, e->detail);
	add_known(out, e->retry_after_us);
	add_foreign(out, e->request_id);
	for (unsigned p = 0; p < PHASES; p++)
		add_known(out, marks_phase_us(&e->marks, (enum phase)p));
	add_known(out, exchange_network_us(e));
	add_number(out, e->lag_us);
	add_word(out, exchange_is_blurred(e) ? "1" : "0");
	add_connection(out, e);
	add_number(out, e->request_bytes);
	add_number(out, e->header_bytes);
	add_number(out, e->body_bytes);
	end(out);
}

/* --- issuances ---------------------------------------------------------- */

void csv_issuance_head(struct buf *out)
{
	buf_add_text(out, "id,ca,started,took_us,waited_us,shallow,outcome,op,"
			  "status,problem,detail,name,names,exchanges,"
			  "first_validation_us,validations,valid_after_us,"
			  "valid_before_us,serial,issuer,not_before,not_after,"
			  "chain_length,alternates,confirms\r\n");
}

void csv_issuance(struct buf *out, const struct issuance *i, const char *ca)
{
	add_number(out, i->id);
	add_foreign(out, ca);
	add_time(out, i->wall_us);
	add_known(out, i->took_us);
	add_number(out, i->waited_us);
	add_word(out, i->shallow ? "1" : "0");
	add_word(out, i->took_us < 0 ? "" : outcome_slug(i->outcome));
	add_word(out, op_name(i->op));
	add_known(out, i->status ? i->status : -1);
	add_foreign(out, i->problem);
	add_foreign(out, i->detail);
	add_foreign(out, i->name);
	add_number(out, i->names);
	add_number(out, i->exchanges);
	add_known(out, i->first_validation_us);
	add_number(out, i->validations);
	add_known(out, i->valid_after_us);
	add_known(out, i->valid_before_us);
	add_foreign(out, i->serial);
	add_foreign(out, i->issuer);
	if (i->serial[0]) {
		add_time(out, i->not_before_us);
		add_time(out, i->not_after_us);
	} else {
		add_empty(out);
		add_empty(out);
	}
	add_number(out, i->chain_length);
	add_number(out, i->alternates);
	add_word(out, i->confirms ? "1" : "0");
	end(out);
}

/* --- statistics --------------------------------------------------------- */

void csv_stat_head(struct buf *out)
{
	buf_add_text(out, "start,ca,op,n,failed");
	for (unsigned o = 0; o < OUTCOMES; o++)
		buf_addf(out, ",%s", outcome_slug((enum outcome)o));
	for (unsigned p = 0; p < PHASES; p++) {
		const char *name = phase_name((enum phase)p);

		buf_addf(out, ",%s_n,%s_p50_us,%s_p95_us,%s_max_us", name, name,
			 name, name);
	}
	end(out);
}

void csv_stat(struct buf *out, const char *ca, enum op op, int64_t start_us,
	      const struct stat_span *stat)
{
	add_time(out, start_us);
	add_foreign(out, ca);
	add_word(out, op_name(op));
	add_number(out, (int64_t)stat_count(stat));
	add_number(out, (int64_t)stat_failed(stat));
	for (unsigned o = 0; o < OUTCOMES; o++)
		add_number(out, (int64_t)stat->outcomes[o]);
	for (unsigned p = 0; p < PHASES; p++) {
		const struct hist *h = &stat->phases[p];

		add_number(out, (int64_t)h->n);
		add_known(out, hist_quantile_us(h, 500));
		add_known(out, hist_quantile_us(h, 950));
		add_known(out, h->n ? (int64_t)h->max_us : -1);
	}
	end(out);
}

/* --- samples ------------------------------------------------------------ */

void csv_sample_head(struct buf *out)
{
	buf_add_text(out, "id,started,took_us,outcome\r\n");
}

void csv_sample(struct buf *out, const struct sample *sample)
{
	add_number(out, sample->id);
	add_time(out, sample->wall_us);
	add_number(out, sample->took_us);
	add_word(out, outcome_slug(sample->outcome));
	end(out);
}
