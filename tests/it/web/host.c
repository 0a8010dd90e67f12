/*
 * What the cases need to run the web process alone:
 *   host fill DATABASE MINUTES   writes a record of that many minutes
 *   host serve DATABASE CAP      serves it; prints the port, ends by SIGTERM
 *   host add DATABASE            one more exchange, as the prober would
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/web.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "edge/listener.h"
#include "edge/loop.h"
#include "edge/store.h"
#include "measure/config.h"

/* What a hostile CA might call its problem. */
static const char hostile[] =
	"<script>alert(1)</script>\"' onload=x </title></svg> \xff\xfe "
	"=cmd|' /C calc'!A0";

struct filler {
	struct store *store;
	struct rng rng;
	unsigned pebble, hostile, control;
	struct stat_span *stat;
};

static void die(const struct fail *why)
{
	fprintf(stderr, "host: %s\n", why->text);
	exit(1);
}

static int64_t about(struct rng *r, int64_t us)
{
	int64_t took = us + (int64_t)rng_below(r, (uint64_t)us);

	return rng_below(r, 50) == 0 ? took * 4 : took;
}

static struct exchange healthy(struct filler *f, unsigned ca, enum op op,
			       int64_t wall_us, int64_t typical_us)
{
	bool first = op == OP_DIRECTORY || op == OP_CONTROL;
	int64_t connected = first ? about(&f->rng, 12000) : MARK_NONE;
	int64_t sent = (first ? connected : 0) + 200;
	struct exchange e = {
		.ca = ca,
		.op = op,
		.attempt = 1,
		.wall_us = wall_us,
		.outcome = OUTCOME_OK,
		.status = op == OP_NEW_ORDER ? 201 : 200,
		.retry_after_us = -1,
		.http_version = 11,
		.tls_version = "TLSv1.3",
		.cipher = "TLS_AES_128_GCM_SHA256",
		.reused = !first,
		.request_bytes = 700,
		.header_bytes = 300,
		.body_bytes = 900,
		.rtt_us = 900,
		.remote = { .family = IP_V4, .bytes = { 192, 0, 2, 7 } },
		.remote_port = 443,
	};

	e.marks = MARKS_NONE;
	if (first) {
		e.marks.dns_us = connected / 6;
		e.marks.connect_us = connected / 3;
		e.marks.tls_us = connected;
	}
	e.marks.sent_us = sent;
	e.marks.first_us = sent + about(&f->rng, typical_us);
	e.marks.done_us = e.marks.first_us + 150;
	return e;
}

static void spoil(struct exchange *e, struct rng *r)
{
	uint64_t how = rng_below(r, 3);

	if (how == 0) {
		e->outcome = OUTCOME_PROBLEM;
		e->status = 500;
		snprintf(e->problem, sizeof(e->problem), "serverInternal");
		snprintf(e->detail, sizeof(e->detail), "%s", hostile);
		e->kept_headers = mem_strdup("Server: <b>x</b>\r\n");
		e->kept_headers_len = strlen(e->kept_headers);
		e->kept_body = mem_strdup(hostile);
		e->kept_body_len = strlen(hostile);
	} else if (how == 1) {
		e->outcome = OUTCOME_TIMEOUT;
		e->status = 0;
		e->marks.first_us = MARK_NONE;
		e->marks.done_us = 10 * US_PER_S;
	} else {
		e->outcome = OUTCOME_SELF;
		e->status = 0;
		e->marks.first_us = MARK_NONE;
	}
}

static void keep(struct filler *f, struct exchange *e)
{
	int64_t start = clock_floor(e->wall_us, US_PER_HOUR);
	struct fail why;
	bool found;

	store_exchange(f->store, e);
	if (!store_stat_find(f->store, STORE_HOUR, e->ca, e->op, start, f->stat,
			     &found, &why))
		die(&why);
	if (!found)
		memset(f->stat, 0, sizeof(*f->stat));
	stat_add(f->stat, e);
	store_stat(f->store, STORE_HOUR, e->ca, e->op, start, f->stat);
}

static void issue(struct filler *f, unsigned ca, int64_t wall_us, bool fails)
{
	static const struct {
		enum op op;
		int64_t us;
	} steps[] = {
		{ OP_DIRECTORY, 4000 },	    { OP_NEW_NONCE, 3000 },
		{ OP_NEW_ACCOUNT, 20000 },  { OP_NEW_ORDER, 40000 },
		{ OP_AUTHORIZATION, 9000 }, { OP_CHALLENGE, 30000 },
		{ OP_FINALIZE, 90000 },	    { OP_ORDER, 9000 },
		{ OP_CERTIFICATE, 8000 },
	};
	enum { STEPS = sizeof(steps) / sizeof(steps[0]) };
	size_t last = fails ? rng_below(&f->rng, STEPS) : STEPS;
	struct issuance i = {
		.ca = ca,
		.wall_us = wall_us,
		.took_us = -1,
		.names = 1,
		.first_validation_us = -1,
		.valid_after_us = -1,
		.valid_before_us = -1,
		.outcome = OUTCOME_OK,
		.op = OP_CERTIFICATE,
	};
	int64_t at = 0;

	snprintf(i.name, sizeof(i.name), "a.example");
	store_issuance(f->store, &i);
	for (size_t s = 0; s < STEPS && s <= last; s++) {
		struct exchange e =
			healthy(f, ca, steps[s].op, wall_us + at, steps[s].us);

		e.issuance = i.id;
		if (s == last)
			spoil(&e, &f->rng);
		at += e.marks.done_us + 1000;
		i.outcome = e.outcome;
		i.op = e.op;
		i.status = e.status;
		snprintf(i.problem, sizeof(i.problem), "%s", e.problem);
		snprintf(i.detail, sizeof(i.detail), "%s", e.detail);
		i.exchanges++;
		keep(f, &e);
		exchange_release(&e);
	}
	i.took_us = at;
	i.waited_us = at / 3;
	if (i.outcome == OUTCOME_OK) {
		snprintf(i.serial, sizeof(i.serial), "0a1b2c");
		snprintf(i.issuer, sizeof(i.issuer), "Test CA 1");
		i.not_before_us = wall_us;
		i.not_after_us = wall_us + 90 * US_PER_DAY;
		i.chain_length = 2;
	}
	store_issuance(f->store, &i);
}

