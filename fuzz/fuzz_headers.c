/*
 * The header block of an answer: nothing is read outside it, and what is
 * copied from it is what its reader promises.
 */
#include "fuzz.h"

#include "acme/headers.h"
#include "base/clock.h"

static void fields(const char *block, size_t len)
{
	static const char *const names[] = { "retry-after", "link",
					     "content-type", "a" };
	const char *value;
	size_t value_len;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned nth = 0;

		while (headers_find(block, len, names[i], nth, &value,
				    &value_len)) {
			CLAIM(value >= block &&
			      value + value_len <= block + len);
			CLAIM(!memchr(value, '\n', value_len));
			/* Each takes at least its name, a colon and a line. */
			CLAIM(++nth <= len / 2 + 1);
		}
	}
}

static void copies(const char *block, size_t len)
{
	char small[8], large[256];

	if (headers_copy(block, len, "location", small, sizeof(small)))
		CLAIM(strlen(small) < sizeof(small) &&
		      fuzz_is_printable(small));
	else
		CLAIM(!small[0]);
	headers_media_type(block, len, large, sizeof(large));
	CLAIM(strlen(large) < sizeof(large) && fuzz_is_printable(large));
	CLAIM(!strpbrk(large, "; \tABCDEFGHIJKLMNOPQRSTUVWXYZ"));
	if (headers_nonce(block, len, large, sizeof(large)))
		CLAIM(large[0] && !strpbrk(large, " \t=+/.\"\\"));
	else
		CLAIM(!large[0]);
}

static void links(const char *block, size_t len)
{
	char target[128];

	for (unsigned nth = 0;
	     headers_link(block, len, "alternate", nth, target, sizeof(target));
	     nth++) {
		CLAIM(strlen(target) < sizeof(target));
		CLAIM(!strpbrk(target, ">\n"));
		CLAIM(nth <= len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const int64_t now_us = 1800000000 * US_PER_S;
	/* Exactly as long as the block is: it has no NUL at its end. */
	char *block = malloc(len ? len : 1);
	int64_t us;

	memcpy(block, data, len);
	fields(block, len);
	copies(block, len);
	links(block, len);
	us = headers_retry_after_us(block, len, now_us, US_PER_DAY);
	CLAIM(us >= -1 && us <= US_PER_DAY);
	free(block);
	return 0;
}
