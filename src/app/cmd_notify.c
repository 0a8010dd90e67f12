#include "app/commands.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/delivery.h"
#include "app/message.h"
#include "app/user_agent.h"
#include "app/warnings.h"
#include "base/mem.h"
#include "edge/config_file.h"

static const char help[] =
	"Sends a message to the receivers of a hub's configuration that says\n"
	"that it is a test, once, and tells what came of it.\n"
	"\n"
	"usage: acmeter notify --test -c FILE [--to NAME]\n"
	"\n"
	"      --test          has to be said\n"
	"  -c, --config FILE   the configuration of a hub, acmeter-hub(1)\n"
	"      --to NAME       to this receiver only\n"
	"  -h, --help\n"
	"\n"
	"A hub may be running meanwhile.\n"
	"Exit status: 0 all were told, 3 one was not or the configuration is\n"
	"no good, 64 usage.\n";

enum option_code { OPTION_TEST = 256, OPTION_TO };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, OPTION_TEST },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct trial {
	struct loop *loop;
	struct http *http;
	struct roots *roots;
	const struct hub_config *config;
	size_t left; /* that are on their way */
	bool failed;
};

struct attempt {
	struct trial *trial;
	const struct notify_receiver *receiver;
	struct delivery *delivery;
};

static void on_end(void *ctx, const struct delivery_end *e)
{
	struct attempt *a = ctx;
	struct trial *t = a->trial;

	printf("%s, by %s: %s%s\n", a->receiver->name,
	       notify_way_name(notify_way(a->receiver)),
	       e->good ? "told" : "not told: ", e->good ? "" : e->why);
	t->failed = t->failed || !e->good;
	if (--t->left == 0)
		loop_stop(t->loop);
}

static void begin(struct trial *t, struct attempt *a,
		  const struct notify_receiver *r)
{
	int64_t now_us = loop_now(t->loop).wall_us;
	const struct incident nothing = {
		.number = (uint64_t)(now_us / US_PER_S),
		.start_us = now_us,
		.declared_us = now_us,
		.worst = VERDICT_DEGRADED,
	};
	const struct notice notice = {
		.kind = TELLING_TEST,
		.count = 1,
		.ca = "test",
		.incident = &nothing,
		.hub = t->config->title,
		.public_url = t->config->public_url,
		.now_us = now_us,
	};
	struct message m;

	message_write(&m, r, &notice);
	t->left++;
	*a = (struct attempt){ .trial = t, .receiver = r };
	a->delivery = delivery_start(&(struct delivery_setup){ t->loop, t->http,
							       t->roots, r },
				     &m.row, on_end, a);
	message_release(&m);
}

/* All at once: none waits for another. */
static void try_all(struct trial *t, const char *to)
{
	const struct hub_config *c = t->config;
	struct attempt *attempts =
		mem_array(c->receiver_count, sizeof(*attempts));

	for (size_t i = 0; i < c->receiver_count; i++) {
		if (!to || strcmp(c->receivers[i].name, to) == 0)
			begin(t, &attempts[i], &c->receivers[i]);
	}
	if (t->left) {
		loop_run(t->loop);
	} else {
		fprintf(stderr, "acmeter notify: %s has %s%s\n", c->path,
			to ? "no receiver " : "nobody in \"notify\"",
			to ? to : "");
		t->failed = true;
	}
	for (size_t i = 0; i < c->receiver_count; i++)
		delivery_free(attempts[i].delivery);
	free(attempts);
}

static int run(const struct hub_config *c, const char *to)
{
	struct trial t = { .config = c, .roots = roots_new() };
	struct fail why;

	signal(SIGPIPE, SIG_IGN);
	warnings_tell("acmeter notify: ", &c->warnings);
	if (loop_new(&t.loop, &why) &&
	    http_new(t.loop, USER_AGENT, &t.http, &why)) {
		try_all(&t, to);
	} else {
		fprintf(stderr, "acmeter notify: %s\n", why.text);
		t.failed = true;
	}
	http_free(t.http);
	roots_free(t.roots);
	loop_free(t.loop);
	return t.failed ? EXIT_OURS : EXIT_GOOD;
}

int cmd_notify(int argc, char **argv)
{
	const char *path = NULL, *to = NULL;
	struct hub_config *config;
	struct fail why;
	bool test = false;
	int code, status;

	optind = 1;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":c:h", long_options, NULL)) !=
	       -1) {
		switch (code) {
		case 'c':
			path = optarg;
			break;
		case OPTION_TEST:
			test = true;
			break;
		case OPTION_TO:
			to = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_GOOD;
		default: /* of an int */
			return usage_option("notify", code, argv);
		}
	}
	if (!path || !test || optind != argc)
		return usage_error("notify", "expected --test -c FILE");
	if (!hub_config_load(path, &config, &why)) {
		fprintf(stderr, "acmeter notify: %s\n", why.text);
		return EXIT_OURS;
	}
	status = run(config, to);
	hub_config_release(config);
	free(config);
	return status;
}
