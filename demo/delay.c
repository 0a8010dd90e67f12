#include "delay.h"

int64_t delay_draw_us(struct delay *d)
{
	/*
	 * A twentieth of the way at most, mostly much less: the fourth power
	 * leaves most pieces close to the least there can be, and a few late.
	 */
	double unit = rng_unit(&d->rng);
	double most_us = 100 + (double)d->rtt_us / 40;

	return (d->rtt_us + 1) / 2 +
	       (int64_t)(most_us * unit * unit * unit * unit);
}
