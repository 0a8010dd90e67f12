/*
 * What `acmeter check` says: one line for a monitoring system (the plugin API
 * of Nagios and Icinga), or whose trouble it is for people; each as JSON too.
 *
 * Everything that came over the network is printable here, and a line stays
 * one line: no bar ends its text before we do.
 */
#ifndef REPORT_CHECK_SHOW_H
#define REPORT_CHECK_SHOW_H

#include <stdint.h>

#include "base/buf.h"
#include "judge/side.h"
#include "measure/issuance.h"
#include "report/hub_read.h"

/* Exit statuses of plugins. */
enum check_status { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* "WARNING"; check_status_find takes it in either case. */
const char *check_status_name(enum check_status status);
bool check_status_find(const char *word, enum check_status *ret_status);

/* Which verdict is which status. */
struct check_map {
	enum check_status of[VERDICTS];
};

struct check_map check_map_default(void);

/* What was heard of the hub. */
struct check_heard {
	const char *hub, *ca; /* the URL; the name, "" when it is not known */
	enum side_there there;
	struct hub_verdict verdict; /* of THERE_SAID and THERE_STALE */
	const char *trouble;	    /* of the others, and THERE_STALE: why */
	int64_t now_us;
};

/*
 * Whether it is fresh: THERE_SAID, or THERE_STALE and why in trouble. What is
 * older than stale_s is, by its evidence or by our clock.
 */
enum side_there check_freshness(const struct hub_verdict *v, int64_t now_us,
				int64_t stale_s, struct fail *trouble);

enum check_status check_plugin_status(const struct check_heard *h,
				      const struct check_map *map);

/* "ACMETER OK - letsencrypt is operational, ... | voices=4;;;0 ..." */
void check_plugin_line(struct buf *out, const struct check_heard *h,
		       enum check_status status);
void check_plugin_json(struct buf *out, const struct check_heard *h,
		       enum check_status status);

/* --- is it me? ----------------------------------------------------------- */

/* What this machine saw, and what is made of both. */
struct check_side {
	const char *directory; /* asked here */
	const struct issuance *here;
	const char *advice; /* on the probe itself, or NULL */
	struct check_heard heard;
};

/* The evidence that side_find() takes. */
struct side_evidence check_evidence(const struct check_side *s);

/* Some lines: whose, what here, what there, what to do. */
void check_side_text(struct buf *out, const struct check_side *s,
		     const struct side_finding *f);
void check_side_json(struct buf *out, const struct check_side *s,
		     const struct side_finding *f, int exit_status);

#endif
