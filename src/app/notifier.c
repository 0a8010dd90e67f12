#include "app/notifier.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/delivery.h"
#include "app/message.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/outbox.h"

#define LOOK_BACK_US US_PER_DAY	    /* at what ended since then */
#define FORGET_EVERY_US US_PER_HOUR /* what ended ... */
#define FORGET_US (60 * US_PER_DAY) /* ... so long ago */
#define SOON_US (2 * US_PER_HOUR)   /* no message waits longer */

enum result { RESULT_SENT, RESULT_FAILED, RESULT_GIVEN_UP, RESULTS };

struct receiver {
	struct notifier *notifier;
	const struct notify_receiver *config;
	struct delivery_setup setup;
	struct delivery *delivery;	/* on its way, or NULL */
	struct outbox_message *message; /* that one */
	bool over;	/* it is told, or given up, and has to be taken out */
	bool empty;	/* nothing waits */
	int64_t due_us; /* nothing can be sent before */
	uint64_t results[RESULTS];
};

struct notifier {
	struct notifier_setup setup;
	struct ledger *ledger;
	struct telling *telling;
	struct receiver *receivers;
	size_t count;
	const char **stations;
	char *public_url;
	bool looked[COURT_CAS]; /* at all incidents of that CA, once */
	bool trouble;		/* the database failed, and that was said */
	int64_t forgot_us;
};

/* --- the database ------------------------------------------------------- */

/* What came of writing: a failure is said once, until it works again. */
static bool noted(struct notifier *n, bool good, const struct fail *why)
{
	if (!good && !n->trouble)
		fprintf(stderr,
			"acmeter hub: notifications cannot be kept, and wait: "
			"%s\n",
			why->text);
	n->trouble = !good;
	return good;
}

static void on_told(void *ctx, const struct outbox_told *told)
{
	struct notifier *n = ctx;

	for (size_t i = 0; i < n->count; i++) {
		if (strcmp(n->receivers[i].config->name, told->receiver) == 0)
			telling_restore(n->telling, i, told->ca, told->number,
					&told->told);
	}
}

static void forget(struct notifier *n, int64_t now_us)
{
	struct fail why;

	if (now_us - n->forgot_us < FORGET_EVERY_US && now_us > n->forgot_us)
		return;
	n->forgot_us = now_us;
	telling_forget(n->telling, now_us - FORGET_US);
	noted(n, outbox_forget(n->ledger, now_us - FORGET_US, &why), &why);
}

/* --- what is due -------------------------------------------------------- */

static bool put(struct receiver *r, const struct notice *notice,
		const struct telling_due *due, struct fail *why)
{
	struct ledger *l = r->notifier->ledger;
	const struct outbox_told told = { r->config->name, notice->ca,
					  notice->incident->number, due->told };
	struct message m;
	bool kept;

	if (due->silent)
		return outbox_put(l, &told, NULL, why);
	message_write(&m, r->config, notice);
	kept = outbox_put(l, &told, &m.row, why);
	message_release(&m);
	return kept;
}

static void look_at(struct notifier *n, const char *ca,
		    const struct incident *i, int64_t now_us)
{
	struct telling_due due;
	struct fail why;

	for (size_t k = 0; k < n->count; k++) {
		struct receiver *r = &n->receivers[k];
		struct notice notice = {
			.ca = ca,
			.incident = i,
			.stations = n->stations,
			.station_count = n->setup.config->station_count,
			.hub = n->setup.config->title,
			.public_url = n->public_url,
			.now_us = now_us,
		};

		if (!telling_due(n->telling, k, ca, i, now_us, &due))
			continue;
		notice.kind = due.kind;
		notice.count = due.told.count;
		if (!noted(n, put(r, &notice, &due, &why), &why))
			continue;
		telling_done(n->telling, k, ca, i->number, &due);
		r->empty = false;
		r->due_us = 0;
	}
}

/*
 * A start closes what was open where its history does not go on; while nobody
 * who sees has looked since, that is no end that could be told.
 */
static bool is_in_doubt(struct court *court, const char *ca)
{
	struct judge_view view;

	return !court_view(court, ca, &view) ||
	       (view.verdict == VERDICT_UNKNOWN && !view.incident);
}

