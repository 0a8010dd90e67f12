#include "app/commands.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

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

int usage_option(const char *command, int code, char *const *argv)
{
	const char *word = argv[optind - 1];
	const char letter[] = { '-', (char)optopt, '\0' };

	if (code == ':')
		return usage_error(command, "%s needs a value", word);
	if (optopt && text_starts(word, "--") && strchr(word, '='))
		return usage_error(command, "%.*s takes no value",
				   (int)strcspn(word, "="), word);
	/* In a word of several letters getopt is still before its end. */
	return usage_error(command, "unknown option %s",
			   optopt ? letter : word);
}

static const char *option_name(const struct option *options, int code)
{
	for (const struct option *o = options; o->name; o++) {
		if (o->val == code)
			return o->name;
	}
	return "?";
}

int usage_refuse(const char *command, const struct option *options, int code,
		 const char *value, const char *expected)
{
	struct fail shown;

	/* What was typed may be anything. */
	fail_set(&shown, FAIL_INPUT, value ? "\"%.200s\"" : "both", value);
	return usage_error(command, "--%s: found %s, expected %s",
			   option_name(options, code), shown.text, expected);
}
