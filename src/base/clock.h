/*
 * Time as values. Nothing in the pure folders reads a clock: the loop takes a
 * `struct now` once a turn and passes it in.
 *
 * Differences are made from mono_us only, labels from wall_us only. The two are
 * never mixed. Civil time is UTC in the proleptic Gregorian calendar, without
 * leap seconds, as POSIX counts.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MIN (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MIN)
#define US_PER_DAY (24 * US_PER_HOUR)

struct now {
	int64_t mono_us; /* CLOCK_MONOTONIC: stands still in suspend */
	int64_t boot_us; /* CLOCK_BOOTTIME: goes on in suspend */
	int64_t wall_us; /* CLOCK_REALTIME since 1970, for labels */
};

struct civil {
	int year, month, day; /* month 1..12, day 1..31 */
	int hour, minute, second, us;
	int weekday; /* 0 is Monday (ISO 8601 counts from there) */
};

/* Any int64_t microsecond count; years outside 0..9999 still compute. */
struct civil civil_from_us(int64_t wall_us);

/* Microseconds since 1970 of a civil time whose fields are in range. */
int64_t civil_to_us(const struct civil *c);

enum { CLOCK_TEXT = 32 };

/* "2026-11-23T06:01:28Z" (RFC 3339), the second cut, not rounded. */
void clock_rfc3339(char dst[static CLOCK_TEXT], int64_t wall_us);

/* "2026-11-23T06:01:28.123456Z". */
void clock_rfc3339_us(char dst[static CLOCK_TEXT], int64_t wall_us);

/* Reads RFC 3339 with any offset and fraction; finer than 1 us is cut. */
bool clock_from_rfc3339(const char *text, int64_t *ret_wall_us);

/* "Mon, 23 Nov 2026 06:01:28 GMT", the IMF-fixdate of RFC 9110 5.6.7. */
void clock_http(char dst[static CLOCK_TEXT], int64_t wall_us);

/* Reads IMF-fixdate; the two obsolete forms of RFC 9110 are refused. */
bool clock_from_http(const char *text, int64_t *ret_wall_us);

/*
 * Reads the date of a mail or a feed (RFC 5322 3.3, as RSS has it): "Thu, 25
 * Jun 2020 07:04:00 +0000"; without the weekday, the seconds, or with GMT, UT,
 * UTC or Z as its zone. Other names of zones mean what one likes, and are
 * refused.
 */
bool clock_from_mail(const char *text, int64_t *ret_wall_us);

/*
 * The start of the span of span_us (a divisor of a day) that holds wall_us,
 * also before 1970; wall_us is at least a span away from INT64_MIN.
 */
int64_t clock_floor(int64_t wall_us, int64_t span_us);

#endif
