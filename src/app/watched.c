#include "app/watched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/message.h"
#include "app/invented_name.h"
#include "app/issue.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/url.h"
#include "edge/file.h"
#include "measure/schedule.h"
#include "report/sentence.h"

enum { LINE_BYTES = 4096 };

struct watched {
	const struct watched_shared *shared;
	const struct config_ca *config;
	char host[URL_HOST_MAX + 8];
	struct issue_setup setup;
	EVP_PKEY *account, *certificate_key;
	char *thumbprint, *eab_hmac;
	struct schedule schedule;
	struct loop_timer *timer;
	struct issuers *issuers;
	size_t next_name;
	struct issue **running; /* room for config->concurrent */
	unsigned running_count;
	bool stopped;
};

/* --- made ready --------------------------------------------------------- */

static bool load_keys(struct watched *w, struct fail *why)
{
	const struct config_ca *c = w->config;
	bool made;

	if (!key_load_or_make(c->account_key, c->account_key_type, &w->account,
			      &made, why) ||
	    !key_thumbprint(w->account, &w->thumbprint, why))
		return false;
	w->setup.flow.account_known = !made;
	/*
	 * An RSA key takes so long to make that it would stop the loop and
	 * blur what is measured meanwhile: one serves for all.
	 */
	if (!c->shallow && c->key_type >= KEY_RSA2048 &&
	    c->key_type <= KEY_RSA4096 &&
	    !key_make(c->key_type, &w->certificate_key, why))
		return false;
	return !c->eab_hmac_file ||
	       file_read_line(c->eab_hmac_file, &w->eab_hmac, why);
}

static bool load_roots(struct watched *w, const struct trust **ret_tls,
		       const struct trust **ret_issued, struct fail *why)
{
	const struct config_ca *c = w->config;
	struct roots *roots = w->shared->roots;

	*ret_tls = *ret_issued = NULL;
	if (text_starts(c->directory, "https:") &&
	    !roots_get(roots, c->tls_roots, c->tls_root_count, ret_tls, why))
		return false;
	return c->shallow ||
	       roots_get(roots, c->roots, c->root_count, ret_issued, why);
}

static struct http_limits limits_of(const struct config_timeouts *t)
{
	return (struct http_limits){ .dns_us = t->dns_us,
				     .connect_us = t->connect_us,
				     .tls_us = t->tls_us,
				     .answer_us = t->answer_us,
				     .total_us = t->total_us };
}

static void fill_flow(struct watched *w)
{
	const struct config_ca *c = w->config;
	struct flow_options *o = &w->setup.flow;

	o->directory_url = c->directory;
	o->challenge = c->challenge;
	o->shallow = c->shallow;
	o->revoke = c->revoke;
	o->contact = c->contact;
	o->limits = flow_limits_default();
	o->limits.issuance_us = c->timeouts.issuance_us;
	o->limits.bad_nonces = c->bad_nonces;
	o->policy = (struct url_policy){
		.allow_http = c->allow_http,
		.hosts = (const char *const *)c->hosts,
		.host_count = c->host_count,
	};
}

static void fill_setup(struct watched *w, unsigned number,
		       const struct trust *tls, const struct trust *issued)
{
	const struct config_ca *c = w->config;
	struct issue_setup *s = &w->setup;

	s->loop = w->shared->loop;
	s->http = w->shared->http;
	s->session = (struct http_session_options){
		.trust = tls,
		.family = c->family,
		.limits = limits_of(&c->timeouts),
		.resolve = c->resolve,
	};
	s->responder = w->shared->responder;
	s->roots = issued;
	s->issuers = w->issuers;
	s->account = w->account;
	s->thumbprint = w->thumbprint;
	s->certificate_key = w->certificate_key;
	s->key_type = c->key_type;
	s->eab_kid = c->eab_kid;
	s->eab_hmac = w->eab_hmac;
	s->ca = number;
	fill_flow(w);
}

static void due(void *ctx);

bool watched_new(const struct watched_shared *shared,
		 const struct config_ca *config, unsigned number,
		 struct watched **ret_watched, struct fail *why)
{
	struct watched *w = mem_zalloc(sizeof(*w));
	const struct trust *tls, *issued;
	struct rng rng = { shared->seed + number };
	struct url url;

	w->shared = shared;
	w->config = config;
	w->running = mem_array(config->concurrent, sizeof(struct issue *));
	w->timer = loop_timer_new(shared->loop, due, w);
	w->issuers = issuers_new();
	if (!url_parse(config->directory, &url, why) ||
	    !load_roots(w, &tls, &issued, why) || !load_keys(w, why)) {
		watched_free(w);
		return fail_at(why, "%s", config->name);
	}
	url_print_authority(w->host, &url);
	fill_setup(w, number, tls, issued);
	schedule_init(&w->schedule, &config->rate, config->concurrent,
		      rng_next(&rng), loop_now(shared->loop));
	if (config->name_count)
		w->next_name = rng_below(&rng, config->name_count);
	*ret_watched = w;
	return true;
}

