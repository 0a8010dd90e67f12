#include "report/stat_read.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum { ROWS_OF_ONE_MOST = 5000 };

void stat_table_release(struct stat_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i].stat);
	free(t->rows);
	*t = (struct stat_table){ .count = 0 };
}

static bool wrong(struct fail *why, const char *what)
{
	return fail_set(why, FAIL_PEER, "its hours have no good %s", what);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hist(const json_t *phase, struct hist *ret_h, struct fail *why)
{
	const json_t *value = json_object_get(phase, "hist");
	size_t len = json_string_length(value);
	const char *hex = json_string_value(value);
	struct buf bytes = BUF_INIT(64 * 1024);
	const unsigned char *pos, *end;
	bool good = hex && len % 2 == 0;

	for (size_t i = 0; good && i < len; i += 2) {
		int high = nibble(hex[i]), low = nibble(hex[i + 1]);

		good = high >= 0 && low >= 0 &&
		       buf_add_char(&bytes, (char)(high << 4 | low));
	}
	pos = (const unsigned char *)buf_text(&bytes);
	end = pos + bytes.len;
	good = good && hist_decode(ret_h, &pos, end, why) && pos == end;
	buf_release(&bytes);
	return good || wrong(why, "histogram");
}

static bool read_outcomes(json_t *object, struct stat_span *s, struct fail *why)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		enum outcome outcome;

		if (!outcome_find(name, &outcome) || !json_is_integer(value) ||
		    json_integer_value(value) < 0)
			return wrong(why, "outcomes");
		s->outcomes[outcome] = (uint64_t)json_integer_value(value);
	}
	return json_is_object(object) || wrong(why, "outcomes");
}

static bool read_phases(const json_t *object, struct stat_span *s,
			struct fail *why)
{
	if (!json_is_object(object))
		return wrong(why, "phases");
	for (unsigned p = 0; p < PHASES; p++) {
		const json_t *phase =
			json_object_get(object, phase_name((enum phase)p));

		if (phase && !read_hist(phase, &s->phases[p], why))
			return false;
	}
	return true;
}

static bool read_row(const json_t *object, struct stat_row *row,
		     struct fail *why)
{
	const char *ca = json_string_value(json_object_get(object, "ca"));
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *start = json_string_value(json_object_get(object, "start"));

	if (!ca || !*ca || strlen(ca) >= JSON_READ_NAME)
		return wrong(why, "CA");
	text_copy(row->ca, sizeof(row->ca), ca);
	if (!op || !op_find(op, &row->op))
		return wrong(why, "operation");
	if (!start || !clock_from_rfc3339(start, &row->start_us) ||
	    row->start_us % US_PER_HOUR != 0)
		return wrong(why, "start");
	return read_outcomes(json_object_get(object, "outcomes"), row->stat,
			     why) &&
	       read_phases(json_object_get(object, "phases"), row->stat, why);
}

static struct stat_row *find(struct stat_table *t, const struct stat_row *row)
{
	for (size_t i = t->count; i-- > 0;) {
		struct stat_row *one = &t->rows[i];

		if (one->start_us == row->start_us && one->op == row->op &&
		    strcmp(one->ca, row->ca) == 0)
			return one;
	}
	return NULL;
}

static struct stat_row *append(struct stat_table *t)
{
	t->rows = mem_resize(t->rows, (t->count + 1) * sizeof(*t->rows));
	t->rows[t->count] = (struct stat_row){
		.stat = mem_zalloc(sizeof(struct stat_span)),
	};
	return &t->rows[t->count++];
}

static void merge(struct stat_table *t, const struct stat_table *from)
{
	for (size_t i = 0; i < from->count; i++) {
		struct stat_row *row = find(t, &from->rows[i]);

		if (!row && t->count == STAT_ROWS_MOST)
			continue;
		if (!row) {
			struct stat_span *stat;

			row = append(t);
			stat = row->stat;
			*row = from->rows[i];
			row->stat = stat;
		}
		stat_merge(row->stat, from->rows[i].stat);
	}
}

bool stat_table_add(struct stat_table *t, const char *text, size_t len,
		    struct fail *why)
{
	json_error_t error;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	const json_t *list = json_object_get(json, "hours");
	struct stat_table read = { .count = 0 };
	bool good = json_is_array(list) &&
		    json_array_size(list) <= ROWS_OF_ONE_MOST;

	if (!good)
		wrong(why, "list");
	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = read_row(json_array_get(list, i), append(&read), why);
	if (good)
		merge(t, &read);
	stat_table_release(&read);
	json_decref(json);
	return good;
}

static int by_start(const void *a, const void *b)
{
	const struct stat_row *x = a, *y = b;

	if (x->start_us != y->start_us)
		return x->start_us < y->start_us ? -1 : 1;
	if (strcmp(x->ca, y->ca) != 0)
		return strcmp(x->ca, y->ca);
	return (x->op > y->op) - (x->op < y->op);
}

void stat_table_sort(struct stat_table *t)
{
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), by_start);
}
