#include "app/judging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/ledger.h"
#include "report/incident_json.h"
#include "report/words.h"

#define KEEP_US US_PER_MIN /* what is open, at least so often */
enum { BODY_MAX = 4 << 20, LINE_MAX_BYTES = 1024 };

struct judging {
	struct judging_setup setup;
	struct court *court;
	struct ledger *ledger; /* or NULL */
	const char **names;
	char **words;
	bool begun;
	bool in_trouble; /* something is not kept that should be */
	bool told;	 /* and that was said */
	int64_t kept_us;
};

/* --- kept --------------------------------------------------------------- */

static void keep(struct judging *j, const char *ca, const struct incident *i)
{
	struct buf text = BUF_INIT(BODY_MAX);
	struct fail why;
	bool kept = true;

	if (!j->ledger)
		return;
	incident_json(&text, ca, i, j->names, j->setup.station_count);
	if (!text.full)
		kept = ledger_put(j->ledger, ca, i->number, text.data, text.len,
				  &why);
	buf_release(&text);
	if (!kept && !j->told)
		fprintf(stderr, "acmeter %s: an incident cannot be kept: %s\n",
			j->setup.who, why.text);
	j->told = !kept;
	j->in_trouble = j->in_trouble || !kept;
}

static void keep_open(struct judging *j)
{
	const char *cas[COURT_CAS];
	size_t n = court_cas(j->court, cas);
	struct judge_view view;

	for (size_t i = 0; i < n; i++) {
		if (court_view(j->court, cas[i], &view) && view.incident)
			keep(j, cas[i], view.incident);
	}
}

/* Also what ended unheard of, or when it could not be written. */
static void keep_all(struct judging *j)
{
	const struct incident *list[COURT_INCIDENTS];
	const char *cas[COURT_CAS];
	size_t n = court_cas(j->court, cas);

	for (size_t i = 0; i < n; i++) {
		size_t count = court_incidents(j->court, cas[i], list);

		for (size_t k = 0; k < count; k++)
			keep(j, cas[i], list[k]);
	}
}

static void on_kept(void *ctx, const char *text, size_t len)
{
	struct judging *j = ctx;
	struct incident i;
	struct fail why;
	char ca[COURT_NAME];

	if (incident_read(text, len, j->names, j->setup.station_count, ca, &i,
			  &why))
		court_restore(j->court, ca, &i);
	else
		fprintf(stderr,
			"acmeter %s: %s: an incident in it cannot be read, "
			"and is left out: %s\n",
			j->setup.who, j->setup.database, why.text);
}

static bool open_ledger(struct judging *j, struct fail *why)
{
	return !j->setup.database ||
	       (ledger_open(j->setup.database, &j->ledger, why) &&
		ledger_each(j->ledger, on_kept, j, why));
}

/* --- said --------------------------------------------------------------- */

static void say(const struct judging *j, const char *ca, enum judge_event event,
		const struct incident *i)
{
	static const char *const words[] = {
		[JUDGE_NOTHING] = "",
		[JUDGE_OPENED] = "since",
		[JUDGE_REOPENED] = "goes on, since",
		[JUDGE_CHANGED] = "now, since",
		[JUDGE_CLOSED] = "over, since",
	};
	const struct incident_cause *root = incident_root(i);
	enum verdict verdict = event == JUDGE_CLOSED || i->step_count == 0
				       ? i->worst
				       : i->steps[i->step_count - 1].verdict;
	char start[CLOCK_TEXT], detail[INCIDENT_DETAIL * 4];

	(void)j;
	clock_rfc3339(start, i->start_us);
	text_printable(detail, sizeof(detail), root ? root->first.detail : "",
		       root ? strlen(root->first.detail) : 0);
	printf("%s: %s %s %s%s%s%s%s\n", ca, verdict_name(verdict),
	       words[event], start, root ? ", at " : "",
	       root ? op_name(root->first.op) : "", detail[0] ? ": " : "",
	       detail);
	fflush(stdout);
}

static void happened(void *ctx, const char *ca, enum judge_event event,
		     const struct incident *i)
{
	struct judging *j = ctx;

	say(j, ca, event, i);
	keep(j, ca, i);
	j->setup.changed(j->setup.ctx);
}

/* --- the whole ---------------------------------------------------------- */

static void copy_names(struct judging *j)
{
	size_t n = j->setup.station_count;

	j->words = mem_array(n, sizeof(char *));
	j->names = mem_array(n, sizeof(*j->names));
	for (size_t i = 0; i < n; i++)
		j->names[i] = j->words[i] =
			mem_strdup(j->setup.stations[i].name);
}

bool judging_new(const struct judging_setup *setup,
		 struct judging **ret_judging, struct fail *why)
{
	struct judging *j = mem_zalloc(sizeof(*j));

	j->setup = *setup;
	copy_names(j);
	j->court = court_new(&(struct court_setup){
		.rules = judge_rules_default(),
		.stations = setup->stations,
		.station_count = setup->station_count,
		.history_us = setup->history_us,
		.only_failed_exchanges = setup->only_failed_exchanges,
		.happened = happened,
		.ctx = j,
	});
	j->setup.stations = NULL;
	if (!open_ledger(j, why)) {
		judging_free(j);
		return false;
	}
	*ret_judging = j;
	return true;
}

void judging_free(struct judging *j)
{
	if (!j)
		return;
	if (j->begun)
		keep_open(j);
	court_free(j->court);
	ledger_close(j->ledger);
	for (size_t i = 0; i < j->setup.station_count; i++)
		free(j->words[i]);
	free(j->words);
	free(j->names);
	free(j);
}

struct court *judging_court(struct judging *j)
{
	return j->court;
}

void judging_begin(struct judging *j, int64_t now_us)
{
	court_begin(j->court, now_us);
	keep_all(j);
	j->begun = true;
	j->kept_us = now_us;
}

void judging_hear(struct judging *j, const char *ca, const struct statement *s)
{
	const struct incident *list[COURT_INCIDENTS];

	if (!s->read_us || !court_hear(j->court, ca, s) ||
	    court_incidents(j->court, ca, list) == 0)
		return;
	keep(j, ca, list[0]);
	j->setup.changed(j->setup.ctx);
}

void judging_tick(struct judging *j, int64_t now_us)
{
	court_look(j->court, now_us);
	if (!j->begun || (now_us - j->kept_us < KEEP_US && now_us > j->kept_us))
		return;
	if (j->in_trouble) {
		j->in_trouble = false;
		keep_all(j);
	} else {
		keep_open(j);
	}
	j->kept_us = now_us;
}
