/*
 * Stored histograms and statistics: what decodes encodes to the same bytes,
 * and can be asked anything.
 */
#include "fuzz.h"

#include "base/hist.h"
#include "measure/stat.h"

static void ask(const struct hist *h)
{
	int64_t last = -1;

	for (unsigned per_mille = 0; per_mille <= 1000; per_mille += 50) {
		int64_t us = hist_quantile_us(h, per_mille);

		CLAIM(us >= last);
		CLAIM(h->n == 0 ? us == -1
				: us >= h->min_us && us <= h->max_us);
		last = us;
	}
	CLAIM(hist_count_to(h, INT64_MAX) <= h->n);
}

static void one_histogram(const uint8_t *data, size_t len)
{
	struct buf again = BUF_INIT(1 << 20);
	struct fail why = { .code = FAIL_NONE };
	const unsigned char *pos = data;
	struct hist h;

	if (hist_decode(&h, &pos, data + len, &why)) {
		CLAIM(pos > data && pos <= data + len);
		CLAIM(hist_encode(&h, &again));
		CLAIM(again.len == (size_t)(pos - data) &&
		      !memcmp(again.data, data, again.len));
		ask(&h);
	} else {
		CLAIM(pos == data && why.code == FAIL_CORRUPT);
	}
	buf_release(&again);
}

static void one_span(const uint8_t *data, size_t len)
{
	struct buf again = BUF_INIT(1 << 20);
	struct fail why = { .code = FAIL_NONE };
	struct stat_span *s = mem_zalloc(sizeof(*s));

	if (stat_decode(s, data, len, &why)) {
		CLAIM(stat_encode(s, &again));
		CLAIM(again.len == len && !memcmp(again.data, data, len));
		for (unsigned p = 0; p < PHASES; p++)
			ask(&s->phases[p]);
		stat_merge(s, s);
	} else {
		CLAIM(why.code == FAIL_CORRUPT || why.code == FAIL_NEWER);
	}
	buf_release(&again);
	free(s);
}

/* The input as samples: what is encoded of any of them decodes. */
static void samples(const uint8_t *data, size_t len)
{
	struct hist h = { .n = 0 }, back;
	struct buf bytes = BUF_INIT(1 << 20);
	const unsigned char *pos;

	for (; len >= 4; data += 4, len -= 4) {
		uint32_t value;

		memcpy(&value, data, 4);
		hist_add(&h, value >> value % 32);
	}
	CLAIM(hist_encode(&h, &bytes));
	pos = (const unsigned char *)bytes.data;
	CLAIM(hist_decode(&back, &pos, pos + bytes.len, NULL));
	CLAIM(memcmp(&h, &back, sizeof(h)) == 0);
	buf_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	one_histogram(data, len);
	one_span(data, len);
	samples(data, len);
	return 0;
}
