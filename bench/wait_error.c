/*
 * How far the measured `wait` is from the truth. A server on this machine, in a
 * process of its own, reads the same monotonic clock right before it writes an
 * answer, and says in it how long it had the request by then: since the kernel
 * took it in, and since its own read returned, which comes later by what the
 * server's threads wait for a processor. What `wait` is longer or shorter than
 * either is the error; the way through the kernel and TLS are part of it.
 *
 * Sessions are like issuances: a fresh TLS connection, then twelve requests on
 * it, one after the other, then the next. First one session at a time, then a
 * hundred in flight.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "edge/http.h"
#include "edge/trust.h"
#include "support/raw_server.h"
#include "support/test_ca.h"

enum {
	REQUESTS = 12,
	CROWD = 100,
	DELAY_MIN_MS = 20,
	DELAY_MAX_MS = 200,
};

static void need(bool true_it_is, const char *what)
{
	if (true_it_is)
		return;
	fprintf(stderr, "wait_error: %s\n", what);
	exit(1);
}

/* --- the server ---------------------------------------------------------- */

/* The request says after how many milliseconds it wants its answer. */
static void delay(struct raw_peer *p, void *ctx)
{
	char head[256];
	const char *at;

	(void)ctx;
	if (!raw_tls(p))
		return;
	while (raw_request(p)) {
		int64_t write_us;

		at = strchr(raw_request_text(p), '/');
		if (!at || !raw_wait_ms(p, atoi(at + 1)))
			return;
		write_us = loop_clock_us();
		snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
			 "Took: %lld %lld\r\n\r\nhello",
			 (long long)(write_us - raw_arrival_us(p)),
			 (long long)(write_us - raw_request_us(p)));
		if (!raw_say(p, head))
			return;
	}
}

/* A processor of its own for each side: they would be two machines. */
static void stay_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		sched_setaffinity(0, sizeof(set), &set);
}

/* In a child; it ends when the pipe does. Returns its port. */
static uint16_t serve(const struct test_ca *root, pid_t *ret_pid, int *ret_pipe)
{
	const char *name = "127.0.0.1";
	int64_t now_us = clock_read().wall_us;
	int up[2], down[2];
	uint16_t port;
	char end;

	need(pipe(up) == 0 && pipe(down) == 0, "pipe");
	*ret_pid = fork();
	need(*ret_pid >= 0, "fork");
	if (*ret_pid == 0) {
		stay_on(1);
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *cert = test_ca_issue(
			root, &(struct test_leaf){
				      .names = &name,
				      .name_count = 1,
				      .key = key,
				      .not_before_us = now_us - US_PER_DAY,
				      .not_after_us = now_us + US_PER_DAY });
		struct raw_server *s = raw_server_start(&(struct raw_options){
			.play = delay, .key = key, .cert = cert });

		close(down[1]);
		port = raw_server_port(s);
		need(write(up[1], &port, sizeof(port)) == sizeof(port),
		     "write");
		_exit(read(down[0], &end, 1) == 0 ? 0 : 1);
	}
	stay_on(0);
	close(down[0]);
	need(read(up[0], &port, sizeof(port)) == sizeof(port), "read");
	*ret_pipe = down[1];
	return port;
}

/* --- the clients --------------------------------------------------------- */

struct bench {
	struct loop *loop;
	struct http *http;
	struct trust *trust;
	struct rng rng;
	uint16_t port;
	/* Of each request, in microseconds. */
	int64_t *errors;      /* against what the server's kernel says */
	int64_t *read_errors; /* against what its read says */
	int64_t *lags;
	size_t count, wanted, live;
	size_t handshakes;
};

struct client {
	struct bench *bench;
	struct http_session *session;
	int left;
};

static void take(void *ctx, struct exchange *e, const struct http_reply *reply);

static void send_next(struct client *c)
{
	struct bench *b = c->bench;
	char url[64];
	unsigned ms =
		DELAY_MIN_MS +
		(unsigned)rng_below(&b->rng, DELAY_MAX_MS - DELAY_MIN_MS + 1);

	if (c->left == 0) {
		http_session_free(c->session);
		c->session = http_session_new(
			b->http,
			&(struct http_session_options){ .trust = b->trust });
		c->left = REQUESTS;
		b->handshakes++;
	}
	c->left--;
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/%u", b->port, ms);
	http_send(c->session,
		  &(struct http_request){ .method = "GET", .url = url }, take,
		  c);
}

