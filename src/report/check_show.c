#include "report/check_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/json_write.h"
#include "report/words.h"

enum { SHOWN = 400, LINE = 4096 };
/* Our clock and the hub's may differ so much before an answer is called old. */
#define CLOCKS_S 300

const char *check_status_name(enum check_status status)
{
	static const char *const names[] = {
		[CHECK_OK] = "OK",
		[CHECK_WARNING] = "WARNING",
		[CHECK_CRITICAL] = "CRITICAL",
		[CHECK_UNKNOWN] = "UNKNOWN",
	};

	return names[status];
}

bool check_status_find(const char *word, enum check_status *ret_status)
{
	for (int i = CHECK_OK; i <= CHECK_UNKNOWN; i++) {
		if (text_same_nocase(word,
				     check_status_name((enum check_status)i))) {
			*ret_status = (enum check_status)i;
			return true;
		}
	}
	return false;
}

struct check_map check_map_default(void)
{
	return (struct check_map){ .of = {
					   [VERDICT_UNKNOWN] = CHECK_UNKNOWN,
					   [VERDICT_OPERATIONAL] = CHECK_OK,
					   [VERDICT_DEGRADED] = CHECK_WARNING,
					   [VERDICT_PARTIAL_OUTAGE] =
						   CHECK_CRITICAL,
					   [VERDICT_MAJOR_OUTAGE] =
						   CHECK_CRITICAL,
				   } };
}

enum side_there check_freshness(const struct hub_verdict *v, int64_t now_us,
				int64_t stale_s, struct fail *trouble)
{
	int64_t age_s = (now_us - v->as_of_us) / US_PER_S;
	char age[WORDS];

	if (v->evidence_age_s > stale_s) {
		words_age(age, v->evidence_age_s * US_PER_S);
		fail_set(trouble, FAIL_PEER,
			 "its latest evidence is %s old, expected some of the "
			 "last %" PRId64 " s",
			 age, stale_s);
		return THERE_STALE;
	}
	if (age_s > CLOCKS_S + stale_s || age_s < -CLOCKS_S - stale_s) {
		words_age(age,
			  age_s < 0 ? -age_s * US_PER_S : age_s * US_PER_S);
		fail_set(trouble, FAIL_PEER,
			 "its answer is %s %s by the clock of this machine: "
			 "one of the two clocks is wrong, or something on the "
			 "way keeps old answers",
			 age, age_s < 0 ? "ahead" : "old");
		return THERE_STALE;
	}
	return THERE_SAID;
}

/* --- sentences ---------------------------------------------------------- */

/* Foreign text: printable, and no bar, which would begin the figures. */
static void add_foreign(struct buf *out, const char *text)
{
	char shown[SHOWN];

	text_printable(shown, sizeof(shown), text, strlen(text));
	for (char *p = shown; *p; p++)
		*p = *p == '|' ? '/' : *p;
	buf_add_text(out, shown);
}

/* ", status 500, serverInternal: its words"; what is missing is left out. */
static void add_answer(struct buf *out, int status, const char *problem,
		       const char *detail)
{
	if (status)
		buf_addf(out, ", status %d", status);
	if (problem[0]) {
		buf_add_text(out, ", ");
		add_foreign(out, problem);
	}
	if (detail[0]) {
		buf_add_text(out, ": ");
		add_foreign(out, detail);
	}
}

static void add_cause(struct buf *out, const struct hub_verdict *v)
{
	const struct failure *c = &v->cause;

	if (!v->has_cause)
		return;
	buf_addf(out, " (%s", outcome_slug(c->outcome));
	add_answer(out, c->status, c->problem, c->detail);
	buf_add_char(out, ')');
}

static void add_incident(struct buf *out, const struct hub_verdict *v,
			 int64_t now_us)
{
	char at[WORDS];

	if (v->slow)
		buf_add_text(out, ", being slower than usual");
	else if (v->has_cause)
		buf_addf(out, " at %s", op_name(v->cause.op));
	if (v->start_us) {
		words_time(at, v->start_us, now_us);
		buf_addf(out, " since %s", at);
	}
	add_cause(out, v);
}

