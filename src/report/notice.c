#include "report/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/incident_json.h"
#include "report/json_write.h"
#include "report/words.h"

enum { TEXT_MAX = 4096 };

enum verdict notice_verdict(const struct incident *i)
{
	if (i->end_us)
		return VERDICT_OPERATIONAL;
	return i->step_count ? i->steps[i->step_count - 1].verdict : i->worst;
}

const char *notice_severity(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_MAJOR_OUTAGE:
		return "critical";
	case VERDICT_PARTIAL_OUTAGE:
		return "warning";
	case VERDICT_UNKNOWN:
	case VERDICT_OPERATIONAL:
	case VERDICT_DEGRADED:
	case VERDICTS:
		break;
	}
	return "info";
}

void notice_id(char dst[static NOTICE_ID], const struct notice *n)
{
	snprintf(dst, NOTICE_ID, "%.64s-%" PRIu64 "-%u", n->ca,
		 n->incident->number, n->count);
}

void notice_url(char dst[static NOTICE_URL], const struct notice *n)
{
	dst[0] = '\0';
	if (n->public_url && n->kind == TELLING_TEST)
		snprintf(dst, NOTICE_URL, "%.384s/", n->public_url);
	else if (n->public_url)
		snprintf(dst, NOTICE_URL, "%.384s/incidents/%.64s/%" PRIu64,
			 n->public_url, n->ca, n->incident->number);
}

/* --- sentences ---------------------------------------------------------- */

static const char *verdict_words(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_UNKNOWN:
		return "nobody can tell any more";
	case VERDICT_OPERATIONAL:
		return "operational";
	case VERDICT_DEGRADED:
		return "degraded";
	case VERDICT_PARTIAL_OUTAGE:
		return "partial outage";
	case VERDICT_MAJOR_OUTAGE:
		return "major outage";
	case VERDICTS:
		break;
	}
	return "";
}

/* The worst that is meant: of what is open its verdict as it is now. */
static const char *state_words(const struct incident *i)
{
	return verdict_words(i->end_us ? i->worst : notice_verdict(i));
}

static int64_t lasted_us(const struct notice *n)
{
	const struct incident *i = n->incident;

	return (i->end_us ? i->end_us : n->now_us) - i->start_us;
}

/* A registered problem type is one word (RFC 8555 6.7); else it is foreign. */
static const char *known_problem(const char *problem)
{
	size_t letters = strspn(problem, "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return letters == strlen(problem) ? problem : "";
}

static void add_where(struct buf *out, const struct incident *i)
{
	const struct incident_cause *root = incident_root(i);

	if (i->slow)
		buf_add_text(out, ", slower than usual");
	else if (root)
		buf_addf(out, ", at %s", op_name(root->first.op));
}

static void add_state(struct buf *out, const struct notice *n)
{
	const struct incident *i = n->incident;
	char age[WORDS];

	words_age(age, lasted_us(n));
	switch (n->kind) {
	case TELLING_OPENED:
		buf_add_text(out, state_words(i));
		break;
	case TELLING_ESCALATED:
		buf_addf(out, "now %s", state_words(i));
		break;
	case TELLING_REOPENED:
		buf_addf(out, "it goes on, %s", state_words(i));
		break;
	case TELLING_REMINDER:
		buf_addf(out, "for %s now, %s", age, state_words(i));
		break;
	case TELLING_RESOLVED:
		buf_addf(out, "over after %s (%s)", age, state_words(i));
		return;
	case TELLING_TEST:
		buf_add_text(out, "this is a test, nothing has happened");
		return;
	case TELLING_KINDS:
		break;
	}
	add_where(out, i);
}

void notice_subject(struct buf *out, const struct notice *n)
{
	buf_add_char(out, '[');
	words_printable(out, n->hub);
	buf_add_text(out, "] ");
	words_printable(out, n->ca);
	buf_add_text(out, ": ");
	add_state(out, n);
}

static unsigned who_saw(const struct incident *i, unsigned *ret_asked)
{
	unsigned saw = 0, asked = 0;

	for (size_t k = 0; k < i->station_count; k++) {
		saw += i->stations[k].failures > 0;
		asked += i->stations[k].attempts > 0;
	}
	*ret_asked = asked;
	return saw;
}

static void add_times(struct buf *out, const struct notice *n)
{
	const struct incident *i = n->incident;
	char start[WORDS], late[WORDS], age[WORDS];

	/* With its date: who reads it may do so tomorrow. */
	words_time(start, i->start_us, INT64_MIN / 2);
	words_age(late, i->declared_us - i->start_us);
	words_age(age, lasted_us(n));
	buf_addf(out, " It began at %s, was declared %s later, and %s %s.",
		 start, late, i->end_us ? "lasted" : "has lasted", age);
}

static void add_evidence(struct buf *out, const struct incident *i)
{
	unsigned asked, saw = who_saw(i, &asked);

	if (i->attempts)
		buf_addf(out,
			 " %" PRIu64 " of %" PRIu64
			 " attempts failed meanwhile.",
			 i->failures, i->attempts);
	if (asked > 1)
		buf_addf(out, " %u of %u stations saw failures.", saw, asked);
	if (i->few)
		buf_addf(out, " Only %u station%s judged it.", i->voters,
			 i->voters == 1 ? "" : "s");
}

static void add_sentences(struct buf *out, const struct notice *n)
{
	const struct incident *i = n->incident;
	const struct incident_cause *root = incident_root(i);

	words_printable(out, n->ca);
	buf_add_text(out, ": ");
	add_state(out, n);
	buf_add_char(out, '.');
	if (n->kind == TELLING_TEST)
		return;
	add_times(out, n);
	add_evidence(out, i);
	if (!root)
		return;
	buf_addf(out, " First seen: %s: ", op_name(root->first.op));
	words_failure(out, root->first.outcome, root->first.status,
		      known_problem(root->first.problem), "");
	buf_add_char(out, '.');
}

void notice_text(struct buf *out, const struct notice *n)
{
	char url[NOTICE_URL];

	add_sentences(out, n);
	notice_url(url, n);
	if (url[0])
		buf_addf(out, " %s", url);
}

void notice_letter(struct buf *out, const struct notice *n)
{
	const struct incident *i = n->incident;
	char url[NOTICE_URL];

	add_sentences(out, n);
	buf_add_text(out, "\n");
	if (i->cause_count)
		buf_add_text(out, "\nWhat failed, with the CA's own words in "
				  "quotes:\n\n");
	for (unsigned k = 0; k < i->cause_count; k++) {
		const struct incident_cause *c = &i->causes[k];

		buf_addf(out, "- %s: ", op_name(c->first.op));
		words_failure(out, c->first.outcome, c->first.status,
			      c->first.problem, c->first.detail);
		buf_addf(out, "; %" PRIu64 " times, at %u station%s%s\n",
			 c->count, c->stations, c->stations == 1 ? "" : "s",
			 c->consequence ? ", a consequence" : "");
	}
	notice_url(url, n);
	if (n->kind == TELLING_TEST)
		return;
	if (url[0])
		buf_addf(out, "\nWhat each station saw: %s\n", url);
	buf_add_text(out, "\nThis is what the stations agree on. It is no "
			  "statement of the CA.\n");
}

/* --- for programs ------------------------------------------------------- */

static void add_made(struct buf *out, const char *name,
		     void (*make)(struct buf *out, const struct notice *n),
		     const struct notice *n)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	make(&text, n);
	json_text(out, name, buf_text(&text));
	buf_release(&text);
}

