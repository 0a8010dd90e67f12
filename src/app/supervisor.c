#include "app/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/commands.h"
#include "edge/listener.h"
#include "app/prober.h"
#include "app/warnings.h"
#include "app/web.h"
#include "edge/bell.h"
#include "edge/config_file.h"
#include "edge/loop.h"
#include "edge/sole.h"

enum {
	BACKOFF_FIRST_MS = 500,
	BACKOFF_MOST_MS = 30000,
	STEADY_MS = 60000, /* up for so long: the next death is a first */
	READY_MS = 30000,
	KILL_AFTER_MS = 10000, /* beyond the grace of the prober */
};

enum role { ROLE_PROBER, ROLE_WEB, ROLES };

static const char *const role_names[ROLES] = { "prober", "web" };

struct child {
	pid_t pid; /* 0 when it does not run */
	int64_t started_ms;
	int64_t start_at_ms; /* not before; while it does not run */
	int64_t backoff_ms;
};

struct supervisor {
	struct config *config;
	struct listener listener;
	int sole;     /* the lock on the database */
	int looks[2]; /* bell_pipe(): the web process rings at the prober */
	pid_t pid;
	struct child children[ROLES];
	sigset_t signals, before;
	bool ending;
	int64_t kill_at_ms;
	struct config *next; /* waits for the old processes to end */
	struct listener next_listener;
	int next_sole;
};

