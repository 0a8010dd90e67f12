#include "app/commands.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/replay_record.h"
#include "base/clock.h"
#include "base/text.h"
#include "edge/scenario_file.h"
#include "judge/hurry.h"
#include "judge/play.h"
#include "report/incident_json.h"
#include "report/incident_log.h"
#include "report/json_write.h"

enum { OUT_MAX = 64 << 20, DIFFERENCES_MAX = 1 << 20 };

static const char help[] =
	"Plays a scenario on a virtual clock, or judges a station's record "
	"again,\n"
	"and prints the incidents.\n"
	"\n"
	"usage: acmeter replay [--json] [--rules FILE] [--speed N] "
	"[--begin TIME]\n"
	"                      SCENARIO\n"
	"       acmeter replay [--json] [--rules FILE] --from TIME --to TIME "
	"DATABASE\n"
	"\n"
	"      --from TIME    the record from there on, 2020-06-25T06:00:00Z\n"
	"      --to TIME      and up to there\n"
	"      --rules FILE   judge by these rules\n"
	"      --speed N      play it so many times as fast, 1 to 1000\n"
	"      --begin TIME   and as if it began then\n"
	"      --json         everything as one JSON object\n"
	"  -h, --help\n"
	"\n"
	"A scenario is acmeter-scenario(5). At another speed or time it is "
	"played\n"
	"as script/demo acts it out, and what it expects is not looked at. Of "
	"a\n"
	"database nothing is changed.\n"
	"Exit status: 0 what the scenario expects happened, or the record was\n"
	"judged, 1 something else happened, 3 a file is no good, 64 usage.\n";

enum { OPT_JSON = 256, OPT_FROM, OPT_TO, OPT_RULES, OPT_SPEED, OPT_BEGIN };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ "begin", required_argument, NULL, OPT_BEGIN },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct options {
	const char *path, *rules;
	const char *from, *to, *begin; /* as they were typed */
	struct config_span during;
	int64_t begin_us;
	uint64_t speed; /* 0: not said */
	bool json;
};

/* --- what is printed ---------------------------------------------------- */

/* A court and what is known beside it. */
struct shown {
	struct court *court;
	const char *const *names;
	size_t name_count;
	const struct scenario *scenario; /* or NULL */
	int64_t until_us;
};

/* 0 when it said nothing of it. */
static int64_t page_us(const struct shown *s, const struct incident *i)
{
	int64_t us;

	return s->scenario && scenario_page_us(
				      s->scenario, i->start_us,
				      i->end_us ? i->end_us : s->until_us, &us)
		       ? us
		       : 0;
}

/* The earliest first: a log is read from the top. */
static size_t add_incidents(struct buf *out, const struct shown *s, bool json)
{
	const struct incident *list[COURT_INCIDENTS];
	const char *cas[COURT_CAS];
	size_t ca_count = court_cas(s->court, cas), sum = 0;

	for (size_t i = 0; i < ca_count; i++) {
		size_t n = court_incidents(s->court, cas[i], list);

		for (size_t k = n; k-- > 0; sum++) {
			int64_t page = page_us(s, list[k]);

			if (!json) {
				incident_log(out, cas[i], list[k], s->names,
					     page);
				continue;
			}
			buf_add_text(out, sum ? ",\n{" : "{");
			json_name(out, "incident");
			incident_json(out, cas[i], list[k], s->names,
				      s->name_count);
			json_known_time(out, "status_page", page);
			json_name(out, "lead_s");
			if (page)
				buf_addf(out, "%" PRId64,
					 (page - list[k]->declared_us) /
						 US_PER_S);
			else
				buf_add_text(out, "null");
			buf_add_char(out, '}');
		}
	}
	return sum;
}

static void add_json_incidents(struct buf *out, const struct shown *s)
{
	json_name(out, "incidents");
	buf_add_char(out, '[');
	add_incidents(out, s, true);
	buf_add_char(out, ']');
}

/* False when it does not fit; the rest of what goes wrong main() sees. */
static bool print(struct buf *out)
{
	bool fits = !out->full;

	if (fits)
		fwrite(out->data, 1, out->len, stdout);
	else
		fputs("acmeter replay: there is too much to print\n", stderr);
	buf_release(out);
	return fits;
}

/* --- a scenario --------------------------------------------------------- */

