/*
 * A year of one station and five CAs on a virtual clock: the real schedule,
 * the real flow, the real statistics. The CAs are slow, busy, broken or silent
 * now and then.
 *
 * At the end of every hour the running statistics are compared with a recount
 * of that hour's exchanges that shares no code with them: counts, sums and
 * bounds exactly, quantiles against the sorted samples.
 *
 * usage: sim_year DAYS [SEED]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acme/flow.h"
#include "acme/model_ca.h"
#include "base/mem.h"
#include "base/rng.h"
#include "measure/schedule.h"
#include "measure/stat.h"

enum { CAS = 5, SAMPLES_MOST = 4096 };

static const int64_t start_us = INT64_C(1767225600) * US_PER_S;

#define CHECK(what)                                                        \
	do {                                                               \
		if (!(what)) {                                             \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, \
				__LINE__, #what);                          \
			exit(1);                                           \
		}                                                          \
	} while (0)

/* One operation of one CA in the hour that runs. */
struct series {
	struct stat_span stat;
	struct exchange *samples;
	size_t count, room;
};

struct fake {
	struct model_ca ca;
	struct schedule schedule;
	struct flow *flow; /* NULL between two issuances */
	int64_t next_us;   /* mono: when it goes on */
	struct flow_want want;
	struct series series[OPS];
	uint64_t issuances, good;
};

struct year {
	struct rng rng;
	struct fake fakes[CAS];
	struct now now;
	int64_t hour_us;
	uint64_t exchanges, hours;
};

static void move_to(struct year *y, int64_t mono_us)
{
	CHECK(mono_us >= y->now.mono_us);
	y->now = (struct now){ .mono_us = mono_us,
			       .boot_us = mono_us,
			       .wall_us = start_us + mono_us };
}

/* --- the hour, counted twice -------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void check_phase(const struct series *s, enum phase phase)
{
	static int64_t sorted[SAMPLES_MOST];
	const struct hist *h = &s->stat.phases[phase];
	size_t n = 0;
	int64_t sum = 0;

	for (size_t i = 0; i < s->count; i++) {
		int64_t us = marks_phase_us(&s->samples[i].marks, phase);

		if (s->samples[i].outcome != OUTCOME_OK || us < 0)
			continue;
		CHECK(n < SAMPLES_MOST);
		sorted[n++] = us;
		sum += us;
	}
	CHECK(h->n == n);
	if (n == 0)
		return;
	qsort(sorted, n, sizeof(*sorted), by_size);
	CHECK(h->sum_us == (uint64_t)sum);
	CHECK(h->min_us == (uint64_t)sorted[0]);
	CHECK(h->max_us == (uint64_t)sorted[n - 1]);
	for (unsigned q = 500; q <= 990; q += 490) {
		int64_t exact = sorted[(n * q + 999) / 1000 - 1];
		int64_t off = hist_quantile_us(h, q) - exact;

		CHECK(llabs(off) * 1000 <= exact * 16 + 1000);
	}
}

static void check_series(const struct series *s)
{
	uint64_t outcomes[OUTCOMES] = { 0 };

	for (size_t i = 0; i < s->count; i++)
		outcomes[s->samples[i].outcome]++;
	CHECK(memcmp(outcomes, s->stat.outcomes, sizeof(outcomes)) == 0);
	for (unsigned p = 0; p < PHASES; p++)
		check_phase(s, (enum phase)p);
}

static void end_hour(struct year *y)
{
	for (int i = 0; i < CAS; i++) {
		for (unsigned op = 0; op < OPS; op++) {
			struct series *s = &y->fakes[i].series[op];

			if (s->count == 0)
				continue;
			check_series(s);
			memset(&s->stat, 0, sizeof(s->stat));
			s->count = 0;
		}
	}
	y->hours++;
}

static void record(struct year *y, struct fake *f, const struct exchange *e)
{
	struct series *s = &f->series[e->op];
	int64_t hour_us = clock_floor(e->wall_us, US_PER_HOUR);

	CHECK(hour_us >= y->hour_us);
	if (hour_us > y->hour_us) {
		end_hour(y);
		y->hour_us = hour_us;
	}
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->samples = mem_resize(s->samples, s->room * sizeof(*e));
	}
	s->samples[s->count++] = *e;
	stat_add(&s->stat, e);
	y->exchanges++;
}

/* --- a CA that is what CAs are ------------------------------------------ */