static void look_at_ca(struct notifier *n, struct court *court, const char *ca,
		       bool *looked, int64_t now_us)
{
	const struct incident *list[COURT_INCIDENTS];
	bool doubt = is_in_doubt(court, ca);

	/* The first was written first, and is told first. */
	for (size_t k = court_incidents(court, ca, list); k-- > 0;) {
		int64_t end_us = list[k]->end_us;

		if (end_us == 0 ||
		    (!doubt && (!*looked || end_us > now_us - LOOK_BACK_US)))
			look_at(n, ca, list[k], now_us);
	}
	*looked = *looked || !doubt;
}

/* The court adds CAs at the end. */
static void look_at_all(struct notifier *n, struct court *court, int64_t now_us)
{
	const char *cas[COURT_CAS];
	size_t count = court_cas(court, cas);

	for (size_t i = 0; i < count; i++)
		look_at_ca(n, court, cas[i], &n->looked[i], now_us);
}

/* --- what is sent ------------------------------------------------------- */

static void drop(struct receiver *r)
{
	delivery_free(r->delivery);
	free(r->message);
	r->delivery = NULL;
	r->message = NULL;
	r->over = false;
}

/* Until it is taken out nothing else is sent, so that nothing is sent twice. */
static void take_out(struct receiver *r)
{
	struct notifier *n = r->notifier;
	struct fail why;

	r->over = true;
	if (noted(n, outbox_remove(n->ledger, r->message, &why), &why))
		drop(r);
}

static void say_failed(const struct receiver *r, int64_t wait_us,
		       const char *reason)
{
	char wait[32];

	text_from_duration(wait, sizeof(wait), wait_us / US_PER_S * US_PER_S);
	fprintf(stderr,
		"acmeter hub: %s cannot be told that %s is %s (%s), and is "
		"tried again in %s: %s\n",
		r->config->name, r->message->ca, r->message->verdict,
		r->message->kind, wait, reason);
}

static void on_failed(struct receiver *r, const struct delivery_end *e)
{
	struct notifier *n = r->notifier;
	int64_t now_us = loop_now(n->setup.loop).wall_us;
	int64_t wait_us = telling_retry_us(r->message->attempts + 1);
	struct fail why;

	if (e->retry_after_us > wait_us)
		wait_us = e->retry_after_us;
	r->results[RESULT_FAILED]++;
	/* What goes on for hours is not said each time. */
	if (r->message->attempts % OUTBOX_PATIENCE == 0)
		say_failed(r, wait_us, e->why);
	/* Unwritten, it waits here; written, another may be the next. */
	r->due_us = now_us + wait_us;
	if (noted(n, outbox_postpone(n->ledger, r->message, r->due_us, &why),
		  &why))
		r->due_us = 0;
	drop(r);
}

static void on_end(void *ctx, const struct delivery_end *e)
{
	struct receiver *r = ctx;

	if (!e->good) {
		on_failed(r, e);
		return;
	}
	r->results[RESULT_SENT]++;
	if (r->message->attempts)
		fprintf(stderr,
			"acmeter hub: %s is told now that %s is %s (%s)\n",
			r->config->name, r->message->ca, r->message->verdict,
			r->message->kind);
	delivery_free(r->delivery);
	r->delivery = NULL;
	take_out(r);
}

static void give_up(struct receiver *r)
{
	char spent[32];

	text_from_duration(spent, sizeof(spent), r->config->give_up_us);
	fprintf(stderr,
		"acmeter hub: %s was not told that %s is %s (%s): given up "
		"after %s and %u attempts\n",
		r->config->name, r->message->ca, r->message->verdict,
		r->message->kind, spent, r->message->attempts);
	r->results[RESULT_GIVEN_UP]++;
	take_out(r);
}

/* A clock that was set back lets nobody wait for long. */
static bool is_early(int64_t due_us, int64_t now_us)
{
	return now_us < due_us && due_us - now_us <= SOON_US;
}

static void send_next(struct receiver *r, int64_t now_us)
{
	struct notifier *n = r->notifier;
	struct fail why;

	if (r->over)
		take_out(r);
	if (r->message || r->empty || is_early(r->due_us, now_us))
		return;
	if (!outbox_next(n->ledger, r->config->name, &r->message, &why)) {
		noted(n, false, &why);
		return;
	}
	r->empty = !r->message;
	if (r->empty)
		return;
	r->due_us = r->message->due_us;
	if (now_us - r->message->made_us > r->config->give_up_us)
		give_up(r);
	else if (is_early(r->due_us, now_us))
		drop(r);
	else
		r->delivery = delivery_start(&r->setup, r->message, on_end, r);
}

