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

size_t board_cas(const struct board *b,
		 const struct station_ca *list[BOARD_CAS])
{
	size_t n = 0;

	for (size_t i = 0; i < b->station_count; i++) {
		const struct station_facts *f = b->stations[i].facts;

		for (size_t k = 0; f && k < f->ca_count; k++) {
			const struct station_ca *ca = &f->cas[k];
			bool known = ca->is_control || !ca->watched;

			for (size_t m = 0; m < n && !known; m++)
				known = strcmp(list[m]->name, ca->name) == 0;
			if (!known && n < BOARD_CAS)
				list[n++] = ca;
		}
	}
	return n;
}

const char *board_ca(const struct board *b, const struct board_view *v)
{
	const struct station_ca *list[BOARD_CAS];

	if (v->ca[0])
		return v->ca;
	return board_cas(b, list) ? list[0]->name : "";
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

bool board_speaks(const struct board_station *s)
{
	return s->answer == BOARD_ANSWERS && s->facts &&
	       station_is_fresh(s->facts);
}

const struct board_status *board_status_find(const struct board *b,
					     const char *ca)
{
	for (size_t i = 0; i < b->status_count; i++) {
		if (strcmp(b->statuses[i].ca, ca) == 0)
			return &b->statuses[i];
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
