#include "edge/config_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/cleanup.h"
#include "edge/file.h"
#include "edge/jws.h"
#include "edge/key.h"
#include "edge/store.h"
#include "edge/trust.h"
#include "edge/whole.h"
#include "edge/yaml_tree.h"
#include "measure/config_schema.h"

enum { KEY_PATH = 160, JOINED_MAX = 64 * 1024 };

struct loader {
	const char *path;
	int folder_len; /* of path: its folder with the slash behind it */
	struct yaml_tree tree;
	struct fail *why;
};

/* Puts "FILE:LINE:COLUMN: key: " in front of the sentence; always false. */
static bool at(struct loader *l, struct place place, const char *key)
{
	char text[sizeof(l->why->text)];

	text_copy(text, sizeof(text), l->why->text);
	return fail_set(l->why, FAIL_INPUT, "%s:%u:%u: %s%s%s", l->path,
			place.line, place.column, key, key[0] ? ": " : "",
			text);
}

__attribute__((format(printf, 4, 5))) static bool
refuse(struct loader *l, struct place place, const char *key,
       const char *format, ...)
{
	char text[sizeof(l->why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_set(l->why, FAIL_INPUT, "%s", text);
	return at(l, place, key);
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
	return refuse(l, n->at, path, "found %s, expected %s", shown, expected);
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
		return at(l, n->at, path);
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
		return refuse(l, n->at, path, "found %u entries, expected %s",
			      n->count, expected);
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
			return at(l, e->at, entry);
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
		return load_word(l, f, n, path, base);
	case FIELD_TEXTS:
	case FIELD_PATHS:
		return load_texts(l, f, n, path, base);
	case FIELD_STRUCTS:
		return load_structs(l, f, n, path, base);
	case FIELD_GROUP:
		return load_struct(l, f->shape, n, path, base);
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
		return refuse(l, n->key_at, path,
			      "found the unknown key %s, did you mean \"%s\"?",
			      shown, near);
	for (const struct config_field *f = shape->fields; f->key; f++)
		buf_addf(&known, "%s%s", known.len ? ", " : "", f->key);
	refuse(l, n->key_at, path,
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
		return refuse(l, n->at, path, "found no \"%s\", expected %s",
			      f->key, expected);
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
	at(l, node_place(l->tree.root, path), path);
	free(path);
	return false;
}

/* --- the files it names ------------------------------------------------- */

enum file_kind {
	FILE_ROOTS,    /* a file, there already */
	FILE_MAC,      /* likewise */
	FILE_KEY,      /* a file or nothing yet, in a folder that is there */
	FILE_DATABASE, /* likewise */
	FILE_FOLDER
};

/* NULL when it is there, or why not. */
static const char *missing(const char *path, mode_t type, int rights)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerror(errno);
	if ((st.st_mode & S_IFMT) != type)
		return type == S_IFDIR ? "not a folder" : "not a regular file";
	return access(path, rights) == 0 ? NULL : strerror(errno);
}

static const char *missing_folder_of(const char *path)
{
	AUTO(text) char *folder = mem_strdup(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		slash[slash == folder] = '\0';
	return missing(slash ? folder : ".", S_IFDIR, W_OK | X_OK);
}

static bool holds_roots(const char *path, struct fail *why)
{
	struct trust *roots;

	if (!trust_load(&path, 1, &roots, why))
		return false;
	trust_free(roots);
	return true;
}

static bool holds_key(const char *path, struct fail *why)
{
	EVP_PKEY *key;

	if (access(path, F_OK) != 0)
		return true;
	if (!key_load(path, &key, why))
		return false;
	key_free(key);
	return true;
}

static bool holds_mac(const char *path, struct fail *why)
{
	AUTO(text) char *line = NULL;

	return file_read_line(path, &line, why) && jws_mac_check(line, why);
}

/* What the writer will make, or bring up to date, is good. */
static bool holds_database(const char *path, struct fail *why)
{
	struct store *store;

	if (access(path, F_OK) != 0)
		return true;
	if (store_open(path, STORE_READ, &store, why)) {
		store_close(store);
		return true;
	}
	return why->code != FAIL_CORRUPT && why->code != FAIL_NEWER;
}

/* A station that is running keeps going because this was asked first. */
static bool holds(enum file_kind kind, const char *path, struct fail *why)
{
	switch (kind) {
	case FILE_ROOTS:
		return holds_roots(path, why);
	case FILE_KEY:
		return holds_key(path, why);
	case FILE_MAC:
		return holds_mac(path, why);
	case FILE_DATABASE:
		return holds_database(path, why);
	case FILE_FOLDER:
		break;
	}
	return true;
}

static bool check_file(struct loader *l, const char *key, const char *path,
		       enum file_kind kind)
{
	struct place place = node_place(l->tree.root, key);
	bool is_default = !strchr(key, '.') && !node_find(l->tree.root, key);
	const char *reason = NULL, *whose = "", *expected = "";
	char shown[CONFIG_SHOWN];

	switch (kind) {
	case FILE_ROOTS:
	case FILE_MAC:
		reason = missing(path, S_IFREG, R_OK);
		expected = "a file that can be read";
		break;
	case FILE_FOLDER:
		reason = missing(path, S_IFDIR, W_OK | X_OK);
		expected = "a folder that can be written to";
		break;
	case FILE_KEY:
	case FILE_DATABASE:
		reason = missing(path, S_IFREG, R_OK);
		expected = "a file or nothing yet";
		if (reason && access(path, F_OK) != 0) {
			reason = missing_folder_of(path);
			whose = ", whose folder cannot be used";
			expected = "a folder that can be written to";
		}
		break;
	}
	config_show(shown, path);
	if (reason)
		return refuse(l, place, key, "found %s%s%s: %s, expected %s",
			      is_default ? "the default " : "", shown, whose,
			      reason, expected);
	return holds(kind, path, l->why) || at(l, place, key);
}

static bool check_files_of(struct loader *l, const char *path, const char *list,
			   char *const *files, size_t count)
{
	char key[KEY_PATH];

	for (size_t i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "%s.%s[%zu]", path, list, i);
		if (!check_file(l, key, files[i], FILE_ROOTS))
			return false;
	}
	return true;
}

static bool check_files(struct loader *l, const struct config *c)
{
	char path[KEY_PATH / 4], key[KEY_PATH];

	if (!check_file(l, "state", c->state, FILE_FOLDER) ||
	    !check_file(l, "database", c->database, FILE_DATABASE))
		return false;
	for (size_t i = 0; i < c->ca_count; i++) {
		const struct config_ca *ca = &c->cas[i];

		snprintf(path, sizeof(path), "cas[%zu]", i);
		if (!check_files_of(l, path, "tls_roots", ca->tls_roots,
				    ca->tls_root_count) ||
		    !check_files_of(l, path, "roots", ca->roots,
				    ca->root_count))
			return false;
		snprintf(key, sizeof(key), "%s.account_key", path);
		if (!check_file(l, key, ca->account_key, FILE_KEY))
			return false;
		snprintf(key, sizeof(key), "%s.eab.hmac_file", path);
		if (ca->eab_hmac_file &&
		    !check_file(l, key, ca->eab_hmac_file, FILE_MAC))
			return false;
	}
	return true;
}

/* --- the whole ---------------------------------------------------------- */

static bool load_tree(struct loader *l, const char *text, size_t len)
{
	struct place place;

	return yaml_tree_parse(text, len, &l->tree, &place, l->why) ||
	       at(l, place, "");
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
	config_shape_preset(config_shape(), c);
	loaded = load_struct(&l, config_shape(), l.tree.root, "", c);
	if (loaded)
		fill_in(&l, c);
	loaded = loaded && validate(&l, c) &&
		 (!with_files || check_files(&l, c));
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
			  struct hub_config **ret_config, struct fail *why)
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
	config_shape_preset(hub_config_shape(), c);
	loaded = load_struct(&l, hub_config_shape(), l.tree.root, "", c);
	if (loaded && !hub_config_validate(c, &key, l.why)) {
		at(&l, node_place(l.tree.root, key), key);
		free(key);
		loaded = false;
	}
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
	       hub_config_load_text(path, buf_text(&text), text.len, ret_config,
				    why);
}

bool config_load(const char *path, struct config **ret_config, struct fail *why)
{
	AUTO(buf) struct buf text = BUF_INIT(CONFIG_FILE_BYTES);

	return whole_read(path, &text, why) &&
	       config_load_text(path, buf_text(&text), text.len, true,
				ret_config, why);
}