static int64_t now_ms(void)
{
	return loop_clock_us() / US_PER_MS;
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list args;

	fputs("acmeter station: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void config_free(struct config *config)
{
	config_release(config);
	free(config);
}

/* --- one child ---------------------------------------------------------- */

static _Noreturn void become(struct supervisor *s, enum role role, int ready_fd)
{
	int status;

	/* A station without its parent would never be ended or replaced. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != s->pid)
		_exit(EXIT_OURS);
	/* Until the child hears it: a reload must not end what just began. */
	signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	if (role == ROLE_PROBER) {
		listener_close(&s->listener);
		close(s->looks[1]);
		status = prober_run(s->config, s->looks[0], ready_fd);
	} else {
		close(s->looks[0]);
		status =
			web_run(s->config, &s->listener, s->looks[1], ready_fd);
	}
	config_free(s->config);
	fflush(NULL);
	exit(status);
}

/* The reading end of the pipe by which it says that it is up, or -1. */
static int start(struct supervisor *s, enum role role)
{
	struct child *c = &s->children[role];
	int ready[2];
	pid_t pid;

	if (pipe(ready) != 0) {
		say("cannot start the %s: %s", role_names[role],
		    strerror(errno));
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		become(s, role, ready[1]);
	}
	close(ready[1]);
	if (pid < 0) {
		say("cannot start the %s: %s", role_names[role],
		    strerror(errno));
		close(ready[0]);
		return -1;
	}
	c->pid = pid;
	c->started_ms = now_ms();
	return ready[0];
}

/* True when the child said that it is up; closes fd. */
static bool wait_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;
	bool up = poll(&p, 1, READY_MS) == 1 && read(fd, &byte, 1) == 1;

	close(fd);
	return up;
}

static void tell(const struct supervisor *s, int signal)
{
	for (int i = 0; i < ROLES; i++) {
		if (s->children[i].pid)
			kill(s->children[i].pid, signal);
	}
}

static bool any_runs(const struct supervisor *s)
{
	return s->children[ROLE_PROBER].pid || s->children[ROLE_WEB].pid;
}

/* --- what happens ------------------------------------------------------- */

static void plan_restart(struct child *c, int64_t now)
{
	if (c->backoff_ms == 0 || now - c->started_ms > STEADY_MS)
		c->backoff_ms = BACKOFF_FIRST_MS;
	else if (c->backoff_ms < BACKOFF_MOST_MS)
		c->backoff_ms *= 2;
	c->start_at_ms = now + c->backoff_ms;
}

static void bury(struct supervisor *s, pid_t pid, int status)
{
	for (int i = 0; i < ROLES; i++) {
		struct child *c = &s->children[i];

		if (c->pid != pid)
			continue;
		c->pid = 0;
		if (s->ending || s->next) {
			c->start_at_ms = 0;
			return;
		}
		plan_restart(c, now_ms());
		if (WIFSIGNALED(status))
			say("the %s was ended by signal %d; it starts again "
			    "in %lld ms",
			    role_names[i], WTERMSIG(status),
			    (long long)c->backoff_ms);
		else
			say("the %s ended with status %d; it starts again in "
			    "%lld ms",
			    role_names[i], WEXITSTATUS(status),
			    (long long)c->backoff_ms);
	}
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		bury(s, pid, status);
}

static void begin_ending(struct supervisor *s)
{
	s->kill_at_ms =
		now_ms() + s->config->stop_grace_us / US_PER_MS + KILL_AFTER_MS;
	tell(s, SIGTERM);
}

/* Takes the configuration over. */
static void refuse(struct supervisor *s, struct config *config,
		   const struct fail *why)
{
	if (config)
		config_free(config);
	say("the new configuration is refused, the old one stays: %s",
	    why->text);
	if (s->children[ROLE_PROBER].pid)
		kill(s->children[ROLE_PROBER].pid, SIGHUP);
}

static bool same_database(const struct supervisor *s, const struct config *next)
{
	return strcmp(next->database, s->config->database) == 0;
}

static bool same_listen(const struct supervisor *s, const struct config *next)
{
	return strcmp(next->listen, s->config->listen) == 0;
}

/* What a new configuration needs beside the old one: all of it, or nothing. */
static bool take_needs(struct supervisor *s, const struct config *next,
		       struct fail *why)
{
	s->next_sole = s->sole;
	s->next_listener = s->listener;
	if (!same_database(s, next) &&
	    !sole_take(next->database, &s->next_sole, why))
		return false;
	if (same_listen(s, next) ||
	    listener_open(next->listen, &s->next_listener, why))
		return true;
	if (!same_database(s, next))
		sole_release(s->next_sole);
	return false;
}

/* Reads the file again; refuses what does not hold and keeps the old. */
static void reload(struct supervisor *s)
{
	struct config *config;
	struct fail why;

	if (s->next || s->ending)
		return;
	if (!config_load(s->config->path, &config, &why)) {
		refuse(s, NULL, &why);
		return;
	}
	if (!take_needs(s, config, &why)) {
		refuse(s, config, &why);
		return;
	}
	say("the configuration is read again");
	warnings_tell("acmeter station: ", &config->warnings);
	s->next = config;
	begin_ending(s);
}

static void take_next(struct supervisor *s)
{
	if (!same_listen(s, s->next))
		listener_close(&s->listener);
	if (!same_database(s, s->next))
		sole_release(s->sole);
	s->listener = s->next_listener;
	s->sole = s->next_sole;
	config_free(s->config);
	s->config = s->next;
	s->next = NULL;
	for (int i = 0; i < ROLES; i++)
		s->children[i] = (struct child){ .pid = 0 };
}

static void start_due(struct supervisor *s)
{
	int64_t now = now_ms();

	for (int i = 0; i < ROLES; i++) {
		struct child *c = &s->children[i];
		int fd;

		if (c->pid || now < c->start_at_ms)
			continue;
		fd = start(s, (enum role)i);
		if (fd < 0)
			plan_restart(c, now);
		else
			close(fd);
	}
}

static void on_signal(struct supervisor *s, int signal)
{
	switch (signal) {
	case SIGTERM:
	case SIGINT:
		if (!s->ending) {
			s->ending = true;
			begin_ending(s);
		}
		break;
	case SIGHUP:
		reload(s);
		break;
	default: /* SIGCHLD: reap() comes anyway */
		break;
	}
}

static void turn(struct supervisor *s)
{
	/* Signals wake it at once; the tick is for restarts that are due. */
	const struct timespec tick = { .tv_sec = 1 };
	int signal = sigtimedwait(&s->signals, NULL, &tick);

	if (signal > 0)
		on_signal(s, signal);
	reap(s);
	if ((s->ending || s->next) && any_runs(s) && now_ms() > s->kill_at_ms) {
		say("what did not end in time is killed");
		tell(s, SIGKILL);
	}
	if (s->next && !s->ending && !any_runs(s))
		take_next(s);
	if (!s->ending && !s->next)
		start_due(s);
}

/* The first start is watched: a station that cannot come up says so. */
static bool bring_up(struct supervisor *s)
{
	for (int i = 0; i < ROLES; i++) {
		int fd = start(s, (enum role)i);

		if (fd < 0 || !wait_ready(fd))
			return false;
	}
	return true;
}

/* What is for one station alone: its database and its address. */
static bool open_doors(struct supervisor *s)
{
	struct fail why;

	if (!bell_pipe(s->looks, &why) ||
	    !sole_take(s->config->database, &s->sole, &why)) {
		say("%s", why.text);
		return false;
	}
	if (listener_open(s->config->listen, &s->listener, &why))
		return true;
	say("listen: %s", why.text);
	sole_release(s->sole);
	return false;
}

static void release(struct supervisor *s)
{
	/* SIGTERM may come while a new configuration waits. */
	if (s->next)
		take_next(s);
	listener_close(&s->listener);
	sole_release(s->sole);
	config_free(s->config);
}

int supervisor_run(struct config *config)
{
	struct supervisor s = { .config = config, .pid = getpid() };
	bool up;

	if (!open_doors(&s)) {
		config_free(config);
		return EXIT_OURS;
	}
	warnings_tell("acmeter station: ", &config->warnings);
	sigemptyset(&s.signals);
	sigaddset(&s.signals, SIGTERM);
	sigaddset(&s.signals, SIGINT);
	sigaddset(&s.signals, SIGHUP);
	sigaddset(&s.signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &s.signals, &s.before);
	up = bring_up(&s);
	if (up) {
		say("%s is up; the page is at http%s://%s/", s.config->station,
		    s.config->web.certificate ? "s" : "", s.config->listen);
	} else {
		s.ending = true;
		begin_ending(&s);
	}
	while (!s.ending || any_runs(&s))
		turn(&s);
	release(&s);
	return up ? EXIT_GOOD : EXIT_OURS;
}
