/*
 * How often the judge cries wolf, and how soon it says what is so: the figures
 * of docs/detection.md.
 *
 * Stations of different operators attempt once a minute each, at their own
 * second. A stray failure is repeated by its confirmation, 7 s later, one time
 * in five (besides the chance that it has anyway). An outage is a share of
 * attempts that fail, everywhere alike, from one moment on.
 *
 * usage: sim_detection YEARS OUTAGES [STATIONS]
 * exit status 1 when a figure is not what it has to be
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "judge/judge.h"

enum { STATIONS_MOST = 32, ROUND_S = 60, CONFIRM_S = 7 };

struct world {
	struct judge *judge;
	struct rng rng;
	unsigned stations;
	int64_t now_us;
	double stray, repeat; /* shares of attempts that fail */
	double outage;
	bool confirm_outage; /* the outage is on: confirmations fail by it */
	uint64_t attempts;   /* scheduled ones */
	unsigned opened;
};

static void send(struct world *w, unsigned station, int64_t at_us, bool good,
		 bool confirm)
{
	struct judge_attempt a = {
		.station = station,
		.started_us = at_us,
		.ended_us = at_us + US_PER_S,
		.good = good,
		.confirm = confirm,
		.server_us = -1,
	};

	if (!good) {
		a.failure_count = 1;
		a.failures[0] = (struct failure){ .at_us = at_us,
						  .op = OP_NEW_ORDER,
						  .outcome = OUTCOME_PROBLEM,
						  .fault = FAULT_CA,
						  .status = 500 };
	}
	if (judge_take(w->judge, &a) == JUDGE_OPENED)
		w->opened++;
}

static bool fails(struct world *w, double share)
{
	return rng_unit(&w->rng) < share;
}

/* One attempt of one station, and its confirmation. */
static void attempt(struct world *w, unsigned station)
{
	bool by_outage = fails(w, w->outage);
	bool stray = !by_outage && fails(w, w->stray);

	w->attempts++;
	send(w, station, w->now_us, !by_outage && !stray, false);
	if (!judge_is_suspect(w->judge, station))
		return;
	send(w, station, w->now_us + CONFIRM_S * US_PER_S,
	     !(fails(w, w->outage) || fails(w, w->stray) ||
	       (stray && fails(w, w->repeat))),
	     true);
}

static void pass_round(struct world *w)
{
	for (unsigned i = 0; i < w->stations; i++) {
		attempt(w, i);
		w->now_us += ROUND_S * US_PER_S / w->stations;
	}
}

static void begin(struct world *w, unsigned stations, double stray,
		  uint64_t seed)
{
	static const char *const names[STATIONS_MOST] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		"l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v",
		"w", "x", "y", "z", "1", "2", "3", "4", "5", "6"
	};
	struct judge_station list[STATIONS_MOST];
	struct judge_rules rules = judge_rules_default();

	for (unsigned i = 0; i < stations; i++)
		list[i] = (struct judge_station){ names[i], names[i] };
	*w = (struct world){ .judge = judge_new(&rules, list, stations),
			     .rng = { seed },
			     .stations = stations,
			     .now_us = INT64_C(1767225600) * US_PER_S,
			     .stray = stray,
			     .repeat = 0.2 };
}

/* False incidents a year. */
static double cry_wolf(unsigned stations, double stray, unsigned years)
{
	struct world w;

	begin(&w, stations, stray, 1);
	for (uint64_t round = 0; round < UINT64_C(525960) * years; round++)
		pass_round(&w);
	judge_free(w.judge);
	return (double)w.opened / years;
}

/* Scheduled attempts from the start of an outage to its declaration, mean. */
static double delay(unsigned stations, double share, unsigned outages,
		    double *ret_seconds)
{
	uint64_t attempts = 0;
	int64_t us = 0;

	for (unsigned n = 0; n < outages; n++) {
		struct world w;
		int64_t from_us;

		begin(&w, stations, 0.001, n + 1);
		for (int round = 0; round < 30; round++)
			pass_round(&w);
		w.outage = share;
		w.attempts = 0;
		w.opened = 0;
		from_us = w.now_us;
		while (w.opened == 0) {
			attempt(&w, (unsigned)(w.attempts % stations));
			w.now_us += ROUND_S * US_PER_S / stations;
		}
		attempts += w.attempts;
		us += judge_incident(w.judge)->declared_us - from_us;
		judge_free(w.judge);
	}
	*ret_seconds = (double)us / US_PER_S / outages;
	return (double)attempts / outages;
}

int main(int argc, char **argv)
{
	static const double strays[] = { 0.001, 0.005, 0.01 };
	static const double most[] = { 0.1, 1, 1e9 };
	static const double shares[] = { 1, 0.5, 0.2, 0.1, 0.05 };
	/* h / KL(share || 0.5 %) at h = 15.3, the least mean delay. */
	static const double bounds[] = { 2.9, 7.8, 27.2, 73.1, 215 };
	unsigned years = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
	unsigned outages = argc > 2 ? (unsigned)atoi(argv[2]) : 200;
	unsigned stations = argc > 3 ? (unsigned)atoi(argv[3]) : 5;
	bool good = true;

	printf("%u stations, one attempt a minute each; %u years, %u outages\n",
	       stations, years, outages);
	for (size_t i = 0; i < 3; i++) {
		double n = cry_wolf(stations, strays[i], years);

		good = good && n <= most[i];
		printf("stray %4.1f %%: %g false incidents a year\n",
		       100 * strays[i], n);
	}
	for (size_t i = 0; i < 5; i++) {
		double seconds;
		double n = delay(stations, shares[i], outages, &seconds);

		good = good && n <= 2 * bounds[i];
		printf("outage %3.0f %%: declared after %.1f attempts (%.0f s),"
		       " bound %.1f\n",
		       100 * shares[i], n, seconds, bounds[i]);
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
