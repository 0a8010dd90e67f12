/*
 * Properties of plays, over random scenarios: what is wrong in only one voice's
 * sight is no incident; what is wrong everywhere is one, soon; none is left
 * open after recovery; neither the order of the stations nor playing again
 * changes anything.
 *
 * usage: sim_play SCENARIOS [SEED]
 * exit status 1 when one does not hold; the scenario is printed
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "edge/scenario_file.h"
#include "judge/play.h"

enum { TEXT_MAX = 1 << 16, STATIONS_MOST = 7 };

/* What a scenario is made for. */
enum kind { KIND_ALONE, KIND_TOTAL, KIND_ANY, KINDS };

static const int64_t start_us = INT64_C(1772409600) * US_PER_S;
/* The first part is well, so is the last, in which everything has to end. */
static const int64_t begin_us = 15 * US_PER_MIN, end_us = 40 * US_PER_MIN;
static const int64_t length_us = 75 * US_PER_MIN;

struct draft {
	struct rng rng;
	enum kind kind;
	unsigned stations;
	struct buf text;
};

/* --- making one up ------------------------------------------------------ */

static unsigned below(struct draft *d, unsigned bound)
{
	return (unsigned)rng_below(&d->rng, bound);
}

static void add_span(struct draft *d, int64_t from_us, int64_t until_us)
{
	char from[CLOCK_TEXT], until[CLOCK_TEXT];

	clock_rfc3339_us(from, start_us + from_us);
	clock_rfc3339_us(until, start_us + until_us);
	buf_addf(&d->text, "during: %s/%s", from, until);
}

/* Somewhere within the bad part. */
static void add_some_span(struct draft *d)
{
	int64_t from_us = begin_us + below(d, 18 * 60) * US_PER_S;

	add_span(d, from_us, end_us - below(d, 5 * 60) * US_PER_S);
}

static void add_answer(struct draft *d)
{
	static const char *const answers[] = {
		"problem, status: 500",
		"problem, status: 503, retry_after: 30s",
		"problem, status: 503, type: rateLimited, retry_after: 2s",
		"page, status: 502",
		"refused",
		"dropped",
		"silence",
		"reset",
		"processing",
		"invalid, type: serverInternal",
		"usual, delay: 2s, delay_most: 8s",
	};

	buf_addf(&d->text, ", answer: %s",
		 answers[below(d, sizeof(answers) / sizeof(answers[0]))]);
}

static void add_ops(struct draft *d)
{
	static const char *const ops[] = { "directory",	    "newNonce",
					   "newAccount",    "newOrder",
					   "authorization", "challenge",
					   "finalize",	    "order",
					   "certificate" };

	if (below(d, 4))
		buf_addf(&d->text, ", ops: [%s, %s]", ops[below(d, 9)],
			 ops[below(d, 9)]);
}

static void add_acts(struct draft *d)
{
	buf_add_text(&d->text, "acts:\n");
	if (d->kind == KIND_TOTAL) {
		buf_add_text(&d->text, "  - { ");
		add_span(d, begin_us, end_us);
		buf_add_text(&d->text,
			     ", ops: [newOrder], answer: problem }\n");
		return;
	}
	for (unsigned n = 1 + below(d, 4); n > 0; n--) {
		buf_add_text(&d->text, "  - { ");
		add_some_span(d);
		add_answer(d);
		add_ops(d);
		if (below(d, 2))
			buf_addf(&d->text, ", percent: %u, of: %s",
				 1 + below(d, 100),
				 below(d, 2) ? "attempts" : "requests");
		/* The first two have one operator. */
		if (d->kind == KIND_ALONE)
			buf_add_text(&d->text, ", stations: [s0, s1]");
		else if (below(d, 3) == 0)
			buf_addf(&d->text, ", stations: [s%u]",
				 below(d, d->stations));
		buf_add_text(&d->text, " }\n");
	}
}

static void add_network(struct draft *d, unsigned station)
{
	static const char *const fails[] = { "silence", "refused",
					     "unreachable", "dns" };
	bool may = d->kind == KIND_ANY ||
		   (d->kind == KIND_ALONE && station < 2);

	if (!may || below(d, 3))
		return;
	buf_add_text(&d->text, ", network: [{ ");
	add_some_span(d);
	buf_addf(&d->text, ", fails: %s, controls: %s, heard: %s }]",
		 fails[below(d, 4)], below(d, 2) ? "true" : "false",
		 below(d, 2) ? "true" : "false");
}

static void add_station(struct draft *d, unsigned i)
{
	char at[CLOCK_TEXT];

	buf_addf(&d->text,
		 "  - { name: s%u, operator: o%u, rate: 1/min, path: %ums", i,
		 i ? i - 1 : 0, 1 + below(d, 300));
	add_network(d, i);
	if (d->kind == KIND_ANY && below(d, 6) == 0) {
		clock_rfc3339_us(at, start_us + begin_us +
					     below(d, 1200) * US_PER_S);
		buf_addf(&d->text, ", clock: [{ at: %s, %s: %us }]", at,
			 below(d, 2) ? "forward" : "back", 1 + below(d, 7200));
	}
	buf_add_text(&d->text, " }\n");
}

static void write_draft(struct draft *d)
{
	d->stations = 5 + below(d, STATIONS_MOST - 4);
	buf_addf(&d->text, "title: random\nseed: %u\n", below(d, 1u << 30));
	add_span(d, 0, length_us);
	buf_add_text(&d->text, "\ncas: [{ name: ca }]\nexpect: []\n");
	add_acts(d);
	buf_add_text(&d->text, "stations:\n");
	for (unsigned i = 0; i < d->stations; i++)
		add_station(d, i);
}

