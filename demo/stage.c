/*
 * stage: a scenario acted out in front of a real CA, for script/demo. Of one
 * scenario file, at the same speed and from the same moment on as `acmeter
 * replay --speed --begin` plays it, it
 *
 *   acts    for one station, between it and the CA
 *   casts   says which stations script/demo has to start
 *   logs    prints the incidents that a hub has kept, as replay prints its own
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "address.h"
#include "base/clock.h"
#include "base/text.h"
#include "edge/ledger.h"
#include "edge/scenario_file.h"
#include "judge/hurry.h"
#include "report/incident_json.h"
#include "report/incident_log.h"

static const char help[] =
	"Acts out a scenario in front of a real CA.\n"
	"\n"
	"usage: stage act --station NAME --listen ADDRESS --control ADDRESS\n"
	"             --to ADDRESS --certificate FILE --key FILE --ca-file "
	"FILE\n"
	"             [--directory TARGET] PACE SCENARIO\n"
	"       stage cast PACE SCENARIO\n"
	"       stage log --database FILE PACE SCENARIO\n"
	"\n"
	"act stands between one station and the CA until SIGTERM or SIGINT;\n"
	"cast prints what is needed to start, in columns; log prints the\n"
	"incidents that a hub has kept. Addresses are 127.x.y.z:PORT.\n"
	"\n"
	"      --station NAME      whom it acts for\n"
	"      --listen ADDRESS    where the station finds the CA, by TLS\n"
	"      --control ADDRESS   where it finds its control target\n"
	"      --to ADDRESS        where the CA is\n"
	"      --directory TARGET  of it (/dir)\n"
	"      --certificate, --key  of the CA's own HTTPS, PEM\n"
	"      --ca-file FILE      by which the CA's HTTPS is known, PEM\n"
	"      --database FILE     of a hub\n"
	"  PACE: --speed N --begin TIME, as acmeter-replay(1) has them\n"
	"  -h, --help\n"
	"\n"
	"Exit status: 0, 3 when a file is no good or it cannot listen, 64 "
	"usage.\n";

enum { EXIT_OURS = 3, EXIT_USAGE = 64, LOG_BYTES = 16 << 20 };

enum {
	OPT_STATION = 256,
	OPT_LISTEN,
	OPT_CONTROL,
	OPT_TO,
	OPT_DIRECTORY,
	OPT_CERTIFICATE,
	OPT_KEY,
	OPT_CA_FILE,
	OPT_DATABASE,
	OPT_SPEED,
	OPT_BEGIN,
};

static const struct option long_options[] = {
	{ "station", required_argument, NULL, OPT_STATION },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "to", required_argument, NULL, OPT_TO },
	{ "directory", required_argument, NULL, OPT_DIRECTORY },
	{ "certificate", required_argument, NULL, OPT_CERTIFICATE },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "ca-file", required_argument, NULL, OPT_CA_FILE },
	{ "database", required_argument, NULL, OPT_DATABASE },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ "begin", required_argument, NULL, OPT_BEGIN },
	{ NULL, 0, NULL, 0 },
};

struct options {
	const char *station, *certificate, *key, *ca_file, *database;
	struct actor_setup actor;
	uint64_t speed;
	int64_t begin_us;
};

static int usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int usage(const char *format, ...)
{
	va_list args;

	fputs("stage: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry: stage --help\n", stderr);
	return EXIT_USAGE;
}

/* --- acting ------------------------------------------------------------- */

static bool find_station(const struct scenario *s, const char *name,
			 size_t *ret_station, struct fail *why)
{
	for (size_t i = 0; i < s->station_count; i++) {
		if (strcmp(s->stations[i].name, name) == 0) {
			*ret_station = i;
			return true;
		}
	}
	return fail_set(why, FAIL_INPUT, "it has no station \"%s\"", name);
}

static void on_stop(void *ctx)
{
	loop_stop(ctx);
}

static bool run(struct options *o, struct fail *why)
{
	struct actor *actor;
	struct loop *l = o->actor.way.loop;

	if (!relay_tls_server(o->certificate, o->key, &o->actor.tls, why) ||
	    !relay_tls_client(o->ca_file, &o->actor.way.tls, why) ||
	    !actor_new(&o->actor, &actor, why))
		return false;
	loop_on_signal(l, SIGTERM, on_stop, l);
	loop_on_signal(l, SIGINT, on_stop, l);
	/* A station that leaves in the middle is nobody's end but its own. */
	signal(SIGPIPE, SIG_IGN);
	loop_run(l);
	actor_free(actor);
	return true;
}

static bool act(struct options *o, const struct scenario *s, struct fail *why)
{
	bool done;

	if (!find_station(s, o->station, &o->actor.station, why) ||
	    !actor_can(s, why) || !loop_new(&o->actor.way.loop, why))
		return false;
	o->actor.scenario = s;
	done = run(o, why);
	SSL_CTX_free(o->actor.tls);
	SSL_CTX_free(o->actor.way.tls);
	loop_free(o->actor.way.loop);
	return done;
}

/* --- casting ------------------------------------------------------------ */

