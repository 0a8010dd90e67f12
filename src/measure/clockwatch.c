#include "measure/clockwatch.h"

enum {
	SUSPEND_US = 1000000,
	STEP_US = 500000,
	STALL_US = 2000000,
};

void clockwatch_init(struct clockwatch *w, struct now now)
{
	w->last = now;
}

unsigned
clockwatch_see(struct clockwatch *w, struct now now, int64_t expected_us,
	       struct clockwatch_event ret_events[static CLOCKWATCH_EVENTS])
{
	int64_t mono_us = now.mono_us - w->last.mono_us;
	int64_t boot_us = now.boot_us - w->last.boot_us;
	int64_t step_us = now.wall_us - w->last.wall_us - boot_us;
	const struct clockwatch_event seen[CLOCKWATCH_EVENTS] = {
		{ .kind = CLOCKWATCH_SUSPEND, .size_us = boot_us - mono_us },
		{ .kind = CLOCKWATCH_STEP, .size_us = step_us },
		{ .kind = CLOCKWATCH_STALL, .size_us = mono_us - expected_us },
	};
	const bool happened[CLOCKWATCH_EVENTS] = {
		[CLOCKWATCH_SUSPEND] = boot_us - mono_us > SUSPEND_US,
		[CLOCKWATCH_STEP] =
			step_us > STEP_US ||
			step_us<-STEP_US, [CLOCKWATCH_STALL] =
						  mono_us - expected_us>
				STALL_US,
	};
	unsigned count = 0;

	for (unsigned i = 0; i < CLOCKWATCH_EVENTS; i++) {
		if (!happened[i])
			continue;
		ret_events[count] = seen[i];
		ret_events[count].from_wall_us = w->last.wall_us;
		ret_events[count].to_wall_us = now.wall_us;
		count++;
	}
	w->last = now;
	return count;
}
