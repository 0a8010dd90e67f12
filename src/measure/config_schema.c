#include "measure/config_schema.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "measure/config.h"
#include "measure/config_parts.h"

enum { TEXT_MOST = 1024, NEAR_MOST = 64 };

#define SEED_EXPECTED "a whole number from 0 to 18446744073709551615"

/* --- the tables --------------------------------------------------------- */

#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member, count)                \
	.offset = offsetof(struct type, member), \
	.count_offset = offsetof(struct type, count)

static const struct config_field timeouts_fields[] = {
	{ "dns", FIELD_DURATION, AT(config_ca, timeouts.dns_us), .preset = "5s",
	  .least = US_PER_MS, .most = 10 * US_PER_MIN },
	{ "connect", FIELD_DURATION, AT(config_ca, timeouts.connect_us),
	  .preset = "10s", .least = US_PER_MS, .most = 10 * US_PER_MIN },
	{ "tls", FIELD_DURATION, AT(config_ca, timeouts.tls_us),
	  .preset = "10s", .least = US_PER_MS, .most = 10 * US_PER_MIN },
	{ "answer", FIELD_DURATION, AT(config_ca, timeouts.answer_us),
	  .preset = "30s", .least = US_PER_MS, .most = 10 * US_PER_MIN },
	{ "total", FIELD_DURATION, AT(config_ca, timeouts.total_us),
	  .preset = "60s", .least = US_PER_MS, .most = 10 * US_PER_MIN },
	{ "issuance", FIELD_DURATION, AT(config_ca, timeouts.issuance_us),
	  .preset = "2m", .least = US_PER_S, .most = US_PER_HOUR },
	{ .key = NULL },
};
static const struct config_shape timeouts_shape = { .fields = timeouts_fields };

static const struct config_field eab_fields[] = {
	{ "kid", FIELD_TEXT, AT(config_ca, eab_kid), .least = 1,
	  .most = TEXT_MOST, .expected = "the key id the CA gave" },
	{ "hmac_file", FIELD_PATH, AT(config_ca, eab_hmac_file), .least = 1,
	  .most = TEXT_MOST,
	  .expected = "the path of a file with the base64url key" },
	{ .key = NULL },
};
static const struct config_shape eab_shape = { .fields = eab_fields };

static const struct config_field ca_fields[] = {
	{ "name", FIELD_TEXT, true, AT(config_ca, name), .least = 1,
	  .most = TEXT_MOST, .expected = CONFIG_NAME_EXPECTED },
	{ "directory", FIELD_TEXT, true, AT(config_ca, directory), .least = 1,
	  .most = TEXT_MOST, .expected = "the https URL of an ACME directory" },
	{ "allow_http", FIELD_BOOL, AT(config_ca, allow_http),
	  .preset = "false" },
	{ "hosts", FIELD_TEXTS, LIST(config_ca, hosts, host_count), .least = 1,
	  .most = CONFIG_HOSTS_MAX, .expected = "a host name" },
	{ "tls_roots", FIELD_PATHS, LIST(config_ca, tls_roots, tls_root_count),
	  .most = CONFIG_ROOTS_MAX, .least = 1,
	  .expected = "the path of a PEM file" },
	{ "roots", FIELD_PATHS, LIST(config_ca, roots, root_count), .least = 1,
	  .most = CONFIG_ROOTS_MAX, .expected = "the path of a PEM file" },
	{ "rate", FIELD_RATE, true, AT(config_ca, rate) },
	{ "concurrent", FIELD_COUNT, AT(config_ca, concurrent), .preset = "1",
	  .least = 1, .most = CONFIG_CONCURRENT_MAX },
	{ "names", FIELD_TEXTS, LIST(config_ca, names, name_count), .least = 1,
	  .most = CONFIG_NAMES_MAX, .expected = "a DNS name or IP address" },
	{ "names_per_certificate", FIELD_COUNT,
	  AT(config_ca, names_per_certificate), .preset = "1", .least = 1,
	  .most = 100 },
	{ "challenge", FIELD_CHALLENGE, AT(config_ca, challenge),
	  .preset = "http-01" },
	{ "key_type", FIELD_KEY_TYPE, AT(config_ca, key_type),
	  .preset = "p256" },
	{ "account_key_type", FIELD_KEY_TYPE, AT(config_ca, account_key_type),
	  .preset = "p256" },
	{ "account_key", FIELD_PATH, AT(config_ca, account_key), .least = 1,
	  .most = TEXT_MOST, .expected = "the path of a PEM file" },
	{ "contact", FIELD_TEXT, AT(config_ca, contact), .least = 1,
	  .most = 254, .expected = "an address such as ops@example.org" },
	{ "eab", FIELD_GROUP, .shape = &eab_shape },
	{ "shallow", FIELD_BOOL, AT(config_ca, shallow), .preset = "false" },
	{ "revoke", FIELD_BOOL, AT(config_ca, revoke), .preset = "false" },
	{ "family", FIELD_FAMILY, AT(config_ca, family), .preset = "any" },
	{ "resolve", FIELD_TEXT, AT(config_ca, resolve), .least = 1,
	  .most = 320, .expected = "HOST:ADDRESS" },
	{ "bad_nonces", FIELD_COUNT, AT(config_ca, bad_nonces), .preset = "10",
	  .most = 100 },
	{ "timeouts", FIELD_GROUP, .shape = &timeouts_shape },
	{ .key = NULL },
};
static const struct config_shape ca_shape = { sizeof(struct config_ca),
					      ca_fields };