/* "letsencrypt has a major outage at newAccount since ..."; no full stop. */
static void add_verdict(struct buf *out, const struct check_heard *h)
{
	const struct hub_verdict *v = &h->verdict;

	buf_add_text(out, v->ca);
	switch (v->verdict) {
	case VERDICT_UNKNOWN:
	case VERDICTS:
		buf_add_text(out, " is not known of: no station that sees has "
				  "looked lately");
		return;
	case VERDICT_OPERATIONAL:
		buf_addf(out, " is operational");
		break;
	case VERDICT_DEGRADED:
		buf_add_text(out, " is degraded");
		break;
	case VERDICT_PARTIAL_OUTAGE:
		buf_add_text(out, " has a partial outage");
		break;
	case VERDICT_MAJOR_OUTAGE:
		buf_add_text(out, " has a major outage");
		break;
	}
	add_incident(out, v, h->now_us);
	buf_addf(out, ", as %u voice%s tell%s", v->voices,
		 v->voices == 1 ? "" : "s", v->voices == 1 ? "s" : "");
	if (v->failing)
		buf_addf(out, ", %u of them failing", v->failing);
}

/* What was heard, or why nothing was. */
static void add_heard(struct buf *out, const struct check_heard *h)
{
	switch (h->there) {
	case THERE_SAID:
		add_verdict(out, h);
		return;
	case THERE_STALE:
		add_foreign(out, h->hub);
		buf_add_text(out, " cannot tell: ");
		break;
	case THERE_UNREACHABLE:
		buf_add_text(out, "the hub ");
		add_foreign(out, h->hub);
		buf_add_text(out, " is not reached: ");
		break;
	case THERE_ODD:
		buf_add_text(out, "the hub ");
		add_foreign(out, h->hub);
		buf_add_text(out, " gives no answer that can be used: ");
		break;
	case THERE_UNWATCHED:
		add_foreign(out, h->hub);
		buf_add_text(out, " watches no such CA: ");
		break;
	case THERES:
		break;
	}
	add_foreign(out, h->trouble);
}

/* --- the plugin --------------------------------------------------------- */

enum check_status check_plugin_status(const struct check_heard *h,
				      const struct check_map *map)
{
	return h->there == THERE_SAID ? map->of[h->verdict.verdict]
				      : CHECK_UNKNOWN;
}

static void add_figures(struct buf *out, const struct hub_verdict *v)
{
	buf_addf(out, " | voices=%u;;;0 failing=%u;;;0;%u", v->voices,
		 v->failing, v->voices);
	if (v->p95_us >= 0)
		buf_addf(out, " p95=%.6fs;;;0",
			 (double)v->p95_us / (double)US_PER_S);
	if (v->evidence_age_s >= 0)
		buf_addf(out, " age=%" PRId64 "s;;;0", v->evidence_age_s);
}

void check_plugin_line(struct buf *out, const struct check_heard *h,
		       enum check_status status)
{
	buf_addf(out, "ACMETER %s - ", check_status_name(status));
	add_heard(out, h);
	if (h->there == THERE_SAID || h->there == THERE_STALE)
		add_figures(out, &h->verdict);
}

static const char *there_name(enum side_there there)
{
	static const char *const names[THERES] = {
		[THERE_SAID] = "said",
		[THERE_STALE] = "stale",
		[THERE_UNREACHABLE] = "unreachable",
		[THERE_ODD] = "odd",
		[THERE_UNWATCHED] = "unwatched",
	};

	return names[there];
}

static void add_sentence(struct buf *out, const char *name,
			 const struct check_heard *h)
{
	struct buf text = BUF_INIT(LINE);

	add_heard(&text, h);
	json_text(out, name, buf_text(&text));
	buf_release(&text);
}

static void add_heard_json(struct buf *out, const struct check_heard *h)
{
	const struct hub_verdict *v = &h->verdict;

	json_text(out, "hub", h->hub);
	json_text(out, "ca", h->ca);
	json_text(out, "heard", there_name(h->there));
	add_sentence(out, "sentence", h);
	if (h->there != THERE_SAID && h->there != THERE_STALE)
		return;
	json_text(out, "verdict", verdict_name(v->verdict));
	json_count(out, "voices", v->voices);
	json_count(out, "failing", v->failing);
	json_known(out, "p95_us", v->p95_us);
	json_known(out, "evidence_age", v->evidence_age_s);
	json_known(out, "retry_after", v->retry_after_s);
}

