/*
 * Any bytes as what a station answers: nothing is believed that a station
 * would not write, and nothing breaks.
 */
#include <assert.h>
#include <stdint.h>

#include "report/incident_json.h"
#include "report/json_read.h"
#include "report/stat_read.h"
#include "report/window.h"

static bool on_exchange(void *ctx, const char *ca, const struct exchange *e,
			struct fail *why)
{
	(void)why;
	assert(marks_in_order(&e->marks));
	assert(e->id > 0 && e->wall_us > 0);
	window_exchange(ctx, ca, e);
	return true;
}

static bool on_issuance(void *ctx, const char *ca, const struct issuance *i,
			struct fail *why)
{
	(void)why;
	assert(i->id > 0 && i->wall_us > 0);
	window_issuance(ctx, ca, i);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct window *w = window_new();
	struct stat_table table = { .count = 0 };
	struct json_station s;
	struct exchange e;
	struct fail why;
	static const char *const names[] = { "fra", "bom" };
	char ca[JSON_READ_NAME], incident_ca[COURT_NAME];
	struct incident incident;
	int64_t next;
	size_t rows;

	if (json_read_station(text, len, &s, &why)) {
		window_describe(w, &s);
		window_facts(w, s.now_us);
	}
	json_read_exchanges(text, len, "fra", on_exchange, w, &next, &rows,
			    &why);
	json_read_issuances(text, len, "fra", on_issuance, w, &next, &rows,
			    &why);
	if (json_read_exchange(text, len, ca, &e, &why))
		exchange_release(&e);
	if (incident_read(text, len, names, 2, incident_ca, &incident, &why))
		incident_release(&incident);
	stat_table_add(&table, text, len, &why);
	stat_table_release(&table);
	window_free(w);
	return 0;
}
