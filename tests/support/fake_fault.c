#include "support/fake_ca.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/text.h"

enum { TEXT_BYTES = 32 << 20 };

static void add_repeated(struct buf *out, const char *unit, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		buf_add_text(out, unit);
}

/* Copies text with its $WORDs replaced. */
static void add_expanded(const char *base, struct buf *out, const char *text)
{
	while (*text) {
		if (text_starts(text, "$BASE")) {
			buf_add_text(out, base);
			text += 5;
		} else if (text_starts(text, "$BIG")) {
			add_repeated(out, "9876543210", 1000000);
			text += 4;
		} else if (text_starts(text, "$DEEP")) {
			add_repeated(out, "[", 100000);
			text += 5;
		} else if (text_starts(text, "$MANY")) {
			for (unsigned i = 0; i < 1000; i++)
				buf_addf(out, "%s\"%s/authz/%u\"", i ? "," : "",
					 base, i);
			text += 5;
		} else {
			buf_add_char(out, *text++);
		}
	}
}

/* Sets or removes one member of the JSON body. */
static void edit_body(const char *base, const struct fake_fault *f,
		      struct buf *body)
{
	json_t *json = json_loadb(body->data, body->len, 0, NULL);
	struct buf value = BUF_INIT(TEXT_BYTES);

	if (f->value) {
		add_expanded(base, &value, f->value);
		json_object_set_new(json, f->member,
				    json_loads(buf_text(&value),
					       JSON_DECODE_ANY, NULL));
	} else {
		json_object_del(json, f->member);
	}
	char *text = json_dumps(json, JSON_COMPACT);

	buf_clear(body);
	buf_add_text(body, text);
	free(text);
	buf_release(&value);
	json_decref(json);
}

/* Takes out every header line that begins as `line` does, up to its colon. */
static void drop_header(struct buf *headers, const char *line)
{
	size_t name_len = strcspn(line, ":") + 1;
	struct buf kept = BUF_INIT(headers->max);

	for (const char *p = buf_text(headers); *p;) {
		size_t len = (size_t)(strchr(p, '\n') + 1 - p);

		if (strncasecmp(p, line, name_len) != 0)
			buf_add(&kept, p, len);
		p += len;
	}
	buf_release(headers);
	*headers = kept;
}

void fake_fault_apply(const struct fake_fault *f, const char *base,
		      struct fake_reply *reply)
{
	if (f->wire != WIRE_PLAIN)
		reply->wire = f->wire;
	if (f->status)
		reply->status = f->status;
	if (f->member)
		edit_body(base, f, &reply->body);
	if (f->body) {
		buf_clear(&reply->body);
		add_expanded(base, &reply->body, f->body);
	}
	if (f->header) {
		drop_header(&reply->headers, f->header);
		if (!strchr(f->header, ':')[1])
			return;
		add_expanded(base, &reply->headers, f->header);
		buf_add_text(&reply->headers, "\r\n");
	}
}
