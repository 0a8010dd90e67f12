#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu",
					"Fri", "Sat", "Sun" };
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

int64_t clock_floor(int64_t wall_us, int64_t span_us)
{
	int64_t rest = wall_us % span_us;

	return wall_us - (rest < 0 ? rest + span_us : rest);
}

/*
 * Days are counted in eras of 400 years (146097 days) that begin on 1 March
 * of year 0, so that the leap day is the last of its year.
 */
struct civil civil_from_us(int64_t wall_us)
{
	/* Not by clock_floor(), whose result the first day cannot hold. */
	int64_t rest = wall_us % US_PER_DAY;
	int64_t days = wall_us / US_PER_DAY - (rest < 0);
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t doe = shifted - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	struct civil c;

	if (rest < 0)
		rest += US_PER_DAY;
	c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	c.weekday = (int)(((days + 3) % 7 + 7) % 7);
	c.hour = (int)(rest / US_PER_HOUR);
	c.minute = (int)(rest / US_PER_MIN % 60);
	c.second = (int)(rest / US_PER_S % 60);
	c.us = (int)(rest % US_PER_S);
	return c;
}

int64_t civil_to_us(const struct civil *c)
{
	int64_t year = c->year - (c->month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t yoe = year - era * 400;
	int64_t mp = c->month > 2 ? c->month - 3 : c->month + 9;
	int64_t doy = (153 * mp + 2) / 5 + c->day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	int64_t days = era * 146097 + doe - 719468;

	return days * US_PER_DAY + c->hour * US_PER_HOUR +
	       c->minute * US_PER_MIN + c->second * US_PER_S + c->us;
}

void clock_rfc3339(char dst[static CLOCK_TEXT], int64_t wall_us)
{
	struct civil c = civil_from_us(wall_us);

	snprintf(dst, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year,
		 c.month, c.day, c.hour, c.minute, c.second);
}

void clock_rfc3339_us(char dst[static CLOCK_TEXT], int64_t wall_us)
{
	struct civil c = civil_from_us(wall_us);

	snprintf(dst, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", c.year,
		 c.month, c.day, c.hour, c.minute, c.second, c.us);
}

void clock_http(char dst[static CLOCK_TEXT], int64_t wall_us)
{
	struct civil c = civil_from_us(wall_us);

	snprintf(dst, CLOCK_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		 weekdays[c.weekday], c.day, months[c.month - 1], c.year,
		 c.hour, c.minute, c.second);
}

/* Exactly `width` digits at *p, moved behind. */
static bool fixed(const char **p, int width, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < width; i++) {
		char digit = (*p)[i];

		if (digit < '0' || digit > '9')
			return false;
		value = value * 10 + (digit - '0');
	}
	*p += width;
	*ret_value = value;
	return true;
}

static bool literal(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len) != 0)
		return false;
	*p += len;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* A leap second (60) is read as the first of the next minute. */
static bool in_range(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= days_in_month(c->year, c->month) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

static bool time_of_day(const char **p, struct civil *c)
{
	return fixed(p, 2, &c->hour) && literal(p, ":") &&
	       fixed(p, 2, &c->minute) && literal(p, ":") &&
	       fixed(p, 2, &c->second);
}

static bool fraction(const char **p, int *ret_us)
{
	int us = 0;
	int weight = 100000;

	if (**p != '.') {
		*ret_us = 0;
		return true;
	}
	(*p)++;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		us += (**p - '0') * weight;
		weight /= 10;
	}
	*ret_us = us;
	return true;
}

static bool offset(const char **p, int64_t *ret_us)
{
	int64_t sign = **p == '-' ? -1 : 1;
	int hour, minute;

	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		*ret_us = 0;
		return true;
	}
	if (**p != '+' && **p != '-')
		return false;
	(*p)++;
	if (!fixed(p, 2, &hour) || !literal(p, ":") || !fixed(p, 2, &minute) ||
	    hour > 23 || minute > 59)
		return false;
	*ret_us = sign * (hour * US_PER_HOUR + minute * US_PER_MIN);
	return true;
}

