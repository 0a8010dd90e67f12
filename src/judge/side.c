#include "judge/side.h"

const char *side_name(enum side side)
{
	switch (side) {
	case SIDE_NOTHING:
		return "nothing";
	case SIDE_YOU:
		return "you";
	case SIDE_CA:
		return "ca";
	case SIDE_PATH:
		return "path";
	case SIDE_UNKNOWN:
	case SIDES:
		break;
	}
	return "unknown";
}

/* What an outcome says by itself. */
enum kind {
	KIND_GOOD,
	KIND_LIMIT,
	KIND_SELF,
	KIND_STOPPED,
	KIND_DNS,
	KIND_TLS,
	KIND_PATH,    /* no answer came */
	KIND_REFUSAL, /* an answer: what was asked for is refused */
	KIND_ANSWER,  /* an answer: it failed, or is no ACME */
};

static enum kind kind_of(const struct side_evidence *e)
{
	switch (e->outcome) {
	case OUTCOME_OK:
		return KIND_GOOD;
	case OUTCOME_RATE_LIMITED:
		return KIND_LIMIT;
	case OUTCOME_SELF:
		return KIND_SELF;
	case OUTCOME_INTERRUPTED:
		return KIND_STOPPED;
	case OUTCOME_DNS:
		return KIND_DNS;
	case OUTCOME_TLS:
		return KIND_TLS;
	case OUTCOME_REFUSED:
	case OUTCOME_TIMEOUT:
	case OUTCOME_UNREACHABLE:
	case OUTCOME_CLOSED:
		return KIND_PATH;
	case OUTCOME_HTTP_ERROR:
	case OUTCOME_PROBLEM:
		return e->status >= 400 && e->status < 500 ? KIND_REFUSAL
							   : KIND_ANSWER;
	case OUTCOME_PROTOCOL:
	case OUTCOME_VALIDATION:
	case OUTCOME_BAD_CERTIFICATE:
	case OUTCOME_BAD_NONCE:
	case OUTCOMES:
		break;
	}
	return KIND_ANSWER;
}

static struct side_finding finding(enum side side, bool sure,
				   enum side_reason reason)
{
	return (struct side_finding){ side, sure, reason };
}

static bool is_known(const struct side_evidence *e)
{
	return e->there == THERE_SAID && e->verdict != VERDICT_UNKNOWN;
}

static bool is_bad(const struct side_evidence *e)
{
	return is_known(e) && e->verdict > VERDICT_OPERATIONAL;
}

/* --- it failed here ----------------------------------------------------- */

/* Of the others nothing is known: what the failure says by itself. */
static struct side_finding find_alone(enum kind kind, enum side_there there)
{
	bool offline = there == THERE_UNREACHABLE;

	if (offline && (kind == KIND_DNS || kind == KIND_PATH))
		return finding(SIDE_YOU, false, SIDE_YOU_OFFLINE);
	if (kind == KIND_DNS)
		return finding(SIDE_YOU, false, SIDE_YOU_DNS);
	if (kind == KIND_TLS)
		return finding(SIDE_YOU, false, SIDE_YOU_TLS);
	if (kind == KIND_REFUSAL)
		return finding(SIDE_YOU, false, SIDE_YOU_REQUEST);
	if (kind == KIND_ANSWER)
		return finding(SIDE_CA, false, SIDE_CA_ANSWERS);
	return finding(SIDE_UNKNOWN, false, SIDE_ALONE_FAILING);
}

/* The stations come through where it fails here. */
static struct side_finding find_here(enum kind kind, bool sure)
{
	if (kind == KIND_DNS)
		return finding(SIDE_YOU, sure, SIDE_YOU_DNS);
	if (kind == KIND_TLS)
		return finding(SIDE_YOU, sure, SIDE_YOU_TLS);
	if (kind == KIND_REFUSAL)
		return finding(SIDE_YOU, sure, SIDE_YOU_REQUEST);
	if (kind == KIND_PATH)
		return finding(SIDE_PATH, sure, SIDE_PATH_ALONE);
	return finding(SIDE_UNKNOWN, false, SIDE_CA_HERE_ALONE);
}

/* A name that is not found, a certificate, a request: not what outages do. */
static bool is_of_outages(enum kind kind)
{
	return kind == KIND_PATH || kind == KIND_ANSWER;
}

static struct side_finding find_failed(const struct side_evidence *e,
				       enum kind kind)
{
	if (!is_known(e))
		return find_alone(kind, e->there);
	if (e->step == STEP_FAILS)
		return finding(SIDE_CA, is_bad(e), SIDE_CA_SAME);
	if (e->step == STEP_UNSEEN && e->verdict == VERDICT_MAJOR_OUTAGE)
		return finding(SIDE_CA, is_of_outages(kind), SIDE_CA_OUTAGE);
	if (is_bad(e) && is_of_outages(kind) &&
	    (e->verdict != VERDICT_MAJOR_OUTAGE || kind == KIND_ANSWER))
		return finding(SIDE_CA, false, SIDE_CA_PARTLY);
	return find_here(kind, e->step == STEP_WORKS);
}

/* ------------------------------------------------------------------------ */

static struct side_finding find_good(const struct side_evidence *e)
{
	if (!is_known(e))
		return finding(SIDE_NOTHING, false, SIDE_WELL_HERE);
	if (is_bad(e))
		return finding(SIDE_CA, true, SIDE_CA_ELSEWHERE);
	return finding(SIDE_NOTHING, true, SIDE_WELL);
}

struct side_finding side_find(const struct side_evidence *e)
{
	enum kind kind = kind_of(e);

	switch (kind) {
	case KIND_GOOD:
		return find_good(e);
	case KIND_LIMIT:
		return finding(SIDE_YOU, true, SIDE_YOU_LIMIT);
	case KIND_SELF:
		return finding(SIDE_YOU, true, SIDE_YOU_SELF);
	case KIND_STOPPED:
		return finding(SIDE_UNKNOWN, false, SIDE_ALONE_STOPPED);
	case KIND_DNS:
	case KIND_TLS:
	case KIND_PATH:
	case KIND_REFUSAL:
	case KIND_ANSWER:
		break;
	}
	return find_failed(e, kind);
}
