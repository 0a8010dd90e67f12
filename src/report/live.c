#include "report/live.h"

#include <inttypes.h>

#include "report/json_write.h"

/* An issuance is a sample of the operation that is all of them. */
static void add_head(struct buf *out, const char *station, const char *ca,
		     const char *op, int64_t id, int64_t issuance)
{
	buf_add_text(out, "event: sample\ndata: {");
	json_text(out, "station", station);
	json_text(out, "ca", ca);
	json_text(out, "op", op);
	json_number(out, "id", id);
	json_number(out, "issuance", issuance);
}

static void add_tail(struct buf *out, int64_t started_us, int64_t took_us,
		     enum outcome outcome)
{
	json_number(out, "started_us", started_us);
	json_number(out, "took_us", took_us);
	json_text(out, "outcome", outcome_slug(outcome));
}

void live_exchange(struct buf *out, const char *station, const char *ca,
		   const struct exchange *e)
{
	int64_t network_us = exchange_network_us(e);
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);
	bool split = network_us >= 0 && wait_us >= 0;

	add_head(out, station, ca, op_name(e->op), e->id, e->issuance);
	add_tail(out, e->wall_us, exchange_took_us(e), e->outcome);
	json_known(out, "network_us", network_us);
	json_known(out, "server_us", split ? wait_us - network_us : -1);
	buf_add_text(out, "}\n\n");
}

void live_issuance(struct buf *out, const char *station, const char *ca,
		   const struct issuance *i)
{
	add_head(out, station, ca, "issuance", i->id, i->id);
	add_tail(out, i->wall_us, i->took_us, i->outcome);
	json_known(out, "network_us", -1);
	json_known(out, "server_us", -1);
	buf_add_text(out, "}\n\n");
}

void live_board(struct buf *out, int64_t now_us)
{
	buf_addf(out, "event: board\ndata: {\"now_us\":%" PRId64 "}\n\n",
		 now_us);
}

void live_hello(struct buf *out, int64_t now_us)
{
	buf_add_text(out, "retry: 3000\n");
	live_board(out, now_us);
}

void live_ping(struct buf *out)
{
	buf_add_text(out, ": ping\n\n");
}
