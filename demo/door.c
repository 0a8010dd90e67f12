#include "door.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shut.h"

enum {
	LOOK_US = 2000, /* how often it is looked whether somebody knocked */
	TCP_STATE_SYN_SENT = 2
};

struct door {
	struct loop *loop;
	struct sockaddr_in address;
	int fd;
	uint32_t drops; /* of the listening socket when last looked at */
	struct loop_timer *timer;
	door_knock *knock;
	void *ctx;
};

static bool set_reuse(int fd)
{
	const int yes = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ==
		       0 &&
	       setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) == 0;
}

/* A listening socket that takes nobody in counts whom it has dropped. */
static bool read_drops(const struct door *d, uint32_t *ret_drops)
{
	uint32_t values[SK_MEMINFO_VARS];
	socklen_t len = sizeof(values);

	if (getsockopt(d->fd, SOL_SOCKET, SO_MEMINFO, values, &len) != 0 ||
	    len <= SK_MEMINFO_DROPS * sizeof(values[0]))
		return false;
	*ret_drops = values[SK_MEMINFO_DROPS];
	return true;
}

/*
 * A line of /proc/net/tcp: "N: LOCAL:PORT REMOTE:PORT STATE ...", addresses as
 * the bytes are in memory, ports as people write them, all in hex.
 */
static bool is_knocking(const struct door *d, const char *line,
			struct sockaddr_in *ret_who)
{
	uint32_t local, remote;
	unsigned local_port, remote_port, state;

	/* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
	if (sscanf(line, " %*u: %8" SCNx32 ":%4x %8" SCNx32 ":%4x %2x", &local,
		   &local_port, &remote, &remote_port, &state) != 5)
		return false;
	if (state != TCP_STATE_SYN_SENT ||
	    remote != d->address.sin_addr.s_addr ||
	    remote_port != ntohs(d->address.sin_port))
		return false;
	*ret_who = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = local,
		.sin_port = htons((uint16_t)local_port),
	};
	return true;
}

static void find_who_knocks(struct door *d)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	struct sockaddr_in who;
	char line[256];

	if (!table)
		return;
	while (fgets(line, sizeof(line), table)) {
		if (is_knocking(d, line, &who))
			d->knock(d->ctx, &who);
	}
	fclose(table);
}

static void on_look(void *ctx)
{
	struct door *d = ctx;
	uint32_t drops;

	if (read_drops(d, &drops) && drops != d->drops) {
		d->drops = drops;
		find_who_knocks(d);
	}
	loop_timer_set(d->timer, loop_clock_us() + LOOK_US);
}

bool door_new(struct loop *l, const struct sockaddr_in *address,
	      door_knock *knock, void *ctx, struct door **ret_door,
	      struct fail *why)
{
	struct door *d = mem_zalloc(sizeof(*d));
	socklen_t len = sizeof(d->address);

	d->loop = l;
	d->knock = knock;
	d->ctx = ctx;
	d->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd < 0 || !set_reuse(d->fd) || !shut_socket(d->fd) ||
	    bind(d->fd, (const struct sockaddr *)address, sizeof(*address)) !=
		    0 ||
	    listen(d->fd, SOMAXCONN) != 0 ||
	    getsockname(d->fd, (struct sockaddr *)&d->address, &len) != 0 ||
	    !read_drops(d, &d->drops)) {
		fail_write(why, FAIL_NETWORK, "cannot listen: %s",
			   strerror(errno));
		if (d->fd >= 0)
			close(d->fd);
		free(d);
		return false;
	}
	d->timer = loop_timer_new(l, on_look, d);
	loop_timer_set(d->timer, loop_clock_us());
	*ret_door = d;
	return true;
}

void door_free(struct door *d)
{
	if (!d)
		return;
	loop_timer_free(d->timer);
	close(d->fd);
	free(d);
}

int door_open(const struct door *d, const struct sockaddr_in *who)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (set_reuse(fd) &&
	    bind(fd, (const struct sockaddr *)&d->address,
		 sizeof(d->address)) == 0 &&
	    (connect(fd, (const struct sockaddr *)who, sizeof(*who)) == 0 ||
	     errno == EINPROGRESS))
		return fd;

	int error = errno;

	close(fd);
	errno = error;
	return -1;
}
