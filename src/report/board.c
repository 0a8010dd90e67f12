#include "report/board.h"

#include <string.h>

bool board_find(const struct board *b, const char *name, size_t *ret_station)
{
	for (size_t i = 0; i < b->station_count; i++) {
		if (strcmp(b->stations[i].name, name) == 0) {
			*ret_station = i;
			return true;
		}
	}
	return false;
}

const char *board_ca(const struct board *b, const struct board_view *v)
{
	if (v->ca[0])
		return v->ca;
	for (size_t i = 0; i < b->station_count; i++) {
		const struct station_facts *f = b->stations[i].facts;

		for (size_t k = 0; f && k < f->ca_count; k++) {
			if (f->cas[k].watched && !f->cas[k].is_control)
				return f->cas[k].name;
		}
	}
	return "";
}

const struct station_ca *board_station_ca(const struct board_station *s,
					  const char *name)
{
	for (size_t k = 0; s->facts && k < s->facts->ca_count; k++) {
		const struct station_ca *ca = &s->facts->cas[k];

		if (!ca->is_control && strcmp(ca->name, name) == 0)
			return ca;
	}
	return NULL;
}

bool board_shows(const struct board_view *v, const char *station)
{
	size_t len = strlen(station);
	const char *p = v->stations;

	if (!*p)
		return true;
	for (;; p++) {
		size_t one = strcspn(p, ",");

		if (one == len && memcmp(p, station, len) == 0)
			return true;
		p += one;
		if (!*p)
			return false;
	}
}
