#include "base/hist.h"

#include <assert.h>
#include <string.h>

enum { SUB = 1 << HIST_SUB_BITS };

/* Below 2 * SUB every value has a bucket of its own. */
static unsigned bucket_of(uint32_t us)
{
	unsigned exponent;

	if (us < SUB) /* clz of 0 is undefined */
		return us;
	exponent = 31 - (unsigned)__builtin_clz(us) - HIST_SUB_BITS;
	return (exponent << HIST_SUB_BITS) + (us >> exponent);
}

uint32_t hist_bucket_low(unsigned i)
{
	unsigned exponent;

	assert(i < HIST_BUCKETS);
	if (i < 2 * SUB)
		return i;
	exponent = (i >> HIST_SUB_BITS) - 1;
	return (uint32_t)(SUB + (i & (SUB - 1))) << exponent;
}

uint32_t hist_bucket_high(unsigned i)
{
	return i + 1 < HIST_BUCKETS ? hist_bucket_low(i + 1) - 1 : UINT32_MAX;
}

static uint32_t saturating(uint64_t a, uint64_t b)
{
	return a + b > UINT32_MAX ? UINT32_MAX : (uint32_t)(a + b);
}

void hist_add(struct hist *h, int64_t us)
{
	uint32_t value = us < 0		   ? 0
			 : us > UINT32_MAX ? UINT32_MAX
					   : (uint32_t)us;
	unsigned i = bucket_of(value);

	if (h->n == 0 || value < h->min_us)
		h->min_us = value;
	if (value > h->max_us)
		h->max_us = value;
	h->n++;
	h->sum_us += value;
	h->count[i] = saturating(h->count[i], 1);
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (from->n == 0)
		return;
	if (into->n == 0 || from->min_us < into->min_us)
		into->min_us = from->min_us;
	if (from->max_us > into->max_us)
		into->max_us = from->max_us;
	into->n += from->n;
	into->sum_us += from->sum_us;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		into->count[i] = saturating(into->count[i], from->count[i]);
}

int64_t hist_quantile_us(const struct hist *h, unsigned per_mille)
{
	uint64_t rank, seen = 0;
	unsigned i;
	int64_t middle;

	assert(per_mille <= 1000);
	if (h->n == 0)
		return -1;
	/* n / 1000 first, so that the product cannot overflow. */
	rank = h->n / 1000 * per_mille + (h->n % 1000 * per_mille + 999) / 1000;
	if (rank == h->n)
		return h->max_us;
	if (rank <= 1)
		return h->min_us;
	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += h->count[i];
		if (seen >= rank)
			break;
	}
	middle = ((int64_t)hist_bucket_low(i) + hist_bucket_high(i)) / 2;
	if (middle < h->min_us)
		return h->min_us;
	return middle > h->max_us ? h->max_us : middle;
}

uint64_t hist_count_to(const struct hist *h, int64_t us)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (hist_bucket_high(i) > us)
			break;
		n += h->count[i];
	}
	return n;
}

bool hist_encode(const struct hist *h, struct buf *out)
{
	/* A station does this a dozen times for each exchange. */
	unsigned char bytes[(HIST_BUCKETS * 2 + 5) * VARINT_BYTES];
	unsigned char *p = bytes;
	unsigned next = 0;

	if (h->n == 0)
		return buf_add_varint(out, 0);
	p += varint_write(p, h->n);
	p += varint_write(p, h->sum_us);
	p += varint_write(p, h->min_us);
	p += varint_write(p, h->max_us);
	for (unsigned i = bucket_of(h->min_us); i <= bucket_of(h->max_us);
	     i++) {
		if (!h->count[i])
			continue;
		p += varint_write(p, i - next);
		p += varint_write(p, h->count[i]);
		next = i + 1;
	}
	/* A gap past the last bucket ends the list. */
	p += varint_write(p, HIST_BUCKETS - next);
	return buf_add(out, bytes, (size_t)(p - bytes));
}

static bool decode_buckets(struct hist *h, const unsigned char **pos,
			   const unsigned char *end)
{
	uint64_t next = 0, gap, count;

	for (;;) {
		if (!varint_read(pos, end, &gap) || gap > HIST_BUCKETS - next)
			return false;
		next += gap;
		if (next == HIST_BUCKETS)
			return true;
		if (!varint_read(pos, end, &count) || count == 0 ||
		    count > UINT32_MAX)
			return false;
		h->count[next++] = (uint32_t)count;
	}
}

/* Whether n, sum, min and max can be those of the counts. */
static bool agrees(const struct hist *h)
{
	uint64_t total = 0, mean = h->sum_us / h->n;
	unsigned first = HIST_BUCKETS, last = 0;
	bool saturated = false;

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!h->count[i])
			continue;
		if (first == HIST_BUCKETS)
			first = i;
		last = i;
		total += h->count[i];
		saturated |= h->count[i] == UINT32_MAX;
	}
	return (total == h->n || (saturated && total < h->n)) &&
	       first == bucket_of(h->min_us) && last == bucket_of(h->max_us) &&
	       mean >= h->min_us && mean + (h->sum_us % h->n != 0) <= h->max_us;
}

bool hist_decode(struct hist *ret_h, const unsigned char **pos,
		 const unsigned char *end, struct fail *why)
{
	const unsigned char *p = *pos;
	uint64_t min_us, max_us;
	struct hist h;

	memset(&h, 0, sizeof(h));
	if (!varint_read(&p, end, &h.n))
		return fail_set(why, FAIL_CORRUPT,
				"the histogram is cut short");
	if (h.n > 0) {
		if (!varint_read(&p, end, &h.sum_us) ||
		    !varint_read(&p, end, &min_us) ||
		    !varint_read(&p, end, &max_us) || min_us > max_us ||
		    max_us > UINT32_MAX)
			return fail_set(why, FAIL_CORRUPT,
					"the histogram has no valid bounds");
		h.min_us = (uint32_t)min_us;
		h.max_us = (uint32_t)max_us;
		if (!decode_buckets(&h, &p, end) || !agrees(&h))
			return fail_set(why, FAIL_CORRUPT,
					"the histogram's counts do not add up");
	}
	*ret_h = h;
	*pos = p;
	return true;
}
