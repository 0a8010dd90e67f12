/*
 * Any bytes as the status page of a CA: JSON of two kinds and a feed. What is
 * read is within its bounds, and what is shown of it is well-formed.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "edge/feed.h"
#include "report/status_read.h"
#include "report/status_show.h"
#include "support/pure_markup.h"

#define NOW_US (INT64_C(1778265600) * US_PER_S)

/* One reading, heard by an incident, and shown. */
static void show(const struct status_word *word)
{
	struct incident i = { .start_us = NOW_US, .declared_us = NOW_US };
	struct statement s = { .read_us = 0 };
	const struct board_status status = { .ca = "ca",
					     .page = word->text,
					     .statement = &s,
					     .trouble = word->notice };
	const struct board b = { .now_us = NOW_US + US_PER_MIN,
				 .statuses = &status,
				 .status_count = 1 };
	struct buf out = BUF_INIT(1 << 16);
	json_t *json;

	assert(word->level < STATUS_LEVELS);
	statement_take(&s, word, NOW_US + US_PER_S);
	incident_hear(&i, &s);
	assert(incident_word_us(&i) <= NOW_US + US_PER_S);
	status_line(&out, &b, "ca");
	assert(!out.full && markup_is_well_formed(out.data, out.len));
	buf_clear(&out);
	buf_add_char(&out, '{');
	status_json(&out, &b, "ca");
	buf_add_char(&out, '}');
	json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert(json);
	json_decref(json);
	buf_clear(&out);
	status_sentence(&out, &b, &i);
	assert(!out.full);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char name[] = "acme-v02";
	char *const names[] = { name };
	const struct status_parts all = { NULL, 0 }, one = { names, 1 };
	const char *text = (const char *)data;
	struct feed_entry *entries;
	struct status_word word;
	struct fail why;
	size_t count;

	if (status_read_io(text, len, &all, &word, &why))
		show(&word);
	if (status_read_io(text, len, &one, &word, &why))
		show(&word);
	if (status_read_page(text, len, &all, &word, &why))
		show(&word);
	if (status_read_page(text, len, &one, &word, &why))
		show(&word);
	if (feed_read(text, len, &entries, &count, &why)) {
		assert(count <= FEED_ENTRIES);
		status_of_feed(entries, count, &all, NOW_US, &word);
		show(&word);
		status_of_feed(entries, count, &one, NOW_US, &word);
		show(&word);
		free(entries);
	}
	return 0;
}