void notice_json(struct buf *out, const struct notice *n)
{
	const struct incident *i = n->incident;
	char id[NOTICE_ID], url[NOTICE_URL];

	notice_id(id, n);
	notice_url(url, n);
	buf_add_char(out, '{');
	json_text(out, "id", id);
	json_text(out, "kind", telling_kind_name(n->kind));
	add_made(out, "subject", notice_subject, n);
	add_made(out, "text", notice_text, n);
	json_text(out, "hub", n->hub);
	json_text(out, "ca", n->ca);
	json_text(out, "verdict", verdict_name(notice_verdict(i)));
	json_text(out, "worst", verdict_name(i->worst));
	json_text(out, "severity", notice_severity(i->worst));
	json_time(out, "at", n->now_us);
	json_text(out, "url", url);
	json_name(out, "incident");
	incident_json(out, n->ca, i, n->stations, n->station_count);
	buf_add_text(out, "}\n");
}

static void add_labels(struct buf *out, const struct notice *n,
		       enum verdict verdict)
{
	json_name(out, "labels");
	buf_add_char(out, '{');
	json_text(out, "alertname", "AcmeCaIncident");
	json_text(out, "ca", n->ca);
	json_text(out, "verdict", verdict_name(verdict));
	json_text(out, "severity", notice_severity(verdict));
	buf_add_char(out, '}');
}

static void add_alert(struct buf *out, const struct notice *n,
		      enum verdict verdict, int64_t end_us)
{
	const struct incident *i = n->incident;
	char url[NOTICE_URL];

	notice_url(url, n);
	buf_add_char(out, '{');
	add_labels(out, n, verdict);
	json_name(out, "annotations");
	buf_add_char(out, '{');
	add_made(out, "summary", notice_subject, n);
	add_made(out, "description", notice_text, n);
	buf_add_char(out, '}');
	json_time(out, "startsAt", i->start_us);
	json_time(out, "endsAt", end_us > i->start_us ? end_us : i->start_us);
	if (url[0])
		json_text(out, "generatorURL", url);
	buf_add_char(out, '}');
}

void notice_alerts(struct buf *out, const struct notice *n, int64_t alive_us)
{
	const struct incident *i = n->incident;
	unsigned ended = 1u << i->worst;

	buf_add_char(out, '[');
	add_alert(out, n, i->worst,
		  i->end_us ? i->end_us : n->now_us + alive_us);
	for (unsigned k = 0; k < i->step_count; k++) {
		enum verdict v = i->steps[k].verdict;

		if (v <= VERDICT_OPERATIONAL || ended & 1u << v)
			continue;
		ended |= 1u << v;
		buf_add_char(out, ',');
		add_alert(out, n, v,
			  i->end_us && i->end_us < n->now_us ? i->end_us
							     : n->now_us);
	}
	buf_add_text(out, "]\n");
}