static int64_t some_us(struct year *y, int64_t typical_us)
{
	double u = rng_unit(&y->rng);

	/* A long tail: one in a hundred takes ten times as long. */
	return (int64_t)((double)typical_us * (0.5 + u) *
			 (rng_below(&y->rng, 100) == 0 ? 10 : 1));
}

/* One answer in two hundred is something else. */
static void spoil(struct year *y, struct flow_answer *a)
{
	static const char busy[] =
		"{\"type\":\"urn:ietf:params:acme:error:rateLimited\","
		"\"detail\":\"Service busy; retry later.\"}";

	if (rng_below(&y->rng, 200) != 0)
		return;
	switch (rng_below(&y->rng, 5)) {
	case 0:
		a->transport = OUTCOME_REFUSED;
		a->transport_detail = "refused";
		a->headers_len = a->body_len = 0;
		break;
	case 1:
		a->transport = OUTCOME_TIMEOUT;
		a->transport_detail = "silence";
		a->headers_len = a->body_len = 0;
		break;
	case 2:
		a->status = 503;
		a->body = busy;
		a->body_len = sizeof(busy) - 1;
		break;
	case 3:
		a->body_len /= 2;
		break;
	default:
		a->status = 502;
		a->body_len = 0;
		break;
	}
}

static struct marks make_marks(struct year *y, const struct flow_answer *a,
			       bool fresh)
{
	struct marks m = MARKS_NONE;
	int64_t at_us = 0;

	if (fresh) {
		m.dns_us = at_us += some_us(y, 1000);
		m.connect_us = at_us += some_us(y, 20000);
		m.tls_us = at_us += some_us(y, 40000);
	}
	m.sent_us = at_us += some_us(y, 50);
	if (a->transport == OUTCOME_OK) {
		m.first_us = at_us += some_us(y, 80000);
		at_us += some_us(y, 200);
	}
	m.done_us = a->transport == OUTCOME_TIMEOUT ? 30 * US_PER_S : at_us;
	return m;
}

/* --- the station -------------------------------------------------------- */

static void go_on(struct year *y, struct fake *f);

static void begin(struct year *y, struct fake *f)
{
	static const char *const names[] = { "a.example" };
	const struct flow_options options = {
		.directory_url = model_ca_directory,
		.names = names,
		.name_count = 1,
		.account_known = f->ca.account_exists,
		.thumbprint = "thumb",
		.csr = "Y3Ny",
		.limits = flow_limits_default(),
	};
	bool known = f->ca.account_exists;

	model_ca_release(&f->ca);
	model_ca_init(&f->ca, names, 1);
	f->ca.account_exists = known;
	f->ca.authz_polls = (unsigned)rng_below(&y->rng, 3);
	f->flow = flow_new(&options, y->now, NULL);
	CHECK(f->flow);
	f->issuances++;
	go_on(y, f);
}

static void finish(struct year *y, struct fake *f)
{
	const struct flow_result *r = flow_result(f->flow);

	(void)y;
	CHECK(r->decided);
	f->good += r->outcome == OUTCOME_OK;
	flow_free(f->flow);
	f->flow = NULL;
	schedule_ended(&f->schedule);
	f->next_us = schedule_next_us(&f->schedule);
}

