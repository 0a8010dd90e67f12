#include "support/pure_ca.h"

#include <stdlib.h>

void pure_ca_init(struct pure_ca *ca, const char *const *names, size_t count)
{
	ca->twist_count = 0;
	model_ca_init(&ca->model, names, count);
}

void pure_ca_release(struct pure_ca *ca)
{
	model_ca_release(&ca->model);
}

void pure_ca_twist(struct pure_ca *ca, struct pure_twist twist)
{
	if (ca->twist_count == PURE_CA_TWISTS)
		abort();
	ca->twists[ca->twist_count++] = twist;
}

struct flow_answer pure_ca_answer(struct pure_ca *ca,
				  const struct flow_ask *ask)
{
	unsigned n = ca->model.asked[ask->op] + 1;

	for (unsigned i = 0; i < ca->twist_count; i++) {
		const struct pure_twist *t = &ca->twists[i];

		if (t->op == ask->op && n >= t->from && n <= t->to)
			return model_ca_answer(&ca->model, ask, &t->twist);
	}
	return model_ca_answer(&ca->model, ask, NULL);
}
