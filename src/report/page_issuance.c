/*
 * The pages behind a figure: the exchanges of a cell, one issuance drawn as a
 * waterfall, one exchange in full. And how it is measured.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/board.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/sentence.h"
#include "report/summary.h"
#include "report/words.h"

/* --- a cell ------------------------------------------------------------- */

static void add_rows(struct buf *out, const struct board *b, size_t station,
		     const struct exchange *list, size_t count)
{
	struct frame_row *rows = mem_array(count, sizeof(*rows));

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct frame_row){ &list[i], station };
	if (count)
		frame_exchanges(out, b, rows, count);
	else
		buf_add_text(out, "<p>None is kept.</p>");
	free(rows);
}

void page_cell(struct buf *out, const struct board *b,
	       const struct board_view *v, size_t station,
	       const struct exchange *list, size_t count)
{
	const struct board_station *s = &b->stations[station];
	const char *word = v->op < 0 ? "all operations"
				     : op_name((enum op)v->op);
	char title[128];

	snprintf(title, sizeof(title), "Exchanges at %s, acmeter", s->name);
	frame_open(out, b, title, NULL);
	buf_add_text(out, "<h1>Exchanges: ");
	html_text(out, word);
	if (v->ca[0]) {
		buf_add_text(out, " at ");
		html_text(out, v->ca);
	}
	buf_add_text(out, ", seen from ");
	html_text(out, board_place(s));
	buf_add_text(out, "</h1>");
	add_rows(out, b, station, list, count);
	buf_addf(out,
		 "<p class=\"note\">The newest %zu. The interface gives all of "
		 "them: <a href=\"/api/v1/exchanges?station=",
		 count);
	html_text(out, s->name);
	buf_add_text(out, "\">JSON</a>.</p>");
	frame_close(out, b);
}

/* --- the waterfall ------------------------------------------------------ */

enum { FALL_WIDTH = 600, PART_MAX = 1024 };

static void add_phases(struct buf *out, const struct exchange *e,
		       int64_t from_us, int64_t span_us)
{
	double scale = (double)FALL_WIDTH / (double)(span_us < 1 ? 1 : span_us);
	double at = (double)(e->wall_us - from_us) * scale;
	int64_t known = 0, total = exchange_took_us(e);

	for (unsigned p = 0; p < PHASE_TOTAL; p++) {
		int64_t us = marks_phase_us(&e->marks, (enum phase)p);

		if (us <= 0)
			continue;
		buf_addf(out,
			 "<rect class=\"p-%s\" x=\"%.2f\" width=\"%.2f\" "
			 "height=\"12\"/>",
			 phase_name((enum phase)p), at + (double)known * scale,
			 (double)us * scale);
		known += us;
	}
	if (e->outcome != OUTCOME_OK && known < total)
		buf_addf(out,
			 "<rect class=\"p-%s\" x=\"%.2f\" width=\"%.2f\" "
			 "height=\"12\"/>",
			 phase_name(marks_stopped_in(&e->marks)),
			 at + (double)known * scale,
			 (double)(total - known) * scale);
}

static void add_fall_row(struct buf *out, const struct board_station *s,
			 const struct exchange *e, int64_t from_us,
			 int64_t span_us, bool chosen)
{
	buf_addf(out, "<tr%s><th scope=\"row\">",
		 chosen ? " aria-current=\"true\" class=\"chosen\"" : "");
	buf_add_text(out, "<a href=\"/exchanges/");
	html_text(out, s->name);
	buf_addf(out, "/%" PRId64 "\">%s</a>", e->id, op_name(e->op));
	buf_addf(out, "</th><td class=\"%s\" data-label=\"answer\">",
		 e->outcome == OUTCOME_OK ? "" : "bad");
	if (e->status)
		buf_addf(out, "%d ", e->status);
	html_text(out, e->problem[0] ? e->problem : outcome_slug(e->outcome));
	buf_addf(out,
		 "</td><td class=\"wide\"><svg class=\"share\" "
		 "viewBox=\"0 0 %d 12\" preserveAspectRatio=\"none\" "
		 "aria-hidden=\"true\">",
		 FALL_WIDTH);
	add_phases(out, e, from_us, span_us);
	buf_add_text(out, "</svg></td><td class=\"n\" data-label=\"took\">");
	frame_latency(out, exchange_took_us(e));
	buf_add_text(out, "</td></tr>");
}

