/*
 * How many bytes of database a healthy exchange takes: a station is imitated on
 * a virtual clock, with the issuances, latencies and names that a public CA
 * gives, its controls, and the retention of minutes. Everything is counted:
 * indexes, issuances, statistics of hours and minutes, empty pages.
 *
 * usage: bytes [DAYS [ISSUANCES_A_MINUTE]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/recorder.h"
#include "base/rng.h"
#include "base/text.h"

#define T0 INT64_C(1795420800000000)

struct step {
	enum op op;
	int64_t wait_us; /* the median of the CA's part */
	int request_bytes, header_bytes, body_bytes, status;
};

/* What Let's Encrypt's ways look like to a client in Europe. */
static const struct step steps[] = {
	{ OP_DIRECTORY, 25000, 180, 380, 1020, 200 },
	{ OP_NEW_NONCE, 22000, 170, 350, 0, 200 },
	{ OP_NEW_ACCOUNT, 60000, 620, 480, 540, 200 },
	{ OP_NEW_ORDER, 140000, 690, 470, 360, 201 },
	{ OP_AUTHORIZATION, 35000, 600, 430, 820, 200 },
	{ OP_CHALLENGE, 60000, 610, 520, 200, 200 },
	{ OP_AUTHORIZATION, 35000, 600, 430, 830, 200 },
	{ OP_AUTHORIZATION, 35000, 600, 430, 1100, 200 },
	{ OP_FINALIZE, 400000, 1050, 470, 420, 200 },
	{ OP_ORDER, 40000, 600, 470, 470, 200 },
	{ OP_CERTIFICATE, 45000, 610, 430, 3600, 200 },
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

struct bench {
	struct rng rng;
	struct recorder *recorder;
	unsigned ca, control;
	uint64_t exchanges, issuances;
};

/* Log-normal around a median, as latencies are; without libm. */
static int64_t about(struct rng *r, int64_t median_us, double spread)
{
	double normal = -6;
	double factor;

	for (int i = 0; i < 12; i++)
		normal += rng_unit(r);
	factor = 1 + spread * normal / 1024;
	for (int i = 0; i < 10; i++)
		factor *= factor;
	return (int64_t)((double)median_us * factor) + 1;
}

static struct now at(int64_t wall_us)
{
	return (struct now){ .mono_us = wall_us - T0,
			     .boot_us = wall_us - T0,
			     .wall_us = wall_us };
}

static void check(bool good, const struct fail *why)
{
	if (good)
		return;
	fprintf(stderr, "bytes: %s\n", why->text);
	exit(1);
}

/* Marks of one exchange; a fresh connection has them all. */
static struct marks measure(struct rng *r, const struct step *step, bool fresh)
{
	struct marks m = MARKS_NONE;
	int64_t at_us = 0;

	if (fresh) {
		m.dns_us = at_us = about(r, 8000, 0.6);
		m.connect_us = at_us += about(r, 11000, 0.15);
		m.tls_us = at_us += about(r, 14000, 0.2);
	}
	m.sent_us = at_us += about(r, 60, 0.4);
	m.first_us = at_us += 11000 + about(r, step->wait_us, 0.4);
	m.done_us = at_us + about(r, 150, 0.8);
	return m;
}

static struct exchange exchange_of(struct bench *b, const struct step *step,
				   bool fresh, int64_t wall_us)
{
	struct exchange e = {
		.ca = b->ca,
		.op = step->op,
		.attempt = 1,
		.wall_us = wall_us,
		.marks = measure(&b->rng, step, fresh),
		.status = step->status,
		.retry_after_us = -1,
		.remote_port = 443,
		.http_version = 20,
		.tls_version = "TLSv1.3",
		.cipher = "TLS_AES_256_GCM_SHA384",
		.reused = !fresh,
		.request_bytes =
			step->request_bytes + (int64_t)rng_below(&b->rng, 3),
		.header_bytes = step->header_bytes,
		.body_bytes = step->body_bytes + (int64_t)rng_below(&b->rng, 8),
		.rtt_us = about(&b->rng, 11000, 0.1),
		.lag_us = about(&b->rng, 120, 0.7),
	};

	ip_parse(rng_below(&b->rng, 2) ? "172.65.32.248" : "172.65.46.172",
		 &e.remote);
	return e;
}

static void give_certificate(struct bench *b, struct issuance *i)
{
	unsigned char serial[18];

	for (size_t n = 0; n < sizeof(serial); n++)
		serial[n] = (unsigned char)rng_next(&b->rng);
	text_hex(i->serial, serial, sizeof(serial));
	text_copy(i->issuer, sizeof(i->issuer),
		  rng_below(&b->rng, 2) ? "R11" : "E6");
	i->not_before_us = i->wall_us / US_PER_S * US_PER_S - US_PER_HOUR;
	i->not_after_us = i->not_before_us + 90 * US_PER_DAY - US_PER_S;
	i->chain_length = 2;
	i->alternates = 1;
}

/* From four places, as a CA that looks from several perspectives. */
static void note_requests(struct issuance *i)
{
	struct ip from;

	ip_parse("192.0.2.7", &from);
	for (unsigned n = 0; n < i->validations; n++)
		issuance_note_request(i, &from, 2 * US_PER_S + n * US_PER_MS);
}

static void issue(struct bench *b, int64_t wall_us)
{
	struct issuance i = {
		.ca = b->ca,
		.wall_us = wall_us,
		.took_us = -1,
		.names = 1,
		.first_validation_us = -1,
		.valid_after_us = -1,
		.valid_before_us = -1,
	};
	int64_t now_us = wall_us;

	snprintf(i.name, sizeof(i.name), "p%u.acmeter.example.org",
		 (unsigned)rng_below(&b->rng, 50));
	recorder_issuance_start(b->recorder, &i, at(now_us));
	for (unsigned n = 0; n < STEPS; n++) {
		struct exchange e = exchange_of(b, &steps[n], n == 0, now_us);

		/* Between polls our own waiting. */
		if (n > 5 && steps[n].op == OP_AUTHORIZATION) {
			e.attempt = n - 4;
			e.wall_us = now_us += 500 * US_PER_MS;
			i.waited_us += 500 * US_PER_MS;
		}
		now_us += e.marks.done_us;
		i.exchanges++;
		i.op = e.op;
		i.status = e.status;
		if (n == 7) {
			i.first_validation_us = about(&b->rng, 300000, 0.3);
			i.validations = 4;
			note_requests(&i);
			i.valid_after_us = about(&b->rng, 600000, 0.1);
			i.valid_before_us = i.valid_after_us + 500 * US_PER_MS;
		}
		recorder_exchange(b->recorder, &e, &i, at(now_us));
		b->exchanges++;
	}
	give_certificate(b, &i);
	i.took_us = now_us - wall_us;
	recorder_issuance_end(b->recorder, &i, at(now_us));
	b->issuances++;
}

static void look_at_control(struct bench *b, int64_t wall_us)
{
	static const struct step step = { OP_CONTROL, 9000, 90, 300, 0, 200 };
	struct exchange e = exchange_of(b, &step, true, wall_us);

	e.ca = b->control;
	recorder_exchange(b->recorder, &e, NULL, at(wall_us));
	b->exchanges++;
}

static void live(struct bench *b, double days, double a_minute, bool controls)
{
	int64_t end_us = T0 + (int64_t)(days * (double)US_PER_DAY);
	int64_t every_us = (int64_t)((double)US_PER_MIN / a_minute);
	int64_t control_us = T0;
	int64_t tidy_us = T0;

	for (int64_t t = T0; t < end_us; t += every_us) {
		issue(b,
		      t + (int64_t)rng_below(&b->rng, (uint64_t)every_us / 2));
		for (; controls && control_us < t; control_us += 30 * US_PER_S)
			look_at_control(b, control_us);
		for (; tidy_us < t; tidy_us += US_PER_MIN)
			recorder_expire(b->recorder, at(t));
	}
}

static void measure_one(const char *folder, double days, double a_minute,
			bool controls)
{
	struct bench b = { .rng = { 2026 } };
	char path[128];
	struct store *store;
	struct stat st;
	struct fail why;

	snprintf(path, sizeof(path), "%s/bytes.db", folder);
	check(store_open(path, STORE_WRITE, &store, &why), &why);
	check(recorder_new(store, &RECORDER_LIMITS, at(T0), &b.recorder, &why),
	      &why);
	check(recorder_ca(b.recorder, "letsencrypt",
			  "https://acme-v02.api.letsencrypt.org/directory",
			  false, &b.ca, &why),
	      &why);
	check(recorder_ca(b.recorder, "example", "https://example.org/", true,
			  &b.control, &why),
	      &why);
	live(&b, days, a_minute, controls);
	if (recorder_state(b.recorder)->last.code != FAIL_NONE)
		check(false, &recorder_state(b.recorder)->last);
	recorder_free(b.recorder);
	store_close(store);
	if (stat(path, &st) != 0)
		check(false, &(struct fail){ .text = "no database" });
	printf("%6.1f days, %4.1f issuances/min, %s: %8llu exchanges, "
	       "%7.1f kB, %.1f bytes an exchange\n",
	       days, a_minute, controls ? "controls" : "no controls",
	       (unsigned long long)b.exchanges, (double)st.st_size / 1024,
	       (double)st.st_size / (double)b.exchanges);
	fflush(stdout);
	unlink(path);
}

int main(int argc, char **argv)
{
	double days = argc > 1 ? atof(argv[1]) : 0;
	double a_minute = argc > 2 ? atof(argv[2]) : 2;
	char folder[] = "/tmp/acmeter-bytes-XXXXXX";

	if (!mkdtemp(folder))
		return 1;
	if (days > 0) {
		measure_one(folder, days, a_minute, false);
	} else {
		measure_one(folder, 1, 2, false);
		measure_one(folder, 1, 2, true);
		measure_one(folder, 1, 0.2, true);
		measure_one(folder, 30, 2, true);
	}
	rmdir(folder);
	return 0;
}
