/*
 * Any bytes as what a CA said and when: page, chart, JSON and CSV stay
 * well-formed, and what was said stays text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "report/board.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/page.h"
#include "support/pure_markup.h"

enum { SAMPLES = 40 };

struct source {
	const unsigned char *at;
	size_t left;
};

static uint64_t number(struct source *s, size_t bytes)
{
	uint64_t n = 0;

	while (bytes-- && s->left) {
		n = n << 8 | *s->at++;
		s->left--;
	}
	return n;
}

static void text(struct source *s, char *dst, size_t size)
{
	size_t len = number(s, 1) % size;

	if (len > s->left)
		len = s->left;
	memcpy(dst, s->at, len);
	dst[len] = '\0';
	s->at += len;
	s->left -= len;
}

static void fill_exchange(struct source *s, struct exchange *e)
{
	memset(e, 0, sizeof(*e));
	e->id = (int64_t)(number(s, 2));
	e->op = (enum op)(number(s, 1) % OPS);
	e->outcome = (enum outcome)(number(s, 1) % OUTCOMES);
	e->wall_us = (int64_t)(number(s, 7));
	e->status = (int)number(s, 2);
	e->http_version = (int)number(s, 1);
	e->marks = MARKS_NONE;
	e->marks.sent_us = (int64_t)number(s, 4);
	e->marks.done_us = e->marks.sent_us + (int64_t)number(s, 4);
	e->rtt_us = (int64_t)number(s, 2) - 1;
	text(s, e->problem, sizeof(e->problem));
	text(s, e->detail, sizeof(e->detail));
	text(s, e->request_id, sizeof(e->request_id));
	text(s, e->cipher, sizeof(e->cipher));
	e->kept_body = malloc(128);
	text(s, e->kept_body, 128);
	e->kept_body_len = number(s, 1) % 128;
}

static void fill_issuance(struct source *s, struct issuance *i)
{
	memset(i, 0, sizeof(*i));
	i->id = 1;
	i->op = (enum op)(number(s, 1) % OPS);
	i->outcome = (enum outcome)(number(s, 1) % OUTCOMES);
	i->wall_us = (int64_t)number(s, 7);
	i->took_us = (int64_t)number(s, 4) - 1;
	text(s, i->problem, sizeof(i->problem));
	text(s, i->detail, sizeof(i->detail));
	text(s, i->name, sizeof(i->name));
	text(s, i->serial, sizeof(i->serial));
	text(s, i->issuer, sizeof(i->issuer));
}

static void check_json(struct buf *out)
{
	json_error_t error;
	json_t *json = json_loadb(buf_text(out), out->len,
				  JSON_REJECT_DUPLICATES, &error);

	assert(!out->full);
	assert(json);
	json_decref(json);
	buf_clear(out);
}

static void check_rows(const struct exchange *e, const struct issuance *i,
		       const char *ca)
{
	struct buf out = BUF_INIT(1 << 20);
	size_t records;

	report_exchange_json(&out, e, ca);
	check_json(&out);
	report_issuance_json(&out, i, ca);
	check_json(&out);
	csv_exchange_head(&out);
	csv_exchange(&out, e, ca);
	assert(csv_is_well_formed(out.data, out.len, &records));
	assert(records == 2);
	buf_clear(&out);
	csv_issuance_head(&out);
	csv_issuance(&out, i, ca);
	assert(csv_is_well_formed(out.data, out.len, &records));
	assert(records == 2);
	buf_release(&out);
}

static void fill_series(struct source *s, struct series *series, int64_t now_us)
{
	size_t n = number(s, 1) % SAMPLES;

	for (size_t i = 0; i < n; i++) {
		const struct sample sample = {
			.id = (int64_t)i,
			.wall_us = now_us - (int64_t)number(s, 4) * 100,
			.took_us = (int64_t)number(s, 4),
			.outcome = (enum outcome)(number(s, 1) % OUTCOMES),
		};

		series_add(series, &sample);
	}
	series_sort(series);
}

/* Each page of a board of one. */
static void check_board(struct buf *out, const struct station_facts *f)
{
	const struct board_station station = { .name = f->name,
					       .city = f->place.city,
					       .country = f->place.city,
					       .operator= f->name,
					       .placed = true,
					       .facts = f,
					       .answer = BOARD_ANSWERS,
					       .trouble = f->place.city,
					       .heard_us = f->last_us };
	const struct board board = { .title = f->name,
				     .note = f->place.city,
				     .version = "1",
				     .hub = f->now_us % 2,
				     .now_us = f->now_us,
				     .from_us = f->from_us,
				     .stations = &station,
				     .station_count = 1 };
	const struct board_view view = { .ca = f->name,
					 .op = f->latest->op,
					 .stations = "",
					 .log = f->now_us % 3 == 0 };

	page_board(out, &board, &view);
	assert(!out->full);
	assert(markup_is_well_formed(out->data, out->len));
	buf_clear(out);
	page_cell(out, &board, &view, 0, f->latest, f->latest_count);
	assert(markup_is_well_formed(out->data, out->len));
	buf_clear(out);
	page_issuance(out, &board, 0, f->place.city, NULL, f->latest, 1,
		      f->latest->id);
	assert(markup_is_well_formed(out->data, out->len));
	buf_clear(out);
	board_series_json(out, &board, &view);
	check_json(out);
	board_stations_json(out, &board);
	check_json(out);
}

