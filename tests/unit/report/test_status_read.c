#include "report/status_read.h"

#include <string.h>

#include "base/clock.h"
#include "support/unit.h"

static char prod[] = "acme-v02 (Production)", staging[] = "acme-staging",
	    gone[] = "acme-v03";
static char *const prod_only[] = { prod };
static char *const prod_and_gone[] = { prod, gone };
static char *const staging_only[] = { staging };

static const struct status_parts all = { NULL, 0 };
static const struct status_parts only_prod = { prod_only, 1 };
static const struct status_parts only_staging = { staging_only, 1 };
static const struct status_parts with_gone = { prod_and_gone, 2 };

static void assert_says(const char *text, const struct status_word *w,
			enum status_level level, const char *words)
{
	assert_for(text, w->level == level);
	assert_string_equal(w->text, words);
}

/* --- status.io ---------------------------------------------------------- */

#define IO(code, prod_code, staging_code, incidents, active)             \
	"{\"result\":{\"status_overall\":{\"updated\":\"x\",\"status\":" \
	"\"Overall\",\"status_code\":" code "},\"status\":["             \
	"{\"id\":\"1\",\"name\":\"acme-v02 (Production)\",\"status\":"   \
	"\"Word\",\"status_code\":" prod_code ",\"containers\":[]},"     \
	"{\"id\":\"2\",\"name\":\"acme-staging\",\"status\":\"Other\","  \
	"\"status_code\":" staging_code "}],\"incidents\":[" incidents   \
	"],\"maintenance\":{\"active\":[" active "],\"upcoming\":["      \
	"{\"_id\":\"u\",\"name\":\"next week\"}]}}}"
#define IO_NOTICE(id, name, opened, affected)  \
	"{\"name\":\"" name "\",\"_id\":\"" id \
	"\",\"datetime_open\":\"" opened       \
	"\",\"components_affected\":[" affected "]}"
#define PROD_AFFECTED "{\"name\":\"acme-v02 (Production)\",\"_id\":\"1\"}"

