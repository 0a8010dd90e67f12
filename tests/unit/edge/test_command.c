#include "edge/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "edge/whole.h"
#include "support/unit.h"

struct run {
	struct loop *loop;
	struct command *command;
	bool over, good;
	char why[512];
};

static void on_done(void *ctx, bool good, const char *why)
{
	struct run *r = ctx;

	assert_false(r->over);
	r->over = true;
	r->good = good;
	snprintf(r->why, sizeof(r->why), "%s", why);
	loop_stop(r->loop);
}

/* Runs it to its end. */
static struct run run(char *const *argv, const char *const *more,
		      const char *input, size_t len, int64_t limit_us)
{
	struct run r = { 0 };
	struct fail why;

	signal(SIGPIPE, SIG_IGN);
	assert_true(loop_new(&r.loop, &why));
	r.command = command_run(r.loop,
				&(struct command_setup){ .argv = argv,
							 .more = more,
							 .input = input,
							 .input_len = len,
							 .limit_us = limit_us },
				on_done, &r);
	assert_false(r.over);
	loop_run(r.loop);
	assert_true(r.over);
	command_free(r.command);
	loop_free(r.loop);
	return r;
}

static const char *const nothing[] = { NULL };

static struct run shell(const char *script, const char *const *more,
			const char *input, size_t len, int64_t limit_us)
{
	char sh[] = "/bin/sh", c[] = "-c", *copy = mem_strdup(script);
	char *argv[] = { sh, c, copy, NULL };
	struct run r = run(argv, more, input, len, limit_us);

	free(copy);
	return r;
}

static void it_reads_its_input_and_its_environment(void **state)
{
	char path[] = "/tmp/acmeter-command-XXXXXX", out[64];
	const char *more[] = { "ACMETER_KIND=$(id) opened", out, NULL };
	int fd = mkstemp(path);
	struct buf text = BUF_INIT(4096);
	struct fail why;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(out, sizeof(out), "OUT=%s", path);
	assert_true(shell("{ echo \"$ACMETER_KIND\"; cat; } >\"$OUT\"", more,
			  "{\"a\": 1}", 8, 60 * US_PER_S)
			    .good);
	assert_true(whole_read(path, &text, &why));
	assert_string_equal(buf_text(&text), "$(id) opened\n{\"a\": 1}");
	buf_release(&text);
	unlink(path);
}

static void much_input_is_read_or_left(void **state)
{
	size_t len = 1 << 20;
	char *input = mem_zalloc(len);

	(void)state;
	memset(input, 'x', len);
	assert_true(shell("test $(wc -c) = 1048576", nothing, input, len,
			  60 * US_PER_S)
			    .good);
	assert_true(shell("exit 0", nothing, input, len, 60 * US_PER_S).good);
	free(input);
}

static void its_end_is_told(void **state)
{
	char path[] = "/nonexistent/program";
	char *missing[] = { path, NULL };
	struct run r;

	(void)state;
	r = shell("exit 3", nothing, "", 0, 60 * US_PER_S);
	assert_false(r.good);
	assert_string_equal(r.why, "/bin/sh ended with status 3");
	r = shell("kill -9 $$", nothing, "", 0, 60 * US_PER_S);
	assert_false(r.good);
	assert_string_equal(r.why, "/bin/sh was ended by signal 9");
	r = run(missing, nothing, "", 0, 60 * US_PER_S);
	assert_false(r.good);
	assert_string_equal(r.why, "cannot run /nonexistent/program: No such "
				   "file or directory");
}

static void at_its_limit_it_is_killed_with_its_children(void **state)
{
	struct run r;

	(void)state;
	r = shell("sleep 1000 & sleep 1000; exit 0", nothing, "", 0, US_PER_S);
	assert_false(r.good);
	assert_string_equal(r.why,
			    "/bin/sh did not end within 1 s and was killed");
}

static void nothing_of_ours_is_open_in_it(void **state)
{
	int fd = dup(STDERR_FILENO);

	(void)state;
	assert_true(fd >= 0);
	/* ls has the folder itself open. */
	assert_true(shell("test \"$(ls /proc/self/fd | tr -d '\\n')\" = 0123",
			  nothing, "", 0, 60 * US_PER_S)
			    .good);
	/* SIGPIPE ends a program that does not expect it, as it should. */
	assert_true(shell("trap '' USR1; sh -c 'kill -PIPE $$'; test $? = 141",
			  nothing, "", 0, 60 * US_PER_S)
			    .good);
	close(fd);
}

static void what_still_runs_ends_with_it(void **state)
{
	char sleep[] = "/bin/sleep", seconds[] = "1000";
	char *argv[] = { sleep, seconds, NULL };
	struct run r = { 0 };
	struct fail why;

	(void)state;
	assert_true(loop_new(&r.loop, &why));
	r.command = command_run(
		r.loop,
		&(struct command_setup){ .argv = argv,
					 .more = nothing,
					 .input = "",
					 .limit_us = 60 * US_PER_S },
		on_done, &r);
	command_free(r.command);
	loop_free(r.loop);
	assert_false(r.over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_reads_its_input_and_its_environment),
		cmocka_unit_test(much_input_is_read_or_left),
		cmocka_unit_test(its_end_is_told),
		cmocka_unit_test(at_its_limit_it_is_killed_with_its_children),
		cmocka_unit_test(nothing_of_ours_is_open_in_it),
		cmocka_unit_test(what_still_runs_ends_with_it),
	};

	return cmocka_run_group_tests_name("edge/command", tests, NULL, NULL);
}
