/*
 * What a station is told to do: the configuration as values, and the rules
 * that go past "is it a number". Reading the file is edge/config_file's job;
 * nothing here knows YAML.
 *
 * Every string is owned by the struct config, and no pointer in it is NULL
 * unless its comment says so: defaults have been filled in.
 */
#ifndef MEASURE_CONFIG_H
#define MEASURE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/flow.h"
#include "acme/key_type.h"
#include "base/fail.h"
#include "base/ip.h"
#include "measure/config_parts.h"

enum {
	CONFIG_CAS_MAX = 64,
	CONFIG_CONTROLS_MAX = 16,
	CONFIG_NAMES_MAX = 10000,
	CONFIG_RATE_MAX = 1000, /* count of a rate */
	CONFIG_HOSTS_MAX = 64,
	CONFIG_ROOTS_MAX = 64,
	CONFIG_CONCURRENT_MAX = 100,
};

/* "2/min": at most count starts in any stretch of per_us. */
struct config_rate {
	unsigned count;
	int64_t per_us; /* a second, minute, hour, day or week */
};

/* "2/min", "30/h", "1/s", "50/d", "5/week". */
bool config_rate_parse(const char *text, struct config_rate *ret_rate);

enum { CONFIG_RATE_TEXT = 16 };

/* As config_rate_parse() reads it. */
void config_rate_print(char dst[static CONFIG_RATE_TEXT],
		       const struct config_rate *rate);

/* Per-phase limits of one exchange; the names of the phases. */
struct config_timeouts {
	int64_t dns_us, connect_us, tls_us, answer_us, total_us, issuance_us;
};

struct config_ca {
	char *name;	 /* [a-z0-9][a-z0-9-]*, 1..32, unique */
	char *directory; /* URL */
	bool allow_http; /* for a local test CA */
	char **hosts;	 /* further hosts its answers may name */
	size_t host_count;
	char **tls_roots; /* PEM files; none: the system's */
	size_t tls_root_count;
	char **roots; /* for what it issues; none: the system's */
	size_t root_count;
	struct config_rate rate;
	unsigned concurrent; /* issuances at once, 1 */
	char **names;	     /* to prove, in rotation; a shallow CA may
				have none */
	size_t name_count;
	unsigned names_per_certificate; /* 1 */
	enum challenge_type challenge;
	enum key_type key_type; /* of the certificate */
	enum key_type account_key_type;
	char *account_key;   /* path; made when it is not there */
	char *contact;	     /* with or without "mailto:"; NULL without */
	char *eab_kid;	     /* NULL without */
	char *eab_hmac_file; /* path of the base64url key; NULL without */
	bool shallow;
	bool revoke;
	enum ip_family family; /* IP_NONE: either */
	char *resolve;	       /* "host:address" or NULL */
	unsigned bad_nonces;   /* flow_limits.bad_nonces */
	struct config_timeouts timeouts;
};

struct config_control {
	char *name;
	char *url; /* any HTTP answer below 500 counts as seen */
};

struct config {
	char *path;    /* where it was read */
	char *station; /* name, as config_ca.name */
	struct config_place place;
	char *note;		  /* for everybody who reads; "" none */
	char *database;		  /* path */
	char *state;		  /* folder of account keys */
	uint64_t seed;		  /* of the schedule; 0: from the system */
	char *listen;		  /* web, "127.0.0.1:8475" */
	char *responder;	  /* http-01, ":80" is both families */
	unsigned web_connections; /* cap, 512 */
	struct config_web web;
	int64_t keep_exchanges_us; /* 90 d */
	int64_t keep_failures_us;  /* 2 y */
	int64_t control_every_us;  /* 30 s */
	int64_t stop_grace_us;	   /* 20 s */
	struct config_control *controls;
	size_t control_count;
	struct config_ca *cas;
	size_t ca_count;
	struct config_warnings warnings;
};

/* Frees what it holds, not c itself. */
void config_release(struct config *c);

/*
 * What tells a station whether it is blind: three operators of whom none runs
 * a public ACME CA, each with an answer of a few bytes made for this question.
 */
void config_default_controls(struct config *c);

/* Where the account key of a CA is unless it says so: STATE/NAME.key. */
char *config_default_account_key(const struct config *c, const char *name);

/*
 * The rules between values. On refusal *ret_path names the value as
 * "cas[0].rate" (malloc'ed, for the reader to find its line), and why says
 * what was found and what was expected.
 */
bool config_validate(const struct config *c, char **ret_path, struct fail *why);

/*
 * The rules of one CA alone, which hold as well where it is not from a file.
 * *ret_key names the value as "names[1]".
 */
bool config_ca_validate(const struct config_ca *c, char **ret_key,
			struct fail *why);

#endif
