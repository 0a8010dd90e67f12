#include "report/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* "3 h 5 min", and "3 h" when the smaller part is zero. */
static void two(char dst[static WORDS], int64_t us, int64_t big_us,
		const char *big, int64_t small_us, const char *small)
{
	int64_t rest = us % big_us / small_us;

	if (rest)
		snprintf(dst, WORDS, "%" PRId64 " %s %" PRId64 " %s",
			 us / big_us, big, rest, small);
	else
		snprintf(dst, WORDS, "%" PRId64 " %s", us / big_us, big);
}

void words_age(char dst[static WORDS], int64_t us)
{
	if (us < US_PER_S)
		snprintf(dst, WORDS, "less than 1 s");
	else if (us < 2 * US_PER_MIN)
		snprintf(dst, WORDS, "%" PRId64 " s", us / US_PER_S);
	else if (us < 2 * US_PER_HOUR)
		snprintf(dst, WORDS, "%" PRId64 " min", us / US_PER_MIN);
	else if (us < 2 * US_PER_DAY)
		two(dst, us, US_PER_HOUR, "h", US_PER_MIN, "min");
	else
		two(dst, us, US_PER_DAY, "d", US_PER_HOUR, "h");
}

void words_time(char dst[static WORDS], int64_t wall_us, int64_t now_us)
{
	struct civil c = civil_from_us(wall_us);

	if (clock_floor(wall_us, US_PER_DAY) == clock_floor(now_us, US_PER_DAY))
		snprintf(dst, WORDS, "%02d:%02d:%02d UTC", c.hour, c.minute,
			 c.second);
	else
		snprintf(dst, WORDS, "%04d-%02d-%02d %02d:%02d:%02d UTC",
			 c.year, c.month, c.day, c.hour, c.minute, c.second);
}

void words_printable(struct buf *out, const char *text)
{
	char shown[200];

	text_printable(shown, sizeof(shown), text, strlen(text));
	buf_add_text(out, shown);
}

void words_failure(struct buf *out, enum outcome outcome, int status,
		   const char *problem, const char *detail)
{
	buf_add_text(out, outcome_slug(outcome));
	if (status)
		buf_addf(out, ", status %d", status);
	if (problem[0]) {
		buf_add_text(out, ", ");
		words_printable(out, problem);
	}
	if (detail[0]) {
		buf_add_text(out, " \xe2\x80\x9c");
		words_printable(out, detail);
		buf_add_text(out, "\xe2\x80\x9d");
	}
}

void words_span(char dst[static WORDS], int64_t us)
{
	if (us % US_PER_HOUR == 0 && us >= 2 * US_PER_HOUR)
		snprintf(dst, WORDS, "%" PRId64 " hours", us / US_PER_HOUR);
	else if (us >= 2 * US_PER_MIN)
		snprintf(dst, WORDS, "%" PRId64 " minutes", us / US_PER_MIN);
	else
		snprintf(dst, WORDS, "%" PRId64 " seconds", us / US_PER_S);
}
