#include "report/station.h"

#include "report/json_write.h"
#include "report/words.h"

const struct station_ca *station_ca_find(const struct station_facts *f,
					 unsigned number)
{
	for (size_t i = 0; i < f->ca_count; i++) {
		if (f->cas[i].number == number)
			return &f->cas[i];
	}
	return NULL;
}

bool station_is_fresh(const struct station_facts *f)
{
	return f->last_us > 0 && f->now_us - f->last_us <= f->fresh_us;
}

/* The object is open behind this. */
static void add_head(struct buf *out, const struct station_facts *f)
{
	buf_add_char(out, '{');
	json_text(out, "station", f->name);
	json_text(out, "version", f->version);
	json_text(out, "city", f->place.city);
	json_text(out, "country", f->place.country);
	json_degrees(out, "latitude", f->place.known, f->place.latitude);
	json_degrees(out, "longitude", f->place.known, f->place.longitude);
	json_text(out, "operator", f->place.operator);
	json_text(out, "note", f->place.note);
	json_time(out, "now", f->now_us);
	json_known_time(out, "started", f->started_us);
	json_known_time(out, "last", f->last_us);
	json_bool(out, "fresh", station_is_fresh(f));
	json_text(out, "sight", sight_name(f->sight));
	json_known_time(out, "sight_since", f->sight_since_us);
}

static void add_ca(struct buf *out, const struct station_facts *f,
		   const struct station_ca *ca)
{
	struct series_summary sum;
	struct buf sentence = BUF_INIT(2048);

	series_summarise(ca->issuances, f->from_us, f->now_us, &sum);
	standing_sentence(&sentence, ca->standing, &sum);
	buf_add_char(out, '{');
	json_text(out, "ca", ca->name);
	json_text(out, "directory", ca->directory);
	json_bool(out, "shallow", ca->shallow);
	json_number(out, "every_us", ca->every_us);
	json_text(out, "standing", standing_word(standing_of(ca->standing)));
	json_text(out, "sentence", buf_text(&sentence));
	json_known_time(out, "last_good", ca->standing->good_us);
	json_known_time(out, "failing_since",
			ca->standing->row ? ca->standing->since_us : 0);
	json_count(out, "issuances", sum.n);
	json_count(out, "failed", sum.failed);
	json_count(out, "other", sum.other);
	json_known(out, "p50_us", sum.p50_us);
	json_known(out, "p95_us", sum.p95_us);
	buf_add_char(out, '}');
	buf_release(&sentence);
}

static void add_event(struct buf *out, const struct station_event *e)
{
	buf_add_char(out, '{');
	json_text(out, "kind", e->kind);
	json_time(out, "from", e->wall_us);
	json_time(out, "to", e->until_us);
	json_text(out, "detail", e->detail);
	buf_add_char(out, '}');
}

void report_station_json(struct buf *out, const struct station_facts *f)
{
	const char *between = "";

	add_head(out, f);
	json_time(out, "window_from", f->from_us);
	json_name(out, "cas");
	buf_add_char(out, '[');
	for (size_t i = 0; i < f->ca_count; i++) {
		if (f->cas[i].is_control || !f->cas[i].watched)
			continue;
		buf_add_text(out, between);
		add_ca(out, f, &f->cas[i]);
		between = ",";
	}
	buf_add_char(out, ']');
	json_name(out, "events");
	buf_add_char(out, '[');
	for (size_t i = 0; i < f->event_count; i++) {
		if (i)
			buf_add_char(out, ',');
		add_event(out, &f->events[i]);
	}
	buf_add_text(out, "]}\n");
}

/* Blindness is in the answer, but a restart of this process mends it not. */
bool report_health_json(struct buf *out, const struct station_facts *f)
{
	bool fresh = station_is_fresh(f);
	char age[WORDS];

	add_head(out, f);
	json_text(out, "status", fresh ? "ok" : "failing");
	json_name(out, "reasons");
	buf_add_char(out, '[');
	if (f->last_us == 0) {
		buf_add_text(out, "\"nothing has been measured yet\"");
	} else if (!fresh) {
		words_age(age, f->now_us - f->last_us);
		buf_addf(out, "\"nothing has been measured for %s\"", age);
	}
	buf_add_text(out, "]}\n");
	return fresh;
}
