/*
 * A YAML text as a tree of nodes that know their place.
 *
 * The part of YAML that a configuration needs: one document of mappings,
 * lists and words. Anchors, aliases, tags and duplicate keys are refused, so
 * that what is read is what is written, and no larger.
 */
#ifndef EDGE_YAML_TREE_H
#define EDGE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

enum {
	YAML_TREE_DEPTH = 8,
	YAML_TREE_KEYS = 64, /* of one mapping */
	YAML_TREE_NODES = 100000,
};

enum node_kind { NODE_WORD, NODE_LIST, NODE_MAPPING };

/* From 1, in characters. */
struct place {
	unsigned line, column;
};

struct node {
	enum node_kind kind;
	struct place at;
	char *key; /* in a mapping: under which key */
	struct place key_at;
	char *text;	/* NODE_WORD */
	bool quoted;	/* NODE_WORD: in quotes or as a block */
	unsigned count; /* of the children */
	struct node *first, *last, *next;
	struct node *older; /* private */
};

struct yaml_tree {
	struct node *root;
	struct node *newest; /* all of them, by their `older` */
};

/*
 * Reads one document. When false, *ret_at is where it is wrong, and the
 * sentence is "found ..., expected ...".
 */
bool yaml_tree_parse(const char *text, size_t len, struct yaml_tree *ret_tree,
		     struct place *ret_at, struct fail *why);
void yaml_tree_release(struct yaml_tree *tree);

/* The child of a mapping, or NULL. */
const struct node *node_find(const struct node *mapping, const char *key);

/*
 * Where "cas[0].timeouts.dns" stands; of a key that is not there, where the
 * part of the path stands that is.
 */
struct place node_place(const struct node *root, const char *path);

#endif
