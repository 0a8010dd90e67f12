/*
 * Kill -9 at random moments: a child writes issuances without pause and tells
 * each id once it is committed; its parent kills it, and looks at what is left,
 * again and again on the same database.
 *
 * usage: kill_store [ROUNDS [SEED]]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "app/recorder.h"
#include "base/mem.h"
#include "support/store_folder.h"

#define T0 INT64_C(1795420800000000) /* an hour begins */

enum { LONGEST_LIFE_US = 60000, EXCHANGES = 11 };

struct trial {
	struct store_folder folder;
	struct rng rng;
	unsigned round;
	int64_t start_us; /* of this round, on the child's clock */
	int64_t last_us;  /* the last moment in the database before it */
	int64_t *ids;	  /* all that were ever told */
	size_t count;
	size_t told; /* in this round */
};

#define CHECK(condition) check(t, condition, #condition, __LINE__)

static void check(const struct trial *t, bool good, const char *what, int line)
{
	if (good)
		return;
	printf("round %u, %s, line %d: not so: %s\n", t->round,
	       t->folder.database, line, what);
	exit(1);
}

static struct store *open_store(const struct trial *t, enum store_mode mode)
{
	struct store *store;
	struct fail why;

	if (store_open(t->folder.database, mode, &store, &why))
		return store;
	printf("round %u: %s\n", t->round, why.text);
	exit(1);
}

/* --- the child ----------------------------------------------------------- */

struct writer {
	struct recorder *recorder;
	struct rng *rng;
	unsigned ca;
	int64_t wall_us;
	struct store *store;
	int64_t newest; /* id that was told */
	int told;	/* the pipe */
};

static struct now now_of(const struct writer *w)
{
	return (struct now){ .mono_us = w->wall_us - T0,
			     .wall_us = w->wall_us };
}

static bool see_id(void *id, const struct exchange *e)
{
	*(int64_t *)id = e->id;
	return false;
}

static int64_t newest_id(struct store *store)
{
	const struct store_query newest = { .ca = STORE_ANY,
					    .op = STORE_ANY,
					    .latest_first = true,
					    .limit = 1 };
	struct fail why;
	int64_t id = 0;

	if (!store_exchanges(store, &newest, see_id, &id, &why))
		_exit(1);
	return id;
}

/* Once nothing waits: the id of each that was written since the last time. */
static void tell(struct writer *w)
{
	int64_t newest;

	recorder_tick(w->recorder, now_of(w));
	if (recorder_state(w->recorder)->waiting > 0)
		return;
	newest = newest_id(w->store);
	while (w->newest < newest) {
		w->newest++;
		if (write(w->told, &w->newest, sizeof(w->newest)) !=
		    (ssize_t)sizeof(w->newest))
			_exit(1);
	}
}

static void write_exchange(struct writer *w, struct issuance *i, unsigned n)
{
	struct exchange e = {
		.ca = w->ca,
		.op = (enum op)(n % OPS),
		.attempt = 1,
		.wall_us = w->wall_us,
		.marks = MARKS_NONE,
		.outcome = rng_below(w->rng, 20) ? OUTCOME_OK : OUTCOME_PROBLEM,
		.status = 200,
		.retry_after_us = -1,
		.rtt_us = -1,
	};
	char body[2000];

	memset(body, 'x', sizeof(body));
	e.marks.sent_us = 50;
	e.marks.first_us = 100 + (int64_t)rng_below(w->rng, 2000000);
	e.marks.done_us = e.marks.first_us + 70;
	if (e.outcome != OUTCOME_OK) {
		e.kept_body = body;
		e.kept_body_len = rng_below(w->rng, sizeof(body));
	}
	i->exchanges++;
	recorder_exchange(w->recorder, &e, i, now_of(w));
	w->wall_us += e.marks.done_us;
	tell(w);
}

static void write_issuance(struct writer *w)
{
	struct issuance i = {
		.ca = w->ca,
		.wall_us = w->wall_us,
		.took_us = -1,
		.first_validation_us = -1,
		.valid_after_us = -1,
		.valid_before_us = -1,
	};

	recorder_issuance_start(w->recorder, &i, now_of(w));
	for (unsigned n = 0; n < EXCHANGES; n++)
		write_exchange(w, &i, n);
	i.took_us = w->wall_us - i.wall_us;
	recorder_issuance_end(w->recorder, &i, now_of(w));
	if (rng_below(w->rng, 10) == 0)
		recorder_rest(w->recorder);
	recorder_expire(w->recorder, now_of(w));
}

static void lingers(void *ctx)
{
	(void)ctx;
}

/* Until it is killed. */
static void live(struct trial *t, int told)
{
	struct writer w = { .rng = &t->rng,
			    .wall_us = t->start_us,
			    .store = open_store(t, STORE_WRITE),
			    .told = told };
	struct recorder_limits limits = RECORDER_LIMITS;
	struct fail why;

	/* Every other time several exchanges share a transaction. */
	limits.linger_us = t->round % 2 ? 5 * US_PER_S : 0;
	limits.lingers = lingers;
	w.newest = newest_id(w.store);
	if (!recorder_new(w.store, &limits, now_of(&w), &w.recorder, &why) ||
	    !recorder_ca(w.recorder, "ca", "https://ca/", false, &w.ca, &why)) {
		printf("round %u: %s\n", t->round, why.text);
		fflush(stdout);
		_exit(1);
	}
	for (;;)
		write_issuance(&w);
}

/* --- the parent ---------------------------------------------------------- */

