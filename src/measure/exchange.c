#include "measure/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A turn of our loop past this could have delayed a mark visibly. */
enum { BLUR_US = 5000 };

static const char *const phase_names[PHASES] = {
	[PHASE_DNS] = "dns",	 [PHASE_CONNECT] = "connect",
	[PHASE_TLS] = "tls",	 [PHASE_SEND] = "send",
	[PHASE_WAIT] = "wait",	 [PHASE_RECEIVE] = "receive",
	[PHASE_TOTAL] = "total",
};

const char *phase_name(enum phase phase)
{
	return phase_names[phase];
}

/* The mark that ends each phase, in the order of enum phase. */
static void ends(const struct marks *m, int64_t ret_end[static PHASE_TOTAL])
{
	ret_end[PHASE_DNS] = m->dns_us;
	ret_end[PHASE_CONNECT] = m->connect_us;
	ret_end[PHASE_TLS] = m->tls_us;
	ret_end[PHASE_SEND] = m->sent_us;
	ret_end[PHASE_WAIT] = m->first_us;
	/* An end without a first byte is where a failure stopped. */
	ret_end[PHASE_RECEIVE] = m->first_us == MARK_NONE ? MARK_NONE
							  : m->done_us;
}

bool marks_in_order(const struct marks *m)
{
	int64_t end[PHASE_TOTAL];
	int64_t last = 0;

	ends(m, end);
	for (unsigned i = 0; i < PHASE_TOTAL; i++) {
		if (end[i] == MARK_NONE)
			continue;
		if (end[i] < last)
			return false;
		last = end[i];
	}
	return m->done_us >= last;
}

int64_t marks_phase_us(const struct marks *m, enum phase phase)
{
	int64_t end[PHASE_TOTAL];
	int64_t from = 0;

	if (phase == PHASE_TOTAL)
		return m->done_us;
	ends(m, end);
	if (end[phase] == MARK_NONE)
		return -1;
	for (unsigned i = 0; i < (unsigned)phase; i++) {
		if (end[i] != MARK_NONE)
			from = end[i];
	}
	return end[phase] - from;
}

enum phase marks_stopped_in(const struct marks *m)
{
	if (m->first_us != MARK_NONE)
		return PHASE_RECEIVE;
	if (m->sent_us != MARK_NONE)
		return PHASE_WAIT;
	if (m->tls_us != MARK_NONE)
		return PHASE_SEND;
	if (m->connect_us != MARK_NONE)
		return PHASE_TLS;
	if (m->dns_us != MARK_NONE)
		return PHASE_CONNECT;
	return PHASE_DNS;
}

void exchange_check_marks(struct exchange *e)
{
	int64_t done_us = e->marks.done_us;

	if (marks_in_order(&e->marks))
		return;
	e->outcome = OUTCOME_SELF;
	text_copy(e->detail, sizeof(e->detail),
		  "our own marks are out of order: the exchange was not "
		  "measured");
	e->marks = (struct marks)MARKS_NONE;
	e->marks.done_us = done_us < 0 ? 0 : done_us;
}

void exchange_release(struct exchange *e)
{
	free(e->kept_headers);
	free(e->kept_body);
	memset(e, 0, sizeof(*e));
}

int64_t exchange_took_us(const struct exchange *e)
{
	return e->marks.done_us;
}

int64_t exchange_network_us(const struct exchange *e)
{
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);

	if (wait_us < 0 || e->rtt_us < 0)
		return -1;
	return e->rtt_us < wait_us ? e->rtt_us : wait_us;
}

bool exchange_is_blurred(const struct exchange *e)
{
	return e->lag_us > BLUR_US;
}
