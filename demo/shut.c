#include "shut.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

bool shut_socket(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = { .len = 1, .filter = &nothing };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) == 0;
}

bool open_socket(int fd)
{
	const int unused = 0;

	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused,
			  sizeof(unused)) == 0 ||
	       errno == ENOENT;
}
