/*
 * distance: puts a way of some length between programs on this machine, so that
 * the stations of a demo are as far from the CA as their names say.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "base/text.h"
#include "link.h"

static const char help[] =
	"Makes a place on this machine as far away as another continent: what\n"
	"connects to LISTEN reaches TO, and every way takes half a round trip\n"
	"and a little more, from the first SYN to the last FIN.\n"
	"\n"
	"usage: distance --rtt DURATION --listen LISTEN --to TO\n"
	"                [--listen LISTEN --to TO]... [--seed N]\n"
	"\n"
	"      --rtt DURATION   the round trip, such as 180ms; up to 10s\n"
	"      --listen LISTEN  127.x.y.z:PORT\n"
	"      --to TO          127.x.y.z:PORT\n"
	"      --seed N         of what differs from time to time (1)\n"
	"  -h, --help\n"
	"\n"
	"Ends with SIGTERM or SIGINT, status 0; 3 when it cannot listen, 64\n"
	"usage. What the kernel itself says of the connection's round trip is\n"
	"not changed: for it, the way ends here.\n";

enum { OPT_RTT = 256, OPT_LISTEN, OPT_TO, OPT_SEED };

static const struct option long_options[] = {
	{ "rtt", required_argument, NULL, OPT_RTT },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "to", required_argument, NULL, OPT_TO },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

enum { WAYS_MAX = 8, EXIT_OURS = 3, EXIT_USAGE = 64 };

static const int64_t longest_us = 10 * US_PER_S;

struct way {
	struct sockaddr_in listen, to;
	bool listens, leads; /* which of the two are said */
	struct links *links;
};

struct distance {
	struct delay delay;
	struct way ways[WAYS_MAX];
	unsigned way_count;
	struct loop *loop;
};

static int usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int usage(const char *format, ...)
{
	va_list args;

	fputs("distance: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry: distance --help\n", stderr);
	return EXIT_USAGE;
}

/* --listen and --to come in pairs, whichever is first. */
static bool add_end(struct distance *d, bool listens, const char *value)
{
	struct way *w = d->way_count ? &d->ways[d->way_count - 1] : NULL;

	if (!w || (w->listens && w->leads)) {
		if (d->way_count == WAYS_MAX)
			return false;
		w = &d->ways[d->way_count++];
	}
	if (listens ? w->listens : w->leads)
		return false;
	if (listens)
		w->listens = true;
	else
		w->leads = true;
	return address_read(value, listens ? &w->listen : &w->to);
}

static bool take_option(struct distance *d, int option, const char *value)
{
	switch (option) {
	case OPT_RTT:
		return text_to_duration(value, &d->delay.rtt_us) &&
		       d->delay.rtt_us > 0 && d->delay.rtt_us <= longest_us;
	case OPT_LISTEN:
		return add_end(d, true, value);
	case OPT_TO:
		return add_end(d, false, value);
	case OPT_SEED:
		return text_to_u64(value, UINT64_MAX, &d->delay.rng.state);
	default:
		return false;
	}
}

/* EXIT_SUCCESS, or what to end with. */
static int read_options(int argc, char **argv, struct distance *d)
{
	int option;

	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) !=
	       -1) {
		if (option == ':' || option == '?')
			return usage("%s is no option, or lacks its value",
				     argv[optind - 1]);
		if (!take_option(d, option, optarg))
			return usage("\"%s\" does not fit here: expected a "
				     "duration up to 10s for --rtt, "
				     "127.x.y.z:PORT for --listen and --to, "
				     "which come in pairs, up to %d of them",
				     optarg, WAYS_MAX);
	}
	if (optind < argc)
		return usage("unexpected \"%s\"", argv[optind]);
	if (!d->delay.rtt_us || !d->way_count ||
	    !d->ways[d->way_count - 1].listens ||
	    !d->ways[d->way_count - 1].leads)
		return usage("--rtt, --listen and --to are needed");
	return EXIT_SUCCESS;
}

static void on_stop(void *ctx)
{
	struct distance *d = ctx;

	loop_stop(d->loop);
}

static bool run(struct distance *d, struct fail *why)
{
	if (!loop_new(&d->loop, why))
		return false;
	loop_on_signal(d->loop, SIGTERM, on_stop, d);
	loop_on_signal(d->loop, SIGINT, on_stop, d);
	for (unsigned i = 0; i < d->way_count; i++) {
		struct way *w = &d->ways[i];
		char host[INET_ADDRSTRLEN];

		if (!links_new(d->loop, &d->delay, &w->listen, &w->to,
			       &w->links, why)) {
			inet_ntop(AF_INET, &w->listen.sin_addr, host,
				  sizeof(host));
			return fail_at(why, "%s:%u", host,
				       ntohs(w->listen.sin_port));
		}
	}
	loop_run(d->loop);
	return true;
}

int main(int argc, char **argv)
{
	struct distance d = { .delay.rng.state = 1 };
	struct fail why;
	int status;

	/* Asked for before anything else is looked at. */
	if (argc == 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	status = read_options(argc, argv, &d);
	if (status != EXIT_SUCCESS)
		return status;
	if (!run(&d, &why)) {
		fprintf(stderr, "distance: %s\n", why.text);
		status = EXIT_OURS;
	}
	for (unsigned i = 0; i < d.way_count; i++)
		links_free(d.ways[i].links);
	loop_free(d.loop);
	return status;
}
