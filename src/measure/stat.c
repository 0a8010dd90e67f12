#include "measure/stat.h"

#include <assert.h>
#include <string.h>

enum { STAT_VERSION = 1 };

void stat_add(struct stat_span *s, const struct exchange *e)
{
	assert((unsigned)e->outcome < OUTCOMES);
	s->outcomes[e->outcome]++;
	if (e->outcome != OUTCOME_OK)
		return;
	for (unsigned p = 0; p < PHASES; p++) {
		int64_t us = marks_phase_us(&e->marks, (enum phase)p);

		if (us >= 0)
			hist_add(&s->phases[p], us);
	}
}

void stat_merge(struct stat_span *into, const struct stat_span *from)
{
	for (unsigned i = 0; i < OUTCOMES; i++)
		into->outcomes[i] += from->outcomes[i];
	for (unsigned p = 0; p < PHASES; p++)
		hist_merge(&into->phases[p], &from->phases[p]);
}

uint64_t stat_count(const struct stat_span *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < OUTCOMES; i++)
		n += s->outcomes[i];
	return n;
}

uint64_t stat_failed(const struct stat_span *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < OUTCOMES; i++) {
		if (outcome_fault((enum outcome)i) == FAULT_CA)
			n += s->outcomes[i];
	}
	return n;
}

/* Trailing zeros are left out, so outcomes added later change no old bytes. */
static void encode_outcomes(const struct stat_span *s, struct buf *out)
{
	unsigned used = OUTCOMES;

	while (used > 0 && s->outcomes[used - 1] == 0)
		used--;
	buf_add_varint(out, used);
	for (unsigned i = 0; i < used; i++)
		buf_add_varint(out, s->outcomes[i]);
}

bool stat_encode(const struct stat_span *s, struct buf *out)
{
	buf_add_char(out, STAT_VERSION);
	encode_outcomes(s, out);
	for (unsigned p = 0; p < PHASES; p++)
		hist_encode(&s->phases[p], out);
	return !out->full;
}

static bool decode_outcomes(struct stat_span *s, const unsigned char **pos,
			    const unsigned char *end)
{
	uint64_t used;

	if (!varint_read(pos, end, &used) || used > OUTCOMES)
		return false;
	for (uint64_t i = 0; i < used; i++) {
		if (!varint_read(pos, end, &s->outcomes[i]))
			return false;
	}
	return used == 0 || s->outcomes[used - 1] > 0;
}

bool stat_decode(struct stat_span *ret_s, const void *data, size_t len,
		 struct fail *why)
{
	const unsigned char *pos = data;
	const unsigned char *end = pos + len;
	struct stat_span s;

	memset(&s, 0, sizeof(s));
	if (len == 0)
		return fail_set(why, FAIL_CORRUPT, "the statistics are empty");
	if (*pos != STAT_VERSION)
		return fail_set(why,
				*pos > STAT_VERSION ? FAIL_NEWER : FAIL_CORRUPT,
				"the statistics have form %u, expected %d",
				*pos, STAT_VERSION);
	pos++;
	if (!decode_outcomes(&s, &pos, end))
		return fail_set(why, FAIL_CORRUPT,
				"the statistics hold no valid outcomes");
	for (unsigned p = 0; p < PHASES; p++) {
		if (!hist_decode(&s.phases[p], &pos, end, why))
			return fail_at(why, "%s", phase_name((enum phase)p));
	}
	if (pos != end)
		return fail_set(why, FAIL_CORRUPT,
				"bytes are left behind the statistics");
	*ret_s = s;
	return true;
}
