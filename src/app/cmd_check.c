#include "app/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/check_options.h"
#include "app/hub_ask.h"
#include "app/probe_advice.h"
#include "app/probing.h"
#include "base/text.h"
#include "report/hub_read.h"

enum { OUTPUT_BYTES = 64 * 1024, TARGET = 128, NAMES = 300 };

struct check {
	struct check_options options;
	struct hub_ask *ask;
	char ca[HUB_NAME]; /* once it is known */
	struct check_heard heard;
	struct fail trouble;

	struct probing needs;
	struct issue *issue;
	struct issuance row;
	bool progress; /* a line on stderr that is overwritten */
};

/* --- the hub ------------------------------------------------------------ */

static enum side_there odd_status(struct check *c, int status)
{
	if (status == 401)
		fail_set(&c->trouble, FAIL_PEER,
			 "it asks for a token (--token-file)");
	else
		fail_set(&c->trouble, FAIL_PEER,
			 "it answered with status %d, expected 200: see that "
			 "it is the URL of an acmeter hub, without a path",
			 status);
	return THERE_ODD;
}

/* THERE_SAID when there is an answer of status 200, or 404. */
static enum side_there get(struct check *c, const char *target, struct buf *out,
			   bool *ret_found)
{
	int status;

	if (!hub_ask_get(c->ask, target, &status, out, &c->trouble))
		return c->trouble.code == FAIL_NETWORK ? THERE_UNREACHABLE
						       : THERE_ODD;
	*ret_found = status == 200;
	return status == 200 || status == 404 ? THERE_SAID
					      : odd_status(c, status);
}

