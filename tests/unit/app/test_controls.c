/* Control targets against sockets that nobody answers. */
#include "app/controls.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/store_folder.h"

#define EVERY_US (200 * US_PER_MS)
#define PATIENCE_US (10 * US_PER_S)

struct fixture {
	struct loop *loop;
	enum sight said;
	bool late;
};

static void changed(void *ctx, enum sight sight)
{
	struct fixture *f = ctx;

	f->said = sight;
	loop_stop(f->loop);
}

static void on_late(void *ctx)
{
	struct fixture *f = ctx;

	f->late = true;
	loop_stop(f->loop);
}

/* Connections come to be, and that is all. */
static int silent_socket(char *ret_url, size_t size_bytes)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(ret_url, size_bytes, "http://127.0.0.1:%u/",
		 ntohs(at.sin_port));
	return fd;
}

/* Its limits are longer than the time between two questions. */
static void silence_until_the_next_question_is_a_failure(void **state)
{
	const struct recorder_limits limits = RECORDER_LIMITS;
	struct fixture f = { .said = SIGHT_UNKNOWN };
	struct store_folder folder;
	struct recorder *recorder;
	struct controls *controls;
	struct loop_timer *timer;
	struct store *store;
	struct fail why;
	struct http *http;
	char name[] = "silent", url[64];
	int fd = silent_socket(url, sizeof(url));
	struct config_control control = { name, url };
	const struct config config = { .control_every_us = EVERY_US,
				       .controls = &control,
				       .control_count = 1 };
	unsigned number;

	(void)state;
	store_folder_make(&folder);
	assert_true(loop_new(&f.loop, &why));
	assert_true(http_new(f.loop, "test", &http, &why));
	assert_true(store_open(folder.database, STORE_WRITE, &store, &why));
	assert_true(
		recorder_new(store, &limits, clock_read(), &recorder, &why));
	assert_true(recorder_ca(recorder, name, url, true, &number, &why));
	controls = controls_new(&(struct controls_setup){
		.loop = f.loop,
		.http = http,
		.recorder = recorder,
		.config = &config,
		.numbers = &number,
		.changed = changed,
		.ctx = &f,
	});
	timer = loop_timer_new(f.loop, on_late, &f);
	loop_timer_set(timer, loop_clock_us() + PATIENCE_US);
	loop_run(f.loop);
	assert_false(f.late);
	assert_int_equal(f.said, SIGHT_BLIND);
	assert_true(recorder_state(recorder)->written > 0);
	loop_timer_free(timer);
	controls_free(controls);
	recorder_free(recorder);
	store_close(store);
	http_free(http);
	loop_free(f.loop);
	close(fd);
	store_folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_until_the_next_question_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