/* Does what the flow wants until time has to pass. */
static void go_on(struct year *y, struct fake *f)
{
	static const struct flow_certificate good = { .serial = "1",
						      .issuer = "x" };

	for (;;) {
		switch (flow_want(f->flow, y->now, &f->want)) {
		case FLOW_SEND:
			f->next_us = y->now.mono_us;
			return;
		case FLOW_WAIT:
			f->next_us = f->want.until_us;
			return;
		case FLOW_BIND:
			flow_bound(f->flow, "{}", NULL, y->now);
			break;
		case FLOW_PRESENT:
			flow_presented(f->flow, true, NULL, y->now);
			break;
		case FLOW_VERIFY:
			flow_verified(f->flow, &good, NULL, y->now);
			break;
		case FLOW_ENDED:
			finish(y, f);
			return;
		}
	}
}

/* The request goes out now; its answer is digested when it has come. */
static void exchange(struct year *y, struct fake *f)
{
	struct flow_answer a = model_ca_answer(&f->ca, &f->want.ask, NULL);
	struct exchange e = { .op = f->want.ask.op, .wall_us = y->now.wall_us };
	struct flow_reading reading;
	struct now answered = y->now;

	spoil(y, &a);
	e.marks = make_marks(y, &a, e.op == OP_DIRECTORY);
	CHECK(marks_in_order(&e.marks));
	answered.mono_us += e.marks.done_us;
	answered.wall_us += e.marks.done_us;
	flow_take(f->flow, &a, answered, &reading);
	e.outcome = reading.outcome;
	record(y, f, &e);
	f->next_us = answered.mono_us;
	f->want.kind = FLOW_WAIT;
}

static void turn(struct year *y)
{
	struct fake *f = &y->fakes[0];

	for (int i = 1; i < CAS; i++) {
		if (y->fakes[i].next_us < f->next_us)
			f = &y->fakes[i];
	}
	move_to(y, f->next_us);
	if (!f->flow) {
		CHECK(schedule_take(&f->schedule, y->now));
		begin(y, f);
	} else if (f->want.kind == FLOW_SEND) {
		exchange(y, f);
	} else {
		go_on(y, f);
	}
}

static void init(struct year *y, uint64_t seed)
{
	/* Five CAs in turn: the station begins an issuance every minute. */
	static const struct config_rate in_turn = { 1, CAS * US_PER_MIN };

	memset(y, 0, sizeof(*y));
	y->rng.state = seed;
	move_to(y, 0);
	y->hour_us = clock_floor(y->now.wall_us, US_PER_HOUR);
	for (int i = 0; i < CAS; i++) {
		struct fake *f = &y->fakes[i];

		schedule_init(&f->schedule, &in_turn, 1, rng_next(&y->rng),
			      y->now);
		f->next_us = schedule_next_us(&f->schedule);
	}
}

static void release(struct year *y)
{
	for (int i = 0; i < CAS; i++) {
		struct fake *f = &y->fakes[i];

		flow_free(f->flow);
		model_ca_release(&f->ca);
		for (unsigned op = 0; op < OPS; op++)
			free(f->series[op].samples);
	}
}

int main(int argc, char **argv)
{
	static struct year y;
	int days = argc > 1 ? atoi(argv[1]) : 1;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10)
				 : (uint64_t)time(NULL);
	uint64_t issuances = 0, good = 0;

	printf("seed %" PRIu64 "\n", seed);
	init(&y, seed);
	while (y.now.mono_us < days * US_PER_DAY)
		turn(&y);
	end_hour(&y);
	for (int i = 0; i < CAS; i++) {
		issuances += y.fakes[i].issuances;
		good += y.fakes[i].good;
		/* At the rate: never over it, and 90 % of it or more. */
		CHECK(y.fakes[i].issuances <= (uint64_t)days * 288);
		CHECK(y.fakes[i].issuances >= (uint64_t)days * 288 * 90 / 100);
	}
	CHECK(good > issuances * 8 / 10 && good < issuances);
	CHECK(y.hours == (uint64_t)days * 24);
	printf("%d days: %" PRIu64 " issuances, %" PRIu64 " obtained, %" PRIu64
	       " exchanges in %" PRIu64 " hours, each equal to its recount\n",
	       days, issuances, good, y.exchanges, y.hours);
	release(&y);
	return 0;
}