static const struct config_field control_fields[] = {
	{ "name", FIELD_TEXT, true, AT(config_control, name), .least = 1,
	  .most = TEXT_MOST, .expected = CONFIG_NAME_EXPECTED },
	{ "url", FIELD_TEXT, true, AT(config_control, url), .least = 1,
	  .most = TEXT_MOST, .expected = "an http or https URL" },
	{ .key = NULL },
};
static const struct config_shape control_shape = {
	sizeof(struct config_control), control_fields
};

static const struct config_field keep_fields[] = {
	{ "exchanges", FIELD_DURATION, AT(config, keep_exchanges_us),
	  .preset = "90d", .least = US_PER_HOUR, .most = 36500 * US_PER_DAY },
	{ "failures", FIELD_DURATION, AT(config, keep_failures_us),
	  .preset = "730d", .least = US_PER_HOUR, .most = 36500 * US_PER_DAY },
	{ .key = NULL },
};
static const struct config_shape keep_shape = { .fields = keep_fields };

static const struct config_field config_fields[] = {
	{ "station", FIELD_TEXT, true, AT(config, station), .least = 1,
	  .most = TEXT_MOST, .expected = CONFIG_NAME_EXPECTED },
	{ "note", FIELD_TEXT, AT(config, note), .preset = "",
	  .most = CONFIG_NOTE_MOST,
	  .expected = "a sentence for everybody who reads the page" },
	CONFIG_PLACE_ROWS(config),
	{ "database", FIELD_PATH, AT(config, database), .least = 1,
	  .most = TEXT_MOST, .preset = "/var/lib/acmeter/station.db",
	  .expected = "the path of a file" },
	{ "state", FIELD_PATH, AT(config, state), .least = 1, .most = TEXT_MOST,
	  .preset = "/var/lib/acmeter", .expected = "the path of a folder" },
	{ "seed", FIELD_SEED, AT(config, seed), .preset = "0" },
	{ "listen", FIELD_TEXT, AT(config, listen), .least = 1,
	  .most = TEXT_MOST, .preset = "127.0.0.1:8475",
	  .expected = CONFIG_LISTEN_EXPECTED },
	{ "responder", FIELD_TEXT, AT(config, responder), .least = 1,
	  .most = TEXT_MOST, .preset = ":80",
	  .expected = CONFIG_LISTEN_EXPECTED },
	{ "web_connections", FIELD_COUNT, AT(config, web_connections),
	  .preset = "512", .least = 1, .most = 65536 },
	CONFIG_WEB_ROW(config),
	{ "keep", FIELD_GROUP, .shape = &keep_shape },
	{ "control_every", FIELD_DURATION, AT(config, control_every_us),
	  .preset = "30s", .least = 5 * US_PER_S, .most = US_PER_HOUR },
	{ "stop_grace", FIELD_DURATION, AT(config, stop_grace_us),
	  .preset = "20s", .most = 10 * US_PER_MIN },
	{ "controls", FIELD_STRUCTS, LIST(config, controls, control_count),
	  .most = CONFIG_CONTROLS_MAX, .shape = &control_shape },
	{ "cas", FIELD_STRUCTS, true, LIST(config, cas, ca_count), .least = 1,
	  .most = CONFIG_CAS_MAX, .shape = &ca_shape },
	{ .key = NULL },
};
static const struct config_shape root_shape = { sizeof(struct config),
						config_fields };

