/*
 * Any bytes as a scenario: taken or refused with a place. What is taken and
 * small is played, and gives an answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "edge/scenario_file.h"
#include "fuzz.h"
#include "judge/play.h"

/* What may be played of an input: the rest is only read. */
static bool is_small(const struct scenario *s)
{
	int64_t us = s->during.until_us - s->during.from_us;

	if (us > US_PER_HOUR || s->station_count > 4 || s->ca_count > 2)
		return false;
	for (size_t i = 0; i < s->station_count; i++) {
		const struct config_rate *r = &s->stations[i].rate;

		if (r->per_us / r->count < 20 * US_PER_S)
			return false;
	}
	return true;
}

static void play_it(const struct scenario *s)
{
	struct buf out = BUF_INIT(1 << 20);
	struct play *p = play_new(s, NULL);

	CLAIM(play_differences(p, &out) == (out.len == 0));
	for (size_t i = 0; i < s->ca_count; i++)
		CLAIM(play_count(p, i).good <= play_count(p, i).attempts);
	play_free(p);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct scenario *s = NULL;
	struct fail why = { FAIL_NONE, "" };

	if (scenario_load_text("f", (const char *)data, size, &s, &why)) {
		CLAIM(s->station_count > 0 && s->ca_count > 0);
		if (is_small(s))
			play_it(s);
		scenario_release(s);
		free(s);
	} else {
		CLAIM(!s);
		CLAIM(strncmp(why.text, "f:", 2) == 0);
		CLAIM(strchr("123456789", why.text[2]));
	}
	return 0;
}
