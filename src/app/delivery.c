#include "app/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/headers.h"
#include "app/http_way.h"
#include "base/mem.h"
#include "edge/cleanup.h"
#include "edge/command.h"
#include "edge/file.h"
#include "edge/mail.h"

#define RETRY_AFTER_MOST_US US_PER_HOUR

enum { VARIABLE = 1024, VARIABLES = 7 };

struct delivery {
	struct delivery_setup setup;
	delivery_done *done;
	void *ctx;
	struct http_way way; /* one of these four */
	struct command *command;
	struct mail *mail;
	struct loop_timer *never; /* it could not even begin */
	struct fail why;
};

static void end(struct delivery *d, bool good, int64_t retry_after_us)
{
	const struct delivery_end e = { good, d->why.text, retry_after_us };

	d->done(d->ctx, &e);
}

static void on_never(void *ctx)
{
	end(ctx, false, 0);
}

/* --- by HTTP ------------------------------------------------------------ */

static void on_answer(void *ctx, struct exchange *e,
		      const struct http_reply *reply)
{
	struct delivery *d = ctx;
	int64_t wait_us = 0;
	bool good = http_way_good(e, reply, &d->why);

	if (!good && e->outcome == OUTCOME_OK)
		wait_us = headers_retry_after_us(
			reply->headers, reply->headers_len,
			loop_now(d->setup.loop).wall_us, RETRY_AFTER_MOST_US);
	end(d, good, wait_us > 0 ? wait_us : 0);
}

static bool send_http(struct delivery *d, const struct notify_http *config,
		      const char *path, const struct outbox_message *m)
{
	struct http_request request = { .method = "POST",
					.content_type = "application/json",
					.accept = "*/*",
					.key = m->id,
					.body = m->body,
					.body_len = strlen(m->body) };

	if (!http_way_open(d->setup.http, d->setup.roots, config, path, &d->way,
			   &d->why))
		return false;
	request.url = buf_text(&d->way.url);
	request.bearer = d->way.token;
	http_send(d->way.session, &request, on_answer, d);
	return true;
}

/* --- by a command ------------------------------------------------------- */

static void on_told(void *ctx, bool good, const char *why)
{
	struct delivery *d = ctx;

	fail_write(&d->why, FAIL_OURS, "%s", why);
	end(d, good, 0);
}

static bool run_command(struct delivery *d, const struct outbox_message *m)
{
	const struct notify_receiver *r = d->setup.receiver;
	const struct {
		const char *name, *value;
	} facts[VARIABLES] = {
		{ "ID", m->id },	   { "KIND", m->kind },
		{ "CA", m->ca },	   { "VERDICT", m->verdict },
		{ "SUBJECT", m->subject }, { "URL", m->url },
		{ "RECEIVER", r->name },
	};
	char variables[VARIABLES][VARIABLE];
	const char *more[VARIABLES + 1] = { NULL };
	char **argv = mem_array(r->argc + 1, sizeof(*argv));

	for (size_t i = 0; i < VARIABLES; i++) {
		snprintf(variables[i], VARIABLE, "ACMETER_%s=%s", facts[i].name,
			 facts[i].value);
		more[i] = variables[i];
	}
	memcpy(argv, r->argv, r->argc * sizeof(*argv));
	d->command = command_run(
		d->setup.loop,
		&(struct command_setup){ .argv = argv,
					 .more = more,
					 .input = m->body,
					 .input_len = strlen(m->body),
					 .limit_us = r->command_us },
		on_told, d);
	free(argv);
	return true;
}

/* --- by mail ------------------------------------------------------------ */

static bool send_mail(struct delivery *d, const struct outbox_message *m)
{
	const struct notify_mail *way = &d->setup.receiver->mail;
	AUTO(text) char *password = NULL;

	if (way->password_file &&
	    !file_read_line(way->password_file, &password, &d->why))
		return false;
	d->mail = mail_send(d->setup.loop,
			    &(struct mail_setup){ .server = way->server,
						  .starttls = way->starttls,
						  .ca_file = way->ca_file,
						  .user = way->user,
						  .password = password,
						  .from = way->from,
						  .to = way->to,
						  .to_count = way->to_count,
						  .subject = m->subject,
						  .text = m->letter,
						  .json = m->body,
						  .id = m->id,
						  .wall_us = m->made_us },
			    on_told, d);
	return true;
}

/* --- the whole ---------------------------------------------------------- */

static bool begin(struct delivery *d, const struct outbox_message *m)
{
	const struct notify_receiver *r = d->setup.receiver;

	switch (notify_way(r)) {
	case NOTIFY_WEBHOOK:
		return send_http(d, &r->webhook, "", m);
	case NOTIFY_ALERTMANAGER:
		return send_http(d, &r->alertmanager, "/api/v2/alerts", m);
	case NOTIFY_COMMAND:
		return run_command(d, m);
	case NOTIFY_MAIL:
		return send_mail(d, m);
	case NOTIFY_WAYS:
		break;
	}
	return fail_set(&d->why, FAIL_OURS, "there is no such way");
}

struct delivery *delivery_start(const struct delivery_setup *setup,
				const struct outbox_message *message,
				delivery_done *done, void *ctx)
{
	struct delivery *d = mem_zalloc(sizeof(*d));

	*d = (struct delivery){ .setup = *setup, .done = done, .ctx = ctx };
	if (!begin(d, message)) {
		d->never = loop_timer_new(setup->loop, on_never, d);
		loop_timer_set(d->never, 0);
	}
	return d;
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	http_way_release(&d->way);
	command_free(d->command);
	mail_free(d->mail);
	loop_timer_free(d->never);
	free(d);
}
