/*
 * The only door by which text comes into HTML and SVG: everything that is not
 * markup of our own goes through here.
 *
 * What passes is printable: control characters, invalid UTF-8 and marks that
 * turn the direction of text are shown as \xNN.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/buf.h"

/* Text between tags, or within a quoted attribute. */
void html_text(struct buf *out, const char *text);

/* ` name="value"` */
void html_attr(struct buf *out, const char *name, const char *value);

/* `<tag>text</tag>`; tag may hold attributes of our own: `td class=x`. */
void html_element(struct buf *out, const char *tag, const char *text);

/* `<time datetime="RFC 3339">14:07:09 UTC</time>` */
void html_time(struct buf *out, int64_t wall_us, int64_t now_us);

#endif
