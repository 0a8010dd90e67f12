#include "judge/cusum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * ln(ratio) in thousandths, for ratio >= 1, by ln(x) = 2 artanh((x-1)/(x+1)):
 * only +, -, * and /, which are the same everywhere.
 */
static int32_t nats(double ratio)
{
	double z = (ratio - 1) / (ratio + 1);
	double power = z, sum = 0;

	/* z < 0.999: what is left after so many terms is nothing. */
	for (int k = 1; k < 40000; k += 2) {
		sum += power / k;
		power *= z * z;
	}
	return (int32_t)(2000 * sum + 0.5);
}

void cusum_init(struct cusum *c, unsigned p0_per_mille, unsigned p1_per_mille,
		int32_t h, unsigned voters)
{
	double p0 = p0_per_mille / 1000.0, p1 = p1_per_mille / 1000.0;

	assert(0 < p0 && p0 < p1 && p1 < 1);
	*c = (struct cusum){
		.yes = nats(p1 / p0),
		.no = nats((1 - p0) / (1 - p1)),
		.h = h,
		.voters = voters,
		.added = mem_array(voters, sizeof(*c->added)),
	};
}

void cusum_release(struct cusum *c)
{
	free(c->added);
	*c = (struct cusum){ .h = 1 };
}

void cusum_reset(struct cusum *c)
{
	c->sum = 0;
	c->since_us = 0;
	memset(c->added, 0, c->voters * sizeof(*c->added));
}

void cusum_take(struct cusum *c, unsigned voter, bool yes, int64_t at_us,
		int32_t cap)
{
	int32_t add = c->yes;

	assert(voter < c->voters);
	if (!yes) {
		c->added[voter] -= c->added[voter] < c->no ? c->added[voter]
							   : c->no;
		c->sum -= c->no;
		if (c->sum <= 0)
			cusum_reset(c);
		return;
	}
	if (c->added[voter] + add > cap)
		add = cap - c->added[voter];
	if (add <= 0)
		return;
	if (c->sum == 0)
		c->since_us = at_us;
	c->added[voter] += add;
	c->sum += add;
	if (c->sum > c->h)
		c->sum = c->h;
}

bool cusum_alarms(const struct cusum *c)
{
	return c->sum >= c->h;
}
