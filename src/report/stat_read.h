/*
 * Hours that stations serve as JSON, read back without trust and added up.
 */
#ifndef REPORT_STAT_READ_H
#define REPORT_STAT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "measure/stat.h"
#include "report/json_read.h"

enum { STAT_ROWS_MOST = 20000 };

struct stat_row {
	char ca[JSON_READ_NAME];
	enum op op;
	int64_t start_us;
	struct stat_span *stat; /* owned */
};

struct stat_table {
	struct stat_row *rows;
	size_t count;
};

void stat_table_release(struct stat_table *t);

/*
 * Adds the answer of /api/v1/hours to what is there. FAIL_PEER, with nothing
 * added, when one of its rows is not what a station writes.
 */
bool stat_table_add(struct stat_table *t, const char *text, size_t len,
		    struct fail *why);

/* By start, CA and operation. */
void stat_table_sort(struct stat_table *t);

#endif
