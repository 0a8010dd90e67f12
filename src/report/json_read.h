/*
 * What a station serves as JSON, read back without trust: report/json and
 * report/station in the other direction.
 *
 * A row that is not what a station writes is refused with a sentence; nothing
 * is repaired.
 */
#ifndef REPORT_JSON_READ_H
#define REPORT_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "judge/sight.h"
#include "measure/config_parts.h"
#include "measure/exchange.h"
#include "measure/issuance.h"

enum {
	JSON_READ_NAME = 33,
	JSON_READ_URL = 512,
	JSON_READ_CAS = 64,
	JSON_READ_ROWS = 1000,
};

/* One CA as a station describes it. */
struct json_ca {
	char name[JSON_READ_NAME];
	char directory[JSON_READ_URL];
	bool shallow;
	int64_t every_us;
};

struct json_station {
	char name[JSON_READ_NAME];
	char version[32];
	/* Held to what a configuration takes; "" unknown. */
	char city[CONFIG_CITY_MOST + 1], country[CONFIG_COUNTRY_MOST + 1];
	char operator[CONFIG_OPERATOR_MOST + 1], note[CONFIG_NOTE_MOST + 1];
	bool placed;
	double latitude, longitude;	     /* degrees */
	int64_t now_us, started_us, last_us; /* 0 unknown */
	bool fresh;
	enum sight sight;
	int64_t sight_since_us; /* its clock; 0 when it does not say */
	struct json_ca cas[JSON_READ_CAS];
	size_t ca_count;
};

/* The answer of /api/v1/station. FAIL_PEER. */
bool json_read_station(const char *text, size_t len,
		       struct json_station *ret_station, struct fail *why);

/* Called for each row; the row is borrowed. False ends it with why set. */
typedef bool json_on_exchange(void *ctx, const char *ca,
			      const struct exchange *e, struct fail *why);
typedef bool json_on_issuance(void *ctx, const char *ca,
			      const struct issuance *i, struct fail *why);

/*
 * The answers of /api/v1/exchanges and /api/v1/issuances, at most
 * JSON_READ_ROWS rows, oldest first. `station` is who has to have written it.
 */
bool json_read_exchanges(const char *text, size_t len, const char *station,
			 json_on_exchange *each, void *ctx, int64_t *ret_next,
			 size_t *ret_rows, struct fail *why);
bool json_read_issuances(const char *text, size_t len, const char *station,
			 json_on_issuance *each, void *ctx, int64_t *ret_next,
			 size_t *ret_rows, struct fail *why);

/* The answer of /api/v1/exchanges/ID; release with exchange_release(). */
bool json_read_exchange(const char *text, size_t len, char ca[JSON_READ_NAME],
			struct exchange *ret_e, struct fail *why);

#endif