static void add_count(struct buf *out, const struct scenario *s,
		      const struct play *p, size_t ca, bool json)
{
	struct play_count c = play_count(p, ca);

	if (!json) {
		buf_addf(out,
			 "%s: %" PRIu64 " attempts, %" PRIu64 " good, %" PRIu64
			 " to confirm; %" PRIu64 " exchanges\n",
			 s->cas[ca].name, c.attempts, c.good, c.confirmations,
			 c.exchanges);
		return;
	}
	buf_add_text(out, ca ? ",{" : "{");
	json_text(out, "ca", s->cas[ca].name);
	json_count(out, "attempts", c.attempts);
	json_count(out, "good", c.good);
	json_count(out, "confirmations", c.confirmations);
	json_count(out, "exchanges", c.exchanges);
	buf_add_char(out, '}');
}

/* Whether what the scenario expects happened, and what did instead. */
struct ending {
	bool looked_at, same;
	char *differences; /* a line for each, owned */
};

static void add_json_differences(struct buf *out, const struct ending *e)
{
	json_bool(out, "as_expected", e->same);
	json_name(out, "differences");
	buf_add_char(out, '[');
	for (char *line = strtok(e->differences, "\n"); line;
	     line = strtok(NULL, "\n")) {
		if (line != e->differences)
			buf_add_char(out, ',');
		json_add_string(out, line);
	}
	buf_add_char(out, ']');
}

static void add_play_json(struct buf *out, const struct shown *s,
			  const struct play *p, const struct ending *e)
{
	buf_add_char(out, '{');
	json_text(out, "title", s->scenario->title);
	json_time(out, "from", s->scenario->during.from_us);
	json_time(out, "to", s->scenario->during.until_us);
	json_name(out, "cas");
	buf_add_char(out, '[');
	for (size_t i = 0; i < s->scenario->ca_count; i++)
		add_count(out, s->scenario, p, i, true);
	buf_add_char(out, ']');
	add_json_incidents(out, s);
	if (e->looked_at)
		add_json_differences(out, e);
	buf_add_text(out, "}\n");
}

static void add_play_text(struct buf *out, const struct shown *s,
			  const struct play *p, const struct ending *e)
{
	char from[CLOCK_TEXT], until[CLOCK_TEXT];

	clock_rfc3339(from, s->scenario->during.from_us);
	clock_rfc3339(until, s->scenario->during.until_us);
	buf_addf(out, "%s\n%s to %s, %zu stations\n", s->scenario->title, from,
		 until, s->scenario->station_count);
	for (size_t i = 0; i < s->scenario->ca_count; i++)
		add_count(out, s->scenario, p, i, false);
	if (add_incidents(out, s, false) == 0)
		buf_add_text(out, "no incident\n");
	if (!e->looked_at)
		return;
	if (e->differences[0])
		buf_addf(out, "not as expected:\n%s", e->differences);
	else
		buf_add_text(out, "all as expected\n");
}

static int play(const struct options *o, const struct scenario *s)
{
	struct buf out = BUF_INIT(OUT_MAX);
	struct buf differences = BUF_INIT(DIFFERENCES_MAX);
	struct play *p = play_new(s, NULL);
	struct ending e = { .looked_at = !o->speed };
	const struct shown shown = { .court = play_court(p),
				     .names = play_names(p),
				     .name_count = s->station_count,
				     .scenario = s,
				     .until_us = s->during.until_us };
	bool printed;

	e.same = !e.looked_at || play_differences(p, &differences);
	e.differences = buf_take(&differences);
	if (o->json)
		add_play_json(&out, &shown, p, &e);
	else
		add_play_text(&out, &shown, p, &e);
	printed = print(&out);
	play_free(p);
	free(e.differences);
	if (!printed)
		return EXIT_OURS;
	return e.same ? EXIT_GOOD : EXIT_DIFFERS;
}

static bool set_pace(const struct options *o, struct scenario *s,
		     struct fail *why)
{
	return !o->speed ||
	       scenario_hurry(s, (unsigned)o->speed,
			      o->begin ? o->begin_us : s->during.from_us, why);
}

static int replay_scenario(const struct options *o)
{
	struct scenario *s;
	struct fail why;
	int status = EXIT_OURS;

	if (!scenario_load(o->path, &s, &why)) {
		fprintf(stderr, "acmeter replay: %s\n", why.text);
		return EXIT_OURS;
	}
	if ((o->rules && !rules_load(o->rules, &s->rules, &why)) ||
	    !set_pace(o, s, &why))
		fprintf(stderr, "acmeter replay: %s\n", why.text);
	else
		status = play(o, s);
	scenario_release(s);
	free(s);
	return status;
}

/* --- a database --------------------------------------------------------- */