static void pause_us(int64_t us)
{
	const struct timespec time = { .tv_nsec = (long)us * 1000 };

	nanosleep(&time, NULL);
}

/* The pipe never fills up: it is read while the child lives. */
static void hear(struct trial *t, int from)
{
	int64_t ids[512];
	ssize_t got;

	t->told = 0;
	while ((got = read(from, ids, sizeof(ids))) > 0) {
		size_t count = (size_t)got / sizeof(ids[0]);

		CHECK((size_t)got % sizeof(ids[0]) == 0);
		t->ids = mem_resize(t->ids, (t->count + count) * sizeof(*ids));
		memcpy(t->ids + t->count, ids, count * sizeof(*ids));
		t->count += count;
		t->told += count;
	}
	CHECK(got == 0);
}

static void run_and_kill(struct trial *t)
{
	int64_t life_us = (int64_t)rng_below(&t->rng, LONGEST_LIFE_US);
	pid_t child, killer;
	int pipe_ends[2];
	int status;

	fflush(stdout);
	CHECK(pipe(pipe_ends) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		close(pipe_ends[0]);
		live(t, pipe_ends[1]);
	}
	close(pipe_ends[1]);
	killer = fork();
	CHECK(killer >= 0);
	if (killer == 0) {
		pause_us(life_us);
		kill(child, SIGKILL);
		_exit(0);
	}
	hear(t, pipe_ends[0]);
	close(pipe_ends[0]);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(waitpid(killer, &status, 0) == killer);
}

/* --- what is left -------------------------------------------------------- */

static void check_integrity(const struct trial *t, const char *pragma)
{
	sqlite3_stmt *st;
	sqlite3 *db;

	CHECK(sqlite3_open(t->folder.database, &db) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(db, pragma, -1, &st, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(st) == SQLITE_ROW);
	CHECK(strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0);
	sqlite3_finalize(st);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

struct ids {
	const struct trial *trial;
	size_t at;
};

static bool match_id(void *ctx, const struct exchange *e)
{
	struct ids *ids = ctx;
	const struct trial *t = ids->trial;

	CHECK(e->issuance > 0);
	if (ids->at < t->count && t->ids[ids->at] == e->id)
		ids->at++;
	return true;
}

/* Every id told from `from` on is there; ids rise, so one walk finds them. */
static void check_ids(const struct trial *t, struct store *s, size_t from)
{
	struct store_query q = { .ca = STORE_ANY, .op = STORE_ANY };
	struct ids ids = { t, from };

	if (from == t->count)
		return;
	q.after = t->ids[from] - 1;
	CHECK(store_exchanges(s, &q, match_id, &ids, NULL));
	CHECK(ids.at == t->count);
}

struct gap {
	int64_t from_us, until_us;
};

static bool find_gap(void *ctx, enum store_event kind, int64_t wall_us,
		     int64_t until_us, const char *detail)
{
	struct gap *gap = ctx;

	(void)detail;
	if (kind != EVENT_GAP)
		return true;
	gap->from_us = wall_us;
	gap->until_us = until_us;
	return false;
}

/* This start told of the gap since the last moment of the run before. */
static void check_gap(const struct trial *t, struct store *s)
{
	struct store_query q = { .ca = STORE_ANY,
				 .op = STORE_ANY,
				 .latest_first = true };
	struct gap gap = { 0, 0 };

	if (t->told == 0 || t->last_us == 0)
		return;
	CHECK(store_events(s, &q, find_gap, &gap, NULL));
	CHECK(gap.from_us == t->last_us);
	CHECK(gap.until_us == t->start_us);
}

static bool count_running(void *ctx, const struct issuance *i)
{
	unsigned *running = ctx;

	*running += i->took_us == -1;
	return true;
}

static void look(struct trial *t)
{
	struct store_query latest = { .ca = STORE_ANY,
				      .op = STORE_ANY,
				      .latest_first = true,
				      .limit = 100 };
	unsigned running = 0;
	struct store *s;

	check_integrity(t, "PRAGMA quick_check");
	s = open_store(t, STORE_WRITE);
	check_ids(t, s, t->count - t->told);
	check_gap(t, s);
	stats_are_a_recount(s, STORE_HOUR,
			    clock_floor(t->start_us, US_PER_HOUR));
	CHECK(store_issuances(s, &latest, count_running, &running, NULL));
	CHECK(running <= 1);
	CHECK(store_last_us(s, &t->last_us, NULL));
	store_close(s);
	if (t->last_us > t->start_us)
		t->start_us = t->last_us;
	t->start_us += US_PER_MIN;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10)
				 : (uint64_t)time(NULL);
	struct trial trial = { .rng = { seed }, .start_us = T0 };
	struct trial *t = &trial;
	unsigned useful = 0;
	struct store *s;

	printf("kill_store: %u rounds, seed %llu\n", rounds,
	       (unsigned long long)seed);
	store_folder_make(&t->folder);
	for (t->round = 0; t->round < rounds; t->round++) {
		/* What one child draws must not be drawn again by the next. */
		rng_next(&t->rng);
		run_and_kill(t);
		look(t);
		useful += t->told > 0;
	}
	check_integrity(t, "PRAGMA integrity_check");
	s = open_store(t, STORE_WRITE);
	check_ids(t, s, 0);
	printf("kill_store: %zu exchanges told in %u rounds, none lost; %u "
	       "statistics equal a recount\n",
	       t->count, useful, stats_are_a_recount(s, STORE_HOUR, 0));
	store_close(s);
	CHECK(useful > rounds / 4);
	free(t->ids);
	store_folder_remove(&t->folder);
	return 0;
}
