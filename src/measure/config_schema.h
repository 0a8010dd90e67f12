/*
 * The keys of a configuration: one row for each, one table for each struct.
 *
 * A row says how a key is written, what its values may be and what its absence
 * means. Reading a file, releasing what was read and checking that every key is
 * documented all go by these tables, so that none of them can forget a key.
 */
#ifndef MEASURE_CONFIG_SCHEMA_H
#define MEASURE_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "measure/config_span.h"

/* What is in the struct at a row's offset. */
enum field_kind {
	FIELD_TEXT,	 /* char *; NULL when absent without a preset */
	FIELD_PATH,	 /* the same, relative to the file's folder */
	FIELD_BOOL,	 /* bool */
	FIELD_COUNT,	 /* unsigned */
	FIELD_SEED,	 /* uint64_t */
	FIELD_DURATION,	 /* int64_t, microseconds */
	FIELD_RATE,	 /* struct config_rate */
	FIELD_CHALLENGE, /* enum challenge_type */
	FIELD_KEY_TYPE,	 /* enum key_type */
	FIELD_FAMILY,	 /* enum ip_family */
	FIELD_CHOICE,	 /* an enum or unsigned: the place in `words` */
	FIELD_SPAN,	 /* struct config_span */
	FIELD_TEXTS,	 /* char **, and size_t at count_offset */
	FIELD_PATHS,	 /* the same, relative to the file's folder */
	FIELD_STRUCTS,	 /* pointer to shape's structs, and size_t likewise */
	FIELD_GROUP,	 /* keys under one more key; their struct is here */
};

struct config_shape;

struct config_field {
	const char *key; /* NULL ends a table */
	enum field_kind kind;
	bool required;
	size_t offset; /* of a group: 0 when its keys are of this struct */
	size_t count_offset;
	const char *preset; /* what its absence means, as one would write it */
	/* Of a number or duration the value, of a text the bytes, of a list
	 * the entries. */
	int64_t least, most;
	const char *expected;		  /* of a text: "a URL" */
	const struct config_shape *shape; /* FIELD_STRUCTS, FIELD_GROUP */
	const char *const *words;	  /* FIELD_CHOICE; NULL ends them */
};

struct config_shape {
	size_t size_bytes; /* of one struct */
	const struct config_field *fields;
};

/* The table of struct config; the others hang from it. */
const struct config_shape *config_shape(void);

/* The row of a key, or NULL. */
const struct config_field *config_field_find(const struct config_shape *shape,
					     const char *key);

/* The key that was probably meant, or NULL when none is near. */
const char *config_field_near(const struct config_shape *shape,
			      const char *key);

enum { CONFIG_EXPECTED = 160 };

/* "a duration such as 30s, from 1s to 10m": what a value is to be. */
void config_field_expected(const struct config_field *f,
			   char dst[static CONFIG_EXPECTED]);

/* The pointer and the count that a row of the struct at base holds. */
void *config_field_pointer(const struct config_field *f, void *base);
void config_field_point(const struct config_field *f, void *base, void *to);
size_t *config_field_count(const struct config_field *f, void *base);

/* One of those that are written as one word: all kinds before FIELD_TEXTS. */
bool config_field_is_word(const struct config_field *f);

/*
 * Puts a word into the struct at base; texts are copied. FAIL_INPUT with what
 * was found and what was expected.
 */
bool config_field_set(const struct config_field *f, void *base,
		      const char *text, struct fail *why);

/* Checks one entry of FIELD_TEXTS or FIELD_PATHS as config_field_set() does. */
bool config_field_takes(const struct config_field *f, const char *text,
			struct fail *why);

/* Puts the presets of the table, and of its groups, into the struct. */
void config_shape_preset(const struct config_shape *shape, void *base);

/* Frees all that the fields own. */
void config_shape_release(const struct config_shape *shape, void *base);

/* What two kinds of text are to be, for whoever refuses one. */
#define CONFIG_NAME_EXPECTED \
	"a name of 1 to 32 characters from a-z, 0-9 and -, not - at first"
#define CONFIG_LISTEN_EXPECTED \
	"ADDRESS:PORT such as 127.0.0.1:8475 or [::1]:8475"

enum { CONFIG_SHOWN = 80 };

/* The text in quotes, printable and cut to a length that a sentence bears. */
void config_show(char dst[static CONFIG_SHOWN], const char *text);

#endif
