#include "edge/sole.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/*
 * flock() is another lock than those that SQLite has on the file. The
 * descriptor stays open: with it the lock would go, and every lock of SQLite
 * in this process too.
 */
bool sole_take(const char *path, int *ret_lock, struct fail *why)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_lock = fd;
		return true;
	}
	if (errno != EWOULDBLOCK) {
		close(fd);
		*ret_lock = -1;
		return true;
	}
	close(fd);
	return fail_set(why, FAIL_FILE,
			"%s: another station has this database; end that one, "
			"or name another file",
			path);
}

void sole_release(int lock)
{
	if (lock >= 0)
		close(lock);
}
