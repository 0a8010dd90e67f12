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

static bool is_reported(enum clockwatch_kind kind, int64_t size_us)
{
	switch (kind) {
	case CLOCKWATCH_SUSPEND:
		return size_us > SUSPEND_US;
	case CLOCKWATCH_STEP:
		return size_us > STEP_US || size_us < -STEP_US;
	case CLOCKWATCH_STALL:
		return size_us > STALL_US;
	case CLOCKWATCH_EVENTS:
		break;
	}
	return false;
}

unsigned
clockwatch_see(struct clockwatch *w, struct now now, int64_t expected_us,
	       struct clockwatch_event ret_events[static CLOCKWATCH_EVENTS])
{
	int64_t mono_us = now.mono_us - w->last.mono_us;
	int64_t boot_us = now.boot_us - w->last.boot_us;
	int64_t step_us = now.wall_us - w->last.wall_us - boot_us;
	const int64_t size_us[CLOCKWATCH_EVENTS] = {
		[CLOCKWATCH_SUSPEND] = boot_us - mono_us,
		[CLOCKWATCH_STEP] = step_us,
		[CLOCKWATCH_STALL] = mono_us - expected_us,
	};
	unsigned count = 0;

	for (unsigned i = 0; i < CLOCKWATCH_EVENTS; i++) {
		if (!is_reported((enum clockwatch_kind)i, size_us[i]))
			continue;
		ret_events[count++] = (struct clockwatch_event){
			.kind = (enum clockwatch_kind)i,
			.size_us = size_us[i],
			.from_wall_us = w->last.wall_us,
			.to_wall_us = now.wall_us,
		};
	}
	w->last = now;
	return count;
}