const struct config_shape *config_shape(void)
{
	return &root_shape;
}

size_t *config_field_count(const struct config_field *f, void *base)
{
	return (size_t *)(void *)((char *)base + f->count_offset);
}

/* Copied, since pointers of different types may not stand for each other. */
void *config_field_pointer(const struct config_field *f, void *base)
{
	void *pointer;

	memcpy(&pointer, (char *)base + f->offset, sizeof(pointer));
	return pointer;
}

void config_field_point(const struct config_field *f, void *base, void *to)
{
	memcpy((char *)base + f->offset, &to, sizeof(to));
}

/* --- finding a key ------------------------------------------------------ */

const struct config_field *config_field_find(const struct config_shape *shape,
					     const char *key)
{
	for (const struct config_field *f = shape->fields; f->key; f++) {
		if (strcmp(f->key, key) == 0)
			return f;
	}
	return NULL;
}

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance: letters put in, left out or taken for another. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NEAR_MOST + 1];
	size_t len = strlen(b);

	if (len > NEAR_MOST || strlen(a) > NEAR_MOST)
		return NEAR_MOST;
	for (unsigned k = 0; k <= len; k++)
		row[k] = k;
	for (unsigned i = 0; a[i]; i++) {
		unsigned corner = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < len; k++) {
			unsigned above = row[k + 1];

			row[k + 1] = least_of(above + 1, row[k] + 1,
					      corner + (a[i] != b[k]));
			corner = above;
		}
	}
	return row[len];
}

const char *config_field_near(const struct config_shape *shape, const char *key)
{
	const char *near = NULL;
	unsigned best = 3;

	for (const struct config_field *f = shape->fields; f->key; f++) {
		unsigned d = distance(key, f->key);

		/* Of a word of two letters everything is near. */
		if (d < best && d < strlen(f->key)) {
			best = d;
			near = f->key;
		}
	}
	return near;
}

/* --- what a value may be ------------------------------------------------ */

void config_show(char dst[static CONFIG_SHOWN], const char *text)
{
	char shown[CONFIG_SHOWN - 8];

	text_printable(shown, sizeof(shown), text, strlen(text));
	snprintf(dst, CONFIG_SHOWN, "\"%s%s\"", shown,
		 strlen(text) >= sizeof(shown) ? "..." : "");
}

static void expect_words(char dst[static CONFIG_EXPECTED], unsigned count,
			 const char *(*word)(unsigned i))
{
	struct buf b = BUF_INIT(CONFIG_EXPECTED - 1);

	for (unsigned i = 0; i < count; i++)
		buf_addf(&b, "%s%s",
			 i == 0		 ? ""
			 : i + 1 < count ? ", "
					 : " or ",
			 word(i));
	text_copy(dst, CONFIG_EXPECTED, buf_text(&b));
	buf_release(&b);
}

static const char *challenge_word(unsigned i)
{
	return challenge_name((enum challenge_type)i);
}

static const char *key_type_word(unsigned i)
{
	return key_type_name((enum key_type)i);
}

static const char *const family_words[IP_FAMILIES] = {
	[IP_NONE] = "any",
	[IP_V4] = "ipv4",
	[IP_V6] = "ipv6",
};

static const char *family_word(unsigned i)
{
	return family_words[i];
}

