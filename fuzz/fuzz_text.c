/*
 * Foreign text made printable, numbers and durations, base64url and varints:
 * what is read is written the same again, and nothing is written past its end.
 */
#include "fuzz.h"

#include "base/buf.h"

static void printable(const uint8_t *data, size_t len)
{
	char whole[4 * 4096 + 1], cut[64];

	if (len > 4096)
		len = 4096;
	text_printable(whole, sizeof(whole), (const char *)data, len);
	CLAIM(fuzz_is_printable(whole));
	/* A smaller place holds a beginning of the same. */
	for (size_t size = 1; size <= sizeof(cut); size = size * 2 + 1) {
		text_printable(cut, size, (const char *)data, len);
		CLAIM(strlen(cut) < size);
		CLAIM(text_starts(whole, cut));
		CLAIM(fuzz_is_printable(cut));
	}
	/* What is printable stays as it is. */
	text_printable(cut, sizeof(cut), whole, strlen(whole));
	CLAIM(text_starts(whole, cut));
}

static void numbers(const char *text)
{
	char again[64];
	uint64_t value;
	int64_t us, us_again;

	if (text_to_u64(text, 1000000, &value))
		CLAIM(value <= 1000000);
	if (text_to_duration(text, &us)) {
		CLAIM(us >= 0);
		text_from_duration(again, sizeof(again), us);
		CLAIM(text_to_duration(again, &us_again) && us_again == us);
		text_latency(again, sizeof(again), us);
		CLAIM(strlen(again) < sizeof(again) - 1);
	}
	CLAIM(text_same_nocase(text, text));
}

static void base64url(const uint8_t *data, size_t len)
{
	struct buf text = BUF_INIT(1 << 20), bytes = BUF_INIT(1 << 20);

	CLAIM(buf_add_base64url(&text, data, len));
	CLAIM(buf_add_from_base64url(&bytes, buf_text(&text), text.len));
	CLAIM(bytes.len == len && (!len || !memcmp(bytes.data, data, len)));

	/* And the other way: what decodes is the only text for its bytes. */
	buf_clear(&bytes);
	buf_clear(&text);
	if (buf_add_from_base64url(&bytes, (const char *)data, len)) {
		CLAIM(buf_add_base64url(&text, buf_text(&bytes), bytes.len));
		CLAIM(text.len == len &&
		      (!len || !memcmp(text.data, data, len)));
	} else {
		CLAIM(bytes.len == 0);
	}
	buf_release(&text);
	buf_release(&bytes);
}

static void varints(const uint8_t *data, size_t len)
{
	struct buf again = BUF_INIT(1 << 20);
	const unsigned char *pos = data;
	uint64_t value;

	while (varint_read(&pos, data + len, &value))
		buf_add_varint(&again, value);
	CLAIM(again.len == (size_t)(pos - data));
	CLAIM(!again.len || !memcmp(again.data, data, again.len));
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len);

	printable(data, len);
	numbers(text);
	base64url(data, len);
	varints(data, len);
	free(text);
	return 0;
}
