#include "edge/config_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/cleanup.h"
#include "edge/config_file_private.h"
#include "edge/whole.h"
#include "measure/config_schema.h"

enum { KEY_PATH = 160, JOINED_MAX = 64 * 1024 };

bool loader_at(struct loader *l, struct place place, const char *key)
{
	char text[sizeof(l->why->text)];

	text_copy(text, sizeof(text), l->why->text);
	return fail_set(l->why, FAIL_INPUT, "%s:%u:%u: %s%s%s", l->path,
			place.line, place.column, key, key[0] ? ": " : "",
			text);
}

bool loader_refuse(struct loader *l, struct place place, const char *key,
		   const char *format, ...)
{
	char text[sizeof(l->why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_set(l->why, FAIL_INPUT, "%s", text);
	return loader_at(l, place, key);
}

/* A path in the file is relative to the file's folder; malloc'ed. */
static char *join(const struct loader *l, const char *path)
{
	struct buf joined = BUF_INIT(JOINED_MAX);

	if (path[0] != '/')
		buf_addf(&joined, "%.*s", l->folder_len, l->path);
	buf_add_text(&joined, path);
	return buf_take(&joined);
}

/* --- from nodes to values ----------------------------------------------- */

/* What a person sees there. */
static void show_node(char dst[static CONFIG_SHOWN], const struct node *n)
{
	switch (n->kind) {
	case NODE_WORD:
		if (n->text[0] || n->quoted)
			config_show(dst, n->text);
		else
			text_copy(dst, CONFIG_SHOWN, "no value");
		return;
	case NODE_LIST:
		text_copy(dst, CONFIG_SHOWN, "a list");
		return;
	case NODE_MAPPING:
		text_copy(dst, CONFIG_SHOWN, "keys and values");
		return;
	}
}

/* YAML's ways to say "nothing". */
static bool is_null(const struct node *n)
{
	return n->kind == NODE_WORD && !n->quoted &&
	       (!n->text[0] || strcmp(n->text, "~") == 0 ||
		text_same_nocase(n->text, "null"));
}

static bool expect(struct loader *l, const struct node *n, const char *path,
		   const char *expected)
{
	char shown[CONFIG_SHOWN];

	show_node(shown, n);
	return loader_refuse(l, n->at, path, "found %s, expected %s", shown,
			     expected);
}

static bool load_word(struct loader *l, const struct config_field *f,
		      const struct node *n, const char *path, void *base)
{
	char expected[CONFIG_EXPECTED];

	if (n->kind != NODE_WORD || is_null(n)) {
		config_field_expected(f, expected);
		return expect(l, n, path, expected);
	}
	if (!config_field_set(f, base, n->text, l->why))
		return loader_at(l, n->at, path);
	if (f->kind == FIELD_PATH) {
		free(config_field_pointer(f, base));
		config_field_point(f, base, join(l, n->text));
	}
	return true;
}

static bool load_list(struct loader *l, const struct config_field *f,
		      const struct node *n, const char *path)
{
	char expected[CONFIG_EXPECTED];

	config_field_expected(f, expected);
	if (n->kind != NODE_LIST)
		return expect(l, n, path, expected);
	if (n->count < (uint64_t)f->least || n->count > (uint64_t)f->most)
		return loader_refuse(l, n->at, path,
				     "found %u entries, expected %s", n->count,
				     expected);
	return true;
}

static bool load_texts(struct loader *l, const struct config_field *f,
		       const struct node *n, const char *path, void *base)
{
	size_t *count = config_field_count(f, base);
	char **texts, entry[KEY_PATH];

	if (!load_list(l, f, n, path))
		return false;
	texts = mem_array(n->count, sizeof(*texts));
	config_field_point(f, base, texts);
	for (const struct node *e = n->first; e; e = e->next) {
		snprintf(entry, sizeof(entry), "%s[%zu]", path, *count);
		if (e->kind != NODE_WORD || is_null(e))
			return expect(l, e, entry, f->expected);
		if (!config_field_takes(f, e->text, l->why))
			return loader_at(l, e->at, entry);
		texts[(*count)++] = f->kind == FIELD_PATHS
					    ? join(l, e->text)
					    : mem_strdup(e->text);
	}
	return true;
}

static bool load_struct(struct loader *l, const struct config_shape *shape,
			const struct node *n, const char *path, void *base);

static bool load_structs(struct loader *l, const struct config_field *f,
			 const struct node *n, const char *path, void *base)
{
	size_t *count = config_field_count(f, base);
	char *structs, entry[KEY_PATH];

	if (!load_list(l, f, n, path))
		return false;
	structs = mem_array(n->count, f->shape->size_bytes);
	config_field_point(f, base, structs);
	for (const struct node *e = n->first; e; e = e->next) {
		char *one = structs + *count * f->shape->size_bytes;

		snprintf(entry, sizeof(entry), "%s[%zu]", path, (*count)++);
		config_shape_preset(f->shape, one);
		if (!load_struct(l, f->shape, e, entry, one))
			return false;
	}
	return true;
}

static bool load_field(struct loader *l, const struct config_field *f,
		       const struct node *n, const char *path, void *base)
{
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
	case FIELD_BOOL:
	case FIELD_COUNT:
	case FIELD_SEED:
	case FIELD_DURATION:
	case FIELD_RATE:
	case FIELD_CHALLENGE:
	case FIELD_KEY_TYPE:
	case FIELD_FAMILY:
	case FIELD_CHOICE:
	case FIELD_SPAN:
		return load_word(l, f, n, path, base);
	case FIELD_TEXTS:
	case FIELD_PATHS:
		return load_texts(l, f, n, path, base);
	case FIELD_STRUCTS:
		return load_structs(l, f, n, path, base);
	case FIELD_GROUP:
		return load_struct(l, f->shape, n, path,
				   (char *)base + f->offset);
	}
	return false;
}

static bool refuse_key(struct loader *l, const struct config_shape *shape,
		       const struct node *n, const char *path)
{
	const char *near = config_field_near(shape, n->key);
	char shown[CONFIG_SHOWN];
	struct buf known = BUF_INIT(400);

	config_show(shown, n->key);
	if (near)
		return loader_refuse(
			l, n->key_at, path,
			"found the unknown key %s, did you mean \"%s\"?", shown,
			near);
	for (const struct config_field *f = shape->fields; f->key; f++)
		buf_addf(&known, "%s%s", known.len ? ", " : "", f->key);
	loader_refuse(l, n->key_at, path,
		      "found the unknown key %s, expected one of "
		      "%s",
		      shown, buf_text(&known));
	buf_release(&known);
	return false;
}

/* Its recursion follows the tables, which are three deep, not the input. */
static bool load_struct(struct loader *l, const struct config_shape *shape,
			const struct node *n, const char *path, void *base)
{
	char key[KEY_PATH], expected[CONFIG_EXPECTED];

	if (n->kind != NODE_MAPPING)
		return expect(l, n, path, "keys and values");
	for (const struct node *e = n->first; e; e = e->next) {
		const struct config_field *f = config_field_find(shape, e->key);

		if (!f)
			return refuse_key(l, shape, e, path);
		snprintf(key, sizeof(key), "%s%s%s", path, path[0] ? "." : "",
			 f->key);
		if (!load_field(l, f, e, key, base))
			return false;
	}
	for (const struct config_field *f = shape->fields; f->key; f++) {
		if (!f->required || node_find(n, f->key))
			continue;
		config_field_expected(f, expected);
		return loader_refuse(l, n->at, path,
				     "found no \"%s\", expected %s", f->key,
				     expected);
	}
	return true;
}

/* What is not written follows from what is. */
static void fill_in(struct loader *l, struct config *c)
{
	if (!node_find(l->tree.root, "controls"))
		config_default_controls(c);
	for (size_t i = 0; i < c->ca_count; i++) {
		struct config_ca *ca = &c->cas[i];

		if (!ca->account_key)
			ca->account_key =
				config_default_account_key(c, ca->name);
	}
}

static bool validate(struct loader *l, const struct config *c)
{
	char *path;

	if (config_validate(c, &path, l->why))
		return true;
	loader_at(l, node_place(l->tree.root, path), path);
	free(path);
	return false;
}

/* --- the whole ---------------------------------------------------------- */

static bool load_tree(struct loader *l, const char *text, size_t len)
{
	struct place place;

	return yaml_tree_parse(text, len, &l->tree, &place, l->why) ||
	       loader_at(l, place, "");
}

bool loader_read(struct loader *l, const char *text, size_t len,
		 const struct config_shape *shape, void *base)
{
	if (!load_tree(l, text, len))
		return false;
	config_shape_preset(shape, base);
	return load_struct(l, shape, l->tree.root, "", base);
}

bool config_load_text(const char *path, const char *text, size_t len,
		      bool with_files, struct config **ret_config,
		      struct fail *why)
{
	const char *slash = strrchr(path, '/');
	struct fail unheard = { FAIL_NONE, "" };
	struct loader l = { .path = path,
			    .folder_len = slash ? (int)(slash + 1 - path) : 0,
			    .why = why ? why : &unheard };
	struct config *c;
	bool loaded;

	if (!load_tree(&l, text, len))
		return false;
	c = mem_zalloc(sizeof(*c));
	c->path = mem_strdup(path);
	l.warnings = &c->warnings;
	config_shape_preset(config_shape(), c);
	loaded = load_struct(&l, config_shape(), l.tree.root, "", c);
	if (loaded)
		fill_in(&l, c);
	loaded = loaded && validate(&l, c) &&
		 (!with_files || config_files_check(&l, c));
	yaml_tree_release(&l.tree);
	if (loaded) {
		*ret_config = c;
		return true;
	}
	config_release(c);
	free(c);
	return false;
}

bool hub_config_load_text(const char *path, const char *text, size_t len,
			  bool with_files, struct hub_config **ret_config,
			  struct fail *why)
{
	struct fail unheard = { FAIL_NONE, "" };
	const char *slash = strrchr(path, '/');
	struct loader l = { .path = path,
			    .folder_len = slash ? (int)(slash + 1 - path) : 0,
			    .why = why ? why : &unheard };
	struct hub_config *c;
	char *key = NULL;
	bool loaded;

	if (!load_tree(&l, text, len))
		return false;
	c = mem_zalloc(sizeof(*c));
	c->path = mem_strdup(path);
	l.warnings = &c->warnings;
	config_shape_preset(hub_config_shape(), c);
	loaded = load_struct(&l, hub_config_shape(), l.tree.root, "", c);
	if (loaded && !hub_config_validate(c, &key, l.why)) {
		loader_at(&l, node_place(l.tree.root, key), key);
		free(key);
		loaded = false;
	}
	loaded = loaded && (!with_files || hub_config_files_check(&l, c));
	yaml_tree_release(&l.tree);
	if (loaded) {
		*ret_config = c;
		return true;
	}
	hub_config_release(c);
	free(c);
	return false;
}

bool hub_config_load(const char *path, struct hub_config **ret_config,
		     struct fail *why)
{
	AUTO(buf) struct buf text = BUF_INIT(CONFIG_FILE_BYTES);

	return whole_read(path, &text, why) &&
	       hub_config_load_text(path, buf_text(&text), text.len, true,
				    ret_config, why);
}

bool config_load(const char *path, struct config **ret_config, struct fail *why)
{
	AUTO(buf) struct buf text = BUF_INIT(CONFIG_FILE_BYTES);

	return whole_read(path, &text, why) &&
	       config_load_text(path, buf_text(&text), text.len, true,
				ret_config, why);
}