static void fill_minute(struct filler *f, int64_t wall_us, unsigned minute,
			unsigned minutes)
{
	bool gap = minute % 60 > 20 && minute % 60 < 28;

	if (gap)
		return;
	for (unsigned k = 0; k < 2; k++) {
		int64_t at = wall_us + k * 28 * US_PER_S +
			     (int64_t)rng_below(&f->rng, 3000000);
		struct exchange e =
			healthy(f, f->control, OP_CONTROL, at, 9000);

		keep(f, &e);
		issue(f, f->pebble, at, rng_below(&f->rng, 25) == 0);
	}
	/* The second CA fails at the end. */
	issue(f, f->hostile, wall_us + 31 * US_PER_S, minute + 6 > minutes);
}

static void fill(const char *path, unsigned minutes)
{
	struct filler f = { .rng = { .state = 7 } };
	struct now now = clock_read();
	int64_t start = now.wall_us - minutes * US_PER_MIN;
	struct fail why;

	f.stat = mem_zalloc(sizeof(*f.stat));
	if (!store_open(path, STORE_WRITE, &f.store, &why))
		die(&why);
	store_begin(f.store);
	f.pebble = store_ca(f.store, "pebble", "https://127.0.0.1:14000/dir",
			    false);
	f.hostile = store_ca(f.store, "hostile",
			     "https://ca.example/<script>?a=1&b=2", false);
	f.control =
		store_ca(f.store, "control-1", "https://one.example/", true);
	store_event(f.store, EVENT_START, start, start, "");
	store_event(f.store, EVENT_SIGHTED, start + US_PER_S, start + US_PER_S,
		    "the control targets answer");
	store_event(f.store, EVENT_SUSPEND, now.wall_us - 10 * US_PER_MIN,
		    now.wall_us - 8 * US_PER_MIN, hostile);
	for (unsigned m = 0; m < minutes; m++) {
		fill_minute(&f, start + m * US_PER_MIN, m, minutes);
		if (m % 60 == 59) {
			if (!store_commit(f.store, &why))
				die(&why);
			store_begin(f.store);
		}
	}
	if (!store_commit(f.store, &why))
		die(&why);
	store_close(f.store);
	free(f.stat);
}

static void add(const char *path)
{
	struct filler f = { .rng = { .state = 9 } };
	struct fail why;

	f.stat = mem_zalloc(sizeof(*f.stat));
	if (!store_open(path, STORE_WRITE, &f.store, &why))
		die(&why);
	store_begin(f.store);
	f.pebble = store_ca(f.store, "pebble", "https://127.0.0.1:14000/dir",
			    false);
	issue(&f, f.pebble, clock_read().wall_us - US_PER_S, false);
	if (!store_commit(f.store, &why))
		die(&why);
	store_close(f.store);
	free(f.stat);
}

static struct config_ca watched(char *name)
{
	return (struct config_ca){
		.name = name,
		.rate = { .count = 2, .per_us = US_PER_MIN },
		.timeouts = { .issuance_us = US_PER_MIN },
	};
}

static int serve(char *path, unsigned cap)
{
	static char listen[] = "127.0.0.1:0";
	static char station[] = "fra", place[] = "Frankfurt <DE>";
	static char country[] = "DE", operator[] = "AS64496 <Example>";
	static char latitude[] = "50.11", longitude[] = "8.68";
	static char note[] = "One of <two>.";
	static char pebble[] = "pebble", bad[] = "hostile";
	static char control[] = "control-1", url[] = "https://one.example/";
	struct config_ca cas[2] = { watched(pebble), watched(bad) };
	struct config_control controls[1] = { { control, url } };
	struct config c = {
		.station = station,
		.place = { .city = place,
			   .country = country,
			   .latitude = latitude,
			   .longitude = longitude,
			   .operator= operator },
		.note = note,
		.database = path,
		.listen = listen,
		.web_connections = cap,
		.control_every_us = 30 * US_PER_S,
		.cas = cas,
		.ca_count = 2,
		.controls = controls,
		.control_count = 1,
	};
	struct listener listener;
	struct fail why;
	int status;

	if (!listener_open(listen, &listener, &why))
		die(&why);
	printf("%d\n", listener.port);
	fflush(stdout);
	status = web_run(&c, &listener, -1, -1);
	listener_close(&listener);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "fill") == 0)
		fill(argv[2], (unsigned)atoi(argv[3]));
	else if (argc == 3 && strcmp(argv[1], "add") == 0)
		add(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], (unsigned)atoi(argv[3]));
	else
		return 64;
	return 0;
}
