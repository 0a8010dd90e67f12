#include "app/commands.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/probe_advice.h"
#include "app/probe_options.h"
#include "app/probing.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/json.h"
#include "report/sentence.h"
#include "report/waterfall.h"

enum { OUTPUT_BYTES = 16 * 1024 * 1024 };

struct probe {
	struct probe_options options;
	struct probing needs;
	struct issue *issue;
	bool progress; /* a line on stderr that is overwritten */

	struct exchange *exchanges;
	size_t count;
	struct issuance row;
};

/* --- what is shown ------------------------------------------------------ */

/* A line of JSON, whose text is not needed any more. */
static void print_json(struct buf *out)
{
	puts(buf_text(out));
	fflush(stdout);
	buf_release(out);
}

static void on_exchange(void *ctx, struct issuance *i, struct exchange *e)
{
	struct buf out = BUF_INIT(OUTPUT_BYTES);
	struct probe *p = ctx;
	char took[32];

	(void)i;
	e->id = (int64_t)p->count + 1;
	if (p->options.json) {
		report_exchange_json(&out, e, p->needs.host);
		print_json(&out);
	}
	if (p->progress) {
		text_latency(took, sizeof(took), exchange_took_us(e));
		fprintf(stderr, "\r\033[K  %s %d, %s", op_name(e->op),
			e->status, took);
	}
	p->exchanges = mem_resize(p->exchanges,
				  (p->count + 1) * sizeof(*p->exchanges));
	p->exchanges[p->count++] = *e;
	/* What it keeps is ours now. */
	e->kept_headers = NULL;
	e->kept_body = NULL;
}

static void on_ended(void *ctx, struct issuance *i,
		     const struct flow_result *result)
{
	struct probe *p = ctx;

	p->row = *i;
	p->issue = NULL;
	if (p->progress)
		fputs("\r\033[K", stderr);
	if (result->left_pending)
		fprintf(stderr, "acmeter probe: %u authorization%s at the CA\n",
			result->left_pending,
			result->left_pending == 1
				? " stays pending until it expires"
				: "s stay pending until they expire");
	loop_stop(p->needs.loop);
}

static bool terminal_is_dumb(void)
{
	const char *term = getenv("TERM");

	return term && strcmp(term, "dumb") == 0;
}

static struct waterfall_style style_of(const struct probe *p)
{
	struct waterfall_style style = { .columns = 100 };
	struct winsize size;
	const char *no_color = getenv("NO_COLOR");

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.columns = size.ws_col;
	style.color = p->options.color == PROBE_COLOR_ALWAYS ||
		      (p->options.color == PROBE_COLOR_AUTO &&
		       isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		       !terminal_is_dumb());
	setlocale(LC_CTYPE, "");
	style.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return style;
}

static void print_result(struct probe *p)
{
	struct waterfall_style style = style_of(p);
	struct buf out = BUF_INIT(OUTPUT_BYTES);
	const char *advice;

	if (p->options.json) {
		report_issuance_json(&out, &p->row, p->needs.host);
		print_json(&out);
		return;
	}
	buf_addf(&out, "%s\n", p->options.directory);
	waterfall_print(&out, &p->row, p->exchanges, p->count, &style);
	buf_add_char(&out, '\n');
	sentence_issuance(&out, &p->row, p->needs.host);
	advice = probe_advice(&p->options, p->needs.invented[0] != '\0',
			      &p->row);
	puts(buf_text(&out));
	fflush(stdout);
	if (advice)
		fprintf(stderr, "What may help: %s.\n", advice);
	buf_release(&out);
}

static enum exit_status status_of(enum outcome outcome)
{
	switch (outcome_fault(outcome)) {
	case FAULT_NONE:
		return EXIT_GOOD;
	case FAULT_CA:
		return EXIT_CA;
	case FAULT_PATH:
	case FAULT_OURS:
		return EXIT_OURS;
	}
	return EXIT_OURS;
}

static void on_interrupt(void *ctx)
{
	struct probe *p = ctx;

	if (p->issue)
		issue_interrupt(p->issue);
}

static int run(struct probe *p)
{
	const struct issue_owner owner = { on_exchange, on_ended, p };
	struct fail why;

	p->issue = probing_start(&p->needs, &owner, &why);
	if (!p->issue) {
		fprintf(stderr, "acmeter probe: %s\n", why.text);
		return why.code == FAIL_INPUT ? EXIT_USAGE : EXIT_OURS;
	}
	loop_on_signal(p->needs.loop, SIGINT, on_interrupt, p);
	loop_on_signal(p->needs.loop, SIGTERM, on_interrupt, p);
	loop_run(p->needs.loop);
	print_result(p);
	return status_of(p->row.outcome);
}

int cmd_probe(int argc, char **argv)
{
	struct probe p = { .progress = false };
	struct fail why;
	int status;

	if (!probe_options_read(argc, argv, &p.options, &status))
		return status;
	p.progress = isatty(STDERR_FILENO) && !p.options.json &&
		     !terminal_is_dumb();
	signal(SIGPIPE, SIG_IGN);
	if (probing_prepare(&p.needs, &p.options, &why)) {
		status = run(&p);
	} else {
		fprintf(stderr, "acmeter probe: %s\n", why.text);
		status = why.code == FAIL_INPUT ? EXIT_USAGE : EXIT_OURS;
	}
	for (size_t i = 0; i < p.count; i++)
		exchange_release(&p.exchanges[i]);
	free(p.exchanges);
	probing_release(&p.needs);
	return status;
}
