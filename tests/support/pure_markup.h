/*
 * Whether bytes are well-formed markup, and what stands in it: a reader of its
 * own, so that a mistake in the writer is not made twice.
 */
#ifndef TESTS_SUPPORT_PURE_MARKUP_H
#define TESTS_SUPPORT_PURE_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Tags nest and close, attributes are quoted, & begins one of the five
 * entities that are needed, < stands nowhere else, there is valid UTF-8 and no
 * control character but the line feed. A doctype may come first.
 */
bool markup_is_well_formed(const char *text, size_t len);

/*
 * CSV of RFC 4180: every record has the same number of fields, quotes stand
 * where they may, each line ends in CRLF.
 */
bool csv_is_well_formed(const char *text, size_t len, size_t *ret_records);

#endif
