#include "judge/past.h"

#include <string.h>

#include "base/mem.h"

void past_release(struct past *p)
{
	for (size_t k = 0; k < p->count; k++)
		incident_release(&p->list[k]);
	p->count = 0;
}

static void forget_at(struct past *p, size_t k)
{
	incident_release(&p->list[k]);
	p->count--;
	memmove(&p->list[k], &p->list[k + 1],
		(p->count - k) * sizeof(p->list[0]));
}

void past_forget(struct past *p, uint64_t number)
{
	for (size_t k = 0; k < p->count; k++) {
		if (p->list[k].number == number) {
			forget_at(p, k);
			return;
		}
	}
}

void past_take(struct past *p, struct incident *i)
{
	size_t at = 0;

	past_forget(p, i->number);
	while (at < p->count && p->list[at].start_us > i->start_us)
		at++;
	if (at == PAST_INCIDENTS) {
		incident_release(i);
		return;
	}
	if (p->count == PAST_INCIDENTS)
		forget_at(p, p->count - 1);
	memmove(&p->list[at + 1], &p->list[at],
		(p->count - at) * sizeof(p->list[0]));
	p->list[at] = *i;
	p->count++;
	*i = (struct incident){ .number = 0 };
}

void past_copy(struct past *p, const struct incident *i)
{
	struct incident copy = *i;

	copy.stations = mem_array(i->station_count, sizeof(*copy.stations));
	if (i->station_count)
		memcpy(copy.stations, i->stations,
		       i->station_count * sizeof(*copy.stations));
	past_take(p, &copy);
}

const struct incident *
past_find_same(const struct past *p, const struct incident *i, int64_t merge_us)
{
	for (size_t k = 0; k < p->count; k++) {
		const struct incident *old = &p->list[k];

		if (i->start_us <= old->end_us + merge_us &&
		    i->declared_us >= old->start_us)
			return old;
	}
	return NULL;
}

void past_close(struct past *p)
{
	for (size_t k = 0; k < p->count; k++) {
		if (p->list[k].end_us == 0)
			p->list[k].end_us = incident_last_us(&p->list[k]);
	}
}