void notifier_look(struct notifier *n, struct court *court)
{
	int64_t now_us;

	if (!n)
		return;
	now_us = loop_now(n->setup.loop).wall_us;
	look_at_all(n, court, now_us);
	forget(n, now_us);
	for (size_t i = 0; i < n->count; i++)
		send_next(&n->receivers[i], now_us);
}

/* --- the whole ---------------------------------------------------------- */

static struct telling_rule rule_of(const struct notify_receiver *r)
{
	bool stateful = notify_way(r) == NOTIFY_ALERTMANAGER;
	struct telling_rule rule = {
		.cas = (const char *const *)r->cas,
		.ca_count = r->ca_count,
		.remind_us = stateful ? r->resend_us : r->remind_us,
		.resolved = stateful || r->resolved,
	};
	bool known = verdict_find(r->verdict, &rule.least);

	/* The words of the configuration are those of the judge. */
	assert(known);
	(void)known;
	return rule;
}

static void set_up(struct notifier *n)
{
	const struct hub_config *c = n->setup.config;
	struct telling_rule *rules =
		mem_array(c->receiver_count, sizeof(*rules));
	size_t len;

	n->count = c->receiver_count;
	n->receivers = mem_array(n->count, sizeof(*n->receivers));
	n->stations = mem_array(c->station_count, sizeof(*n->stations));
	n->public_url = mem_strdup(c->public_url);
	len = n->public_url ? strlen(n->public_url) : 0;
	while (len && n->public_url[len - 1] == '/')
		n->public_url[--len] = '\0';
	for (size_t i = 0; i < n->count; i++) {
		rules[i] = rule_of(&c->receivers[i]);
		n->receivers[i] = (struct receiver){
			.notifier = n,
			.config = &c->receivers[i],
			.setup = { n->setup.loop, n->setup.http, n->setup.roots,
				   &c->receivers[i] },
		};
	}
	for (size_t i = 0; i < c->station_count; i++)
		n->stations[i] = c->stations[i].name;
	n->telling = telling_new(rules, n->count);
	free(rules);
}

bool notifier_new(const struct notifier_setup *setup,
		  struct notifier **ret_notifier, struct fail *why)
{
	struct notifier *n;

	*ret_notifier = NULL;
	if (setup->config->receiver_count == 0)
		return true;
	n = mem_zalloc(sizeof(*n));
	n->setup = *setup;
	set_up(n);
	if (!ledger_open(setup->config->database, &n->ledger, why) ||
	    !outbox_open(n->ledger, why) ||
	    !outbox_each_told(n->ledger, on_told, n, why)) {
		notifier_free(n);
		return false;
	}
	*ret_notifier = n;
	return true;
}

void notifier_free(struct notifier *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		drop(&n->receivers[i]);
	ledger_close(n->ledger);
	telling_free(n->telling);
	free(n->receivers);
	free(n->stations);
	free(n->public_url);
	free(n);
}

/* --- metrics ------------------------------------------------------------ */

static void add_waiting(struct notifier *n, struct buf *out)
{
	struct fail why;
	uint64_t count;

	buf_add_text(out, "# HELP acmeter_notifications_waiting Messages that "
			  "are still to be sent.\n"
			  "# TYPE acmeter_notifications_waiting gauge\n");
	for (size_t i = 0; i < n->count; i++) {
		const char *name = n->receivers[i].config->name;

		if (outbox_count(n->ledger, name, &count, &why))
			buf_addf(out,
				 "acmeter_notifications_waiting{receiver=\"%s\""
				 "} %" PRIu64 "\n",
				 name, count);
	}
}

void notifier_metrics(struct notifier *n, struct buf *out)
{
	static const char *const words[RESULTS] = {
		[RESULT_SENT] = "sent",
		[RESULT_FAILED] = "failed",
		[RESULT_GIVEN_UP] = "given_up",
	};

	if (!n)
		return;
	buf_add_text(out, "# HELP acmeter_notifications_total Attempts to tell "
			  "receivers, by what came of them.\n"
			  "# TYPE acmeter_notifications_total counter\n");
	for (size_t i = 0; i < n->count; i++) {
		for (int k = 0; k < RESULTS; k++)
			buf_addf(out,
				 "acmeter_notifications_total{receiver=\"%s\","
				 "result=\"%s\"} %" PRIu64 "\n",
				 n->receivers[i].config->name, words[k],
				 n->receivers[i].results[k]);
	}
	add_waiting(n, out);
}
