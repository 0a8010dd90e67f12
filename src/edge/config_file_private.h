/*
 * What the files of config_file share: a configuration that is being read, and
 * how anything in it is refused or warned of with its place.
 */
#ifndef EDGE_CONFIG_FILE_PRIVATE_H
#define EDGE_CONFIG_FILE_PRIVATE_H

#include "edge/config_file.h"
#include "edge/yaml_tree.h"

struct loader {
	const char *path;
	int folder_len; /* of path: its folder with the slash behind it */
	struct yaml_tree tree;
	struct config_warnings *warnings; /* of what is read */
	struct fail *why;
};

/* Puts "FILE:LINE:COLUMN: key: " in front of the sentence; always false. */
bool loader_at(struct loader *l, struct place place, const char *key);

/* The same with a new sentence; always false. */
__attribute__((format(printf, 4, 5))) bool
loader_refuse(struct loader *l, struct place place, const char *key,
	      const char *format, ...);

/*
 * Presets and the text into the struct at base, whose table is shape. The
 * caller releases l->tree and what the struct owns, also when it is false.
 */
bool loader_read(struct loader *l, const char *text, size_t len,
		 const struct config_shape *shape, void *base);

/*
 * config_files.c: whether the files that a configuration names are there and
 * hold what they should; what is better not left so is warned of.
 */
bool config_files_check(struct loader *l, const struct config *c);
bool hub_config_files_check(struct loader *l, const struct hub_config *c);

#endif