/* --- playing it --------------------------------------------------------- */

/* Everything of an incident, its stations by name. */
static void add_incident(struct buf *out, const struct incident *i,
			 const char *const *names)
{
	buf_addf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d",
		 i->start_us, i->declared_us, i->end_us, i->good_us,
		 (int)i->worst);
	buf_addf(out, " %u %" PRIu64 " %" PRIu64 " %d\n", i->voters,
		 i->attempts, i->failures, i->slow);
	for (unsigned k = 0; k < i->step_count; k++)
		buf_addf(out, "%" PRId64 " %d\n", i->steps[k].at_us,
			 (int)i->steps[k].verdict);
	for (unsigned k = 0; k < i->cause_count; k++)
		buf_addf(out, "%s %s %d %s %" PRId64 " %" PRIu64 " %u %d\n",
			 op_name(i->causes[k].first.op),
			 outcome_slug(i->causes[k].first.outcome),
			 i->causes[k].first.status, i->causes[k].first.problem,
			 i->causes[k].first.at_us, i->causes[k].count,
			 i->causes[k].stations, i->causes[k].consequence);
	for (unsigned n = 0; n < STATIONS_MOST; n++) {
		for (size_t k = 0; k < i->station_count; k++) {
			const struct incident_station *s = &i->stations[k];

			if (names[k][1] != (char)('0' + n))
				continue;
			buf_addf(out,
				 "%s %" PRIu64 " %" PRIu64 " %" PRId64
				 " %" PRId64 " %" PRId64 "\n",
				 names[k], s->attempts, s->failures,
				 s->first_us, s->voted_us, s->good_us);
		}
	}
}

struct played {
	struct buf text;
	size_t incidents, open;
	bool soon; /* one was declared within three minutes */
};

static void play(const struct scenario *s, struct played *ret_played)
{
	const struct incident *list[COURT_INCIDENTS];
	struct play *p = play_new(s, NULL);
	struct play_count count = play_count(p, 0);
	struct played r = { .text = BUF_INIT(1 << 20) };

	r.incidents = court_incidents(play_court(p), "ca", list);
	buf_addf(&r.text, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		 count.attempts, count.good, count.exchanges);
	for (size_t i = 0; i < r.incidents; i++) {
		int64_t after_us = list[i]->declared_us - start_us - begin_us;

		add_incident(&r.text, list[i], play_names(p));
		r.open += list[i]->end_us == 0;
		r.soon = r.soon ||
			 (after_us >= 0 && after_us <= 3 * US_PER_MIN &&
			  list[i]->worst == VERDICT_MAJOR_OUTAGE);
	}
	play_free(p);
	*ret_played = r;
}

/* The same with the stations the other way round. */
static void turn_round(struct scenario *s)
{
	size_t n = s->station_count;

	for (size_t i = 0; i < n / 2; i++) {
		struct scenario_station kept = s->stations[i];

		s->stations[i] = s->stations[n - 1 - i];
		s->stations[n - 1 - i] = kept;
	}
	for (size_t i = 0; i < s->act_count; i++) {
		uint64_t bits = s->acts[i].station_bits, turned = 0;

		for (size_t k = 0; k < n; k++)
			turned |= (bits >> k & 1) << (n - 1 - k);
		s->acts[i].station_bits = turned;
	}
}

static const char *what_is_wrong(enum kind kind, struct scenario *s)
{
	struct played once, again, turned;
	const char *wrong = NULL;

	play(s, &once);
	play(s, &again);
	turn_round(s);
	play(s, &turned);
	if (strcmp(buf_text(&once.text), buf_text(&again.text)) != 0)
		wrong = "playing it again was different";
	else if (strcmp(buf_text(&once.text), buf_text(&turned.text)) != 0)
		wrong = "the order of the stations made a difference";
	else if (once.open)
		wrong = "an incident is left open after recovery";
	else if (kind == KIND_ALONE && once.incidents)
		wrong = "one voice alone made an incident";
	else if (kind == KIND_TOTAL && !once.soon)
		wrong = "an outage everywhere was not declared soon";
	if (wrong)
		printf("%s\n%s", buf_text(&once.text), buf_text(&turned.text));
	buf_release(&once.text);
	buf_release(&again.text);
	buf_release(&turned.text);
	return wrong;
}

static bool try_one(uint64_t seed, enum kind kind)
{
	struct draft d = { .rng = { seed },
			   .kind = kind,
			   .text = BUF_INIT(TEXT_MAX) };
	const char *wrong;
	struct scenario *s;
	struct fail why;

	write_draft(&d);
	if (scenario_load_text("random", buf_text(&d.text), d.text.len, &s,
			       &why)) {
		wrong = what_is_wrong(kind, s);
		scenario_release(s);
		free(s);
	} else {
		wrong = why.text;
	}
	if (wrong)
		printf("seed %" PRIu64 ": %s\n%s", seed, wrong,
		       buf_text(&d.text));
	buf_release(&d.text);
	return !wrong;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (unsigned i = 0; i < count; i++) {
		if (!try_one(seed + i, (enum kind)(i % KINDS)))
			return EXIT_FAILURE;
	}
	printf("%u scenarios from seed %" PRIu64 "\n", count, seed);
	return EXIT_SUCCESS;
}
