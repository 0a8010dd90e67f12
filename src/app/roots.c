#include "app/roots.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct root_set {
	char *const *paths; /* the configuration's, which outlives us */
	size_t count;
	struct trust *trust;
};

struct roots {
	struct root_set *sets;
	size_t count;
};

struct roots *roots_new(void)
{
	return mem_zalloc(sizeof(struct roots));
}

void roots_free(struct roots *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		trust_free(r->sets[i].trust);
	free(r->sets);
	free(r);
}

static bool is_of(const struct root_set *s, char *const *paths, size_t count)
{
	if (s->count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(s->paths[i], paths[i]) != 0)
			return false;
	}
	return true;
}

bool roots_get(struct roots *r, char *const *paths, size_t count,
	       const struct trust **ret_trust, struct fail *why)
{
	struct root_set set = { .paths = paths, .count = count };

	for (size_t i = 0; i < r->count; i++) {
		if (is_of(&r->sets[i], paths, count)) {
			*ret_trust = r->sets[i].trust;
			return true;
		}
	}
	if (!trust_load((const char *const *)paths, count, &set.trust, why))
		return false;
	r->sets = mem_resize(r->sets, (r->count + 1) * sizeof(*r->sets));
	r->sets[r->count++] = set;
	*ret_trust = set.trust;
	return true;
}