void check_plugin_json(struct buf *out, const struct check_heard *h,
		       enum check_status status)
{
	buf_add_char(out, '{');
	json_text(out, "status", check_status_name(status));
	json_number(out, "exit", (int)status);
	add_heard_json(out, h);
	buf_add_char(out, '}');
}

/* --- is it me? ---------------------------------------------------------- */

static const struct {
	const char *why, *advice;
} reasons[SIDE_REASONS] = {
	[SIDE_WELL] = { "it works from here, and from the stations",
			"if something failed a moment ago, try it again; what "
			"comes after the authorization was not tried here" },
	[SIDE_WELL_HERE] = { "it works from here; what others see is not known",
			     "if something fails all the same, look at what "
			     "comes after the authorization: the challenge, "
			     "and whether the CA reaches this machine" },
	[SIDE_CA_ELSEWHERE] = { "it works from here as far as this goes, up to "
				"the authorization; the stations see the CA "
				"fail",
				"wait, or use another CA" },
	[SIDE_CA_SAME] = { "the same step fails here and at the stations",
			   "wait, or use another CA; nothing on this machine "
			   "has to be changed" },
	[SIDE_CA_OUTAGE] = { "the stations see an outage, and do not come as "
			     "far as this step",
			     "wait, or use another CA; nothing on this machine "
			     "has to be changed" },
	[SIDE_CA_PARTLY] = { "it fails for some: here, and for a part of what "
			     "the stations try",
			     "try again in a minute; if it fails for long "
			     "while the stations come through, look at the "
			     "path" },
	[SIDE_CA_ANSWERS] = { "the CA itself says that it fails; no other "
			      "station was heard",
			      "try again in some minutes, and look at the "
			      "CA's own status page" },
	[SIDE_CA_HERE_ALONE] = { "the CA, or somebody in its place, answers "
				 "this machine with a failure that no station "
				 "sees",
				 "try again in a minute; if it stays so, see "
				 "that the URL is right and that no proxy "
				 "answers in its place, and show the CA its "
				 "answer" },
	[SIDE_YOU_REQUEST] = { "the CA refuses what this machine asks for",
			       "read its answer: the URL, the account, its "
			       "binding or the name is not what it takes" },
	[SIDE_YOU_TLS] = { "this machine and the CA do not come to a TLS "
			   "connection that it believes",
			   "look at the roots it trusts (--ca-file, the "
			   "system's ca-certificates), at its clock, and for "
			   "a proxy that opens TLS" },
	[SIDE_YOU_DNS] = { "this machine's resolver does not find the CA's "
			   "name",
			   "look at its resolver (/etc/resolv.conf), and ask "
			   "another one for the name" },
	[SIDE_YOU_LIMIT] = { "this machine, or its account, is over a rate "
			     "limit of the CA",
			     "wait as long as the CA says, and ask less "
			     "often" },
	[SIDE_YOU_SELF] = { "this machine itself failed",
			    "see the reason above: it has nothing to do with "
			    "the CA" },
	[SIDE_YOU_OFFLINE] = { "this machine reaches neither the CA nor the "
			       "hub",
			       "look at its own network first: address, "
			       "route, resolver, firewall" },
	[SIDE_PATH_ALONE] = { "the stations reach the CA, this machine does "
			      "not",
			      "look at the address and port, firewalls and "
			      "proxies on the way, and IPv4 against IPv6 (-4, "
			      "-6)" },
	[SIDE_ALONE_FAILING] = { "it fails from here, and what others see is "
				 "not known",
				 "ask again when the hub answers, or try from "
				 "another network" },
	[SIDE_ALONE_STOPPED] = { "it was ended before there was an answer",
				 "let it run to its end, or give it more time "
				 "(--timeout)" },
};

static const char *const claims[SIDES] = {
	[SIDE_NOTHING] = "Nothing is wrong now",
	[SIDE_YOU] = "It is you",
	[SIDE_CA] = "It is the CA",
	[SIDE_UNKNOWN] = "It cannot be told",
	[SIDE_PATH] = "It is the path",
};

