/*
 * What every table-driven unit test begins with: cmocka and its prerequisites,
 * and the row that an assertion failed in.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Ends the test, naming the input, when the condition does not hold. */
#define assert_for(input, condition)                                     \
	do {                                                             \
		if (!(condition))                                        \
			fail_msg("for \"%s\": %s", (input), #condition); \
	} while (0)

#endif
