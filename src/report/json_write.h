/*
 * The members of a JSON object, written one after the other. The writer is a
 * struct buf: what does not fit sets its `full`, and nothing else is to be
 * checked.
 */
#ifndef REPORT_JSON_WRITE_H
#define REPORT_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A string with its quotes, of foreign bytes: what is no UTF-8 as \xNN. */
void json_add_bytes(struct buf *out, const char *data, size_t len);

/* The same of a string; null when text is NULL. */
void json_add_string(struct buf *out, const char *text);

/* The comma, unless the object has just been opened, and the name. */
void json_name(struct buf *out, const char *name);

/* null when text is NULL or "". */
void json_text(struct buf *out, const char *name, const char *text);
void json_number(struct buf *out, const char *name, int64_t value);

/* With four digits behind the point: ten metres; null when not known. */
void json_degrees(struct buf *out, const char *name, bool known,
		  double degrees);
void json_count(struct buf *out, const char *name, uint64_t value);

/* null below 0, which stands for "not known" wherever that can be. */
void json_known(struct buf *out, const char *name, int64_t value);
void json_bool(struct buf *out, const char *name, bool value);

/* RFC 3339 in UTC, with microseconds. */
void json_time(struct buf *out, const char *name, int64_t wall_us);

/* null at 0 or before. */
void json_known_time(struct buf *out, const char *name, int64_t wall_us);

#endif
