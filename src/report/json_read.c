#include "report/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/json_fields.h"

#define LONGEST_US (7 * US_PER_DAY)
#define BYTES_MOST (INT64_C(1) << 40)

/* --- an exchange -------------------------------------------------------- */

/* Marks are what phases add up to. */
static void read_marks(struct fields *r, struct marks *m)
{
	struct fields phases = { json_object_get(r->object, "phases_us"),
				 r->why, r->good };
	int64_t *marks[] = { &m->dns_us, &m->connect_us, &m->tls_us,
			     &m->sent_us, &m->first_us };
	int64_t at = 0, us;

	*m = MARKS_NONE;
	for (unsigned p = 0; p < PHASE_RECEIVE; p++) {
		us = field_known(&phases, phase_name((enum phase)p),
				 LONGEST_US);
		if (us >= 0)
			*marks[p] = at += us;
	}
	m->done_us = field_number(&phases, "total", 0, LONGEST_US);
	if (phases.good && !marks_in_order(m))
		field_wrong(&phases, "phases_us",
			    "phases that fit into their total");
	r->good = phases.good;
}

static void read_connection(struct fields *r, struct exchange *e)
{
	char text[IP_TEXT] = "";
	int64_t port;

	field_words(r, "address", text, sizeof(text));
	if (text[0] && !ip_parse(text, &e->remote))
		field_wrong(r, "address", "an IP address");
	port = field_known(r, "port", UINT16_MAX);
	e->remote_port = (uint16_t)(port < 0 ? 0 : port);
	field_words(r, "http", text, sizeof(text));
	if (strlen(text) == 3 && text[1] == '.')
		e->http_version = (text[0] - '0') * 10 + (text[2] - '0');
	field_words(r, "tls", e->tls_version, sizeof(e->tls_version));
	field_words(r, "cipher", e->cipher, sizeof(e->cipher));
	e->reused = field_truth(r, "reused");
	e->resends = (unsigned)field_number(r, "resends", 0, 1000);
	e->retransmits =
		(unsigned)field_number(r, "retransmits", 0, UINT32_MAX);
	e->rtt_us = field_known(r, "rtt_us", LONGEST_US);
	e->lag_us = field_number(r, "lag_us", 0, LONGEST_US);
	e->request_bytes = field_number(r, "request_bytes", 0, BYTES_MOST);
	e->header_bytes = field_number(r, "header_bytes", 0, BYTES_MOST);
	e->body_bytes = field_number(r, "body_bytes", 0, BYTES_MOST);
}

static bool read_row(const json_t *object, char ca[static JSON_READ_NAME],
		     struct exchange *ret_e, struct fail *why)
{
	struct fields r = { object, why, true };
	struct exchange e = { .remote.family = IP_NONE };
	int64_t status, issuance;

	e.id = field_number(&r, "id", 1, INT64_MAX);
	issuance = field_known(&r, "issuance", INT64_MAX);
	e.issuance = issuance < 0 ? 0 : issuance;
	field_name(&r, "ca", ca);
	e.op = field_op(&r, "op");
	e.attempt = (unsigned)field_number(&r, "attempt", 0, 1000000);
	e.wall_us = field_moment(&r, "started", false);
	e.outcome = field_outcome(&r, "outcome");
	status = field_known(&r, "status", 999);
	e.status = status < 0 ? 0 : (int)status;
	field_words(&r, "problem", e.problem, sizeof(e.problem));
	field_words(&r, "detail", e.detail, sizeof(e.detail));
	field_words(&r, "request_id", e.request_id, sizeof(e.request_id));
	e.retry_after_us = field_known(&r, "retry_after_us", INT64_MAX);
	if (r.good)
		read_marks(&r, &e.marks);
	if (r.good)
		read_connection(&r, &e);
	if (r.good)
		*ret_e = e;
	return r.good;
}

/* --- an issuance -------------------------------------------------------- */

/* The first of them; a station of an older version does not tell any. */
static void read_requests(struct fields *r, struct issuance *i)
{
	const json_t *list = json_object_get(r->object, "validation_requests");
	size_t count = json_array_size(list);

	for (size_t k = 0; k < count && k < ISSUANCE_REQUESTS; k++) {
		struct fields one = { json_array_get(list, k), r->why, true };
		struct ip from = { .family = IP_NONE };
		int64_t at_us = field_number(&one, "at_us", 0, UINT32_MAX);
		char text[IP_TEXT];

		field_words(&one, "from", text, sizeof(text));
		if (one.good && !ip_parse(text, &from))
			field_wrong(&one, "from", "an IP address");
		r->good = r->good && one.good;
		if (r->good)
			issuance_note_request(i, &from, at_us);
	}
}

