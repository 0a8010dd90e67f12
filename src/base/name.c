#include "base/name.h"

#include <string.h>

#include "base/ip.h"
#include "base/text.h"

enum { LABEL_MOST = 63 };

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_label(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_MOST || !is_alnum(label[0]) ||
	    !is_alnum(label[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_alnum(label[i]) && label[i] != '-')
			return false;
	}
	return true;
}

bool name_is_dns(const char *text)
{
	const char *label = text;

	if (strlen(text) >= NAME_TEXT)
		return false;
	for (;;) {
		size_t len = strcspn(label, ".");

		if (!is_label(label, len))
			return false;
		if (!label[len])
			return strspn(label, "0123456789") < len;
		label += len + 1;
	}
}

bool name_canonical(char dst[static NAME_TEXT], const char *text)
{
	struct ip ip;

	if (ip_parse(text, &ip)) {
		ip_print(dst, &ip);
		return true;
	}
	if (strlen(text) >= NAME_TEXT ||
	    !name_is_dns(text_starts(text, "*.") ? text + 2 : text))
		return false;
	text_copy(dst, NAME_TEXT, text);
	return true;
}

bool name_same(const char *a, const char *b)
{
	char one[NAME_TEXT], other[NAME_TEXT];

	return name_canonical(one, a) && name_canonical(other, b) &&
	       text_same_nocase(one, other);
}