static void add_waterfall(struct buf *out, const struct board_station *s,
			  const struct exchange *list, size_t count,
			  int64_t chosen)
{
	int64_t from_us = list[0].wall_us, to_us = from_us;

	for (size_t i = 0; i < count; i++) {
		int64_t end_us = list[i].wall_us + exchange_took_us(&list[i]);

		if (list[i].wall_us < from_us)
			from_us = list[i].wall_us;
		if (end_us > to_us)
			to_us = end_us;
	}
	buf_add_text(out, "<table class=\"time fall\"><thead><tr>"
			  "<th scope=\"col\">operation</th>"
			  "<th scope=\"col\">answer</th>"
			  "<th scope=\"col\">when</th>"
			  "<th scope=\"col\" class=\"n\">took</th>"
			  "</tr></thead><tbody>");
	for (size_t i = 0; i < count; i++)
		add_fall_row(out, s, &list[i], from_us, to_us - from_us,
			     list[i].id == chosen);
	buf_add_text(out, "</tbody></table>");
}

/* When the CA came to see our answer, and from where. */
static void add_requests(struct buf *out, const struct issuance *i)
{
	char from[IP_TEXT];

	if (i->request_count == 0)
		return;
	buf_add_text(out, "<section><h2>Validation requests</h2>"
			  "<table class=\"time\"><thead><tr>"
			  "<th scope=\"col\">from</th>"
			  "<th scope=\"col\" class=\"n\">after the start</th>"
			  "</tr></thead><tbody>");
	for (unsigned k = 0; k < i->request_count; k++) {
		ip_print(from, &i->requests[k].from);
		buf_addf(out,
			 "<tr><th scope=\"row\">%s</th>"
			 "<td class=\"n\" data-label=\"after the start\">",
			 from);
		frame_latency(out, i->requests[k].at_us);
		buf_add_text(out, "</td></tr>");
	}
	buf_add_text(out, "</tbody></table>");
	if (i->validations > i->request_count)
		buf_addf(out,
			 "<p class=\"note\">And %u more, of which only the "
			 "count is kept.</p>",
			 i->validations - i->request_count);
	buf_add_text(out, "</section>");
}

/* --- one exchange ------------------------------------------------------- */

static void add_fact(struct buf *out, const char *name, const char *value)
{
	if (!value[0])
		return;
	buf_addf(out, "<div><dt>%s</dt><dd>", name);
	html_text(out, value);
	buf_add_text(out, "</dd></div>");
}

static void add_span(struct buf *out, const char *name, int64_t us)
{
	if (us < 0)
		return;
	buf_addf(out, "<div><dt>%s</dt><dd>", name);
	frame_latency(out, us);
	buf_add_text(out, "</dd></div>");
}

static void add_number(struct buf *out, const char *name, int64_t number)
{
	buf_addf(out, "<div><dt>%s</dt><dd>%" PRId64 "</dd></div>", name,
		 number);
}

static void add_times(struct buf *out, const struct exchange *e)
{
	int64_t network_us = exchange_network_us(e);
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);

	for (unsigned p = 0; p < PHASES; p++)
		add_span(out, phase_name((enum phase)p),
			 marks_phase_us(&e->marks, (enum phase)p));
	add_span(out, "of the wait: network", network_us);
	if (network_us >= 0 && wait_us >= 0)
		add_span(out, "of the wait: CA", wait_us - network_us);
	add_span(out, "round trip (kernel)", e->rtt_us);
	add_span(out, "Retry-After", e->retry_after_us);
	add_span(out, "our own loop", e->lag_us);
}

static void add_connection(struct buf *out, const struct exchange *e)
{
	char address[IP_TEXT], text[32];

	if (e->remote.family != IP_NONE) {
		ip_print(address, &e->remote);
		add_fact(out, "address", address);
		add_number(out, "port", e->remote_port);
	}
	if (e->http_version) {
		snprintf(text, sizeof(text), "%d.%d", e->http_version / 10,
			 e->http_version % 10);
		add_fact(out, "HTTP", text);
	}
	add_fact(out, "TLS", e->tls_version);
	add_fact(out, "cipher", e->cipher);
	add_fact(out, "connection", e->reused ? "kept" : "new");
	add_number(out, "sent again", e->resends);
	add_number(out, "retransmits", e->retransmits);
	add_number(out, "bytes asked", e->request_bytes);
	add_number(out, "bytes of headers", e->header_bytes);
	add_number(out, "bytes of body", e->body_bytes);
}

/* Bytes without a line's end among them; NUL is shown, not believed. */
static void add_bytes(struct buf *out, const char *data, size_t len)
{
	char part[PART_MAX + 1];

	while (len > 0) {
		size_t n = len < PART_MAX ? len : PART_MAX;

		memcpy(part, data, n);
		part[n] = '\0';
		n = strlen(part);
		html_text(out, part);
		if (n == 0) {
			buf_add_text(out, "\\x00");
			n = 1;
		}
		data += n;
		len -= n;
	}
}

