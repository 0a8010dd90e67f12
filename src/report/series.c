#include "report/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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