void watched_free(struct watched *w)
{
	if (!w)
		return;
	loop_timer_free(w->timer);
	issuers_free(w->issuers);
	key_free(w->account);
	key_free(w->certificate_key);
	free(w->thumbprint);
	free(w->eab_hmac);
	free(w->running);
	free(w);
}

/* --- one issuance after the other --------------------------------------- */

static void set_timer(struct watched *w)
{
	int64_t next_us = schedule_next_us(&w->schedule);

	if (w->stopped || next_us == SCHEDULE_NEVER)
		loop_timer_clear(w->timer);
	else
		loop_timer_set(w->timer, next_us);
}

static void on_exchange(void *ctx, struct issuance *i, struct exchange *e)
{
	struct watched *w = ctx;

	recorder_exchange(w->shared->recorder, e, i, loop_now(w->shared->loop));
}

static void forget(struct watched *w, const struct issuance *row)
{
	for (unsigned k = 0; k < w->running_count; k++) {
		if (issue_issuance(w->running[k]) == row) {
			w->running[k] = w->running[--w->running_count];
			return;
		}
	}
}

static void print_line(const struct watched *w, const struct issuance *i)
{
	struct buf line = BUF_INIT(LINE_BYTES);

	buf_addf(&line, "%s: ", w->config->name);
	sentence_issuance(&line, i, w->host);
	puts(buf_text(&line));
	fflush(stdout);
	buf_release(&line);
}

static void on_ended(void *ctx, struct issuance *i,
		     const struct flow_result *result)
{
	struct watched *w = ctx;
	struct now now = loop_now(w->shared->loop);

	forget(w, i);
	if (result->account_url)
		w->setup.flow.account_known = true;
	schedule_take_outcome(&w->schedule, i->outcome, result->retry_after_us,
			      now);
	recorder_issuance_end(w->shared->recorder, i, now);
	print_line(w, i);
	set_timer(w);
	w->shared->ended(w->shared->ctx);
}

static void say(const struct watched *w, const struct fail *why)
{
	fprintf(stderr, "acmeter station: %s: cannot start an issuance: %s\n",
		w->config->name, why->text);
}

/* The next names in rotation; without any, one that nobody has. */
static unsigned choose_names(struct watched *w, const char **ret_names,
			     char invented[static INVENTED_NAME],
			     struct fail *why)
{
	const struct config_ca *c = w->config;

	if (c->name_count == 0) {
		ret_names[0] = invented;
		return invented_name(invented, why) ? 1 : 0;
	}
	for (unsigned k = 0; k < c->names_per_certificate; k++) {
		ret_names[k] = c->names[w->next_name];
		w->next_name = (w->next_name + 1) % c->name_count;
	}
	return c->names_per_certificate;
}

/* False when it could not be started; the schedule counts it as ended. */
static bool start_one(struct watched *w, struct fail *why)
{
	const struct issue_owner owner = { on_exchange, on_ended, w };
	const char *names[MESSAGE_AUTHORIZATIONS];
	char invented[INVENTED_NAME];
	unsigned count = choose_names(w, names, invented, why);
	struct issue *issue;

	if (count == 0)
		return false;
	issue = issue_start(&w->setup, names, count, &owner, why);
	if (!issue)
		return false;
	w->running[w->running_count++] = issue;
	issue_issuance(issue)->confirms = schedule_confirms(&w->schedule);
	recorder_issuance_start(w->shared->recorder, issue_issuance(issue),
				loop_now(w->shared->loop));
	return true;
}

static void due(void *ctx)
{
	struct watched *w = ctx;
	struct fail why;

	if (!w->stopped &&
	    schedule_take(&w->schedule, loop_now(w->shared->loop)) &&
	    !start_one(w, &why)) {
		say(w, &why);
		schedule_ended(&w->schedule);
	}
	set_timer(w);
}

void watched_start(struct watched *w)
{
	set_timer(w);
}

void watched_stop(struct watched *w)
{
	w->stopped = true;
	loop_timer_clear(w->timer);
}

void watched_interrupt(struct watched *w)
{
	for (unsigned k = 0; k < w->running_count; k++)
		issue_interrupt(w->running[k]);
}

unsigned watched_running(const struct watched *w)
{
	return w->running_count;
}

void watched_paused(struct watched *w)
{
	schedule_paused(&w->schedule, loop_now(w->shared->loop));
	set_timer(w);
}

void watched_look(struct watched *w)
{
	schedule_look(&w->schedule, loop_now(w->shared->loop));
	set_timer(w);
}