static bool has_failed(const struct check_side *s)
{
	return s->here->outcome != OUTCOME_OK;
}

struct side_evidence check_evidence(const struct check_side *s)
{
	const struct hub_verdict *v = &s->heard.verdict;
	struct side_evidence e = { .outcome = s->here->outcome,
				   .status = s->here->status,
				   .there = s->heard.there };

	if (e.there != THERE_SAID)
		return e;
	e.verdict = v->verdict;
	if (v->fails[s->here->op])
		e.step = STEP_FAILS;
	else if (v->works[s->here->op])
		e.step = STEP_WORKS;
	return e;
}

/* The stations may ask another URL than this machine was told to. */
static bool is_elsewhere(const struct check_side *s)
{
	const char *theirs = s->heard.verdict.directory;

	return (s->heard.there == THERE_SAID ||
		s->heard.there == THERE_STALE) &&
	       theirs[0] && !hub_is_same_url(theirs, s->directory);
}

/* "directory: connection refused" */
static void add_here(struct buf *out, const struct check_side *s)
{
	const struct issuance *i = s->here;

	if (!has_failed(s)) {
		buf_add_text(out, "all steps up to the authorization worked");
		return;
	}
	buf_addf(out, "%s failed: %s", op_name(i->op),
		 outcome_meaning(i->outcome));
	add_answer(out, i->status >= 300 ? i->status : 0, i->problem,
		   i->detail);
}

static void add_advice(struct buf *out, const struct check_side *s,
		       const struct side_finding *f)
{
	char age[WORDS];

	buf_add_text(out, reasons[f->reason].advice);
	if (f->side == SIDE_CA && s->heard.there == THERE_SAID &&
	    s->heard.verdict.retry_after_s > 0) {
		words_age(age, s->heard.verdict.retry_after_s * US_PER_S);
		buf_addf(out, "; try again in %s", age);
	}
	if (s->advice && f->side != SIDE_CA)
		buf_addf(out, "; %s", s->advice);
	if (is_elsewhere(s)) {
		buf_add_text(out, "; the stations ask ");
		add_foreign(out, s->heard.verdict.directory);
		buf_add_text(out, ", and not the URL given here");
	}
}

void check_side_text(struct buf *out, const struct check_side *s,
		     const struct side_finding *f)
{
	buf_addf(out, "%s%s", claims[f->side],
		 f->sure || f->side == SIDE_UNKNOWN
			 ? ""
			 : ", as far as can be told");
	if (f->side == SIDE_YOU && has_failed(s))
		buf_addf(out, ", and the step that fails is %s",
			 op_name(s->here->op));
	buf_addf(out, ": %s.\n  here:  ", reasons[f->reason].why);
	add_here(out, s);
	buf_add_text(out, "\n  there: ");
	add_heard(out, &s->heard);
	buf_add_text(out, "\n  to do: ");
	add_advice(out, s, f);
	buf_add_text(out, ".\n");
}

void check_side_json(struct buf *out, const struct check_side *s,
		     const struct side_finding *f, int exit_status)
{
	struct buf text = BUF_INIT(LINE);

	buf_add_char(out, '{');
	json_text(out, "answer", side_name(f->side));
	json_bool(out, "sure", f->sure);
	json_number(out, "exit", exit_status);
	json_text(out, "step", has_failed(s) ? op_name(s->here->op) : NULL);
	json_text(out, "why", reasons[f->reason].why);
	add_advice(&text, s, f);
	json_text(out, "advice", buf_text(&text));
	json_name(out, "here");
	buf_add_char(out, '{');
	json_text(out, "directory", s->directory);
	json_text(out, "op", op_name(s->here->op));
	json_text(out, "outcome", outcome_slug(s->here->outcome));
	json_known(out, "status", s->here->status ? s->here->status : -1);
	json_text(out, "problem", s->here->problem);
	json_text(out, "detail", s->here->detail);
	json_known(out, "took_us", s->here->took_us);
	buf_add_char(out, '}');
	json_name(out, "there");
	buf_add_char(out, '{');
	add_heard_json(out, &s->heard);
	buf_add_text(out, "}}");
	buf_release(&text);
}
