#include "support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 32 << 20 };

static void need(bool true_it_is, const char *what)
{
	if (true_it_is)
		return;
	fprintf(stderr, "run: %s: %s\n", what, strerror(errno));
	abort();
}

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static pid_t start(const char *const *argv, int out, int err)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	/* posix_spawn() takes char *const * for history's sake only. */
	char *const *args = (char *const *)(uintptr_t)argv;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	errno = posix_spawn(&pid, argv[0], &actions, NULL, args, environ);
	need(errno == 0, argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/*
 * The most memory that it had resident so far. Not from wait4(): that counts
 * what it shared with us before it became another program.
 */
static long peak_kib(pid_t pid, long before)
{
	char path[32], line[128];
	long kib = before;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "re");

	if (!status)
		return before;
	while (fgets(line, sizeof(line), status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(status);
	return kib;
}

/* Reads both until both have ended; false when the time is over first. */
static bool read_both(pid_t pid, struct pollfd fds[static 2],
		      struct buf *to[static 2], int64_t end_ms, long *ret_kib)
{
	char chunk[65536];

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int64_t left_ms = end_ms - mono_ms();

		if (left_ms <= 0)
			return false;
		int ready = poll(fds, 2, left_ms < 50 ? (int)left_ms : 50);

		*ret_kib = peak_kib(pid, *ret_kib);
		if (ready <= 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			ssize_t got = read(fds[i].fd, chunk, sizeof(chunk));

			if (got > 0)
				buf_add(to[i], chunk, (size_t)got);
			else
				fds[i].fd = -1;
		}
	}
	return true;
}

void run_program(const char *const *argv, int timeout_ms,
		 struct run_result *ret_result)
{
	struct run_result r = {
		.out = BUF_INIT(OUTPUT_BYTES),
		.err = BUF_INIT(OUTPUT_BYTES),
		.status = -1,
	};
	struct buf *to[2] = { &r.out, &r.err };
	int64_t end_ms = mono_ms() + timeout_ms;
	int out[2], err[2], status;

	need(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0, "pipe2");
	pid_t pid = start(argv, out[1], err[1]);

	close(out[1]);
	close(err[1]);
	struct pollfd fds[2] = { { .fd = out[0], .events = POLLIN },
				 { .fd = err[0], .events = POLLIN } };

	if (!read_both(pid, fds, to, end_ms, &r.peak_kib)) {
		r.killed = true;
		kill(pid, SIGKILL);
	}
	need(waitpid(pid, &status, 0) == pid, "waitpid");
	if (WIFEXITED(status))
		r.status = WEXITSTATUS(status);
	close(out[0]);
	close(err[0]);
	*ret_result = r;
}

void run_release(struct run_result *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
}
