/*
 * The configuration file: YAML by the tables of measure/config_schema, and
 * what only the machine can tell, whether the files that it names are there
 * and hold what they should.
 *
 * Every refusal is one sentence "FILE:LINE:COLUMN: key: found what, expected
 * what"; a file that cannot be read has no line. What is taken, but should not
 * stay so, is in the configuration's warnings, written alike.
 */
#ifndef EDGE_CONFIG_FILE_H
#define EDGE_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "measure/config.h"
#include "measure/hub_config.h"

enum { CONFIG_FILE_BYTES = 1024 * 1024 };

/* Release by config_release() and free(). */
bool config_load(const char *path, struct config **ret_config,
		 struct fail *why);

/*
 * The same of a text, as if it were in the file at path; the files it names
 * are looked at only when with_files.
 */
bool config_load_text(const char *path, const char *text, size_t len,
		      bool with_files, struct config **ret_config,
		      struct fail *why);

/* The configuration of a hub; release by hub_config_release() and free(). */
bool hub_config_load(const char *path, struct hub_config **ret_config,
		     struct fail *why);
bool hub_config_load_text(const char *path, const char *text, size_t len,
			  bool with_files, struct hub_config **ret_config,
			  struct fail *why);

#endif
