/*
 * Dates: what is read prints as the same instant, and every instant is a date
 * of the calendar.
 */
#include "fuzz.h"

#include "base/clock.h"

static void any_instant(int64_t us)
{
	struct civil c = civil_from_us(us);
	char text[CLOCK_TEXT];

	CLAIM(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31);
	CLAIM(c.hour >= 0 && c.hour < 24 && c.minute >= 0 && c.minute < 60);
	CLAIM(c.second >= 0 && c.second < 60 && c.us >= 0 && c.us < US_PER_S);
	CLAIM(c.weekday >= 0 && c.weekday < 7);
	/* Away from the ends, where the first midnight is not in range. */
	if (us > INT64_MIN + US_PER_DAY && us < INT64_MAX - US_PER_DAY)
		CLAIM(civil_to_us(&c) == us);
	clock_rfc3339_us(text, us);
	clock_http(text, us);
}

static void read_again(int64_t us)
{
	char text[CLOCK_TEXT];
	int64_t again_us;
	struct civil c = civil_from_us(us);

	/* An offset may reach past the four digits of a year. */
	if (c.year < 0 || c.year > 9999)
		return;
	clock_rfc3339_us(text, us);
	CLAIM(clock_from_rfc3339(text, &again_us) && again_us == us);
	clock_http(text, us);
	CLAIM(clock_from_http(text, &again_us));
	CLAIM(again_us == clock_floor(us, US_PER_S));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len);
	int64_t us;

	if (clock_from_rfc3339(text, &us))
		read_again(us);
	if (clock_from_http(text, &us))
		read_again(us);
	if (clock_from_mail(text, &us))
		read_again(us);
	if (len >= sizeof(us)) {
		memcpy(&us, data, sizeof(us));
		any_instant(us);
	}
	free(text);
	return 0;
}
