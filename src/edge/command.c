#include "edge/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/fail.h"
#include "base/mem.h"
#include "edge/cleanup.h"

enum { PATH_SHOWN = 80 };

struct command {
	struct loop *loop;
	command_done *done;
	void *ctx;
	char path[PATH_SHOWN];
	char *input;
	size_t input_len, written;
	int64_t limit_us;
	pid_t pid; /* 0: does not run */
	int pidfd, in;
	struct event *exit, *room;
	struct loop_timer *limit; /* or at once, when it never ran */
	bool late;
	struct fail why;
};

/* --- its input ---------------------------------------------------------- */

static void stop_writing(struct command *c)
{
	if (c->room)
		event_free(c->room);
	c->room = NULL;
	if (c->in >= 0)
		close(c->in);
	c->in = -1;
}

/* A program that does not read all of it is not wrong for that. */
static void on_room(evutil_socket_t fd, short what, void *arg)
{
	struct command *c = arg;
	ssize_t n;

	(void)what;
	loop_now(c->loop);
	n = write(fd, c->input + c->written, c->input_len - c->written);
	if (n > 0)
		c->written += (size_t)n;
	else if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->written == c->input_len)
		stop_writing(c);
}

/* --- its end ------------------------------------------------------------ */

static void settle(struct command *c, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !c->late;

	stop_writing(c);
	loop_timer_clear(c->limit);
	if (c->late)
		fail_write(&c->why, FAIL_OURS,
			   "%s did not end within %lld s and was killed",
			   c->path, (long long)(c->limit_us / US_PER_S));
	else if (WIFEXITED(status))
		fail_write(&c->why, FAIL_OURS, "%s ended with status %d",
			   c->path, WEXITSTATUS(status));
	else
		fail_write(&c->why, FAIL_OURS, "%s was ended by signal %d",
			   c->path, WTERMSIG(status));
	c->done(c->ctx, good, c->why.text);
}

static void on_exit_of_it(evutil_socket_t fd, short what, void *arg)
{
	struct command *c = arg;
	int status;

	(void)fd;
	(void)what;
	loop_now(c->loop);
	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	c->pid = 0;
	event_del(c->exit);
	settle(c, status);
}

static void on_limit(void *ctx)
{
	struct command *c = ctx;

	if (c->pid == 0) {
		c->done(c->ctx, false, c->why.text);
		return;
	}
	c->late = true;
	kill(-c->pid, SIGKILL);
}

/* --- its start ---------------------------------------------------------- */

/* Ours and what is added; the array is malloc'ed, the strings are borrowed. */
static char **environment(const char *const *more)
{
	size_t n = 0, added = 0;
	char **all;

	while (environ[n])
		n++;
	while (more[added])
		added++;
	all = mem_array(n + added + 1, sizeof(*all));
	if (n)
		memcpy(all, environ, n * sizeof(*all));
	/* posix_spawn() does not write to them. */
	memcpy(all + n, more, added * sizeof(*all));
	return all;
}

static int spawn(struct command *c, const struct command_setup *setup,
		 const int in[2])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char **env = environment(setup->more);
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	/* We ignore SIGPIPE; programs do not expect that. */
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn(&c->pid, setup->argv[0], &actions, &attributes,
			    setup->argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(env);
	return error;
}

static bool start(struct command *c, const struct command_setup *setup)
{
	int in[2], error;

	if (pipe2(in, O_CLOEXEC) != 0)
		return fail_set(&c->why, FAIL_OURS, "cannot make a pipe: %s",
				strerror(errno));
	error = spawn(c, setup, in);
	close(in[0]);
	if (error) {
		c->pid = 0;
		close(in[1]);
		return fail_set(&c->why, FAIL_OURS, "cannot run %s: %s",
				c->path, strerror(error));
	}
	c->in = in[1];
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	c->pidfd = pidfd_open(c->pid, 0);
	return c->pidfd >= 0 ||
	       fail_set(&c->why, FAIL_OURS, "cannot watch %s: %s", c->path,
			strerror(errno));
}

static void watch(struct command *c)
{
	struct event_base *base = loop_base(c->loop);

	c->exit = event_new(base, c->pidfd, EV_READ | EV_PERSIST, on_exit_of_it,
			    c);
	c->room = event_new(base, c->in, EV_WRITE | EV_PERSIST, on_room, c);
	if (!c->exit || !c->room)
		abort();
	event_add(c->exit, NULL);
	event_add(c->room, NULL);
}

static void end(struct command *c)
{
	if (c->pid == 0)
		return;
	kill(-c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
}

struct command *command_run(struct loop *l, const struct command_setup *setup,
			    command_done *done, void *ctx)
{
	struct command *c = mem_zalloc(sizeof(*c));

	*c = (struct command){ .loop = l,
			       .done = done,
			       .ctx = ctx,
			       .input = mem_dup(setup->input, setup->input_len),
			       .input_len = setup->input_len,
			       .limit_us = setup->limit_us,
			       .pidfd = -1,
			       .in = -1,
			       .limit = loop_timer_new(l, on_limit, c) };
	snprintf(c->path, sizeof(c->path), "%s", setup->argv[0]);
	if (start(c, setup)) {
		watch(c);
		loop_timer_set(c->limit, loop_now(l).mono_us + c->limit_us);
	} else {
		end(c);
		loop_timer_set(c->limit, 0);
	}
	return c;
}

void command_free(struct command *c)
{
	if (!c)
		return;
	end(c);
	stop_writing(c);
	if (c->exit)
		event_free(c->exit);
	if (c->pidfd >= 0)
		close(c->pidfd);
	loop_timer_free(c->limit);
	free(c->input);
	free(c);
}
