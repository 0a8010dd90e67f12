#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void fail_write(struct fail *why, enum fail_code code, const char *format, ...)
{
	char raw[FAIL_TEXT];
	va_list args;

	if (!why)
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	why->code = code;
	text_printable(why->text, sizeof(why->text), raw, strlen(raw));
}

void fail_write_at(struct fail *why, const char *format, ...)
{
	char where[FAIL_TEXT];
	char text[FAIL_TEXT];
	va_list args;

	if (!why)
		return;
	va_start(args, format);
	vsnprintf(where, sizeof(where), format, args);
	va_end(args);
	text_copy(text, sizeof(text), why->text);
	fail_write(why, why->code, "%s: %s", where, text);
}