static void expect_choice(char dst[static CONFIG_EXPECTED],
			  const char *const *words)
{
	struct buf b = BUF_INIT(CONFIG_EXPECTED - 1);

	for (size_t i = 0; words[i]; i++)
		buf_addf(&b, "%s%s",
			 i == 0		? ""
			 : words[i + 1] ? ", "
					: " or ",
			 words[i]);
	text_copy(dst, CONFIG_EXPECTED, buf_text(&b));
	buf_release(&b);
}

void config_field_expected(const struct config_field *f,
			   char dst[static CONFIG_EXPECTED])
{
	char least[32], most[32];

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
		text_copy(dst, CONFIG_EXPECTED, f->expected);
		return;
	case FIELD_BOOL:
		text_copy(dst, CONFIG_EXPECTED, "true or false");
		return;
	case FIELD_SPAN:
		text_copy(dst, CONFIG_EXPECTED, CONFIG_SPAN_EXPECTED);
		return;
	case FIELD_COUNT:
		snprintf(dst, CONFIG_EXPECTED,
			 "a whole number from %lld to %lld",
			 (long long)f->least, (long long)f->most);
		return;
	case FIELD_SEED:
		text_copy(dst, CONFIG_EXPECTED, SEED_EXPECTED);
		return;
	case FIELD_DURATION:
		text_from_duration(least, sizeof(least), f->least);
		text_from_duration(most, sizeof(most), f->most);
		snprintf(dst, CONFIG_EXPECTED,
			 "a duration such as 90s, 5m, 2h or 7d, from %s to %s",
			 least, most);
		return;
	case FIELD_RATE:
		snprintf(dst, CONFIG_EXPECTED,
			 "a rate such as 2/min: 1 to %d, then /s, /min, /h, /d "
			 "or /week",
			 CONFIG_RATE_MAX);
		return;
	case FIELD_CHALLENGE:
		expect_words(dst, CHALLENGE_TYPES, challenge_word);
		return;
	case FIELD_KEY_TYPE:
		expect_words(dst, KEY_TYPES, key_type_word);
		return;
	case FIELD_FAMILY:
		expect_words(dst, IP_FAMILIES, family_word);
		return;
	case FIELD_CHOICE:
		expect_choice(dst, f->words);
		return;
	case FIELD_TEXTS:
	case FIELD_PATHS:
	case FIELD_STRUCTS:
		snprintf(dst, CONFIG_EXPECTED, "a list of %lld to %lld entries",
			 (long long)f->least, (long long)f->most);
		return;
	case FIELD_GROUP:
		text_copy(dst, CONFIG_EXPECTED, "keys and values");
		return;
	}
}

bool config_field_is_word(const struct config_field *f)
{
	return f->kind < FIELD_TEXTS;
}

/* --- a word becomes a value --------------------------------------------- */

static bool family_find(const char *text, enum ip_family *ret_family)
{
	for (unsigned i = 0; i < IP_FAMILIES; i++) {
		if (strcmp(text, family_words[i]) == 0) {
			*ret_family = (enum ip_family)i;
			return true;
		}
	}
	return false;
}

static bool choice_find(const struct config_field *f, const char *text,
			unsigned *ret_value)
{
	for (unsigned i = 0; f->words[i]; i++) {
		if (strcmp(text, f->words[i]) == 0) {
			*ret_value = i;
			return true;
		}
	}
	return false;
}

static bool bool_find(const char *text, bool *ret_value)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return false;
	*ret_value = text[0] == 't';
	return true;
}

static bool count_parse(const struct config_field *f, const char *text,
			unsigned *ret_count)
{
	uint64_t value;

	if (!text_to_u64(text, (uint64_t)f->most, &value) ||
	    value < (uint64_t)f->least)
		return false;
	*ret_count = (unsigned)value;
	return true;
}

static bool duration_parse(const struct config_field *f, const char *text,
			   int64_t *ret_us)
{
	int64_t us;

	if (!text_to_duration(text, &us) || us < f->least || us > f->most)
		return false;
	*ret_us = us;
	return true;
}

