#include "report/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* A control character as JSON has to write it (RFC 8259 section 7). */
static void add_control(struct buf *out, unsigned char c)
{
	switch (c) {
	case '\n':
		buf_add_text(out, "\\n");
		break;
	case '\r':
		buf_add_text(out, "\\r");
		break;
	case '\t':
		buf_add_text(out, "\\t");
		break;
	default:
		buf_addf(out, "\\u%04x", c);
		break;
	}
}

static void add_bytes(struct buf *out, const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	buf_add_char(out, '"');
	for (size_t i = 0; i < len;) {
		size_t step = text_utf8_len(p + i, len - i);

		if (step == 0 || p[i] == '\0') {
			buf_addf(out, "\\\\x%02x", p[i]);
			step = 1;
		} else if (p[i] < 0x20 || p[i] == 0x7f) {
			add_control(out, p[i]);
		} else {
			if (p[i] == '"' || p[i] == '\\')
				buf_add_char(out, '\\');
			buf_add(out, p + i, step);
		}
		i += step;
	}
	buf_add_char(out, '"');
}

void json_add_string(struct buf *out, const char *text)
{
	if (text)
		add_bytes(out, text, strlen(text));
	else
		buf_add_text(out, "null");
}

/* --- members ------------------------------------------------------------ */

static void add_name(struct buf *out, const char *name)
{
	const char *text = buf_text(out);

	if (out->len && text[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_addf(out, "\"%s\":", name);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	add_name(out, name);
	json_add_string(out, text && *text ? text : NULL);
}

static void add_number(struct buf *out, const char *name, int64_t value)
{
	add_name(out, name);
	buf_addf(out, "%" PRId64, value);
}

/* Below 0 stands for "not known" in every field that can be unknown. */
static void add_known(struct buf *out, const char *name, int64_t value)
{
	add_name(out, name);
	if (value < 0)
		buf_add_text(out, "null");
	else
		buf_addf(out, "%" PRId64, value);
}

static void add_bool(struct buf *out, const char *name, bool value)
{
	add_name(out, name);
	buf_add_text(out, value ? "true" : "false");
}

static void add_time(struct buf *out, const char *name, int64_t wall_us)
{
	char text[CLOCK_TEXT];

	clock_rfc3339_us(text, wall_us);
	add_text(out, name, text);
}

/* --- an exchange -------------------------------------------------------- */

static void add_connection(struct buf *out, const struct exchange *e)
{
	char address[IP_TEXT];

	ip_print(address, &e->remote);
	add_text(out, "family",
		 e->remote.family == IP_NONE
			 ? NULL
			 : ip_family_name(e->remote.family));
	add_text(out, "address", e->remote.family == IP_NONE ? NULL : address);
	add_known(out, "port", e->remote_port ? e->remote_port : -1);
	add_name(out, "http");
	if (e->http_version)
		buf_addf(out, "\"%d.%d\"", e->http_version / 10,
			 e->http_version % 10);
	else
		buf_add_text(out, "null");
	add_text(out, "tls", e->tls_version);
	add_text(out, "cipher", e->cipher);
	add_bool(out, "reused", e->reused);
	add_number(out, "resends", e->resends);
	add_known(out, "rtt_us", e->rtt_us);
	add_number(out, "retransmits", e->retransmits);
}

static void add_phases(struct buf *out, const struct exchange *e)
{
	int64_t network_us = exchange_network_us(e);
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);

	add_name(out, "phases_us");
	buf_add_char(out, '{');
	for (unsigned p = 0; p < PHASES; p++)
		add_known(out, phase_name((enum phase)p),
			  marks_phase_us(&e->marks, (enum phase)p));
	buf_add_char(out, '}');
	add_known(out, "network_us", network_us);
	add_known(out, "server_us", network_us < 0 ? -1 : wait_us - network_us);
	add_number(out, "lag_us", e->lag_us);
	add_bool(out, "blurred", exchange_is_blurred(e));
}

static void add_kept(struct buf *out, const struct exchange *e)
{
	if (e->kept_headers) {
		add_name(out, "headers");
		add_bytes(out, e->kept_headers, e->kept_headers_len);
	}
	if (e->kept_body) {
		add_name(out, "body");
		add_bytes(out, e->kept_body, e->kept_body_len);
	}
}

void report_exchange_json(struct buf *out, const struct exchange *e,
			  const char *ca)
{
	buf_add_char(out, '{');
	add_number(out, "id", e->id);
	add_known(out, "issuance", e->issuance ? e->issuance : -1);
	add_text(out, "ca", ca);
	add_text(out, "op", op_name(e->op));
	add_number(out, "attempt", e->attempt);
	add_time(out, "started", e->wall_us);
	add_text(out, "outcome", outcome_slug(e->outcome));
	add_known(out, "status", e->status ? e->status : -1);
	add_text(out, "problem", e->problem);
	add_text(out, "detail", e->detail);
	add_known(out, "retry_after_us", e->retry_after_us);
	add_text(out, "request_id", e->request_id);
	add_phases(out, e);
	add_connection(out, e);
	add_number(out, "request_bytes", e->request_bytes);
	add_number(out, "header_bytes", e->header_bytes);
	add_number(out, "body_bytes", e->body_bytes);
	add_kept(out, e);
	buf_add_char(out, '}');
}

/* --- an issuance -------------------------------------------------------- */

static void add_certificate(struct buf *out, const struct issuance *i)
{
	add_text(out, "serial", i->serial);
	add_text(out, "issuer", i->issuer);
	if (i->serial[0]) {
		add_time(out, "not_before", i->not_before_us);
		add_time(out, "not_after", i->not_after_us);
	} else {
		add_text(out, "not_before", NULL);
		add_text(out, "not_after", NULL);
	}
	add_number(out, "chain_length", i->chain_length);
	add_number(out, "alternates", i->alternates);
}

void report_issuance_json(struct buf *out, const struct issuance *i,
			  const char *ca)
{
	bool running = i->took_us < 0;

	buf_add_char(out, '{');
	add_number(out, "id", i->id);
	add_text(out, "ca", ca);
	add_time(out, "started", i->wall_us);
	add_known(out, "took_us", i->took_us);
	add_number(out, "waited_us", i->waited_us);
	add_bool(out, "shallow", i->shallow);
	add_text(out, "outcome", running ? NULL : outcome_slug(i->outcome));
	add_text(out, "op", op_name(i->op));
	add_known(out, "status", i->status ? i->status : -1);
	add_text(out, "problem", i->problem);
	add_text(out, "detail", i->detail);
	add_text(out, "name", i->name);
	add_number(out, "names", i->names);
	add_number(out, "exchanges", i->exchanges);
	add_known(out, "first_validation_us", i->first_validation_us);
	add_number(out, "validations", i->validations);
	add_known(out, "valid_after_us", i->valid_after_us);
	add_known(out, "valid_before_us", i->valid_before_us);
	add_certificate(out, i);
	buf_add_char(out, '}');
}