static void status_io_is_read(void **state)
{
	static const struct {
		const char *text;
		const struct status_parts *parts;
		enum status_level level;
		const char *words;
		unsigned notices;
		int64_t dated_s;
	} rows[] = {
		{ IO("100", "100", "100", "", ""), &all, STATUS_FINE, "Overall",
		  0, 0 },
		{ IO("200", "100", "100", "", ""), &all, STATUS_MAINTENANCE,
		  "Overall", 0, 0 },
		{ IO("300", "100", "100", "", ""), &all, STATUS_DEGRADED,
		  "Overall", 0, 0 },
		{ IO("400", "100", "100", "", ""), &all, STATUS_PARTIAL,
		  "Overall", 0, 0 },
		{ IO("500", "100", "100", "", ""), &all, STATUS_MAJOR,
		  "Overall", 0, 0 },
		{ IO("600", "100", "100", "", ""), &all, STATUS_DEGRADED,
		  "Overall", 0, 0 },
		{ IO("500", "100", "500", "", ""), &only_prod, STATUS_FINE,
		  "acme-v02 (Production): Word", 0, 0 },
		{ IO("500", "100", "500", "", ""), &only_staging, STATUS_MAJOR,
		  "acme-staging: Other", 0, 0 },
		{ IO("100", "100", "100",
		     IO_NOTICE("69fe2d66aaaaaaaaaaaaaaaa", "Stopped",
			       "2026-05-08T18:40:00.000Z", PROD_AFFECTED),
		     ""),
		  &only_prod, STATUS_DEGRADED, "Stopped", 1, 1778265600 },
		/* Without a date, the one in its number. */
		{ IO("500", "500", "100",
		     IO_NOTICE("69fe2d66aaaaaaaaaaaaaaaa", "Stopped", "", ""),
		     ""),
		  &only_prod, STATUS_MAJOR, "Stopped", 1, 0x69fe2d66 },
		{ IO("500", "500", "100",
		     IO_NOTICE("b", "Stopped", "", PROD_AFFECTED), ""),
		  &only_staging, STATUS_FINE, "acme-staging: Other", 0, 0 },
		{ IO("200", "200", "100", "",
		     IO_NOTICE("c", "Planned", "2026-05-08T18:40:00+00:00",
			       "")),
		  &all, STATUS_MAINTENANCE, "Planned", 1, 1778265600 },
		/* The newest gives the words. */
		{ IO("100", "100", "100",
		     IO_NOTICE("d", "Older", "2026-05-08T18:40:00Z",
			       "") "," IO_NOTICE("e", "Newer",
						 "2026-05-08T18:50:00Z", ""),
		     ""),
		  &all, STATUS_DEGRADED, "Newer", 2, 1778266200 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct status_word w;
		struct fail why;

		if (!status_read_io(rows[i].text, strlen(rows[i].text),
				    rows[i].parts, &w, &why))
			fail_msg("%s: %s", rows[i].text, why.text);
		assert_says(rows[i].text, &w, rows[i].level, rows[i].words);
		assert_int_equal(w.notices, rows[i].notices);
		assert_for(rows[i].text,
			   w.dated_us == rows[i].dated_s * US_PER_S);
	}
}

/* --- Statuspage --------------------------------------------------------- */

#define PAGE(indicator, prod_state, incidents, planned)                    \
	"{\"page\":{\"id\":\"p\"},\"components\":[{\"id\":\"1\",\"name\":" \
	"\"acme-v02 (Production)\",\"status\":\"" prod_state               \
	"\"}],\"incidents\":[" incidents                                   \
	"],\"scheduled_maintenances\":[" planned                           \
	"],\"status\":{\"indicator\":\"" indicator                         \
	"\",\"description\":\"Described\"}}"
#define NOTICE(id, name, state, impact)                                \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"status\":\"" state \
	"\",\"impact\":\"" impact                                      \
	"\",\"created_at\":\"2026-05-08T11:40:00.000-07:00\"}"

static void a_statuspage_is_read(void **state)
{
	static const struct {
		const char *text;
		const struct status_parts *parts;
		enum status_level level;
		const char *words;
	} rows[] = {
		{ PAGE("none", "operational", "", ""), &all, STATUS_FINE,
		  "Described" },
		{ PAGE("minor", "operational", "", ""), &all, STATUS_DEGRADED,
		  "Described" },
		{ PAGE("major", "operational", "", ""), &all, STATUS_PARTIAL,
		  "Described" },
		{ PAGE("critical", "operational", "", ""), &all, STATUS_MAJOR,
		  "Described" },
		{ PAGE("critical", "operational", "", ""), &only_prod,
		  STATUS_FINE, "acme-v02 (Production): operational" },
		{ PAGE("none", "partial_outage", "", ""), &only_prod,
		  STATUS_PARTIAL, "acme-v02 (Production): partial_outage" },
		{ PAGE("none", "operational",
		       NOTICE("a", "Slow", "investigating", "none"), ""),
		  &all, STATUS_DEGRADED, "Slow" },
		{ PAGE("none", "operational",
		       NOTICE("a", "Was slow", "resolved", "critical"), ""),
		  &all, STATUS_FINE, "Described" },
		{ PAGE("none", "operational",
		       NOTICE("a", "Down", "identified", "critical"), ""),
		  &only_prod, STATUS_MAJOR, "Down" },
		{ PAGE("none", "operational", "",
		       NOTICE("m", "Soon", "scheduled", "maintenance")),
		  &all, STATUS_FINE, "Described" },
		{ PAGE("none", "operational", "",
		       NOTICE("m", "Now", "in_progress", "maintenance")),
		  &all, STATUS_MAINTENANCE, "Now" },
		/* /api/v2/incidents/unresolved.json */
		{ "{\"page\":{},\"incidents\":[]}", &only_prod, STATUS_FINE,
		  "" },
		{ "{\"page\":{},\"incidents\":[" NOTICE(
			  "a", "Down", "monitoring", "major") "]}",
		  &all, STATUS_PARTIAL, "Down" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct status_word w;
		struct fail why;

		if (!status_read_page(rows[i].text, strlen(rows[i].text),
				      rows[i].parts, &w, &why))
			fail_msg("%s: %s", rows[i].text, why.text);
		assert_says(rows[i].text, &w, rows[i].level, rows[i].words);
		assert_for(rows[i].text,
			   w.dated_us ==
				   (w.notices ? INT64_C(1778265600) * US_PER_S
					      : 0));
	}
}

static void what_is_no_status_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		"<html>",
		"{\"result\":1}",
		"{\"result\":{\"status_overall\":{\"status_code\":\"100\"}}}",
		"{\"incidents\":{}}",
		"{\"incidents\":[],\"incidents\":[]}",
		"[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]",
	};
	struct status_word w;
	struct fail why;

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++) {
		assert_for(bad[i], !status_read_io(bad[i], strlen(bad[i]), &all,
						   &w, &why));
		assert_for(bad[i], !status_read_page(bad[i], strlen(bad[i]),
						     &all, &w, &why));
	}
}

