#include "edge/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { LINE_BYTES = 4096 };

static bool make_folder(const char *path, struct fail *why)
{
	struct stat st;

	if (mkdir(path, 0700) == 0 ||
	    (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		return true;
	return fail_set(why, FAIL_FILE, "cannot make the folder %s: %s", path,
			strerror(errno));
}

bool file_make_folders(const char *path, struct fail *why)
{
	char *part = mem_strdup(path);
	bool good = true;

	for (char *slash = strchr(part + 1, '/'); good && slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		good = make_folder(part, why);
		*slash = '/';
	}
	good = good && make_folder(path, why);
	free(part);
	return good;
}

static bool read_small(const char *path, char *dst, size_t size_bytes,
		       size_t *ret_len, struct fail *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = -1;

	if (fd >= 0)
		got = read(fd, dst, size_bytes);
	if (got < 0)
		fail_set(why, FAIL_FILE, "cannot read %s: %s", path,
			 strerror(errno));
	if (fd >= 0)
		close(fd);
	if (got < 0)
		return false;
	*ret_len = (size_t)got;
	return true;
}

bool file_read_line(const char *path, char **ret_line, struct fail *why)
{
	char line[LINE_BYTES];
	size_t len;

	if (!read_small(path, line, sizeof(line), &len, why))
		return false;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len == 0 || len == sizeof(line) || memchr(line, '\n', len) ||
	    memchr(line, '\0', len))
		return fail_set(why, FAIL_FILE, "%s: expected one line of text",
				path);
	*ret_line = mem_dup(line, len);
	return true;
}