static bool is_database(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	char found[sizeof(magic)] = "";
	struct stat status;
	FILE *f;

	/* A FIFO would block us. */
	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	f = fopen(path, "rbe");
	if (!f)
		return false;
	if (fread(found, 1, sizeof(found), f) != sizeof(found))
		found[0] = '\0';
	fclose(f);
	return memcmp(found, magic, sizeof(magic)) == 0;
}

static void add_record_text(struct buf *out, const struct shown *s,
			    const struct options *o,
			    const struct replay_record_count *count)
{
	buf_addf(out, "%s to %s: %" PRIu64 " attempts, %" PRIu64 " exchanges\n",
		 o->from, o->to, count->attempts, count->exchanges);
	if (add_incidents(out, s, false) == 0)
		buf_add_text(out, "no incident\n");
}

static void add_record_json(struct buf *out, const struct shown *s,
			    const struct options *o,
			    const struct replay_record_count *count)
{
	buf_add_char(out, '{');
	json_time(out, "from", o->during.from_us);
	json_time(out, "to", o->during.until_us);
	json_count(out, "attempts", count->attempts);
	json_count(out, "exchanges", count->exchanges);
	add_json_incidents(out, s);
	buf_add_text(out, "}\n");
}

static int replay_database(const struct options *o)
{
	static const char *const names[] = { "station" };
	struct replay_record_setup setup = { .path = o->path,
					     .during = o->during,
					     .rules = judge_rules_default(),
					     .station = names[0] };
	struct buf out = BUF_INIT(OUT_MAX);
	struct replay_record_count count;
	struct shown shown = { .names = names,
			       .name_count = 1,
			       .until_us = o->during.until_us };
	struct fail why;

	if ((o->rules && !rules_load(o->rules, &setup.rules, &why)) ||
	    !(shown.court = replay_record(&setup, &count, &why))) {
		fprintf(stderr, "acmeter replay: %s\n", why.text);
		return EXIT_OURS;
	}
	if (o->json)
		add_record_json(&out, &shown, o, &count);
	else
		add_record_text(&out, &shown, o, &count);
	court_free(shown.court);
	return print(&out) ? EXIT_GOOD : EXIT_OURS;
}

/* --- the command -------------------------------------------------------- */

static int run(struct options *o)
{
	if (!is_database(o->path)) {
		if (o->from || o->to)
			return usage_error("replay",
					   "--from and --to are for a "
					   "database, and %s is none",
					   o->path);
		return replay_scenario(o);
	}
	if (o->speed)
		return usage_error("replay",
				   "--speed and --begin are for a scenario, "
				   "and %s is none",
				   o->path);
	if (!o->from || !o->to)
		return usage_error("replay",
				   "a database needs --from and --to");
	if (o->during.from_us >= o->during.until_us)
		return usage_error("replay", "--from is to be before --to");
	return replay_database(o);
}

/* False when it is no time. */
static bool take_time(const char *text, const char **ret_text, int64_t *ret_us)
{
	*ret_text = text;
	return clock_from_rfc3339(text, ret_us);
}

int cmd_replay(int argc, char **argv)
{
	struct options o = { .json = false };
	bool good = true;
	int code;

	optind = 1;
	opterr = 0;
	while (good && (code = getopt_long(argc, argv, ":h", long_options,
					   NULL)) != -1) {
		switch (code) {
		case OPT_JSON:
			o.json = true;
			break;
		case OPT_FROM:
			good = take_time(optarg, &o.from, &o.during.from_us);
			break;
		case OPT_TO:
			good = take_time(optarg, &o.to, &o.during.until_us);
			break;
		case OPT_RULES:
			o.rules = optarg;
			break;
		case OPT_SPEED:
			if (!text_to_u64(optarg, HURRY_MOST, &o.speed) ||
			    !o.speed)
				return usage_error("replay",
						   "found \"%s\", expected a "
						   "speed from 1 to %d",
						   optarg, HURRY_MOST);
			break;
		case OPT_BEGIN:
			good = take_time(optarg, &o.begin, &o.begin_us);
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_GOOD;
		default: /* of an int */
			return usage_option("replay", code, argv);
		}
	}
	if (!good)
		return usage_error("replay",
				   "found \"%s\", expected a time such as "
				   "2020-06-25T06:53:33Z",
				   optarg);
	if (argc - optind != 1)
		return usage_error("replay", "expected one file, found %d",
				   argc - optind);
	o.path = argv[optind];
	if (o.begin && !o.speed)
		o.speed = 1;
	return run(&o);
}
