/*
 * What receivers are told of an incident, in the form that each can take.
 *
 * What a CA said of its own failure is hostile: chat programs make links and
 * calls to everybody of it. So its words are in the letter, in quotes, and in
 * the incident for programs, and nowhere else.
 */
#ifndef REPORT_NOTICE_H
#define REPORT_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "judge/incident.h"
#include "judge/telling.h"

enum { NOTICE_ID = 128, NOTICE_URL = 512 };

struct notice {
	enum telling_kind kind;
	unsigned count; /* how many this receiver has had of it, with this */
	const char *ca;
	const struct incident *incident;
	const char *const *stations; /* names, in the order of the incident's */
	size_t station_count;
	const char *hub;	/* its title */
	const char *public_url; /* without a slash at its end; or NULL */
	int64_t now_us;
};

/* "operational" when it is over, else the verdict as it is now. */
enum verdict notice_verdict(const struct incident *i);

/* "critical", "warning" or "info": what alerting calls it. */
const char *notice_severity(enum verdict verdict);

/*
 * The same for the same message whenever it is made, and for no other of this
 * receiver: "letsencrypt-1593068000-2".
 */
void notice_id(char dst[static NOTICE_ID], const struct notice *n);

/* The incident's page, of a test the first one; "" without a public URL. */
void notice_url(char dst[static NOTICE_URL], const struct notice *n);

/* One line without control characters. */
void notice_subject(struct buf *out, const struct notice *n);

/* Some sentences in one line, with the page at their end. */
void notice_text(struct buf *out, const struct notice *n);

/* The body of a mail: plain text, lines that end in LF. */
void notice_letter(struct buf *out, const struct notice *n);

/* One object; `text` is what Slack and its like show. */
void notice_json(struct buf *out, const struct notice *n);

/*
 * The body for /api/v2/alerts of Alertmanager. An alert is known by its labels,
 * and the verdict is one: those of the milder verdicts before are ended. What
 * is open ends by itself after alive_us, unless it is told again.
 */
void notice_alerts(struct buf *out, const struct notice *n, int64_t alive_us);

#endif
