#include "edge/stamp.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "edge/loop.h"

/*
 * The note is in wall-clock time: one that seems older than this, or younger
 * than now, was made before the clock was set.
 */
#define STAMP_MAX_US US_PER_MIN

/* A header and more; what is longer comes in one burst. */
enum { PEEK_BYTES = 2048 };

void stamp_ask(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

int stamp_keep_on(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		stamp_ask(fd);
	return fd;
}

static bool stamp_of(int fd, struct timespec *ret_stamp)
{
	char some[PEEK_BYTES], control[CMSG_SPACE(sizeof(*ret_stamp))];
	struct iovec bytes = { .iov_base = some, .iov_len = sizeof(some) };
	struct msghdr m = { .msg_iov = &bytes,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	const struct cmsghdr *c;
	int waiting = 0;

	/* With no byte there, to look would take the socket's error away. */
	if (ioctl(fd, FIONREAD, &waiting) != 0 || waiting == 0)
		return false;
	if (recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT) <= 0)
		return false;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_TIMESTAMPNS ||
	    c->cmsg_len < CMSG_LEN(sizeof(*ret_stamp)))
		return false;
	memcpy(ret_stamp, CMSG_DATA(c), sizeof(*ret_stamp));
	return true;
}

int64_t stamp_arrival_us(int fd)
{
	struct timespec stamp;
	bool is_noted = stamp_of(fd, &stamp);
	struct now now = clock_read();
	int64_t ago_us;

	if (!is_noted)
		return now.mono_us;
	ago_us = now.wall_us -
		 ((int64_t)stamp.tv_sec * US_PER_S + stamp.tv_nsec / 1000);
	return ago_us >= 0 && ago_us < STAMP_MAX_US ? now.mono_us - ago_us
						    : now.mono_us;
}
