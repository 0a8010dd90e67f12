/*
 * The files that browsers get beside the page: built from web/, part of the
 * program, each at an address that changes with its contents.
 */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

#include <stddef.h>

struct asset {
	const char *name; /* "page.css" */
	const char *path; /* "/assets/page-1a2b3c4d5e6f.css" */
	const char *type; /* Content-Type */
	const unsigned char *bytes, *gzip;
	size_t len, gzip_len;
};

/* The one at this address, or NULL. */
const struct asset *asset_find(const char *path);

/* Where it is; the name is one of ours. */
const char *asset_url(const char *name);

#endif
