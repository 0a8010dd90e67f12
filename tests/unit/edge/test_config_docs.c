/*
 * The documents and the tables of measure/config_schema: what one knows, the
 * other two know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "edge/cleanup.h"
#include "edge/whole.h"
#include "measure/config.h"
#include "measure/config_schema.h"
#include "measure/notify_config.h"

enum { KEYS_MOST = 128, KEY_MOST = 80, FILE_MOST = 1024 * 1024 };

struct keys {
	char names[KEYS_MOST][KEY_MOST];
	const struct config_field *fields[KEYS_MOST];
	size_t count;
};

static void add_keys(struct keys *keys, const struct config_shape *shape,
		     const char *prefix)
{
	for (const struct config_field *f = shape->fields; f->key; f++) {
		char name[KEY_MOST];

		snprintf(name, sizeof(name), "%s%s", prefix, f->key);
		if (f->kind != FIELD_GROUP) {
			assert_true(keys->count < KEYS_MOST);
			keys->fields[keys->count] = f;
			text_copy(keys->names[keys->count++], KEY_MOST, name);
		}
		if (f->shape) {
			strcat(name, ".");
			add_keys(keys, f->shape, name);
		}
	}
}

static struct keys *all_keys(void)
{
	struct keys *keys = mem_zalloc(sizeof(*keys));

	add_keys(keys, config_shape(), "");
	assert_true(keys->count > 40);
	return keys;
}

static struct keys *keys_of_receivers(void)
{
	struct keys *keys = mem_zalloc(sizeof(*keys));

	add_keys(keys, &notify_receiver_shape, "");
	assert_true(keys->count > 20);
	return keys;
}

static const struct config_field *find(const struct keys *keys,
				       const char *name)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(keys->names[i], name) == 0)
			return keys->fields[i];
	}
	return NULL;
}

static char *read_document(const char *path)
{
	struct buf text = BUF_INIT(FILE_MOST);
	struct fail why;

	if (!whole_read(path, &text, &why))
		fail_msg("%s", why.text);
	return buf_take(&text);
}

/* What stands between `from` and `to` in a line; false when it does not. */
static bool cut(const char *line, const char *from, const char *to,
		char dst[static KEY_MOST])
{
	const char *end;

	if (!text_starts(line, from))
		return false;
	line += strlen(from);
	end = strpbrk(line, to);
	if (!end || (size_t)(end - line) >= KEY_MOST)
		return false;
	text_copy(dst, (size_t)(end - line) + 1, line);
	return true;
}

/* Marks one key of a document as seen; a key that is none fails the test. */
static void see(const struct keys *keys, bool seen[static KEYS_MOST],
		const char *name)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(keys->names[i], name) != 0)
			continue;
		if (seen[i])
			fail_msg("%s is explained twice", name);
		seen[i] = true;
		return;
	}
	fail_msg("%s is explained, but is no key", name);
}

static void all_were_seen(const struct keys *keys,
			  const bool seen[static KEYS_MOST])
{
	for (size_t i = 0; i < keys->count; i++) {
		if (!seen[i])
			fail_msg("%s is not explained", keys->names[i]);
	}
}

static void has_rows(const char *path, struct keys *keys)
{
	AUTO(text) char *text = read_document(path);
	bool seen[KEYS_MOST] = { false };
	const char *prefix = "";
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		char cell[KEY_MOST], name[2 * KEY_MOST], preset[64];
		const struct config_field *f;

		if (line[0] == '#')
			prefix = strstr(line, "`cas`")	      ? "cas."
				 : strstr(line, "`controls`") ? "controls."
							      : "";
		if (!cut(line, "| `", "`", cell))
			continue;
		snprintf(name, sizeof(name), "%s%s", prefix, cell);
		see(keys, seen, name);
		f = find(keys, name);
		if (f->required && !strstr(line, "| required"))
			fail_msg("%s is required: %s", name, line);
		snprintf(preset, sizeof(preset), "| `%s`",
			 f->preset ? f->preset : "");
		if (f->preset && f->preset[0] && !strstr(line, preset) &&
		    !strstr(line, "| `\":80\"`"))
			fail_msg("%s is %s by default: %s", name, f->preset,
				 line);
	}
	all_were_seen(keys, seen);
	free(keys);
}

static void pages_have_a_row_for_every_key_with_its_default(void **state)
{
	(void)state;
	has_rows(ACMETER_SOURCE "/docs/configuration.md", all_keys());
	has_rows(ACMETER_SOURCE "/docs/notifications.md", keys_of_receivers());
}

static void has_entries(const char *path, struct keys *keys)
{
	AUTO(text) char *text = read_document(path);
	bool seen[KEYS_MOST] = { false };
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		char name[KEY_MOST];

		if (cut(line, ".It Va ", " ", name))
			see(keys, seen, name);
	}
	all_were_seen(keys, seen);
	free(keys);
}

static void manuals_have_an_entry_for_every_key(void **state)
{
	(void)state;
	has_entries(ACMETER_SOURCE "/man/acmeter.yaml.5", all_keys());
	has_entries(ACMETER_SOURCE "/man/acmeter-hub.1", keys_of_receivers());
}

static void names_all(const char *path, struct keys *keys)
{
	AUTO(text) char *text = read_document(path);

	for (size_t i = 0; i < keys->count; i++) {
		char written[KEY_MOST];

		snprintf(written, sizeof(written), "%s:", keys->fields[i]->key);
		if (!strstr(text, written))
			fail_msg("%s is not in the example", keys->names[i]);
	}
	free(keys);
}

static void examples_name_every_key(void **state)
{
	(void)state;
	names_all(ACMETER_SOURCE "/packaging/acmeter.yaml", all_keys());
	names_all(ACMETER_SOURCE "/packaging/hub.yaml", keys_of_receivers());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			pages_have_a_row_for_every_key_with_its_default),
		cmocka_unit_test(manuals_have_an_entry_for_every_key),
		cmocka_unit_test(examples_name_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
