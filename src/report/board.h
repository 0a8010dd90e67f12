/*
 * What a page is made of: one or many stations, each with what is known of it
 * at this moment. Whoever serves it gathers it; nothing here is owned.
 */
#ifndef REPORT_BOARD_H
#define REPORT_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "measure/exchange.h"
#include "measure/issuance.h"
#include "report/station.h"

/* How a station stands with the one that asks it. */
enum board_answer {
	BOARD_NEVER, /* has not answered yet */
	BOARD_ANSWERS,
	BOARD_SILENT,  /* did, and does not any more */
	BOARD_REFUSED, /* what it says is not credible: trouble tells why */
};

struct court;
struct statement;

struct board_station {
	const char *name, *city, *country, *operator; /* "" unknown */
	const char *note; /* of the station itself; "" or NULL for none */
	bool placed;
	double latitude, longitude;	   /* degrees, north and east */
	const struct station_facts *facts; /* NULL: nothing is known yet */
	enum board_answer answer;
	const char *trouble; /* a sentence, or "" */
	int64_t heard_us;    /* our clock: its last good answer; 0 never */
	bool offset_known;
	int64_t offset_us, offset_error_us; /* its clock less ours */
};

/* The status page that a CA keeps of itself, as it was read. */
struct board_status {
	const char *ca;
	const char *page; /* where people read it; "" nowhere */
	const struct statement *statement;
	const char *trouble; /* why the latest reading failed; "" it did not */
};

struct board {
	const char *title, *note, *version; /* note "" for none */
	bool hub; /* it asks others; else it is the station itself */
	int64_t now_us, from_us;
	const struct board_station *stations;
	size_t station_count;
	struct court *court; /* of these stations, in their order; or NULL */
	const struct board_status *statuses;
	size_t status_count;
};

/* What of it is looked at: the state of the page, which is in its address. */
struct board_view {
	const char *ca;	      /* "": the first */
	int op;		      /* ROUTE_ANY: issuances as a whole */
	const char *stations; /* "fra,bom": those drawn; "" all */
	bool log;
};

/* The station with this name. */
bool board_find(const struct board *b, const char *name, size_t *ret_station);

/* The name of the CA that is looked at; "" when there is none at all. */
const char *board_ca(const struct board *b, const struct board_view *v);

enum { BOARD_CAS = 64 }; /* more than these are not listed */

/* The CAs that are watched, each as the first that does knows it; how many. */
size_t board_cas(const struct board *b,
		 const struct station_ca *list[BOARD_CAS]);

/* What the station knows of the CA with this name, or NULL. */
const struct station_ca *board_station_ca(const struct board_station *s,
					  const char *name);

/* What it said may be shown, and is not old. */
bool board_speaks(const struct board_station *s);

/* The status page of the CA with this name, or NULL. */
const struct board_status *board_status_find(const struct board *b,
					     const char *ca);

/* Whether the view shows this station. */
bool board_shows(const struct board_view *v, const char *station);

/* The whole page at "/"; of it only what changes, for refreshing. */
void page_board(struct buf *out, const struct board *b,
		const struct board_view *v);
void page_part(struct buf *out, const struct board *b,
	       const struct board_view *v);

/* The exchanges of one station behind a figure, the newest first. */
void page_cell(struct buf *out, const struct board *b,
	       const struct board_view *v, size_t station,
	       const struct exchange *list, size_t count);

/*
 * One issuance, its exchanges drawn one below the other; of them the one with
 * the number `chosen` in full, or none for 0. The issuance may be NULL (a
 * control has none).
 */
void page_issuance(struct buf *out, const struct board *b, size_t station,
		   const char *ca, const struct issuance *i,
		   const struct exchange *exchanges, size_t count,
		   int64_t chosen);

/* How it is measured. */
void page_method(struct buf *out, const struct board *b);

/* The chart's samples; the stations. */
void board_series_json(struct buf *out, const struct board *b,
		       const struct board_view *v);
void board_stations_json(struct buf *out, const struct board *b);

#endif
