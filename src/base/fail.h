/*
 * Failures as values: a code for the caller and a sentence for people.
 *
 * Functions that can fail by no fault of the program return bool and take a
 * `struct fail *why` last; it is written only when they return false. The
 * sentence says what was expected, where, and what to do; it starts in lower
 * case, has no full stop, and holds no unescaped foreign bytes.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdbool.h>

enum fail_code {
	FAIL_NONE,    /* no failure has been recorded */
	FAIL_OURS,    /* something of our own broke (a library said no) */
	FAIL_INPUT,   /* a person's input: option, configuration */
	FAIL_FILE,    /* a local file: missing, unreadable, wrong */
	FAIL_FULL,    /* no room left on the device */
	FAIL_NEWER,   /* written by a newer acmeter */
	FAIL_CORRUPT, /* stored bytes are not what we write */
	FAIL_DNS,     /* our resolver has no address for the name */
	FAIL_NETWORK, /* socket calls: bind, listen, no route */
	FAIL_PEER,    /* what a peer sent is not what the RFC says */
	FAIL_LIMIT,   /* what a peer sent is over one of our limits */
	FAIL_CODES
};

enum { FAIL_TEXT = 512 };

struct fail {
	enum fail_code code;
	char text[FAIL_TEXT];
};

/*
 * Writes code and sentence; why may be NULL. Control characters in the result
 * are shown as \xNN.
 */
void fail_write(struct fail *why, enum fail_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "where: " in front of the sentence; why may be NULL. */
void fail_write_at(struct fail *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool fail_false(void)
{
	return false;
}

/*
 * The same as expressions that are false, so that a function can end with
 * `return fail_set(...)`. Macros, because the compiler and the analyzer, which
 * see one file at a time, must see the false to follow the failing path.
 */
#define fail_set(...) (fail_write(__VA_ARGS__), fail_false())
#define fail_at(...) (fail_write_at(__VA_ARGS__), fail_false())

#endif
