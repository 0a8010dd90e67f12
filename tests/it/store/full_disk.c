/*
 * A disk that is really full: a station's recorder on a small file system of
 * its own, which later grows. Needs root, to mount it in a namespace of its
 * own; says so and ends with 77 otherwise.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "app/recorder.h"
#include "support/store_folder.h"

#define T0 INT64_C(1795420800000000)

enum { SKIPPED = 77, MANY = 3000 };

#define CHECK(condition) check(condition, #condition, __LINE__)

static void check(bool good, const char *what, int line)
{
	if (good)
		return;
	printf("full_disk.c:%d: not so: %s\n", line, what);
	exit(1);
}

static bool mount_small(const char *path)
{
	if (unshare(CLONE_NEWNS) != 0)
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0;
}

static struct now at(int64_t us)
{
	return (struct now){ .mono_us = us, .wall_us = T0 + us };
}

static void put(struct recorder *r, int n)
{
	struct exchange e = {
		.ca = 1,
		.wall_us = T0 + n * US_PER_MS,
		.marks = { 10, 20, 30, 40, 50 + n, 60 + n },
		.status = 200,
		.retry_after_us = -1,
	};

	recorder_exchange(r, &e, NULL, at(n * US_PER_MS));
}

struct seen {
	unsigned count;
	int64_t last_us;
	bool in_order;
};

static bool see(void *ctx, const struct exchange *e)
{
	struct seen *seen = ctx;

	seen->in_order = seen->in_order && e->wall_us > seen->last_us;
	seen->last_us = e->wall_us;
	seen->count++;
	return true;
}

static bool find_disk(void *ctx, enum store_event kind, int64_t wall_us,
		      int64_t until_us, const char *detail)
{
	(void)wall_us;
	(void)until_us;
	*(bool *)ctx |= kind == EVENT_DISK && strstr(detail, "make room");
	return true;
}

static void fill_and_make_room(const struct store_folder *f)
{
	const struct store_query all = { .ca = STORE_ANY, .op = STORE_ANY };
	const struct recorder_state *state;
	struct seen seen = { .in_order = true };
	bool was_told = false;
	struct recorder *r;
	struct store *s;
	int64_t us = MANY * US_PER_MS;

	CHECK(store_open(f->database, STORE_WRITE, &s, NULL));
	CHECK(recorder_new(s, &RECORDER_LIMITS, at(0), &r, NULL));
	state = recorder_state(r);
	for (int n = 0; n < MANY; n++)
		put(r, n);
	CHECK(state->failing);
	CHECK(state->last.code == FAIL_FULL);
	CHECK(state->written > 10);
	CHECK(state->waiting == MANY - state->written);
	printf("full_disk: %llu written, then %s\n",
	       (unsigned long long)state->written, state->last.text);

	CHECK(mount(NULL, f->path, NULL, MS_REMOUNT, "size=32m") == 0);
	while (state->waiting > 0 && us < US_PER_HOUR)
		us += recorder_tick(r, at(us));
	CHECK(state->waiting == 0 && !state->failing && state->lost == 0);
	CHECK(store_exchanges(s, &all, see, &seen, NULL));
	CHECK(seen.count == MANY && seen.in_order);
	CHECK(store_events(s, &all, find_disk, &was_told, NULL) && was_told);
	CHECK(stats_are_a_recount(s, STORE_HOUR, 0) == 1);
	recorder_free(r);
	store_close(s);
}

int main(void)
{
	struct store_folder folder;

	store_folder_make(&folder);
	if (!mount_small(folder.path)) {
		printf("full_disk: skipped: cannot mount a small file system: "
		       "%s\n",
		       strerror(errno));
		store_folder_remove(&folder);
		return SKIPPED;
	}
	fill_and_make_room(&folder);
	CHECK(umount(folder.path) == 0);
	store_folder_remove(&folder);
	return 0;
}
