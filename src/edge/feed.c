#include "edge/feed.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum { DEPTH = 32, SEPARATOR = '\n' };

/* What the text of an element is taken as. */
enum part { PART_NOTHING, PART_ID, PART_TITLE, PART_TEXT, PART_DATE };

struct reader {
	XML_Parser parser;
	struct feed_entry *entries;
	size_t count;
	unsigned depth, entry_depth; /* of the entry that is open; 0: none */
	unsigned part_depth;
	enum part part;
	bool is_feed;
	struct buf text; /* of the part */
	struct fail why;
	bool stopped;
};

static void stop(struct reader *r, const char *why)
{
	if (!r->stopped)
		fail_set(&r->why, FAIL_PEER, "%s", why);
	r->stopped = true;
	XML_StopParser(r->parser, XML_FALSE);
}

/* The name without its namespace, which comes first. */
static const char *local(const char *name)
{
	const char *p = strrchr(name, SEPARATOR);

	return p ? p + 1 : name;
}

static enum part part_of(const char *name)
{
	static const struct {
		const char *name;
		enum part part;
	} parts[] = {
		{ "id", PART_ID },	  { "guid", PART_ID },
		{ "title", PART_TITLE },  { "content", PART_TEXT },
		{ "summary", PART_TEXT }, { "description", PART_TEXT },
		{ "encoded", PART_TEXT }, { "published", PART_DATE },
		{ "pubDate", PART_DATE }, { "updated", PART_DATE },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(parts[i].name, name) == 0)
			return parts[i].part;
	}
	return PART_NOTHING;
}

static bool is_entry(const char *name)
{
	return strcmp(name, "entry") == 0 || strcmp(name, "item") == 0;
}

static bool is_root(const char *name)
{
	return strcmp(name, "rss") == 0 || strcmp(name, "feed") == 0;
}

static void open_entry(struct reader *r)
{
	if (r->count == FEED_ENTRIES)
		return;
	r->entries =
		mem_resize(r->entries, (r->count + 1) * sizeof(*r->entries));
	r->entries[r->count] = (struct feed_entry){ .dated_us = 0 };
	r->entry_depth = r->depth;
}

static void XMLCALL on_start(void *ctx, const XML_Char *name,
			     const XML_Char **attributes)
{
	struct reader *r = ctx;
	const char *word = local(name);

	(void)attributes;
	if (++r->depth > DEPTH) {
		stop(r, "it is nested too deep for a feed");
		return;
	}
	if (r->depth == 1 && !is_root(word)) {
		stop(r, "it is XML, but neither RSS nor Atom");
		return;
	}
	r->is_feed = true;
	if (!r->entry_depth && is_entry(word)) {
		open_entry(r);
	} else if (r->entry_depth && r->depth == r->entry_depth + 1) {
		r->part = part_of(word);
		r->part_depth = r->depth;
		buf_clear(&r->text);
	}
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int len)
{
	struct reader *r = ctx;

	/* What does not fit any more is cut off, not left out. */
	for (int i = 0; r->part != PART_NOTHING && i < len; i++) {
		if (!buf_add_char(&r->text, text[i]))
			return;
	}
}

static int64_t moment(const char *text)
{
	int64_t us;

	if ((clock_from_rfc3339(text, &us) || clock_from_mail(text, &us)) &&
	    us > 0)
		return us;
	return 0;
}

/* Of a date when it was put there and one when it was changed, the former. */
static void take_date(struct feed_entry *e, const char *text)
{
	int64_t us = moment(text);

	if (us && (!e->dated_us || us < e->dated_us))
		e->dated_us = us;
}

static void take_part(struct reader *r)
{
	struct feed_entry *e = &r->entries[r->count];
	const char *text = buf_text(&r->text);

	text += strspn(text, " \t\r\n");
	switch (r->part) {
	case PART_ID:
		text_copy(e->id, sizeof(e->id), text);
		break;
	case PART_TITLE:
		text_copy(e->title, sizeof(e->title), text);
		break;
	case PART_TEXT:
		/* A summary and the whole may both be there. */
		if (strlen(text) > strlen(e->text))
			text_copy(e->text, sizeof(e->text), text);
		break;
	case PART_DATE:
		take_date(e, text);
		break;
	case PART_NOTHING:
		break;
	}
	r->part = PART_NOTHING;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
	struct reader *r = ctx;

	(void)name;
	if (r->part != PART_NOTHING && r->depth == r->part_depth)
		take_part(r);
	if (r->entry_depth && r->depth == r->entry_depth) {
		r->entry_depth = 0;
		r->count++;
	}
	r->depth--;
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name,
			       const XML_Char *system_id,
			       const XML_Char *public_id, int has_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	stop(ctx, "it declares a document type, which no feed needs, and "
		  "which is not read");
}

static bool parse(struct reader *r, const char *text, size_t len)
{
	if (XML_Parse(r->parser, text, (int)len, XML_TRUE) == XML_STATUS_OK)
		return r->is_feed;
	if (!r->stopped)
		fail_set(&r->why, FAIL_PEER, "it is no XML: line %lu: %s",
			 XML_GetCurrentLineNumber(r->parser),
			 XML_ErrorString(XML_GetErrorCode(r->parser)));
	return false;
}

bool feed_read(const char *text, size_t len, struct feed_entry **ret_entries,
	       size_t *ret_count, struct fail *why)
{
	struct reader r = { .text = BUF_INIT(FEED_TEXT) };
	bool good;

	if (len > STATUS_READ_BYTES)
		return fail_set(why, FAIL_LIMIT, "it is longer than %d bytes",
				STATUS_READ_BYTES);
	/* The encoding is what it says of itself; expat knows four. */
	r.parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!r.parser)
		abort();
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	good = parse(&r, text, len);
	XML_ParserFree(r.parser);
	buf_release(&r.text);
	if (!good) {
		free(r.entries);
		*why = r.why;
		return false;
	}
	*ret_entries = r.entries;
	*ret_count = r.count;
	return true;
}