static bool read_whole(const json_t *object, char ca[static JSON_READ_NAME],
		       struct issuance *ret_i, struct fail *why)
{
	struct fields r = { object, why, true };
	struct issuance i = { .first_validation_us = -1 };
	int64_t status;

	i.id = field_number(&r, "id", 1, INT64_MAX);
	field_name(&r, "ca", ca);
	i.wall_us = field_moment(&r, "started", false);
	i.took_us = field_known(&r, "took_us", LONGEST_US);
	i.shallow = field_truth(&r, "shallow");
	i.confirms = field_truth(&r, "confirms");
	i.names = (unsigned)field_number(&r, "names", 0, 1000000);
	i.exchanges = (unsigned)field_number(&r, "exchanges", 0, 1000000);
	field_words(&r, "name", i.name, sizeof(i.name));
	read_requests(&r, &i);
	if (i.took_us >= 0) {
		i.waited_us = field_number(&r, "waited_us", 0, LONGEST_US);
		i.outcome = field_outcome(&r, "outcome");
		i.op = field_op(&r, "op");
		status = field_known(&r, "status", 999);
		i.status = status < 0 ? 0 : (int)status;
		field_words(&r, "problem", i.problem, sizeof(i.problem));
		field_words(&r, "detail", i.detail, sizeof(i.detail));
	}
	if (r.good)
		*ret_i = i;
	return r.good;
}

/* --- whole answers ------------------------------------------------------ */

static json_t *load(const char *text, size_t len, struct fail *why)
{
	json_error_t error;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
	}
	if (!json)
		fail_set(why, FAIL_PEER, "its answer is no JSON object");
	return json;
}

/* The list in it, or NULL. */
static const json_t *list_of(const json_t *json, const char *key,
			     const char *station, int64_t *ret_next,
			     struct fail *why)
{
	struct fields r = { json, why, true };
	const json_t *list = json_object_get(json, key);
	char who[JSON_READ_NAME];

	field_name(&r, "station", who);
	*ret_next = field_number(&r, "next", 0, INT64_MAX);
	if (r.good && strcmp(who, station) != 0) {
		fail_set(why, FAIL_PEER, "it calls itself \"%s\"", who);
		return NULL;
	}
	if (!json_is_array(list) || json_array_size(list) > JSON_READ_ROWS)
		field_wrong(&r, key, "a list of at most 1000 rows");
	return r.good ? list : NULL;
}

bool json_read_exchanges(const char *text, size_t len, const char *station,
			 json_on_exchange *each, void *ctx, int64_t *ret_next,
			 size_t *ret_rows, struct fail *why)
{
	json_t *json = load(text, len, why);
	const json_t *list;
	char ca[JSON_READ_NAME];
	struct exchange e;
	bool good;
	size_t i;

	if (!json)
		return false;
	list = list_of(json, "exchanges", station, ret_next, why);
	good = list;
	for (i = 0; good && i < json_array_size(list); i++)
		good = read_row(json_array_get(list, i), ca, &e, why) &&
		       each(ctx, ca, &e, why);
	*ret_rows = i;
	json_decref(json);
	return good;
}

bool json_read_issuances(const char *text, size_t len, const char *station,
			 json_on_issuance *each, void *ctx, int64_t *ret_next,
			 size_t *ret_rows, struct fail *why)
{
	json_t *json = load(text, len, why);
	const json_t *list;
	char ca[JSON_READ_NAME];
	struct issuance one;
	bool good;
	size_t i;

	if (!json)
		return false;
	list = list_of(json, "issuances", station, ret_next, why);
	good = list;
	for (i = 0; good && i < json_array_size(list); i++)
		good = read_whole(json_array_get(list, i), ca, &one, why) &&
		       each(ctx, ca, &one, why);
	*ret_rows = i;
	json_decref(json);
	return good;
}

/* As much as a station keeps. */
static char *keep(const json_t *object, const char *key, size_t *ret_len)
{
	const json_t *value = json_object_get(object, key);
	size_t len = json_string_length(value);

	*ret_len = 0;
	if (!json_is_string(value) || len == 0)
		return NULL;
	*ret_len = len > EXCHANGE_KEPT_MAX ? EXCHANGE_KEPT_MAX : len;
	return mem_dup(json_string_value(value), *ret_len);
}