bool clock_from_rfc3339(const char *text, int64_t *ret_wall_us)
{
	const char *p = text;
	struct civil c = { 0 };
	int64_t offset_us;

	if (!fixed(&p, 4, &c.year) || !literal(&p, "-") ||
	    !fixed(&p, 2, &c.month) || !literal(&p, "-") ||
	    !fixed(&p, 2, &c.day) || (*p != 'T' && *p != 't' && *p != ' '))
		return false;
	p++;
	if (!time_of_day(&p, &c) || !fraction(&p, &c.us) ||
	    !offset(&p, &offset_us) || *p || !in_range(&c))
		return false;
	*ret_wall_us = civil_to_us(&c) - offset_us;
	return true;
}

static bool month_name(const char **p, int *ret_month)
{
	for (int i = 0; i < 12; i++) {
		if (literal(p, months[i])) {
			*ret_month = i + 1;
			return true;
		}
	}
	return false;
}

static bool weekday_name(const char **p, int *ret_weekday)
{
	for (int i = 0; i < 7; i++) {
		if (literal(p, weekdays[i])) {
			*ret_weekday = i;
			return true;
		}
	}
	return false;
}

bool clock_from_http(const char *text, int64_t *ret_wall_us)
{
	const char *p = text;
	struct civil c = { 0 };
	int64_t us;

	if (!weekday_name(&p, &c.weekday) || !literal(&p, ", ") ||
	    !fixed(&p, 2, &c.day) || !literal(&p, " ") ||
	    !month_name(&p, &c.month) || !literal(&p, " ") ||
	    !fixed(&p, 4, &c.year) || !literal(&p, " ") ||
	    !time_of_day(&p, &c) || strcmp(p, " GMT") != 0 || !in_range(&c))
		return false;
	us = civil_to_us(&c);
	/* A date that contradicts its own weekday is not to be trusted. */
	if (c.second < 60 && civil_from_us(us).weekday != c.weekday)
		return false;
	*ret_wall_us = us;
	return true;
}

/* "+0200", or one of the names that mean UTC. */
static bool mail_zone(const char **p, int64_t *ret_us)
{
	static const char *const names[] = { "GMT", "UTC", "UT", "Z" };
	int64_t sign = **p == '-' ? -1 : 1;
	int hour, minute;

	*ret_us = 0;
	for (int i = 0; i < 4; i++) {
		if (literal(p, names[i]))
			return true;
	}
	if (!literal(p, "+") && !literal(p, "-"))
		return false;
	if (!fixed(p, 2, &hour) || !fixed(p, 2, &minute) || hour > 23 ||
	    minute > 59)
		return false;
	*ret_us = sign * (hour * US_PER_HOUR + minute * US_PER_MIN);
	return true;
}

/* "Thu, 25 Jun 2020", the weekday and the day's first digit if they are there.
 */
static bool mail_day(const char **p, struct civil *c)
{
	if (weekday_name(p, &c->weekday) && !literal(p, ", "))
		return false;
	return (fixed(p, 2, &c->day) || fixed(p, 1, &c->day)) &&
	       literal(p, " ") && month_name(p, &c->month) && literal(p, " ") &&
	       fixed(p, 4, &c->year);
}

/* "07:04", and ":00". */
static bool mail_time(const char **p, struct civil *c)
{
	return fixed(p, 2, &c->hour) && literal(p, ":") &&
	       fixed(p, 2, &c->minute) &&
	       (!literal(p, ":") || fixed(p, 2, &c->second));
}

bool clock_from_mail(const char *text, int64_t *ret_wall_us)
{
	const char *p = text;
	struct civil c = { 0 };
	int64_t offset_us;

	if (!mail_day(&p, &c) || !literal(&p, " ") || !mail_time(&p, &c) ||
	    !literal(&p, " ") || !mail_zone(&p, &offset_us) || *p ||
	    !in_range(&c))
		return false;
	*ret_wall_us = civil_to_us(&c) - offset_us;
	return true;
}
