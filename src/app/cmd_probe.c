#include "app/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/invented_name.h"
#include "app/issue.h"
#include "app/probe_advice.h"
#include "app/probe_options.h"
#include "app/user_agent.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "edge/file.h"
#include "edge/jws.h"
#include "report/json.h"
#include "report/sentence.h"
#include "report/waterfall.h"

enum { OUTPUT_BYTES = 16 * 1024 * 1024 };

struct probe {
	struct probe_options options;
	char host[URL_HOST_MAX + 8]; /* of the CA, for people */
	char invented[INVENTED_NAME];
	struct loop *loop;
	struct http *http;
	struct responder *responder;
	struct trust *tls_roots, *roots; /* may be the same */
	EVP_PKEY *account;
	char *thumbprint, *eab_hmac, *contact;
	struct issue_setup setup;
	struct issue *issue;
	bool progress; /* a line on stderr that is overwritten */

	struct exchange *exchanges;
	size_t count;
	struct issuance row;
};

/* --- what an issuance needs --------------------------------------------- */

static bool load_roots(const struct probe_list *list, struct trust **ret_trust,
		       struct fail *why)
{
	return trust_load((const char *const *)list->items, list->count,
			  ret_trust, why);
}

static bool prepare_trust(struct probe *p, struct fail *why)
{
	const struct probe_options *o = &p->options;

	if (text_starts(o->directory, "https:") &&
	    !load_roots(&o->tls_roots, &p->tls_roots, why))
		return false;
	if (o->shallow)
		return true;
	if (p->tls_roots && o->roots.count == 0 && o->tls_roots.count == 0) {
		p->roots = p->tls_roots;
		return true;
	}
	return load_roots(&o->roots, &p->roots, why);
}

/* The account of this user, kept between probes. */
static bool default_account_path(struct buf *path, struct fail *why)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && state[0] == '/')
		buf_addf(path, "%s/acmeter", state);
	else if (home && home[0] == '/')
		buf_addf(path, "%s/.local/state/acmeter", home);
	else
		return fail_set(why, FAIL_FILE,
				"neither XDG_STATE_HOME nor HOME says where "
				"the account key is kept; use --account-key");
	if (!file_make_folders(buf_text(path), why))
		return fail_at(why, "the account key's default place (use "
				    "--account-key for another)");
	buf_add_text(path, "/account.key");
	return true;
}

/* Tried before the CA is asked, which may need it much later or not at all. */
static bool prepare_binding(struct probe *p, struct fail *why)
{
	const struct probe_options *o = &p->options;

	if (!o->eab_hmac_file)
		return true;
	if (!file_read_line(o->eab_hmac_file, &p->eab_hmac, why))
		return false;
	if (jws_mac_check(p->eab_hmac, why))
		return true;
	why->code = FAIL_FILE;
	return fail_at(why, "%s", o->eab_hmac_file);
}

static bool prepare_account(struct probe *p, struct fail *why)
{
	const struct probe_options *o = &p->options;
	struct buf path = BUF_INIT(4096);
	bool made = false;
	bool good = o->account_key ? buf_add_text(&path, o->account_key)
				   : default_account_path(&path, why);

	good = good &&
	       key_load_or_make(buf_text(&path), o->account_key_type,
				&p->account, &made, why) &&
	       key_thumbprint(p->account, &p->thumbprint, why) &&
	       prepare_binding(p, why);
	buf_release(&path);
	p->setup.flow.account_known = !made;
	if (good && o->contact) {
		struct buf contact = BUF_INIT(1024);

		buf_addf(&contact, "%s%s",
			 text_starts(o->contact, "mailto:") ? "" : "mailto:",
			 o->contact);
		p->contact = buf_take(&contact);
	}
	return good;
}

static bool prepare_network(struct probe *p, struct fail *why)
{
	const struct probe_options *o = &p->options;

	if (!loop_new(&p->loop, why) ||
	    !http_new(p->loop, USER_AGENT, &p->http, why))
		return false;
	return o->shallow ||
	       responder_new(p->loop, o->responder, &p->responder, why);
}

