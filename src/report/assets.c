#include "report/assets.h"

#include <assert.h>
#include <string.h>

/* Made by cmake/assets.cmake: `assets`, an array, and `asset_count`. */
#include "report/assets_bytes.inc"

const struct asset *asset_find(const char *path)
{
	for (size_t i = 0; i < asset_count; i++) {
		if (strcmp(assets[i].path, path) == 0)
			return &assets[i];
	}
	return NULL;
}

const char *asset_url(const char *name)
{
	for (size_t i = 0; i < asset_count; i++) {
		if (strcmp(assets[i].name, name) == 0)
			return assets[i].path;
	}
	assert(!"an asset of that name");
	return "/";
}
