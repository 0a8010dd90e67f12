#include "edge/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "support/unit.h"

#define DATED_US (INT64_C(1593068640) * US_PER_S)

static void read_good(const char *text, size_t expected,
		      struct feed_entry **ret_entries)
{
	struct fail why;
	size_t count;

	*ret_entries = NULL;
	if (!feed_read(text, strlen(text), ret_entries, &count, &why))
		fail_msg("%s", why.text);
	assert_int_equal(count, expected);
}

static void rss_is_read(void **state)
{
	struct feed_entry *e;

	(void)state;
	read_good("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel>"
		  "<title>Page</title><pubDate>Fri, 26 Jun 2020 00:00:00 GMT"
		  "</pubDate><item><title> API &amp; more</title><description>"
		  "<![CDATA[<strong>Investigating</strong> - we look]]>"
		  "</description><pubDate>Thu, 25 Jun 2020 07:04:00 +0000"
		  "</pubDate><guid>g1</guid></item><item><title>B</title>"
		  "</item></channel></rss>",
		  2, &e);
	assert_string_equal(e[0].title, "API & more");
	assert_string_equal(e[0].text,
			    "<strong>Investigating</strong> - we look");
	assert_string_equal(e[0].id, "g1");
	assert_true(e[0].dated_us == DATED_US);
	assert_string_equal(e[1].title, "B");
	assert_true(e[1].dated_us == 0);
	free(e);
}

static void atom_is_read(void **state)
{
	struct feed_entry *e;

	(void)state;
	read_good("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>P</title>"
		  "<updated>2020-06-26T00:00:00Z</updated><entry><id>tag:1</id>"
		  "<published>2020-06-25T07:04:00Z</published>"
		  "<updated>2020-06-25T08:04:00Z</updated><title>Down</title>"
		  "<summary>short</summary>"
		  "<content type=\"html\">&lt;strong&gt;Resolved&lt;/strong&gt;"
		  "</content></entry></feed>",
		  1, &e);
	assert_string_equal(e[0].title, "Down");
	assert_string_equal(e[0].text, "<strong>Resolved</strong>");
	assert_string_equal(e[0].id, "tag:1");
	assert_true(e[0].dated_us == DATED_US);
	free(e);
	read_good("<feed/>", 0, &e);
	free(e);
}

static void what_is_no_feed_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "it is no XML" },
		{ "{}", "it is no XML" },
		{ "<html><body/></html>", "neither RSS nor Atom" },
		{ "<rss><channel>", "it is no XML" },
		{ "<rss>&nbsp;</rss>", "it is no XML" },
		{ "<rss>\xff\xfe</rss>", "it is no XML" },
		/* A billion laughs, and a file that is none of a feed's. */
		{ "<!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b "
		  "\"&a;&a;&a;\">]><rss><channel>&b;</channel></rss>",
		  "document type" },
		{ "<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		  "<rss>&x;</rss>",
		  "document type" },
		{ "<!DOCTYPE rss SYSTEM \"http://127.0.0.1/x.dtd\"><rss/>",
		  "document type" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct feed_entry *e;
		struct fail why;
		size_t count;

		assert_for(rows[i].text,
			   !feed_read(rows[i].text, strlen(rows[i].text), &e,
				      &count, &why));
		assert_for(why.text, strstr(why.text, rows[i].says));
	}
}

static void what_has_no_end_has_limits(void **state)
{
	struct buf text = BUF_INIT(2 * STATUS_READ_BYTES);
	struct feed_entry *e;
	struct fail why;
	size_t count;

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_add_text(&text, "<rss>");
	assert_false(feed_read(text.data, text.len, &e, &count, &why));
	assert_non_null(strstr(why.text, "too deep"));
	buf_clear(&text);
	buf_add_text(&text, "<rss><channel>");
	for (int i = 0; i < 500; i++)
		buf_add_text(&text, "<item><title>x</title></item>");
	buf_add_text(&text, "<item><title>");
	for (int i = 0; i < 9000; i++)
		buf_add_text(&text, "0123456789");
	buf_add_text(&text, "</title></item></channel></rss>");
	read_good(buf_text(&text), FEED_ENTRIES, &e);
	free(e);
	while (!text.full)
		buf_add_char(&text, ' ');
	assert_false(feed_read(text.data, text.len, &e, &count, &why));
	assert_int_equal(why.code, FAIL_LIMIT);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rss_is_read),
		cmocka_unit_test(atom_is_read),
		cmocka_unit_test(what_is_no_feed_is_refused),
		cmocka_unit_test(what_has_no_end_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
