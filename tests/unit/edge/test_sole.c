/* Who has a database, as processes see it. */
#include "edge/sole.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct folder {
	char path[64], file[96];
};

static int make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/acmeter-sole-XXXXXX");
	*state = f;
	if (!mkdtemp(f->path))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/a.db", f->path);
	return 0;
}

static int remove_folder(void **state)
{
	struct folder *f = *state;

	unlink(f->file);
	rmdir(f->path);
	free(f);
	return 0;
}

/* A process that takes it, and lives until `gate` is closed. */
static pid_t taker(const char *path, int gate[2])
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(gate), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int lock;
		bool good = sole_take(path, &lock, NULL);

		close(gate[1]);
		good = write(ready[1], "", 1) == 1 && good;
		good = read(gate[0], &byte, 1) == 0 && good;
		_exit(good ? 0 : 1);
	}
	assert_true(pid > 0);
	close(gate[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void a_second_process_is_refused_until_the_first_is_gone(void **state)
{
	struct folder *f = *state;
	struct fail why = { FAIL_NONE, "" };
	int gate[2], status, lock = -2;
	pid_t pid = taker(f->file, gate);

	assert_false(sole_take(f->file, &lock, &why));
	assert_int_equal(lock, -2);
	assert_int_equal(why.code, FAIL_FILE);
	assert_ptr_equal(strstr(why.text, f->file), why.text);
	assert_non_null(strstr(why.text, "another station"));
	close(gate[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(sole_take(f->file, &lock, &why));
	sole_release(lock);
}

static void what_was_released_may_be_taken_again(void **state)
{
	struct folder *f = *state;
	struct fail why = { FAIL_NONE, "" };
	int first = -1, second = -1;

	assert_true(sole_take(f->file, &first, &why));
	assert_false(sole_take(f->file, &second, &why));
	sole_release(first);
	assert_true(sole_take(f->file, &second, &why));
	sole_release(second);
}

static void what_cannot_be_opened_is_left_to_its_reader(void **state)
{
	struct folder *f = *state;
	char path[160];
	int lock = 0;

	snprintf(path, sizeof(path), "%s/nowhere/a.db", f->path);
	assert_true(sole_take(path, &lock, NULL));
	assert_int_equal(lock, -1);
	sole_release(lock);
	/* A folder can be locked, and is no database: that is not said here. */
	assert_true(sole_take(f->path, &lock, NULL));
	sole_release(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_released_may_be_taken_again, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			a_second_process_is_refused_until_the_first_is_gone,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_opened_is_left_to_its_reader,
			make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
