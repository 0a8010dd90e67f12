/*
 * The gate: what a request must be before anything is done with it, and what
 * it asks for as values.
 *
 * Invariant: a struct route names one of a fixed list of routes, and every
 * value in it is within its bounds. What a server further out could
 * understand otherwise than we do is refused, not interpreted (RFC 9112
 * section 11.2): Transfer-Encoding, a body, a second Host or Content-Length,
 * names that are no tokens, control bytes, NUL, slashes and dots in disguise.
 */
#ifndef REPORT_ROUTE_H
#define REPORT_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/outcome.h"
#include "base/buf.h"

enum route_kind {
	ROUTE_PAGE,	     /* / */
	ROUTE_HEALTH,	     /* /healthz */
	ROUTE_METRICS,	     /* /metrics */
	ROUTE_STATION,	     /* /api/v1/station */
	ROUTE_EXCHANGES,     /* /api/v1/exchanges */
	ROUTE_EXCHANGE,	     /* /api/v1/exchanges/ID */
	ROUTE_ISSUANCES,     /* /api/v1/issuances */
	ROUTE_HOURS,	     /* /api/v1/hours */
	ROUTE_LATENCY,	     /* /api/v1/latency */
	ROUTE_STATIONS,	     /* /api/v1/stations */
	ROUTE_SERIES,	     /* /api/v1/series */
	ROUTE_EVENTS,	     /* /api/v1/events */
	ROUTE_CELL,	     /* /exchanges */
	ROUTE_EXCHANGE_PAGE, /* /exchanges/STATION/ID */
	ROUTE_ISSUANCE_PAGE, /* /issuances/STATION/ID */
	ROUTE_VERDICT,	     /* /api/v1/verdict */
	ROUTE_INCIDENTS,     /* /api/v1/incidents */
	ROUTE_CAS,	     /* /api/v1/cas */
	ROUTE_LOOK,	     /* /api/v1/look; the only one that is POSTed to */
	ROUTE_INCIDENT_PAGE, /* /incidents/CA/NUMBER */
	ROUTE_METHOD,	     /* /method */
	ROUTE_ASSET,	     /* /assets/NAME */
	ROUTE_KINDS
};

enum route_format { ROUTE_TEXT, ROUTE_JSON, ROUTE_CSV };

enum {
	ROUTE_TARGET_MAX = 2048,       /* bytes of the request target */
	ROUTE_HEADERS_MAX = 64,	       /* fields */
	ROUTE_HEADER_BYTES = 8 * 1024, /* names and values together */
	ROUTE_CA = 33,
	ROUTE_LIMIT = 100, /* rows, when nothing is said */
	ROUTE_LIMIT_MAX = 1000,
	ROUTE_REASON = 200,
	ROUTE_PATH = 128,
	ROUTE_STATIONS_TEXT = 1024,
	ROUTE_KEY = 512 + ROUTE_STATIONS_TEXT,
};

struct route_header {
	const char *name, *value;
};

struct route_request {
	const char *method;
	const char *target; /* as it was sent */
	int http_version;   /* 10, 11 */
	const struct route_header *headers;
	size_t header_count;
};

struct route {
	enum route_kind kind;
	enum route_format format; /* ROUTE_TEXT where there is one form only */
	bool head;		  /* HEAD: the answer without its body */
	bool openmetrics;	  /* of ROUTE_METRICS: it is asked for */
	bool gzip;		  /* the answer may be compressed */
	int64_t id;		  /* of an exchange or issuance */
	char path[ROUTE_PATH];	  /* of ROUTE_ASSET: as it was asked for */
	char ca[ROUTE_CA];	  /* "" for all */
	/* "" for all; of the page and the series several: "fra,bom". */
	char stations[ROUTE_STATIONS_TEXT];
	bool log;		/* of the page: a logarithmic scale */
	bool part;		/* of the page: what changes of it */
	int64_t wait_us;	/* with after: so long for a row to come */
	int op;			/* enum op, or ROUTE_ANY */
	int64_t after;		/* or ROUTE_ANY */
	int64_t issuance;	/* or ROUTE_ANY */
	int64_t from_us, to_us; /* or ROUTE_ANY */
	int64_t window_us;
	unsigned limit;
	bool failed_only;
};

enum { ROUTE_ANY = -1 };

struct route_refusal {
	int status;
	char reason[ROUTE_REASON]; /* a sentence; printable */
	bool html;		   /* a person with a browser asked */
	bool post;		   /* of a 405: POST is what is allowed */
};

/*
 * False and why it is refused, or true and what it asks for. The request's
 * texts are not needed any more then.
 */
bool route_parse(const struct route_request *r, struct route *ret_route,
		 struct route_refusal *ret_refusal);

/*
 * Two routes with the same key have the same answer at the same moment; HEAD
 * has the key of its GET.
 */
void route_key(const struct route *route, char dst[static ROUTE_KEY]);

/* The value of the only field with this name, or NULL. */
const char *route_header_find(const struct route_request *r, const char *name);

/* Whether an If-None-Match names this entity tag (RFC 9110 13.1.2). */
bool route_etag_matches(const char *if_none_match, const char *etag);

/* For people: HTML, also when it is refused. */
bool route_is_page(enum route_kind kind);

/* "Not Found": the phrase of a status that we send. */
const char *route_status_phrase(int status);

#endif