/* A line for the play, and one for each station; tabs between. */
static bool cast(struct options *o, const struct scenario *s, struct fail *why)
{
	char rate[CONFIG_RATE_TEXT], begin[CLOCK_TEXT];

	(void)o;
	if (!actor_can(s, why))
		return false;
	clock_rfc3339_us(begin, s->during.from_us);
	printf("play\t%s\t%lld\t%s\t%s\n", s->cas[0].name,
	       (long long)((s->during.until_us - s->during.from_us + US_PER_S -
			    1) /
			   US_PER_S),
	       begin, s->title);
	for (size_t i = 0; i < s->station_count; i++) {
		const struct scenario_station *t = &s->stations[i];

		config_rate_print(rate, &t->rate);
		printf("station\t%s\t%s\t%s\n", t->name, rate,
		       t->operator[0] ? t->operator: "-");
	}
	return true;
}

/* --- the log ------------------------------------------------------------ */

struct log {
	const struct scenario *scenario;
	const char *names[SCENARIO_STATIONS];
	struct buf text;
};

static void on_kept(void *ctx, const char *text, size_t len)
{
	struct log *log = ctx;
	const struct scenario *s = log->scenario;
	struct buf before = log->text;
	struct incident i;
	char ca[COURT_NAME];
	int64_t page_us;
	struct fail why;

	if (!incident_read(text, len, log->names, s->station_count, ca, &i,
			   &why)) {
		fprintf(stderr, "stage: an incident is left out: %s\n",
			why.text);
		return;
	}
	if (!scenario_page_us(s, i.start_us,
			      i.end_us ? i.end_us : s->during.until_us,
			      &page_us))
		page_us = 0;
	/* The latest comes first; a log is read from the top. */
	log->text = BUF_INIT(LOG_BYTES);
	incident_log(&log->text, ca, &i, log->names, page_us);
	buf_add(&log->text, buf_text(&before), before.len);
	buf_release(&before);
	incident_release(&i);
}

static bool print_log(struct options *o, const struct scenario *s,
		      struct fail *why)
{
	struct log log = { .scenario = s, .text = BUF_INIT(LOG_BYTES) };
	struct ledger *ledger;
	bool read;

	for (size_t i = 0; i < s->station_count; i++)
		log.names[i] = s->stations[i].name;
	if (!ledger_open(o->database, &ledger, why))
		return false;
	read = ledger_each(ledger, on_kept, &log, why);
	ledger_close(ledger);
	if (read)
		fputs(log.text.len ? buf_text(&log.text) : "no incident\n",
		      stdout);
	buf_release(&log.text);
	return read;
}

/* --- the command line --------------------------------------------------- */

static bool take_option(struct options *o, int option, const char *value)
{
	switch (option) {
	case OPT_STATION:
		o->station = value;
		return true;
	case OPT_LISTEN:
		return address_read(value, &o->actor.listen);
	case OPT_CONTROL:
		return address_read(value, &o->actor.control);
	case OPT_TO:
		return address_read(value, &o->actor.way.to);
	case OPT_DIRECTORY:
		o->actor.directory = value;
		return value[0] == '/';
	case OPT_CERTIFICATE:
		o->certificate = value;
		return true;
	case OPT_KEY:
		o->key = value;
		return true;
	case OPT_CA_FILE:
		o->ca_file = value;
		return true;
	case OPT_DATABASE:
		o->database = value;
		return true;
	case OPT_SPEED:
		return text_to_u64(value, HURRY_MOST, &o->speed) && o->speed;
	case OPT_BEGIN:
		return clock_from_rfc3339(value, &o->begin_us);
	default: /* of an int */
		return false;
	}
}

static const struct work {
	const char *name;
	bool (*work)(struct options *o, const struct scenario *s,
		     struct fail *why);
} works[] = {
	{ "act", act },
	{ "cast", cast },
	{ "log", print_log },
};

static const struct work *find_work(const char *name)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (strcmp(works[i].name, name) == 0)
			return &works[i];
	}
	return NULL;
}

static bool is_complete(const struct options *o, const struct work *w)
{
	if (!o->speed || !o->begin_us)
		return false;
	if (w->work == act)
		return o->station && o->certificate && o->key && o->ca_file &&
		       o->actor.listen.sin_port && o->actor.control.sin_port &&
		       o->actor.way.to.sin_port;
	return w->work != print_log || o->database;
}

static int play(struct options *o, const struct work *w, const char *path)
{
	struct scenario *s;
	struct fail why;
	bool done;

	if (!scenario_load(path, &s, &why)) {
		fprintf(stderr, "stage: %s\n", why.text);
		return EXIT_OURS;
	}
	done = scenario_hurry(s, (unsigned)o->speed, o->begin_us, &why) &&
	       w->work(o, s, &why);
	if (!done)
		fprintf(stderr, "stage: %s: %s\n", path, why.text);
	scenario_release(s);
	free(s);
	return done ? EXIT_SUCCESS : EXIT_OURS;
}

int main(int argc, char **argv)
{
	struct options o = { .actor.directory = "/dir" };
	const struct work *work = argc > 1 ? find_work(argv[1]) : NULL;
	int option;

	if (argc == 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (!work)
		return usage("act, cast or log?");
	optind = 2;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) !=
	       -1) {
		if (option == ':' || option == '?')
			return usage("%s is no option, or lacks its value",
				     argv[optind - 1]);
		if (!take_option(&o, option, optarg))
			return usage("\"%s\" does not fit here", optarg);
	}
	if (optind != argc - 1 || !is_complete(&o, work))
		return usage("%s lacks an option, or its one file", work->name);
	return play(&o, work, argv[optind]);
}
