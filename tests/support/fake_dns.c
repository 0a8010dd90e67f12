#include "support/fake_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define NEED(condition) need((condition), #condition, __LINE__)

enum { DATAGRAM = 512, TYPE_A = 1, TYPE_AAAA = 28, NAMES = 64 };

struct fake_dns {
	const struct fake_name *names;
	size_t count;
	bool met[NAMES]; /* DNS_LATE: the first is lost already */
	int fd;
	int ending[2];
	pthread_t thread;
	atomic_uint questions;
	char address[32];
};

static void need(bool true_it_is, const char *what, int line)
{
	if (true_it_is)
		return;
	fprintf(stderr, "fake_dns.c:%d: %s\n", line, what);
	abort();
}

/* "www.ca.test" from the labels at 12; returns where they end. */
static size_t read_name(const unsigned char *q, size_t len,
			char dst[static DATAGRAM])
{
	size_t at = 12, used = 0;

	while (at < len && q[at]) {
		size_t label = q[at];

		NEED(label < 64 && at + 1 + label < len);
		if (used)
			dst[used++] = '.';
		memcpy(dst + used, q + at + 1, label);
		used += label;
		at += 1 + label;
	}
	dst[used] = '\0';
	return at + 1;
}

static const struct fake_name *find(const struct fake_dns *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcasecmp(d->names[i].name, name) == 0)
			return &d->names[i];
	return NULL;
}

static bool is_silent(struct fake_dns *d, const struct fake_name *n, int type)
{
	bool first;

	if (!n)
		return false;
	first = !d->met[n - d->names];
	d->met[n - d->names] = true;
	return n->fault == DNS_SILENT || (n->fault == DNS_LATE && first) ||
	       (n->fault == DNS_NO_AAAA && type == TYPE_AAAA);
}

/* Turns the question into its answer; 0 for silence. */
static size_t answer(struct fake_dns *d, unsigned char *q, size_t len)
{
	char name[DATAGRAM];
	size_t end = read_name(q, len, name) + 4;
	const struct fake_name *n = find(d, name);
	int type = q[end - 3];
	const char *address = !n ? NULL : type == TYPE_A ? n->v4 : n->v6;
	size_t size = type == TYPE_A ? 4 : 16;
	const unsigned char record[] = { 0xc0, 12, 0, (unsigned char)type,
					 0,    1,  0, 0,
					 0,    60, 0, (unsigned char)size };

	if (is_silent(d, n, type))
		return 0;
	q[2] = 0x81;
	q[3] = 0x80;
	memset(q + 6, 0, 6);
	if (!n)
		q[3] |= 3; /* NXDOMAIN */
	else if (n->fault == DNS_SERVFAIL)
		q[3] |= 2;
	else if (address) {
		q[7] = 1;
		memcpy(q + end, record, sizeof(record));
		end += sizeof(record);
		NEED(inet_pton(type == TYPE_A ? AF_INET : AF_INET6, address,
			       q + end) == 1);
		end += size;
	}
	return end;
}

static void *serve(void *arg)
{
	struct fake_dns *d = arg;
	struct pollfd either[] = {
		{ .fd = d->ending[0], .events = POLLIN },
		{ .fd = d->fd, .events = POLLIN },
	};

	while (poll(either, 2, -1) > 0 && !either[0].revents) {
		unsigned char q[DATAGRAM + 64];
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(d->fd, q, DATAGRAM, 0,
				       (struct sockaddr *)&from, &from_len);

		if (got < 17)
			continue;
		atomic_fetch_add(&d->questions, 1);
		size_t len = answer(d, q, (size_t)got);
		if (len)
			sendto(d->fd, q, len, 0, (struct sockaddr *)&from,
			       from_len);
	}
	return NULL;
}

struct fake_dns *fake_dns_start(const struct fake_name *names, size_t count)
{
	struct fake_dns *d = mem_zalloc(sizeof(*d));
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);

	NEED(count <= NAMES);
	d->names = names;
	d->count = count;
	d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	NEED(d->fd >= 0 && bind(d->fd, (struct sockaddr *)&at, len) == 0);
	NEED(getsockname(d->fd, (struct sockaddr *)&at, &len) == 0);
	snprintf(d->address, sizeof(d->address), "127.0.0.1:%u",
		 ntohs(at.sin_port));
	NEED(pipe(d->ending) == 0);
	NEED(pthread_create(&d->thread, NULL, serve, d) == 0);
	return d;
}

void fake_dns_stop(struct fake_dns *d)
{
	if (!d)
		return;
	close(d->ending[1]);
	pthread_join(d->thread, NULL);
	close(d->ending[0]);
	close(d->fd);
	free(d);
}

const char *fake_dns_address(const struct fake_dns *d)
{
	return d->address;
}

unsigned fake_dns_questions(struct fake_dns *d)
{
	return atomic_load(&d->questions);
}
