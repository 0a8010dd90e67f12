#include "app/commands.h"

#include <stdarg.h>
#include <stdio.h>

int usage_error(const char *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "acmeter %s: ", command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nTry: acmeter %s --help\n", command);
	return EXIT_USAGE;
}
