#include "report/sentence.h"

#include "base/text.h"

static void add_latency(struct buf *out, int64_t us)
{
	char text[32];

	text_latency(text, sizeof(text), us);
	buf_add_text(out, text);
}

static void add_names(struct buf *out, const struct issuance *i)
{
	buf_add_text(out, i->name);
	if (i->names > 1)
		buf_addf(out, " and %u more", i->names - 1);
}

static void add_success(struct buf *out, const struct issuance *i,
			const char *host)
{
	if (i->shallow)
		buf_addf(out,
			 "%s answered the first steps, up to the "
			 "authorization for ",
			 host);
	else
		buf_addf(out, "%s issued a certificate for ", host);
	add_names(out, i);
	buf_add_text(out, i->shallow ? ", as it should, in " : " in ");
	add_latency(out, i->took_us);
	buf_addf(out, " (%u requests", i->exchanges);
	if (i->waited_us > 0) {
		buf_add_text(out, "; ");
		add_latency(out, i->waited_us);
		buf_add_text(out, " of it between requests");
	}
	buf_add_text(out, i->shallow ? "); nothing was issued." : ").");
}

/* ": HTTP 500 serverInternal: the detail", as far as there is one. */
static void add_answer(struct buf *out, const struct issuance *i)
{
	/* Without a problem document the detail begins with the status. */
	bool failed = i->status >= 300 && !text_starts(i->detail, "HTTP ");

	if (failed || i->problem[0] || i->detail[0])
		buf_add_text(out, ": ");
	if (failed)
		buf_addf(out, "HTTP %d", i->status);
	if (i->problem[0])
		buf_addf(out, "%s%s", failed ? " " : "", i->problem);
	if (i->detail[0])
		buf_addf(out, "%s%s", failed || i->problem[0] ? ": " : "",
			 i->detail);
}

/* What failed, with the place of the host and the operation in it. */
static void add_failure(struct buf *out, const struct issuance *i,
			const char *host)
{
	const char *op = op_name(i->op);

	switch (i->outcome) {
	case OUTCOME_REFUSED:
		buf_addf(out, "%s refused the connection for %s", host, op);
		break;
	case OUTCOME_TIMEOUT:
		buf_addf(out, "%s did not finish %s in time", host, op);
		break;
	case OUTCOME_UNREACHABLE:
		buf_addf(out, "the network did not reach %s for %s", host, op);
		break;
	case OUTCOME_CLOSED:
		buf_addf(out, "%s closed the connection before %s was answered",
			 host, op);
		break;
	case OUTCOME_TLS:
		buf_addf(out, "the TLS handshake with %s failed at %s", host,
			 op);
		break;
	case OUTCOME_HTTP_ERROR:
	case OUTCOME_PROBLEM:
		buf_addf(out, "%s answered %s with an error", host, op);
		break;
	case OUTCOME_BAD_NONCE:
		buf_addf(out, "%s refused the nonce of %s", host, op);
		break;
	case OUTCOME_RATE_LIMITED:
		buf_addf(out, "we are over a rate limit of %s at %s", host, op);
		break;
	case OUTCOME_PROTOCOL:
		buf_addf(out,
			 "what %s answered to %s is not what RFC 8555 says",
			 host, op);
		break;
	case OUTCOME_VALIDATION:
		buf_addf(out, "%s did not validate the name", host);
		break;
	case OUTCOME_BAD_CERTIFICATE:
		buf_addf(out, "what %s issued is not what was ordered", host);
		break;
	case OUTCOME_SELF:
	case OUTCOME_DNS:
		buf_addf(out, "our own side failed at %s, not %s", op, host);
		break;
	case OUTCOME_INTERRUPTED:
		buf_addf(out, "it was interrupted at %s", op);
		break;
	case OUTCOME_OK:
	case OUTCOMES:
		break;
	}
}

void sentence_issuance(struct buf *out, const struct issuance *i,
		       const char *host)
{
	if (i->outcome == OUTCOME_OK) {
		add_success(out, i, host);
		return;
	}
	buf_add_text(out, i->shallow ? "The first steps did not succeed for "
				     : "No certificate for ");
	add_names(out, i);
	buf_add_text(out, ": ");
	add_failure(out, i, host);
	add_answer(out, i);
	if (i->took_us >= 0) {
		buf_add_text(out, " (after ");
		add_latency(out, i->took_us);
		buf_addf(out, ", %u request%s)", i->exchanges,
			 i->exchanges == 1 ? "" : "s");
	}
	buf_add_char(out, '.');
}
