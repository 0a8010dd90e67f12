#include "edge/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

bool random_bytes(void *dst, size_t len, struct fail *why)
{
	/* Up to 256 bytes come whole or not at all (getrandom(2)). */
	ssize_t got = getrandom(dst, len, 0);

	if (got < 0 || (size_t)got != len)
		return fail_set(why, FAIL_OURS,
				"the kernel gave no random bytes: %s",
				got < 0 ? strerror(errno) : "too few");
	return true;
}
