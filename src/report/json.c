#include "report/json.h"

#include "base/clock.h"
#include "base/text.h"
#include "report/json_write.h"

/* --- an exchange -------------------------------------------------------- */

static void add_connection(struct buf *out, const struct exchange *e)
{
	char address[IP_TEXT];

	ip_print(address, &e->remote);
	json_text(out, "family",
		  e->remote.family == IP_NONE
			  ? NULL
			  : ip_family_name(e->remote.family));
	json_text(out, "address", e->remote.family == IP_NONE ? NULL : address);
	json_known(out, "port", e->remote_port ? e->remote_port : -1);
	json_name(out, "http");
	if (e->http_version)
		buf_addf(out, "\"%d.%d\"", e->http_version / 10,
			 e->http_version % 10);
	else
		buf_add_text(out, "null");
	json_text(out, "tls", e->tls_version);
	json_text(out, "cipher", e->cipher);
	json_bool(out, "reused", e->reused);
	json_number(out, "resends", e->resends);
	json_known(out, "rtt_us", e->rtt_us);
	json_number(out, "retransmits", e->retransmits);
}

static void add_phases(struct buf *out, const struct exchange *e)
{
	int64_t network_us = exchange_network_us(e);
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);

	json_name(out, "phases_us");
	buf_add_char(out, '{');
	for (unsigned p = 0; p < PHASES; p++)
		json_known(out, phase_name((enum phase)p),
			   marks_phase_us(&e->marks, (enum phase)p));
	buf_add_char(out, '}');
	json_known(out, "network_us", network_us);
	json_known(out, "server_us",
		   network_us < 0 ? -1 : wait_us - network_us);
	json_number(out, "lag_us", e->lag_us);
	json_bool(out, "blurred", exchange_is_blurred(e));
}

static void add_kept(struct buf *out, const struct exchange *e)
{
	if (e->kept_headers) {
		json_name(out, "headers");
		json_add_bytes(out, e->kept_headers, e->kept_headers_len);
	}
	if (e->kept_body) {
		json_name(out, "body");
		json_add_bytes(out, e->kept_body, e->kept_body_len);
	}
}

void report_exchange_json(struct buf *out, const struct exchange *e,
			  const char *ca)
{
	buf_add_char(out, '{');
	json_number(out, "id", e->id);
	json_known(out, "issuance", e->issuance ? e->issuance : -1);
	json_text(out, "ca", ca);
	json_text(out, "op", op_name(e->op));
	json_number(out, "attempt", e->attempt);
	json_time(out, "started", e->wall_us);
	json_text(out, "outcome", outcome_slug(e->outcome));
	json_known(out, "status", e->status ? e->status : -1);
	json_text(out, "problem", e->problem);
	json_text(out, "detail", e->detail);
	json_known(out, "retry_after_us", e->retry_after_us);
	json_text(out, "request_id", e->request_id);
	add_phases(out, e);
	add_connection(out, e);
	json_number(out, "request_bytes", e->request_bytes);
	json_number(out, "header_bytes", e->header_bytes);
	json_number(out, "body_bytes", e->body_bytes);
	add_kept(out, e);
	buf_add_char(out, '}');
}

/* --- an issuance -------------------------------------------------------- */

static void add_certificate(struct buf *out, const struct issuance *i)
{
	json_text(out, "serial", i->serial);
	json_text(out, "issuer", i->issuer);
	if (i->serial[0]) {
		json_time(out, "not_before", i->not_before_us);
		json_time(out, "not_after", i->not_after_us);
	} else {
		json_text(out, "not_before", NULL);
		json_text(out, "not_after", NULL);
	}
	json_number(out, "chain_length", i->chain_length);
	json_number(out, "alternates", i->alternates);
}

static void add_requests(struct buf *out, const struct issuance *i)
{
	char from[IP_TEXT];

	json_name(out, "validation_requests");
	buf_add_char(out, '[');
	for (unsigned k = 0; k < i->request_count; k++) {
		ip_print(from, &i->requests[k].from);
		buf_add_text(out, k ? ",{" : "{");
		json_number(out, "at_us", i->requests[k].at_us);
		json_text(out, "from", from);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

void report_issuance_json(struct buf *out, const struct issuance *i,
			  const char *ca)
{
	bool running = i->took_us < 0;

	buf_add_char(out, '{');
	json_number(out, "id", i->id);
	json_text(out, "ca", ca);
	json_time(out, "started", i->wall_us);
	json_known(out, "took_us", i->took_us);
	json_number(out, "waited_us", i->waited_us);
	json_bool(out, "shallow", i->shallow);
	json_bool(out, "confirms", i->confirms);
	json_text(out, "outcome", running ? NULL : outcome_slug(i->outcome));
	json_text(out, "op", op_name(i->op));
	json_known(out, "status", i->status ? i->status : -1);
	json_text(out, "problem", i->problem);
	json_text(out, "detail", i->detail);
	json_text(out, "name", i->name);
	json_number(out, "names", i->names);
	json_number(out, "exchanges", i->exchanges);
	json_known(out, "first_validation_us", i->first_validation_us);
	json_number(out, "validations", i->validations);
	add_requests(out, i);
	json_known(out, "valid_after_us", i->valid_after_us);
	json_known(out, "valid_before_us", i->valid_before_us);
	add_certificate(out, i);
	buf_add_char(out, '}');
}
