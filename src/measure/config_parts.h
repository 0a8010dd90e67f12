/*
 * What the configurations of a station and of a hub have in common: where a
 * station stands, how the server is protected, and the rules for names and
 * addresses. Both have these keys by these rows, so that they mean the same.
 */
#ifndef MEASURE_CONFIG_PARTS_H
#define MEASURE_CONFIG_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "measure/config_schema.h"

/* Bytes; a hub holds what a station says of itself to the same. */
enum {
	CONFIG_CITY_MOST = 40,
	CONFIG_COUNTRY_MOST = 2,
	CONFIG_OPERATOR_MOST = 80,
	CONFIG_NOTE_MOST = 400,
};

/* Where a station stands. */
struct config_place {
	char *city, *operator;	    /* "" unknown */
	char *country;		    /* ISO 3166-1 alpha-2; "" unknown */
	char *latitude, *longitude; /* degrees; "" unknown, both or none */
};

/*
 * By what the server is known, and by what it knows who asks. Paths, each NULL
 * without; certificate and key together, and client_ca only beside them.
 */
struct config_web {
	char *certificate; /* PEM, the chain behind it */
	char *key;	   /* PEM, without a password */
	char *client_ca;   /* PEM: who asks shows a certificate of these */
	char *token_file;  /* one line: who asks says this bearer token */
};

/* What is taken, but should not stay so: sentences with their place. */
struct config_warnings {
	char **texts;
	size_t count;
};

/* Takes the text over. */
void config_warnings_add(struct config_warnings *r, char *text);
void config_warnings_release(struct config_warnings *r);

/* [a-z0-9][a-z0-9-]*, 32 at most. */
bool config_is_name(const char *text);

/* "ADDRESS:PORT", "[IPV6]:PORT" or ":PORT". */
bool config_is_listen(const char *text);

/* Of one that is: nobody on another machine can reach it. */
bool config_listen_is_local(const char *text);

/* "" or two capital letters. */
bool config_is_country(const char *text);

/* The rules. *ret_key names the value within its part, as "country". */
bool config_place_check(const struct config_place *p, const char **ret_key,
			struct fail *why);
bool config_web_check(const struct config_web *w, const char **ret_key,
		      struct fail *why);

/* False when it is not known where that is. */
bool config_place_degrees(const struct config_place *p, double *ret_latitude,
			  double *ret_longitude);

/* The keys under `web`: a row of a table whose struct has it as `web`. */
extern const struct config_shape config_web_shape;

#define CONFIG_WEB_ROW(type)                                              \
	{                                                                 \
		"web", FIELD_GROUP, .offset = offsetof(struct type, web), \
				    .shape = &config_web_shape            \
	}

/* The keys of a place, in a table whose struct has it as `place`. */
#define CONFIG_PLACE_ROWS(type)                                          \
	{ "city",                                                        \
	  FIELD_TEXT,                                                    \
	  .offset = offsetof(struct type, place.city),                   \
	  .preset = "",                                                  \
	  .most = CONFIG_CITY_MOST,                                      \
	  .expected = "a city such as Frankfurt" },                      \
		{ "country",                                             \
		  FIELD_TEXT,                                            \
		  .offset = offsetof(struct type, place.country),        \
		  .preset = "",                                          \
		  .most = CONFIG_COUNTRY_MOST,                           \
		  .expected = CONFIG_COUNTRY_EXPECTED },                 \
		{ "latitude",                                            \
		  FIELD_TEXT,                                            \
		  .offset = offsetof(struct type, place.latitude),       \
		  .preset = "",                                          \
		  .most = 20,                                            \
		  .expected = "degrees north, -90 to 90" },              \
		{ "longitude",                                           \
		  FIELD_TEXT,                                            \
		  .offset = offsetof(struct type, place.longitude),      \
		  .preset = "",                                          \
		  .most = 20,                                            \
		  .expected = "degrees east, -180 to 180" },             \
	{                                                                \
		"operator", FIELD_TEXT,                                  \
			.offset = offsetof(struct type, place.operator), \
			.preset = "", .most = CONFIG_OPERATOR_MOST,      \
			.expected = "a network operator such as AS64496" \
	}

#define CONFIG_COUNTRY_EXPECTED \
	"a country as two capital letters (ISO 3166) such as DE"

#endif
