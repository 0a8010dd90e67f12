#include "report/json_write.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* A control character as JSON has to write it (RFC 8259 section 7). */
static void add_control(struct buf *out, unsigned char c)
{
	switch (c) {
	case '\n':
		buf_add_text(out, "\\n");
		break;
	case '\r':
		buf_add_text(out, "\\r");
		break;
	case '\t':
		buf_add_text(out, "\\t");
		break;
	default:
		buf_addf(out, "\\u%04x", c);
		break;
	}
}

void json_add_bytes(struct buf *out, const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	buf_add_char(out, '"');
	for (size_t i = 0; i < len;) {
		size_t step = text_utf8_len(p + i, len - i);

		if (step == 0 || p[i] == '\0') {
			buf_addf(out, "\\\\x%02x", p[i]);
			step = 1;
		} else if (p[i] < 0x20 || p[i] == 0x7f) {
			add_control(out, p[i]);
		} else {
			if (p[i] == '"' || p[i] == '\\')
				buf_add_char(out, '\\');
			buf_add(out, p + i, step);
		}
		i += step;
	}
	buf_add_char(out, '"');
}

void json_add_string(struct buf *out, const char *text)
{
	if (text)
		json_add_bytes(out, text, strlen(text));
	else
		buf_add_text(out, "null");
}

/* --- members ------------------------------------------------------------ */

void json_name(struct buf *out, const char *name)
{
	const char *text = buf_text(out);

	if (out->len && text[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_addf(out, "\"%s\":", name);
}

void json_text(struct buf *out, const char *name, const char *text)
{
	json_name(out, name);
	json_add_string(out, text && *text ? text : NULL);
}

void json_degrees(struct buf *out, const char *name, bool known, double degrees)
{
	json_name(out, name);
	if (known)
		buf_addf(out, "%.4f", degrees);
	else
		buf_add_text(out, "null");
}

void json_number(struct buf *out, const char *name, int64_t value)
{
	json_name(out, name);
	buf_add_i64(out, value);
}

/* Below 0 stands for "not known" in every field that can be unknown. */
void json_known(struct buf *out, const char *name, int64_t value)
{
	json_name(out, name);
	if (value < 0)
		buf_add_text(out, "null");
	else
		buf_add_i64(out, value);
}

void json_bool(struct buf *out, const char *name, bool value)
{
	json_name(out, name);
	buf_add_text(out, value ? "true" : "false");
}

void json_time(struct buf *out, const char *name, int64_t wall_us)
{
	char text[CLOCK_TEXT];

	clock_rfc3339_us(text, wall_us);
	json_text(out, name, text);
}

void json_count(struct buf *out, const char *name, uint64_t value)
{
	json_name(out, name);
	buf_add_u64(out, value);
}

void json_known_time(struct buf *out, const char *name, int64_t wall_us)
{
	if (wall_us > 0)
		json_time(out, name, wall_us);
	else
		json_text(out, name, NULL);
}
