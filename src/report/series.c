#include "report/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "measure/exchange.h"
#include "measure/issuance.h"

static int32_t part_of(int64_t us)
{
	return us > INT32_MAX ? INT32_MAX : (int32_t)us;
}

struct sample sample_of_exchange(const struct exchange *e)
{
	int64_t network_us = exchange_network_us(e);
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);
	struct sample s = { .id = e->id,
			    .wall_us = e->wall_us,
			    .took_us = exchange_took_us(e),
			    .issuance = e->issuance,
			    .outcome = e->outcome,
			    .status = e->status,
			    .op = e->op };

	s.parts[PART_DNS] = part_of(marks_phase_us(&e->marks, PHASE_DNS));
	s.parts[PART_CONNECT] =
		part_of(marks_phase_us(&e->marks, PHASE_CONNECT));
	s.parts[PART_TLS] = part_of(marks_phase_us(&e->marks, PHASE_TLS));
	s.parts[PART_RECEIVE] =
		part_of(marks_phase_us(&e->marks, PHASE_RECEIVE));
	s.parts[PART_NETWORK] = part_of(network_us);
	s.parts[PART_CA] = wait_us < 0 || network_us < 0
				   ? -1
				   : part_of(wait_us - network_us);
	s.parts[PART_WAITED] = -1;
	return s;
}

struct sample sample_of_issuance(const struct issuance *i)
{
	struct sample s = { .id = i->id,
			    .wall_us = i->wall_us,
			    .took_us = i->took_us,
			    .issuance = i->id,
			    .outcome = i->outcome,
			    .status = i->status,
			    .op = i->op };

	for (int p = 0; p < PARTS; p++)
		s.parts[p] = -1;
	s.parts[PART_WAITED] = part_of(i->waited_us);
	return s;
}

void series_release(struct series *s)
{
	free(s->samples);
	memset(s, 0, sizeof(*s));
}

void series_add(struct series *s, const struct sample *sample)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->samples =
			mem_resize(s->samples, s->cap * sizeof(*s->samples));
	}
	s->samples[s->count++] = *sample;
}

static int by_start(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->wall_us != y->wall_us)
		return x->wall_us < y->wall_us ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void series_sort(struct series *s)
{
	if (s->count)
		qsort(s->samples, s->count, sizeof(*s->samples), by_start);
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The value of rank ceil(n * per_mille / 1000). */
static int64_t rank(const int64_t *sorted, size_t n, size_t per_mille)
{
	size_t place = (n * per_mille + 999) / 1000;

	return sorted[place ? place - 1 : 0];
}

int64_t series_part_us(const struct series *s, enum sample_part part,
		       uint64_t *ret_n)
{
	int64_t *known = mem_array(s->count, sizeof(*known));
	int64_t median = -1;
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (s->samples[i].outcome == OUTCOME_OK &&
		    s->samples[i].parts[part] >= 0)
			known[n++] = s->samples[i].parts[part];
	}
	if (n) {
		qsort(known, n, sizeof(*known), by_value);
		median = rank(known, n, 500);
	}
	free(known);
	*ret_n = n;
	return median;
}

void series_summarise(const struct series *s, int64_t from_us, int64_t to_us,
		      struct series_summary *ret_summary)
{
	struct series_summary sum = { .p50_us = -1,
				      .p95_us = -1,
				      .max_us = -1 };
	int64_t *took = mem_array(s->count, sizeof(*took));
	size_t good = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct sample *one = &s->samples[i];

		if (one->wall_us < from_us || one->wall_us >= to_us)
			continue;
		sum.n++;
		sum.outcomes[one->outcome]++;
		if (one->outcome == OUTCOME_OK)
			took[good++] = one->took_us;
		else if (outcome_fault(one->outcome) == FAULT_CA)
			sum.failed++;
		else
			sum.other++;
	}
	if (good) {
		qsort(took, good, sizeof(*took), by_value);
		sum.p50_us = rank(took, good, 500);
		sum.p95_us = rank(took, good, 950);
		sum.max_us = took[good - 1];
	}
	free(took);
	*ret_summary = sum;
}
