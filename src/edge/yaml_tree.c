#include "edge/yaml_tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/cleanup.h"

enum { QUOTE_MOST = 24 };

struct reader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	struct node *open[YAML_TREE_DEPTH]; /* from the root inwards */
	unsigned depth;
	struct yaml_tree tree;
	unsigned nodes, documents;
	char *key; /* read, and its value not yet */
	struct place key_at;
	struct place *ret_at;
	struct fail *why;
};

static struct place place_of(yaml_mark_t mark)
{
	return (struct place){ (unsigned)mark.line + 1,
			       (unsigned)mark.column + 1 };
}

__attribute__((format(printf, 3, 4))) static bool
refuse(struct reader *r, struct place at, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*r->ret_at = at;
	return fail_set(r->why, FAIL_INPUT, "%s", text);
}

/* --- what libyaml says -------------------------------------------------- */

/* The place of a byte. */
static struct place place_of_byte(const struct reader *r, size_t offset)
{
	struct place at = { 1, 1 };

	for (size_t i = 0; i < offset && i < r->len; i++) {
		if (r->text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if ((r->text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

/* The byte at a mark; libyaml counts characters. */
static size_t byte_at(const struct reader *r, size_t index)
{
	size_t i = 0;

	for (; index > 0 && i < r->len; index--) {
		size_t step = text_utf8_len((const unsigned char *)r->text + i,
					    r->len - i);

		i += step ? step : 1;
	}
	return i;
}

static size_t rest_of_line(const struct reader *r, size_t from)
{
	size_t i = from;

	while (i < r->len && r->text[i] != '\n' && r->text[i] != '\r')
		i++;
	return i - from;
}

static bool refuse_bytes(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct place at = place_of_byte(r, p->problem_offset);

	if (p->problem_value >= 0 && p->problem_value < 0x20)
		return refuse(r, at,
			      "found the control character \\x%02x, expected "
			      "text",
			      (unsigned)p->problem_value);
	return refuse(r, at,
		      "found bytes that are not UTF-8 text, expected "
		      "UTF-8");
}

static bool refuse_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct place at = place_of(p->problem_mark);
	size_t here = byte_at(r, p->problem_mark.index);
	size_t len = rest_of_line(r, here);
	char quote[QUOTE_MOST];
	char context[64] = "";

	if (p->error == YAML_READER_ERROR)
		return refuse_bytes(r);
	if (len && r->text[here] == '\t')
		return refuse(r, at,
			      "found a tab, expected spaces: YAML "
			      "takes no tab there");
	text_printable(quote, sizeof(quote), r->text + here, len);
	if (p->context && p->context_mark.line < p->problem_mark.line)
		snprintf(context, sizeof(context), " (%s from line %zu)",
			 p->context, p->context_mark.line + 1);
	return refuse(r, at, "found %s%s%s, expected YAML: %s%s",
		      len ? "\"" : "",
		      len	      ? quote
		      : here < r->len ? "the end of the line"
				      : "the end of the file",
		      len ? "\"" : "", p->problem ? p->problem : "unreadable",
		      context);
}

/* --- the tree grows ----------------------------------------------------- */

static struct node *parent_of(const struct reader *r)
{
	return r->depth ? r->open[r->depth - 1] : NULL;
}

/* The node is made where it belongs; NULL when it may not be there. */
static struct node *add_node(struct reader *r, enum node_kind kind,
			     yaml_mark_t mark)
{
	struct node *parent = parent_of(r), *n;

	if (++r->nodes > YAML_TREE_NODES) {
		refuse(r, place_of(mark),
		       "found more than %d values, expected "
		       "fewer",
		       YAML_TREE_NODES);
		return NULL;
	}
	n = mem_zalloc(sizeof(*n));
	n->older = r->tree.newest;
	r->tree.newest = n;
	n->kind = kind;
	n->at = place_of(mark);
	n->key = r->key;
	n->key_at = r->key_at;
	r->key = NULL;
	if (!parent) {
		r->tree.root = n;
		return n;
	}
	parent->count++;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

static bool awaits_key(const struct reader *r)
{
	const struct node *parent = parent_of(r);

	return parent && parent->kind == NODE_MAPPING && !r->key;
}

static bool take_key(struct reader *r, const char *text, struct place at)
{
	const struct node *parent = parent_of(r);
	char shown[QUOTE_MOST];

	text_printable(shown, sizeof(shown), text, strlen(text));
	for (const struct node *n = parent->first; n; n = n->next) {
		if (strcmp(n->key, text) == 0)
			return refuse(r, at,
				      "found \"%s\" again, expected it once: "
				      "it is in line %u already",
				      shown, n->key_at.line);
	}
	if (parent->count >= YAML_TREE_KEYS)
		return refuse(r, at, "found more than %d keys, expected fewer",
			      YAML_TREE_KEYS);
	r->key = mem_strdup(text);
	r->key_at = at;
	return true;
}

static bool take_word(struct reader *r, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	struct place at = place_of(e->start_mark);
	struct node *n;

	if (strlen(text) != e->data.scalar.length)
		return refuse(r, at, "found the character \\0, expected text");
	if (awaits_key(r))
		return take_key(r, text, at);
	n = add_node(r, NODE_WORD, e->start_mark);
	if (!n)
		return false;
	n->text = mem_strdup(text);
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return true;
}

static bool take_start(struct reader *r, const yaml_event_t *e,
		       enum node_kind kind)
{
	struct node *n;

	if (awaits_key(r))
		return refuse(r, place_of(e->start_mark),
			      "found a list or mapping as a key, expected a "
			      "word");
	if (r->depth == YAML_TREE_DEPTH)
		return refuse(r, place_of(e->start_mark),
			      "found values more than %d deep, expected fewer",
			      YAML_TREE_DEPTH);
	n = add_node(r, kind, e->start_mark);
	if (n)
		r->open[r->depth++] = n;
	return n != NULL;
}

static bool take_document(struct reader *r, const yaml_event_t *e)
{
	return ++r->documents == 1 ||
	       refuse(r, place_of(e->start_mark),
		      "found a second document, expected one in a file");
}

/* Anchors and tags say nothing that a configuration could need. */
static bool is_plain(struct reader *r, const yaml_event_t *e,
		     const yaml_char_t *anchor, const yaml_char_t *tag)
{
	char shown[QUOTE_MOST];
	const char *text = (const char *)(anchor ? anchor : tag);

	if (!text)
		return true;
	text_printable(shown, sizeof(shown), text, strlen(text));
	return refuse(r, place_of(e->start_mark),
		      "found the %s %s%s, expected the value alone",
		      anchor ? "anchor" : "tag", anchor ? "&" : "", shown);
}

static bool take_alias(struct reader *r, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.alias.anchor;
	char shown[QUOTE_MOST];

	text_printable(shown, sizeof(shown), text, strlen(text));
	return refuse(r, place_of(e->start_mark),
		      "found the alias *%s, expected the value itself", shown);
}

static bool take_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	case YAML_DOCUMENT_START_EVENT:
		return take_document(r, e);
	case YAML_ALIAS_EVENT:
		return take_alias(r, e);
	case YAML_SCALAR_EVENT:
		return is_plain(r, e, e->data.scalar.anchor,
				e->data.scalar.tag) &&
		       take_word(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return is_plain(r, e, e->data.sequence_start.anchor,
				e->data.sequence_start.tag) &&
		       take_start(r, e, NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		return is_plain(r, e, e->data.mapping_start.anchor,
				e->data.mapping_start.tag) &&
		       take_start(r, e, NODE_MAPPING);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		assert(r->depth > 0);
		r->depth--;
		return true;
	}
	return true;
}

static bool read_all(struct reader *r)
{
	bool ended = false;

	while (!ended) {
		yaml_event_t e;
		bool taken;

		if (!yaml_parser_parse(&r->parser, &e))
			return refuse_syntax(r);
		ended = e.type == YAML_STREAM_END_EVENT;
		taken = take_event(r, &e);
		yaml_event_delete(&e);
		if (!taken)
			return false;
	}
	return r->tree.root ||
	       refuse(r, (struct place){ 1, 1 },
		      "found nothing, expected keys and values");
}

bool yaml_tree_parse(const char *text, size_t len, struct yaml_tree *ret_tree,
		     struct place *ret_at, struct fail *why)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct reader r = { .ret_at = ret_at, .why = why };
	bool read;

	if (len >= 3 && memcmp(text, bom, 3) == 0) {
		text += 3;
		len -= 3;
	}
	r.text = text;
	r.len = len;
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text,
				     len);
	read = read_all(&r);
	free(r.key);
	yaml_parser_delete(&r.parser);
	if (read)
		*ret_tree = r.tree;
	else
		yaml_tree_release(&r.tree);
	return read;
}

void yaml_tree_release(struct yaml_tree *tree)
{
	struct node *older;

	for (struct node *n = tree->newest; n; n = older) {
		older = n->older;
		free(n->key);
		free(n->text);
		free(n);
	}
	*tree = (struct yaml_tree){ 0 };
}

/* --- finding ------------------------------------------------------------ */

static const struct node *child(const struct node *parent, const char *key,
				size_t len)
{
	for (const struct node *n = parent->first; n; n = n->next) {
		if (n->key && strlen(n->key) == len &&
		    memcmp(n->key, key, len) == 0)
			return n;
	}
	return NULL;
}

const struct node *node_find(const struct node *mapping, const char *key)
{
	return child(mapping, key, strlen(key));
}

/* "[3]" or a key at *path; moves behind it. */
static const struct node *step(const struct node *n, const char **path)
{
	size_t len = strcspn(*path, ".[");

	if (**path == '[') {
		char *end;
		unsigned long index = strtoul(*path + 1, &end, 10);

		*path = end + 1;
		for (n = n->first; n && index > 0; index--)
			n = n->next;
		return n;
	}
	n = child(n, *path, len);
	*path += len;
	return n;
}

struct place node_place(const struct node *root, const char *path)
{
	struct place at = root->at;

	while (*path) {
		root = step(root, &path);
		if (!root)
			break;
		at = root->at;
		if (*path == '.')
			path++;
	}
	return at;
}
