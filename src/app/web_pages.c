/*
 * The pages of one issuance and of a cell, from the station's own record.
 */
#include <stdlib.h>
#include <string.h>

#include "app/web_private.h"
#include "base/mem.h"

enum { EXCHANGES_SHOWN = 200, CELL_ROWS = 100 };

struct rows {
	struct exchange list[EXCHANGES_SHOWN];
	size_t count;
	struct issuance issuance;
	bool found;
};

static bool on_row(void *ctx, const struct exchange *e)
{
	struct rows *rows = ctx;

	rows->list[rows->count] = *e;
	rows->list[rows->count].kept_headers = NULL;
	rows->list[rows->count].kept_body = NULL;
	return ++rows->count < EXCHANGES_SHOWN;
}

static bool on_issuance(void *ctx, const struct issuance *i)
{
	struct rows *rows = ctx;

	rows->issuance = *i;
	rows->found = true;
	return false;
}

static void release(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		exchange_release(&rows->list[i]);
	free(rows);
}

/* The issuance with this number and its exchanges. */
static bool read_issuance(struct web *w, int64_t number, struct rows *rows,
			  struct fail *why)
{
	const struct store_query one = { .after = number - 1,
					 .ca = STORE_ANY,
					 .op = STORE_ANY,
					 .limit = 1 };
	const struct store_query all = { .issuance = number,
					 .ca = STORE_ANY,
					 .op = STORE_ANY,
					 .limit = EXCHANGES_SHOWN };

	if (!store_issuances(w->store, &one, on_issuance, rows, why) ||
	    !store_exchanges(w->store, &all, on_row, rows, why))
		return false;
	rows->found = rows->found && rows->issuance.id == number;
	return true;
}

/* Puts what was kept of it in the place of its row. */
static void put(struct rows *rows, struct exchange *e)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->list[i].id == e->id) {
			rows->list[i] = *e;
			return;
		}
	}
	if (rows->count == EXCHANGES_SHOWN)
		exchange_release(&rows->list[--rows->count]);
	rows->list[rows->count++] = *e;
}

/* *number becomes that of its issuance; 0: it belongs to none. */
static bool read_exchange(struct web *w, int64_t *number, struct rows *rows,
			  bool *ret_found, struct fail *why)
{
	struct exchange e;

	if (!store_exchange_find(w->store, *number, &e, ret_found, why))
		return false;
	if (!*ret_found)
		return true;
	*number = e.issuance;
	if (e.issuance > 0 && !read_issuance(w, e.issuance, rows, why)) {
		exchange_release(&e);
		return false;
	}
	put(rows, &e);
	return true;
}

void web_issuance(void *ctx, size_t station, int64_t number, bool is_exchange,
		  struct site_wait *wait)
{
	struct web *w = ctx;
	struct rows *rows = mem_zalloc(sizeof(*rows));
	int64_t chosen = is_exchange ? number : 0;
	bool found = false, good;
	struct fail why;

	good = w->store &&
	       (is_exchange ? read_exchange(w, &number, rows, &found, &why)
			    : read_issuance(w, number, rows, &why));
	found = found || rows->found;
	if (!good)
		site_say(wait, 503, "the record cannot be read now");
	else if (!found)
		site_say(wait, 404,
			 "there is nothing of that number, or not any more");
	else
		site_show_issuance(wait, station,
				   web_ca_name(w, rows->found
							  ? rows->issuance.ca
							  : rows->list[0].ca),
				   rows->found ? &rows->issuance : NULL,
				   rows->list, rows->count, chosen);
	release(rows);
}

void web_cell(void *ctx, size_t station, const struct route *route,
	      struct site_wait *wait)
{
	struct web *w = ctx;
	struct rows *rows = mem_zalloc(sizeof(*rows));
	struct store_query q = { .ca = STORE_ANY,
				 .op = route->op,
				 .failed_only = route->failed_only,
				 .latest_first = true,
				 .limit = CELL_ROWS };
	struct store_ca_row row;
	struct fail why;
	bool found = true, good = w->store;

	if (good && route->ca[0]) {
		good = gather_find(w->store, route->ca, route->op == OP_CONTROL,
				   &row, &found, &why);
		if (good && found)
			q.ca = (int)row.number;
	}
	if (good && found)
		good = store_exchanges(w->store, &q, on_row, rows, &why);
	if (!good)
		site_say(wait, 503, "the record cannot be read now");
	else if (!found)
		site_say(wait, 404, "no CA of that name is known here");
	else
		site_show_cell(wait, station, rows->list, rows->count);
	release(rows);
}