bool json_read_exchange(const char *text, size_t len, char ca[JSON_READ_NAME],
			struct exchange *ret_e, struct fail *why)
{
	json_t *json = load(text, len, why);
	bool good;

	if (!json)
		return false;
	good = read_row(json, ca, ret_e, why);
	if (good) {
		ret_e->kept_headers =
			keep(json, "headers", &ret_e->kept_headers_len);
		ret_e->kept_body = keep(json, "body", &ret_e->kept_body_len);
	}
	json_decref(json);
	return good;
}

/* --- the station -------------------------------------------------------- */

static bool read_ca(const json_t *object, struct json_ca *ret_ca,
		    struct fail *why)
{
	struct fields r = { object, why, true };

	field_name(&r, "ca", ret_ca->name);
	field_words(&r, "directory", ret_ca->directory,
		    sizeof(ret_ca->directory));
	ret_ca->shallow = field_truth(&r, "shallow");
	ret_ca->every_us = field_number(&r, "every_us", 1, 365 * US_PER_DAY);
	return r.good;
}

static bool read_cas(struct fields *r, struct json_station *s)
{
	const json_t *list = json_object_get(r->object, "cas");

	if (!json_is_array(list) || json_array_size(list) > JSON_READ_CAS) {
		field_wrong(r, "cas", "a list of at most 64");
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!read_ca(json_array_get(list, i), &s->cas[i], r->why))
			return false;
		s->ca_count++;
	}
	return r->good;
}

static enum sight read_sight(struct fields *r)
{
	static const enum sight all[] = { SIGHT_UNKNOWN, SIGHT_SIGHTED,
					  SIGHT_BLIND };
	char text[16];

	field_words(r, "sight", text, sizeof(text));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(text, sight_name(all[i])) == 0)
			return all[i];
	}
	field_wrong(r, "sight", "unknown, sighted or blind");
	return SIGHT_UNKNOWN;
}

/*
 * A text that a configuration would take, since it is shown as it is. An older
 * station says nothing of its place.
 */
static void shown(struct fields *r, const char *key, char *dst, size_t size)
{
	const json_t *value = json_object_get(r->object, key);

	dst[0] = '\0';
	if (!value || json_is_null(value))
		return;
	if (json_is_string(value))
		text_printable(dst, size, json_string_value(value),
			       json_string_length(value));
	if (!json_is_string(value) ||
	    strcmp(dst, json_string_value(value)) != 0)
		field_wrong(r, key, "a short text");
}

/* False when it is not known; it is known with the other one or not at all. */
static bool degrees(struct fields *r, const char *key, double most,
		    double *ret_degrees)
{
	const json_t *value = json_object_get(r->object, key);
	double degrees = json_number_value(value);

	if (!value || json_is_null(value))
		return false;
	if (!json_is_number(value) || !(degrees >= -most && degrees <= most))
		field_wrong(r, key, "degrees in their range");
	*ret_degrees = degrees;
	return true;
}

static void read_place(struct fields *r, struct json_station *s)
{
	bool east;

	shown(r, "city", s->city, sizeof(s->city));
	shown(r, "country", s->country, sizeof(s->country));
	shown(r, "operator", s->operator, sizeof(s->operator));
	shown(r, "note", s->note, sizeof(s->note));
	if (!config_is_country(s->country))
		field_wrong(r, "country", "two capital letters");
	s->placed = degrees(r, "latitude", 90, &s->latitude);
	east = degrees(r, "longitude", 180, &s->longitude);
	if (s->placed != east)
		field_wrong(r, "latitude", "beside a longitude");
}

bool json_read_station(const char *text, size_t len,
		       struct json_station *ret_station, struct fail *why)
{
	json_t *json = load(text, len, why);
	struct json_station *s = ret_station;
	struct fields r = { json, why, true };
	bool good;

	if (!json)
		return false;
	memset(s, 0, sizeof(*s));
	field_name(&r, "station", s->name);
	field_words(&r, "version", s->version, sizeof(s->version));
	s->now_us = field_moment(&r, "now", false);
	s->started_us = field_moment(&r, "started", true);
	s->last_us = field_moment(&r, "last", true);
	s->fresh = field_truth(&r, "fresh");
	s->sight = read_sight(&r);
	/* An older station does not say it. */
	if (json_object_get(r.object, "sight_since"))
		s->sight_since_us = field_moment(&r, "sight_since", true);
	read_place(&r, s);
	good = r.good && read_cas(&r, s);
	json_decref(json);
	return good;
}