/* As they were received, line by line. */
static void add_kept(struct buf *out, const char *title, const char *data,
		     size_t len)
{
	if (!data || len == 0)
		return;
	buf_addf(out, "<h3>%s</h3><pre tabindex=\"0\">", title);
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t line = end ? (size_t)(end - data) : len;
		size_t shown = line && data[line - 1] == '\r' ? line - 1 : line;

		add_bytes(out, data, shown);
		buf_add_char(out, '\n');
		line += end != NULL;
		data += line;
		len -= line;
	}
	buf_add_text(out, "</pre>");
}

static void add_exchange(struct buf *out, const struct board *b,
			 const struct exchange *e)
{
	char status[16] = "";

	if (e->status)
		snprintf(status, sizeof(status), "%d", e->status);
	buf_addf(out, "<section><h2>%s, exchange %" PRId64 "</h2><dl>",
		 op_name(e->op), e->id);
	buf_add_text(out, "<div><dt>started</dt><dd>");
	html_time(out, e->wall_us, b->now_us);
	buf_add_text(out, "</dd></div>");
	add_fact(out, "outcome", outcome_slug(e->outcome));
	add_fact(out, "which means", outcome_meaning(e->outcome));
	add_fact(out, "status", status);
	add_fact(out, "problem", e->problem);
	add_fact(out, "detail", e->detail);
	add_fact(out, "request", e->request_id);
	add_times(out, e);
	add_connection(out, e);
	buf_add_text(out, "</dl>");
	add_kept(out, "Headers", e->kept_headers, e->kept_headers_len);
	add_kept(out, "Body", e->kept_body, e->kept_body_len);
	buf_add_text(out, "</section>");
}

void page_issuance(struct buf *out, const struct board *b, size_t station,
		   const char *ca, const struct issuance *i,
		   const struct exchange *exchanges, size_t count,
		   int64_t chosen)
{
	const struct board_station *s = &b->stations[station];
	struct buf sentence = BUF_INIT(2048);
	char title[128];

	snprintf(title, sizeof(title), "%s at %s, acmeter",
		 chosen ? "An exchange" : "An issuance", s->name);
	frame_open(out, b, title, NULL);
	buf_addf(out, "<h1>%s at ", i ? "An issuance" : "A request");
	html_text(out, ca);
	buf_add_text(out, ", seen from ");
	html_text(out, board_place(s));
	buf_add_text(out, "</h1>");
	if (i && i->took_us >= 0) {
		sentence_issuance(&sentence, i, ca);
		html_element(out, "p", buf_text(&sentence));
	}
	buf_release(&sentence);
	if (count)
		add_waterfall(out, s, exchanges, count, chosen);
	if (i)
		add_requests(out, i);
	for (size_t k = 0; k < count; k++) {
		if (exchanges[k].id == chosen)
			add_exchange(out, b, &exchanges[k]);
	}
	frame_close(out, b);
}

/* --- the method --------------------------------------------------------- */

void page_method(struct buf *out, const struct board *b)
{
	frame_open(out, b, "How it is measured, acmeter", NULL);
	buf_add_text(
		out,
		"<h1>How it is measured</h1>"
		"<p>Each station does what users of a CA do: it obtains "
		"certificates over ACME (RFC 8555), again and again, within "
		"the CA\xe2\x80\x99s rate limits, on a fresh connection for "
		"each issuance.</p>"
		"<h2>Times</h2><p>Marks are read from a monotonic clock when "
		"something happens: the address is known, TCP is connected, "
		"TLS is done, the request is with the kernel, the first byte "
		"of the answer has come (by the kernel\xe2\x80\x99s own "
		"stamp), all of it is read. What lies between two marks is a "
		"phase: dns, connect, tls, send, wait, receive. Of the wait, "
		"one round trip as the kernel measures it is the "
		"network\xe2\x80\x99s part, the rest the CA\xe2\x80\x99s.</p>"
		"<p>A sample during which the station\xe2\x80\x99s own program "
		"was busy for more than 5 ms is marked as blurred.</p>"
		"<h2>Figures</h2><p>Medians and p95 are ranks of the samples "
		"that succeeded in the window, all stations together; they are "
		"never averaged. How long a failure took to fail is not "
		"latency.</p>"
		"<h2>Failures</h2><p>Each has one word: what is the "
		"CA\xe2\x80\x99s, what the path\xe2\x80\x99s, what our own. "
		"Only the first counts against the CA. A station whose "
		"controls, which have nothing to do with any CA, fail as well "
		"is blind, and says nothing of a CA meanwhile.</p>"
		"<h2>Limits</h2><p>A station sees the CA from one place. "
		"Polling makes the end of a validation known only between two "
		"polls; the record keeps both. What was not measured is a gap, "
		"not a zero.</p>"
		"<h2>Data</h2><p>Everything shown is also JSON and CSV: see "
		"the foot of the page.</p>");
	frame_close(out, b);
}
