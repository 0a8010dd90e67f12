#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "app/commands.h"

enum { SAID_MOST = 4096, ARGS_MOST = 6 };

struct said {
	char out[SAID_MOST], err[SAID_MOST];
	int status;
};

/* A stream goes into a file meanwhile. */
struct capture {
	FILE *stream, *file;
	int saved;
};

static struct capture capture_start(FILE *stream)
{
	struct capture c = { .stream = stream, .file = tmpfile() };

	assert_non_null(c.file);
	fflush(stream);
	c.saved = dup(fileno(stream));
	dup2(fileno(c.file), fileno(stream));
	return c;
}

static void capture_end(struct capture *c, char dst[static SAID_MOST])
{
	size_t len;

	fflush(c->stream);
	dup2(c->saved, fileno(c->stream));
	close(c->saved);
	rewind(c->file);
	len = fread(dst, 1, SAID_MOST - 1, c->file);
	dst[len] = '\0';
	fclose(c->file);
}

/* Words separated by spaces. */
static struct said run(const char *words)
{
	struct said said;
	char copy[256], *args[ARGS_MOST + 1] = { NULL }, *rest = copy;
	int count = 0;
	struct capture out, err;

	snprintf(copy, sizeof(copy), "%s", words);
	while (count < ARGS_MOST && (args[count] = strsep(&rest, " ")))
		count++;
	out = capture_start(stdout);
	err = capture_start(stderr);
	said.status = cmd_check_config(count, args);
	capture_end(&err, said.err);
	capture_end(&out, said.out);
	return said;
}

/* A folder with a configuration that holds, and one that does not. */
static int make_files(void **state)
{
	static const char good[] =
		"station: fra1\nstate: .\ndatabase: x.db\ncas:\n"
		"- name: one\n  directory: https://ca.example/dir\n"
		"  rate: 2/min\n  names: [a.example]\n"
		"- name: two\n  directory: https://ca.example/dir\n"
		"  rate: 5/week\n  shallow: true\n  family: ipv6\n";
	char folder[] = "/tmp/acmeter-check-XXXXXX";
	FILE *file;

	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	*state = strdup(folder);
	file = fopen("good.yaml", "w");
	fputs(good, file);
	fclose(file);
	file = fopen("bad.yaml", "w");
	fprintf(file, "%s  rat: 5\n", good);
	return fclose(file);
}

static int remove_files(void **state)
{
	remove("good.yaml");
	remove("bad.yaml");
	if (chdir("/") == 0)
		rmdir(*state);
	free(*state);
	return 0;
}

static void a_file_that_holds_is_summed_up(void **state)
{
	struct said s = run("check-config good.yaml");

	(void)state;
	assert_int_equal(s.status, EXIT_GOOD);
	assert_string_equal(s.err, "");
	assert_string_equal(
		s.out, "good.yaml: ok: station fra1, 2 CAs, 3 controls\n"
		       "ca   rate       depth    names  family  directory\n"
		       "one  2/min      full         1  any     "
		       "https://ca.example/dir\n"
		       "two  5/week     shallow      0  IPv6    "
		       "https://ca.example/dir\n");
}

static void a_mistake_goes_to_stderr_with_its_place(void **state)
{
	struct said s = run("check-config bad.yaml");

	(void)state;
	assert_int_equal(s.status, EXIT_OURS);
	assert_string_equal(s.out, "");
	assert_string_equal(s.err, "bad.yaml:14:3: cas[1]: found the unknown "
				   "key \"rat\", did you mean \"rate\"?\n");
}

static void programs_read_json(void **state)
{
	struct said s = run("check-config --json good.yaml");
	json_t *root = json_loads(s.out, 0, NULL);
	json_t *ca = json_array_get(json_object_get(root, "cas"), 1);

	(void)state;
	assert_int_equal(s.status, EXIT_GOOD);
	assert_true(json_is_true(json_object_get(root, "ok")));
	assert_string_equal(json_string_value(json_object_get(ca, "rate")),
			    "5/week");
	assert_true(json_is_true(json_object_get(ca, "shallow")));
	assert_int_equal(json_array_size(json_object_get(root, "controls")), 3);
	json_decref(root);

	s = run("check-config bad.yaml --json");
	root = json_loads(s.out, 0, NULL);
	assert_int_equal(s.status, EXIT_OURS);
	assert_true(json_is_false(json_object_get(root, "ok")));
	assert_string_equal(json_string_value(json_object_get(root, "file")),
			    "bad.yaml");
	assert_non_null(
		strstr(json_string_value(json_object_get(root, "error")),
		       "bad.yaml:14:3: "));
	json_decref(root);
}

static void a_wrong_command_line_is_told(void **state)
{
	static const char *const wrong[] = { "check-config", "check-config a b",
					     "check-config --jsn a",
					     "check-config -x a" };
	struct said s;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		s = run(wrong[i]);
		assert_int_equal(s.status, EXIT_USAGE);
		assert_string_equal(s.out, "");
		assert_non_null(strstr(s.err, "acmeter check-config: "));
	}
	s = run("check-config --help");
	assert_int_equal(s.status, EXIT_GOOD);
	assert_non_null(strstr(s.out, "usage: acmeter check-config"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_holds_is_summed_up),
		cmocka_unit_test(a_mistake_goes_to_stderr_with_its_place),
		cmocka_unit_test(programs_read_json),
		cmocka_unit_test(a_wrong_command_line_is_told),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