static bool choose_name(struct probe *p, struct fail *why)
{
	if (p->options.names.count > 0)
		return true;
	if (!invented_name(p->invented, why))
		return false;
	p->options.names.items[0] = p->invented;
	p->options.names.count = 1;
	return true;
}

static bool prepare_host(struct probe *p, struct fail *why)
{
	struct url url;

	if (!url_parse(p->options.directory, &url, why)) {
		why->code = FAIL_INPUT;
		return false;
	}
	url_print_authority(p->host, &url);
	return true;
}

static void fill_setup(struct probe *p)
{
	const struct probe_options *o = &p->options;
	bool known = p->setup.flow.account_known;

	p->setup = (struct issue_setup){
		.loop = p->loop,
		.http = p->http,
		.session = { .trust = p->tls_roots,
			     .family = o->family,
			     .limits = o->timeouts,
			     .resolve = o->resolve },
		.responder = p->responder,
		.roots = p->roots,
		.account = p->account,
		.thumbprint = p->thumbprint,
		.key_type = o->key_type,
		.eab_kid = o->eab_kid,
		.eab_hmac = p->eab_hmac,
		.flow = { .directory_url = o->directory,
			  .challenge = CHALLENGE_HTTP_01,
			  .shallow = o->shallow,
			  .revoke = o->revoke,
			  .account_known = known,
			  .contact = p->contact,
			  .limits = o->limits,
			  .policy = { .allow_http = o->allow_http,
				      .hosts = (const char *const *)
						       o->hosts.items,
				      .host_count = o->hosts.count } },
	};
}

static bool prepare(struct probe *p, struct fail *why)
{
	if (!prepare_host(p, why) || !prepare_trust(p, why) ||
	    !prepare_account(p, why) || !prepare_network(p, why) ||
	    !choose_name(p, why))
		return false;
	fill_setup(p);
	return true;
}

static void release(struct probe *p)
{
	for (size_t i = 0; i < p->count; i++)
		exchange_release(&p->exchanges[i]);
	free(p->exchanges);
	responder_free(p->responder);
	http_free(p->http);
	loop_free(p->loop);
	if (p->roots != p->tls_roots)
		trust_free(p->roots);
	trust_free(p->tls_roots);
	key_free(p->account);
	free(p->thumbprint);
	free(p->eab_hmac);
	free(p->contact);
}

/* --- what is shown ------------------------------------------------------ */

static void print_json(struct probe *p, const struct exchange *e,
		       const struct issuance *i)
{
	struct buf out = BUF_INIT(OUTPUT_BYTES);

	if (e)
		report_exchange_json(&out, e, p->host);
	else
		report_issuance_json(&out, i, p->host);
	puts(buf_text(&out));
	fflush(stdout);
	buf_release(&out);
}

static void on_exchange(void *ctx, struct issuance *i, struct exchange *e)
{
	struct probe *p = ctx;
	char took[32];

	(void)i;
	e->id = (int64_t)p->count + 1;
	if (p->options.json)
		print_json(p, e, NULL);
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
	loop_stop(p->loop);
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
		print_json(p, NULL, &p->row);
		buf_release(&out);
		return;
	}
	buf_addf(&out, "%s\n", p->options.directory);
	waterfall_print(&out, &p->row, p->exchanges, p->count, &style);
	buf_add_char(&out, '\n');
	sentence_issuance(&out, &p->row, p->host);
	advice = probe_advice(&p->options, p->invented[0] != '\0', &p->row);
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
	const struct probe_list *names = &p->options.names;
	struct fail why;

	p->issue = issue_start(&p->setup, (const char *const *)names->items,
			       names->count, &owner, &why);
	if (!p->issue) {
		fprintf(stderr, "acmeter probe: %s\n", why.text);
		return why.code == FAIL_INPUT ? EXIT_USAGE : EXIT_OURS;
	}
	loop_on_signal(p->loop, SIGINT, on_interrupt, p);
	loop_on_signal(p->loop, SIGTERM, on_interrupt, p);
	loop_run(p->loop);
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
	if (prepare(&p, &why)) {
		status = run(&p);
	} else {
		fprintf(stderr, "acmeter probe: %s\n", why.text);
		status = why.code == FAIL_INPUT ? EXIT_USAGE : EXIT_OURS;
	}
	release(&p);
	return status;
}
