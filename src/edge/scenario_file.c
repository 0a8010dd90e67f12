#include "edge/scenario_file.h"

#include <stdlib.h>

#include "base/mem.h"
#include "edge/cleanup.h"
#include "edge/config_file_private.h"
#include "edge/whole.h"
#include "judge/rules.h"

/* Puts the place of the wrong value in front of its sentence. */
static bool check(struct loader *l, struct scenario *s)
{
	char *path = NULL;

	if (scenario_check(s, &path, l->why))
		return true;
	loader_at(l, node_place(l->tree.root, path), path);
	free(path);
	return false;
}

bool scenario_load_text(const char *path, const char *text, size_t len,
			struct scenario **ret_scenario, struct fail *why)
{
	struct fail unheard = { FAIL_NONE, "" };
	struct loader l = { .path = path, .why = why ? why : &unheard };
	struct scenario *s = mem_zalloc(sizeof(*s));
	bool loaded;

	s->path = mem_strdup(path);
	loaded = loader_read(&l, text, len, scenario_shape(), s) &&
		 check(&l, s);
	yaml_tree_release(&l.tree);
	if (loaded) {
		*ret_scenario = s;
		return true;
	}
	scenario_release(s);
	free(s);
	return false;
}

bool scenario_load(const char *path, struct scenario **ret_scenario,
		   struct fail *why)
{
	AUTO(buf) struct buf text = BUF_INIT(CONFIG_FILE_BYTES);

	return whole_read(path, &text, why) &&
	       scenario_load_text(path, buf_text(&text), text.len, ret_scenario,
				  why);
}

bool rules_load(const char *path, struct judge_rules *ret_rules,
		struct fail *why)
{
	AUTO(buf) struct buf text = BUF_INIT(CONFIG_FILE_BYTES);
	struct fail unheard = { FAIL_NONE, "" };
	struct loader l = { .path = path, .why = why ? why : &unheard };
	struct judge_rules rules;
	const char *key;
	bool loaded;

	if (!whole_read(path, &text, why))
		return false;
	loaded = loader_read(&l, buf_text(&text), text.len, &judge_rules_shape,
			     &rules);
	if (loaded && !judge_rules_check(&rules, &key, l.why))
		loaded = loader_at(&l, node_place(l.tree.root, key), key);
	yaml_tree_release(&l.tree);
	if (loaded)
		*ret_rules = rules;
	return loaded;
}