/* Text that may be shown and stored as it is: UTF-8, no control characters. */
static bool text_fits(const struct config_field *f, const char *text)
{
	char shown[TEXT_MOST * 4 + 1];
	size_t len = strlen(text);

	if (len > (size_t)f->most || len < (size_t)f->least)
		return false;
	text_printable(shown, sizeof(shown), text, len);
	return strcmp(shown, text) == 0;
}

/* One entry of a list is bound like a text; least and most count entries. */
static const struct config_field entry_rule = { .least = 1, .most = TEXT_MOST };

static bool parse(const struct config_field *f, void *value, const char *text)
{
	char **owned = value;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
		if (!text_fits(f, text))
			return false;
		free(*owned);
		*owned = mem_strdup(text);
		return true;
	case FIELD_BOOL:
		return bool_find(text, value);
	case FIELD_COUNT:
		return count_parse(f, text, value);
	case FIELD_SEED:
		return text_to_u64(text, UINT64_MAX, value);
	case FIELD_DURATION:
		return duration_parse(f, text, value);
	case FIELD_RATE:
		return config_rate_parse(text, value);
	case FIELD_CHALLENGE:
		return challenge_find(text, value);
	case FIELD_KEY_TYPE:
		return key_type_find(text, value);
	case FIELD_FAMILY:
		return family_find(text, value);
	case FIELD_CHOICE:
		return choice_find(f, text, value);
	case FIELD_SPAN:
		return config_span_parse(text, value);
	case FIELD_TEXTS:
	case FIELD_PATHS:
	case FIELD_STRUCTS:
	case FIELD_GROUP:
		break;
	}
	assert(config_field_is_word(f));
	return false;
}

static bool refuse(const char *expected, const char *text, struct fail *why)
{
	char shown[CONFIG_SHOWN];

	config_show(shown, text);
	return fail_set(why, FAIL_INPUT, "found %s, expected %s", shown,
			expected);
}

bool config_field_set(const struct config_field *f, void *base,
		      const char *text, struct fail *why)
{
	char expected[CONFIG_EXPECTED];

	if (parse(f, (char *)base + f->offset, text))
		return true;
	config_field_expected(f, expected);
	return refuse(expected, text, why);
}

bool config_field_takes(const struct config_field *f, const char *text,
			struct fail *why)
{
	return text_fits(&entry_rule, text) || refuse(f->expected, text, why);
}

/* --- whole structs ------------------------------------------------------ */

void config_shape_preset(const struct config_shape *shape, void *base)
{
	for (const struct config_field *f = shape->fields; f->key; f++) {
		bool taken = true;

		if (f->kind == FIELD_GROUP)
			config_shape_preset(f->shape, (char *)base + f->offset);
		else if (f->preset)
			taken = parse(f, (char *)base + f->offset, f->preset);
		assert(taken);
	}
}

static void release_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

static void release_structs(const struct config_shape *shape, char *structs,
			    size_t count)
{
	for (size_t i = 0; i < count; i++)
		config_shape_release(shape, structs + i * shape->size_bytes);
	free(structs);
}

void config_shape_release(const struct config_shape *shape, void *base)
{
	for (const struct config_field *f = shape->fields; f->key; f++) {
		switch (f->kind) {
		case FIELD_TEXT:
		case FIELD_PATH:
			free(config_field_pointer(f, base));
			break;
		case FIELD_TEXTS:
		case FIELD_PATHS:
			release_texts(config_field_pointer(f, base),
				      *config_field_count(f, base));
			break;
		case FIELD_STRUCTS:
			release_structs(f->shape, config_field_pointer(f, base),
					*config_field_count(f, base));
			break;
		case FIELD_GROUP:
			config_shape_release(f->shape,
					     (char *)base + f->offset);
			break;
		case FIELD_BOOL:
		case FIELD_COUNT:
		case FIELD_SEED:
		case FIELD_DURATION:
		case FIELD_RATE:
		case FIELD_CHALLENGE:
		case FIELD_KEY_TYPE:
		case FIELD_FAMILY:
		case FIELD_CHOICE:
		case FIELD_SPAN:
			break;
		}
	}
}
