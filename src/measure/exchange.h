/*
 * The exchange: one HTTP request and its answer, or its failure. The atom that
 * is measured, stored, served and judged.
 *
 * Marks are raw and never corrected; durations are derived from them here and
 * nowhere else. Invariant: the marks that were reached are in order.
 */
#ifndef MEASURE_EXCHANGE_H
#define MEASURE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "base/clock.h"
#include "base/ip.h"

/* What part of an exchange a duration is of. PHASE_TOTAL is all of it. */
enum phase {
	PHASE_DNS,     /* start -> address known */
	PHASE_CONNECT, /* -> TCP connected */
	PHASE_TLS,     /* -> TLS handshake done */
	PHASE_SEND,    /* -> last byte of the request handed to the kernel */
	PHASE_WAIT,    /* -> first byte of the answer read */
	PHASE_RECEIVE, /* -> last byte of the answer read */
	PHASE_TOTAL,
	PHASES
};

/* "dns" ... "total" */
const char *phase_name(enum phase phase);

/*
 * Monotonic microseconds since `start`; MARK_NONE when not reached. On a
 * connection that was there already, dns, connect and tls are MARK_NONE and
 * `send` counts from the start.
 */
enum { MARK_NONE = -1 };

struct marks {
	int64_t dns_us;	    /* address known */
	int64_t connect_us; /* TCP connected */
	int64_t tls_us;	    /* handshake done; MARK_NONE on plain http */
	int64_t sent_us;    /* request written */
	int64_t first_us;   /* first byte of the answer */
	int64_t done_us;    /* the end, always reached, also by a failure */
};

#define MARKS_NONE                                                   \
	((struct marks){ MARK_NONE, MARK_NONE, MARK_NONE, MARK_NONE, \
			 MARK_NONE, MARK_NONE })

/* False when reached marks are out of order or before the start. */
bool marks_in_order(const struct marks *m);

/* Duration of one phase, or -1 when the phase was not completed or not run. */
int64_t marks_phase_us(const struct marks *m, enum phase phase);

/* The phase that was running when a failed exchange ended. */
enum phase marks_stopped_in(const struct marks *m);

enum {
	EXCHANGE_PROBLEM = 64,
	EXCHANGE_DETAIL = 512,
	EXCHANGE_REQUEST_ID = 64,
	EXCHANGE_TLS_VERSION = 12,
	EXCHANGE_CIPHER = 48,
	EXCHANGE_KEPT_MAX = 64 * 1024, /* of headers and of body, each */
};

struct exchange {
	int64_t id;	  /* the cursor; set by the store, rising */
	int64_t issuance; /* 0 when it belongs to none (controls) */
	unsigned ca;	  /* number of the CA or control in the store */
	enum op op;
	unsigned attempt; /* n-th of its op within the issuance, from 1 */
	int64_t wall_us;  /* when it started: the label */
	struct marks marks;

	enum outcome outcome;
	int status;			/* HTTP, 0 without an answer */
	char problem[EXCHANGE_PROBLEM]; /* "badNonce": type without its URN */
	char detail[EXCHANGE_DETAIL];	/* the CA's or our words, as received */
	int64_t retry_after_us;		/* -1 without */
	char request_id[EXCHANGE_REQUEST_ID];

	struct ip remote; /* IP_NONE when no address was found */
	uint16_t remote_port;
	int http_version; /* 10, 11, 20, 30; 0 without an answer */
	char tls_version[EXCHANGE_TLS_VERSION]; /* "TLSv1.3", "" on http */
	char cipher[EXCHANGE_CIPHER];		/* OpenSSL's name */
	bool reused;	  /* the connection was there already */
	unsigned resends; /* times the transport sent it again by itself */

	int64_t request_bytes; /* line, headers and body, inside TLS */
	int64_t header_bytes;  /* of the answer */
	int64_t body_bytes;
	int64_t rtt_us;	      /* TCP_INFO, smoothed; -1 unknown */
	unsigned retransmits; /* TCP_INFO, of the connection so far */
	int64_t lag_us;	      /* longest turn of our own loop meanwhile */

	/* Kept of a failed exchange; NULL otherwise; malloc'ed, owned. */
	char *kept_headers;
	size_t kept_headers_len;
	char *kept_body;
	size_t kept_body_len;
};

/*
 * Marks that cannot be are a fault of ours: the outcome becomes OUTCOME_SELF,
 * and of the marks only the end is left.
 */
void exchange_check_marks(struct exchange *e);

/* Frees what it keeps and clears it. */
void exchange_release(struct exchange *e);

/* The time from start to end, which is always known. */
int64_t exchange_took_us(const struct exchange *e);

/*
 * The network's part of `wait`: one smoothed round trip, never more than the
 * wait itself; -1 when either is unknown. The CA's part is the rest.
 */
int64_t exchange_network_us(const struct exchange *e);

/* Our own loop was busy for so long that this sample may be ours, not theirs.
 */
bool exchange_is_blurred(const struct exchange *e);

#endif
