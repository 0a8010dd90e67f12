#include "edge/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "edge/cleanup.h"

/* errno as a sentence, with the code that belongs to it. */
static bool fail_errno(struct fail *why, const char *doing, const char *path)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	return fail_set(why, full ? FAIL_FULL : FAIL_FILE, "cannot %s %s: %s",
			doing, path, strerror(errno));
}

static const char *kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

/* Reads to the end; a byte more than fits is enough to know. */
static bool read_all(int fd, const char *path, struct buf *out,
		     struct fail *why)
{
	char chunk[4096];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(why, "read", path);
		if (got == 0)
			return true;
		if (!buf_add(out, chunk, (size_t)got))
			return fail_set(why, FAIL_FILE,
					"%s is larger than %zu bytes, the most "
					"that such a file may have",
					path, out->max);
	}
}

bool whole_read(const char *path, struct buf *out, struct fail *why)
{
	size_t before = out->len;
	struct stat st;
	/* Without O_NONBLOCK the open of a FIFO would wait for a writer. */
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail_errno(why, "open", path);
	if (fstat(fd, &st) != 0)
		return fail_errno(why, "look at", path);
	if (!S_ISREG(st.st_mode))
		return fail_set(why, FAIL_FILE,
				"%s is %s, expected a regular file", path,
				kind_of(st.st_mode));
	if (read_all(fd, path, out, why))
		return true;
	out->len = before;
	out->full = false;
	return false;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		data += put;
		len -= (size_t)put;
	}
	return true;
}

/* Makes a rename or link in the folder of path survive a power cut. */
static bool sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO(text) char *folder = NULL;

	if (!slash)
		folder = mem_strdup(".");
	else
		folder = mem_dup(path,
				 slash == path ? 1 : (size_t)(slash - path));
	AUTO(fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Some file systems cannot sync a folder and say EINVAL. */
	return fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
}

/* Gives the new file its name; false with errno. */
static bool put_in_place(const char *temp, const char *path, bool replace)
{
	if (replace)
		return rename(temp, path) == 0;
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	/* A file system that does not know the flag may know hard links. */
	if (errno != EINVAL || link(temp, path) != 0)
		return false;
	unlink(temp);
	return true;
}

bool whole_save(const char *path, const void *data, size_t len, bool replace,
		struct fail *why)
{
	struct buf name = BUF_INIT(PATH_MAX);

	if (!buf_addf(&name, "%s.XXXXXX", path)) {
		buf_release(&name);
		return fail_set(why, FAIL_FILE, "the path is longer than %d",
				PATH_MAX);
	}
	AUTO(text) char *temp = buf_take(&name);
	/* mkostemp: O_EXCL and mode 0600. */
	AUTO(fd) int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return fail_errno(why, "make a file beside", path);
	if (!write_all(fd, data, len) || fsync(fd) != 0) {
		fail_errno(why, "write", temp);
		unlink(temp);
		return false;
	}
	if (!put_in_place(temp, path, replace)) {
		if (errno == EEXIST)
			fail_set(why, FAIL_FILE,
				 "%s exists and is not replaced; move it away "
				 "or name another file",
				 path);
		else
			fail_errno(why, "rename a new file to", path);
		unlink(temp);
		return false;
	}
	return sync_folder(path) || fail_errno(why, "sync the folder of", path);
}