static void check_page(struct station_facts *f)
{
	struct buf out = BUF_INIT(4 << 20);

	check_board(&out, f);
	report_station_json(&out, f);
	check_json(&out);
	report_health_json(&out, f);
	check_json(&out);
	page_message(&out, 404, f->place.city);
	assert(markup_is_well_formed(out.data, out.len));
	buf_clear(&out);
	json_message(&out, 404, f->place.city);
	check_json(&out);
	buf_release(&out);
}

static void fill_and_check(struct source *s, struct exchange *e,
			   struct issuance *i)
{
	char ca[64], place[128], detail[256];
	struct series ops[OPS] = { { .count = 0 } }, whole = { .count = 0 };
	int64_t now_us = (int64_t)number(s, 7);
	struct standing_facts standing = { .ca = ca,
					   .now_us = now_us,
					   .from_us = now_us - US_PER_HOUR,
					   .stale_us = (int64_t)number(s, 5) };
	struct station_ca facts = { .number = e->ca,
				    .name = ca,
				    .directory = detail,
				    .watched = true,
				    .gap_us = (int64_t)number(s, 5),
				    .ops = ops,
				    .issuances = &whole,
				    .standing = &standing };
	struct station_event event = { .kind = "gap",
				       .wall_us = (int64_t)number(s, 7),
				       .until_us = (int64_t)number(s, 7),
				       .detail = detail };
	struct station_facts f = {
		.name = ca,
		.place = { .city = place, .note = place },
		.version = "1",
		.now_us = now_us,
		.from_us = now_us - US_PER_HOUR,
		.sight = (enum sight)(number(s, 1) % 3),
		.last_us = (int64_t)number(s, 7),
		.fresh_us = US_PER_MIN,
		.cas = &facts,
		.ca_count = 1,
		.latest = e,
		.latest_count = 1,
		.events = &event,
		.event_count = 1,
	};

	text(s, ca, sizeof(ca));
	text(s, place, sizeof(place));
	text(s, detail, sizeof(detail));
	standing.sight = f.sight;
	standing_take(&standing, i);
	fill_series(s, &whole, now_us);
	fill_series(s, &ops[e->op], now_us);
	check_page(&f);
	check_rows(e, i, ca);
	series_release(&whole);
	series_release(&ops[e->op]);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct source s = { .at = data, .left = size };
	struct exchange e;
	struct issuance i;

	fill_exchange(&s, &e);
	fill_issuance(&s, &i);
	fill_and_check(&s, &e, &i);
	exchange_release(&e);
	return 0;
}