static void a_component_that_is_not_there_is_told(void **state)
{
	static const char io[] = IO("100", "100", "100", "", "");
	static const char page[] = PAGE("none", "operational", "", "");
	struct status_word w;
	struct fail why;

	(void)state;
	assert_false(status_read_io(io, strlen(io), &with_gone, &w, &why));
	assert_string_equal(why.text,
			    "it has no component \"acme-v03\"; it has "
			    "\"acme-v02 (Production)\", \"acme-staging\"");
	assert_false(
		status_read_page(page, strlen(page), &with_gone, &w, &why));
	assert_int_equal(why.code, FAIL_INPUT);
}

/* --- feeds -------------------------------------------------------------- */

static void what_a_feed_says_now_is_in_its_latest_state(void **state)
{
	static const struct {
		const char *title, *text;
		int64_t age_us;
		enum status_level level;
	} rows[] = {
		{ "API down", "<strong>Investigating</strong> - We look",
		  US_PER_HOUR, STATUS_DEGRADED },
		{ "API down",
		  "<strong>Resolved</strong> - "
		  "ok<strong>Investigating</strong>",
		  US_PER_HOUR, STATUS_FINE },
		{ "API down",
		  "<strong>Monitoring</strong> - <strong>Identified</strong>",
		  3 * US_PER_DAY, STATUS_DEGRADED },
		{ "[Resolved] API down", "Investigating", 0, STATUS_FINE },
		{ "Upgrade", "<strong>Scheduled</strong> - soon", 0,
		  STATUS_FINE },
		{ "Upgrade", "<strong>In progress</strong> - now", 0,
		  STATUS_MAINTENANCE },
		{ "Upgrade", "<b>Completed</b> <b>In progress</b>", 0,
		  STATUS_FINE },
		/* Prose names no state; it counts for a day. */
		{ "API down", "it will be resolved", US_PER_HOUR,
		  STATUS_DEGRADED },
		{ "API down", "Updates follow", 2 * US_PER_DAY, STATUS_FINE },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t now_us = INT64_C(1778265600) * US_PER_S;
		struct feed_entry e = { .dated_us = now_us - rows[i].age_us };
		struct status_word w;

		strcpy(e.title, rows[i].title);
		strcpy(e.text, rows[i].text);
		status_of_feed(&e, 1, &all, now_us, &w);
		assert_for(rows[i].text, w.level == rows[i].level);
		status_of_feed(&e, 1, &only_prod, now_us, &w);
		assert_int_equal(w.level, STATUS_FINE);
	}
}

static void the_newest_open_entry_gives_the_words(void **state)
{
	struct feed_entry e[3] = {
		{ .id = "3",
		  .title = "Upgrade",
		  .text = "Verifying",
		  .dated_us = 30 },
		{ .id = "2",
		  .title = "ACME-V02 (production) down",
		  .text = "Identified",
		  .dated_us = 20 },
		{ .id = "1",
		  .title = "Old",
		  .text = "Resolved",
		  .dated_us = 10 },
	};
	struct status_word w;

	(void)state;
	status_of_feed(e, 3, &all, 100, &w);
	assert_string_equal(w.notice, "3");
	assert_int_equal(w.notices, 2);
	assert_int_equal(w.level, STATUS_DEGRADED);
	status_of_feed(e, 3, &only_prod, 100, &w);
	assert_string_equal(w.notice, "2");
	status_of_feed(e, 0, &all, 100, &w);
	assert_int_equal(w.level, STATUS_FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_io_is_read),
		cmocka_unit_test(a_statuspage_is_read),
		cmocka_unit_test(what_is_no_status_is_refused),
		cmocka_unit_test(a_component_that_is_not_there_is_told),
		cmocka_unit_test(what_a_feed_says_now_is_in_its_latest_state),
		cmocka_unit_test(the_newest_open_entry_gives_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