static void take(void *ctx, struct exchange *e, const struct http_reply *reply)
{
	struct client *c = ctx;
	struct bench *b = c->bench;
	const char *took = strstr(reply->headers, "Took: ");
	int64_t wait_us = marks_phase_us(&e->marks, PHASE_WAIT);
	long long here_us, read_us;

	need(e->outcome == OUTCOME_OK && took, e->detail);
	need(marks_in_order(&e->marks), "marks out of order");
	need(sscanf(took, "Took: %lld %lld", &here_us, &read_us) == 2, "Took");
	if (b->count < b->wanted) {
		b->errors[b->count] = llabs(wait_us - here_us);
		b->read_errors[b->count] = llabs(wait_us - read_us);
		b->lags[b->count++] = e->lag_us;
	}
	if (b->count < b->wanted) {
		send_next(c);
	} else if (--b->live == 0) {
		loop_stop(b->loop);
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts, prints and frees. */
static void print(const char *what, int64_t *us, size_t count)
{
	static const double quantiles[] = { 0.5, 0.9, 0.99, 1 };

	qsort(us, count, sizeof(*us), by_size);
	printf("  %-28s", what);
	for (int i = 0; i < 4; i++)
		printf("  %8.3f", (double)us[(size_t)(quantiles[i] *
						      (double)(count - 1))] /
					  1e3);
	printf("\n");
	free(us);
}

static double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static void run(struct bench *b, unsigned at_once, size_t wanted)
{
	struct client *clients = mem_array(at_once, sizeof(*clients));
	int64_t from_us = loop_clock_us();
	double cpu = cpu_ms(), seconds;

	b->count = 0;
	b->wanted = wanted;
	b->live = at_once;
	b->handshakes = 0;
	b->errors = mem_array(wanted, sizeof(*b->errors));
	b->lags = mem_array(wanted, sizeof(*b->lags));
	b->read_errors = mem_array(wanted, sizeof(*b->read_errors));
	for (unsigned i = 0; i < at_once; i++) {
		clients[i].bench = b;
		send_next(&clients[i]);
	}
	loop_run(b->loop);
	cpu = cpu_ms() - cpu;
	seconds = (double)(loop_clock_us() - from_us) / 1e6;
	printf("\n%u in flight: %zu requests with %zu handshakes in %.1f s, "
	       "%.0f %% of a processor\n"
	       "  %-28s  %8s  %8s  %8s  %8s\n",
	       at_once, wanted, b->handshakes, seconds, cpu / 10 / seconds,
	       "in milliseconds", "p50", "p90", "p99", "most");
	print("error", b->errors, wanted);
	print("error, by the server's read", b->read_errors, wanted);
	print("lag that was marked", b->lags, wanted);
	for (unsigned i = 0; i < at_once; i++)
		http_session_free(clients[i].session);
	free(clients);
}

int main(int argc, char **argv)
{
	size_t wanted = argc > 1 ? (size_t)atoll(argv[1]) : 8000;
	char path[] = "/tmp/acmeter-bench-XXXXXX";
	const char *paths[] = { path };
	struct bench b = { .port = 0 };
	struct buf pem = BUF_INIT(1 << 16);
	struct test_ca root;
	struct fail why;
	pid_t server;
	int server_pipe, fd = mkstemp(path);

	need(fd >= 0 && wanted >= CROWD, "usage: wait_error [REQUESTS >= 100]");
	close(fd);
	test_ca_make(&root, "Bench Root", NULL);
	test_ca_add_pem(&pem, root.cert);
	test_ca_write(path, pem.data, pem.len);
	b.port = serve(&root, &server, &server_pipe);
	need(trust_load(paths, 1, &b.trust, &why), "trust_load");
	unlink(path);
	need(loop_new(&b.loop, &why), "loop_new");
	need(http_new(b.loop, "acmeter-bench", &b.http, &why), "http_new");
	b.rng.state = 1;

	printf("A server that answers after %d to %d ms, TLS 1.3 on loopback, "
	       "%d requests on each\nconnection.\n",
	       DELAY_MIN_MS, DELAY_MAX_MS, REQUESTS);
	run(&b, 1, wanted / 13 < 60 ? 60 : wanted / 13);
	run(&b, CROWD, wanted);

	http_free(b.http);
	loop_free(b.loop);
	trust_free(b.trust);
	test_ca_release(&root);
	buf_release(&pem);
	close(server_pipe);
	waitpid(server, NULL, 0);
	return 0;
}
