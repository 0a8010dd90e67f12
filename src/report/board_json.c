#include "report/board.h"

#include <inttypes.h>
#include <string.h>

#include "report/json_write.h"
#include "report/page_frame.h"
#include "report/route.h"
#include "report/summary.h"

/* --- the chart's samples ------------------------------------------------ */

static void add_known(struct buf *out, int32_t us)
{
	if (us < 0)
		buf_add_text(out, ",null");
	else
		buf_addf(out, ",%" PRId32, us);
}

static void add_sample(struct buf *out, const struct sample *s)
{
	buf_addf(out, "[%" PRId64 ",%" PRId64 ",%" PRId64 ",\"%s\"", s->id,
		 s->wall_us, s->took_us, outcome_slug(s->outcome));
	add_known(out, s->parts[PART_NETWORK]);
	add_known(out, s->parts[PART_CA]);
	add_known(out, s->parts[PART_WAITED]);
	if (s->outcome == OUTCOME_OK) {
		buf_add_text(out, ",null,null]");
		return;
	}
	add_known(out, s->status ? s->status : -1);
	buf_addf(out, ",\"%s\"]", op_name(s->op));
}

static void add_series(struct buf *out, const struct board *b, size_t station,
		       const struct station_ca *ca, int op)
{
	const struct board_station *s = &b->stations[station];
	const struct series *series = op < 0 ? ca->issuances : &ca->ops[op];

	buf_add_char(out, '{');
	json_text(out, "station", s->name);
	json_text(out, "place", board_place(s));
	json_number(out, "style", frame_style(station));
	json_number(out, "gap_us", ca->gap_us);
	json_name(out, "samples");
	buf_add_char(out, '[');
	for (size_t i = 0; i < series->count; i++) {
		if (i)
			buf_add_char(out, ',');
		add_sample(out, &series->samples[i]);
	}
	buf_add_text(out, "]}");
}

/* The outcomes that are failures of the CA. */
static void add_faults(struct buf *out)
{
	bool any = false;

	json_name(out, "against_ca");
	buf_add_char(out, '[');
	for (int i = 0; i < OUTCOMES; i++) {
		if (outcome_fault((enum outcome)i) != FAULT_CA)
			continue;
		buf_addf(out, "%s\"%s\"", any ? "," : "",
			 outcome_slug((enum outcome)i));
		any = true;
	}
	buf_add_char(out, ']');
}

void board_series_json(struct buf *out, const struct board *b,
		       const struct board_view *v)
{
	const char *name = board_ca(b, v);
	bool any = false;

	buf_add_char(out, '{');
	json_text(out, "ca", name);
	json_text(out, "op", v->op < 0 ? NULL : op_name((enum op)v->op));
	json_number(out, "from_us", b->from_us);
	json_number(out, "now_us", b->now_us);
	add_faults(out);
	json_name(out, "stations");
	buf_add_char(out, '[');
	for (size_t i = 0; i < b->station_count; i++) {
		const struct board_station *s = &b->stations[i];
		const struct station_ca *ca = board_station_ca(s, name);

		if (!ca || !board_shows(v, s->name))
			continue;
		if (any)
			buf_add_text(out, ",\n");
		any = true;
		add_series(out, b, i, ca, v->op);
	}
	buf_add_text(out, "]}\n");
}

/* --- the stations ------------------------------------------------------- */

static const char *answer_word(enum board_answer answer)
{
	switch (answer) {
	case BOARD_NEVER:
		return "never";
	case BOARD_ANSWERS:
		return "answers";
	case BOARD_SILENT:
		return "silent";
	case BOARD_REFUSED:
		return "refused";
	}
	return "never";
}

static void add_station(struct buf *out, const struct board_station *s)
{
	buf_add_char(out, '{');
	json_text(out, "name", s->name);
	json_text(out, "city", s->city);
	json_text(out, "country", s->country);
	json_text(out, "operator", s->operator);
	json_degrees(out, "latitude", s->placed, s->latitude);
	json_degrees(out, "longitude", s->placed, s->longitude);
	json_text(out, "note", s->note);
	json_text(out, "answer", answer_word(s->answer));
	json_text(out, "trouble", s->trouble);
	json_known_time(out, "heard", s->heard_us);
	json_text(out, "sight",
		  sight_name(s->facts ? s->facts->sight : SIGHT_UNKNOWN));
	if (s->offset_known) {
		json_number(out, "clock_offset_us", s->offset_us);
		json_number(out, "clock_offset_error_us", s->offset_error_us);
	}
	buf_add_char(out, '}');
}

void board_stations_json(struct buf *out, const struct board *b)
{
	buf_add_char(out, '{');
	json_text(out, "title", b->title);
	json_text(out, "note", b->note);
	json_time(out, "now", b->now_us);
	json_name(out, "stations");
	buf_add_char(out, '[');
	for (size_t i = 0; i < b->station_count; i++) {
		if (i)
			buf_add_text(out, ",\n");
		add_station(out, &b->stations[i]);
	}
	buf_add_text(out, "]}\n");
}