static void tell_unwatched(struct check *c, const struct hub_cas *cas)
{
	struct buf names = BUF_INIT(NAMES);

	for (size_t i = 0; i < cas->count; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", cas->list[i].name);
	fail_set(&c->trouble, FAIL_PEER,
		 "none has the directory %s; it watches %s (--ca takes one "
		 "by its name)",
		 c->options.probe.directory,
		 names.len ? buf_text(&names) : "none");
	buf_release(&names);
}

/* Which of the hub's CAs is meant, into c->ca. */
static enum side_there find_ca(struct check *c)
{
	struct buf text = BUF_INIT(HUB_READ_BYTES);
	enum side_there there;
	const struct hub_ca *ca;
	struct hub_cas cas;
	bool found = false;

	text_copy(c->ca, sizeof(c->ca), c->options.ca);
	if (c->ca[0])
		return THERE_SAID;
	there = get(c, "/api/v1/cas", &text, &found);
	if (there == THERE_SAID && !found)
		there = odd_status(c, 404);
	if (there == THERE_SAID &&
	    !hub_read_cas(buf_text(&text), text.len, &cas, &c->trouble))
		there = THERE_ODD;
	buf_release(&text);
	if (there != THERE_SAID)
		return there;
	ca = hub_cas_find(&cas, c->options.probe.directory);
	if (!ca) {
		tell_unwatched(c, &cas);
		return THERE_UNWATCHED;
	}
	text_copy(c->ca, sizeof(c->ca), ca->name);
	return THERE_SAID;
}

static enum side_there read_verdict(struct check *c, const struct buf *text)
{
	struct hub_verdict *v = &c->heard.verdict;

	if (!hub_read_verdict(buf_text(text), text->len, v, &c->trouble))
		return THERE_ODD;
	if (strcmp(v->ca, c->ca) != 0) {
		fail_set(&c->trouble, FAIL_PEER,
			 "it was asked for %s and speaks of %s", c->ca, v->ca);
		return THERE_ODD;
	}
	return check_freshness(v, c->heard.now_us, c->options.stale_s,
			       &c->trouble);
}

static enum side_there ask_verdict(struct check *c)
{
	struct buf text = BUF_INIT(HUB_READ_BYTES);
	enum side_there there;
	char target[TARGET];
	bool found = false;

	snprintf(target, sizeof(target), "/api/v1/verdict?ca=%s", c->ca);
	there = get(c, target, &text, &found);
	if (there == THERE_SAID && !found) {
		fail_set(&c->trouble, FAIL_PEER,
			 "none is called %s (/api/v1/cas has the names)",
			 c->ca);
		there = THERE_UNWATCHED;
	}
	if (there == THERE_SAID)
		there = read_verdict(c, &text);
	buf_release(&text);
	return there;
}

/* False when it cannot even be asked. */
static bool hear(struct check *c, struct fail *why)
{
	const struct check_options *o = &c->options;
	const struct hub_ask_setup setup = { o->hub, o->hub_ca_file,
					     o->token_file, o->timeout_us };

	if (!hub_ask_new(&setup, &c->ask, why))
		return false;
	c->heard = (struct check_heard){ .hub = o->hub,
					 .ca = c->ca,
					 .now_us = clock_read().wall_us };
	c->heard.there = find_ca(c);
	if (c->heard.there == THERE_SAID)
		c->heard.there = ask_verdict(c);
	c->heard.trouble = c->trouble.text;
	return true;
}

/* --- as a plugin -------------------------------------------------------- */

static int run_plugin(struct check *c)
{
	enum check_status status =
		check_plugin_status(&c->heard, &c->options.map);
	struct buf out = BUF_INIT(OUTPUT_BYTES);

	if (c->options.json)
		check_plugin_json(&out, &c->heard, status);
	else
		check_plugin_line(&out, &c->heard, status);
	puts(buf_text(&out));
	buf_release(&out);
	return (int)status;
}

/* --- is it me? ---------------------------------------------------------- */

static void on_exchange(void *ctx, struct issuance *i, struct exchange *e)
{
	const struct check *c = ctx;

	(void)i;
	if (c->progress)
		fprintf(stderr, "\r\033[K  %s", op_name(e->op));
}

static void on_ended(void *ctx, struct issuance *i,
		     const struct flow_result *result)
{
	struct check *c = ctx;

	(void)result;
	c->row = *i;
	c->issue = NULL;
	if (c->progress)
		fputs("\r\033[K", stderr);
	loop_stop(c->needs.loop);
}

static void on_interrupt(void *ctx)
{
	struct check *c = ctx;

	if (c->issue)
		issue_interrupt(c->issue);
}

static bool probe(struct check *c, struct fail *why)
{
	const struct issue_owner owner = { on_exchange, on_ended, c };

	if (!probing_prepare(&c->needs, &c->options.probe, why))
		return false;
	c->issue = probing_start(&c->needs, &owner, why);
	if (!c->issue)
		return false;
	loop_on_signal(c->needs.loop, SIGINT, on_interrupt, c);
	loop_on_signal(c->needs.loop, SIGTERM, on_interrupt, c);
	loop_run(c->needs.loop);
	return true;
}

static int exit_of(enum side side)
{
	switch (side) {
	case SIDE_NOTHING:
		return 0;
	case SIDE_YOU:
		return 1;
	case SIDE_CA:
		return 2;
	case SIDE_UNKNOWN:
	case SIDES:
		break;
	case SIDE_PATH:
		return 4;
	}
	return 3;
}

static int tell_side(struct check *c)
{
	const struct check_side side = {
		.directory = c->options.probe.directory,
		.here = &c->row,
		.advice = probe_advice(&c->options.probe,
				       c->needs.invented[0] != '\0', &c->row),
		.heard = c->heard,
	};
	const struct side_evidence evidence = check_evidence(&side);
	const struct side_finding f = side_find(&evidence);
	struct buf out = BUF_INIT(OUTPUT_BYTES);

	if (c->options.json) {
		check_side_json(&out, &side, &f, exit_of(f.side));
		buf_add_char(&out, '\n');
	} else {
		check_side_text(&out, &side, &f);
	}
	fputs(buf_text(&out), stdout);
	buf_release(&out);
	return exit_of(f.side);
}

/* ------------------------------------------------------------------------ */

static int tell_trouble(const struct fail *why)
{
	fprintf(stderr, "acmeter check: %s\n", why->text);
	printf("ACMETER UNKNOWN - %s\n", why->text);
	return (int)CHECK_UNKNOWN;
}

int cmd_check(int argc, char **argv)
{
	struct check c = { .issue = NULL };
	struct fail why;
	int status;

	if (!check_options_read(argc, argv, &c.options, &status))
		return status;
	signal(SIGPIPE, SIG_IGN);
	c.progress = isatty(STDERR_FILENO) && !c.options.json;
	if (!hear(&c, &why))
		status = tell_trouble(&why);
	else if (!c.options.probe.directory)
		status = run_plugin(&c);
	else
		status = probe(&c, &why) ? tell_side(&c) : tell_trouble(&why);
	hub_ask_free(c.ask);
	probing_release(&c.needs);
	return status;
}
