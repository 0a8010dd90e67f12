#include "app/http_way.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "edge/file.h"

#define TOTAL_US (30 * US_PER_S)

enum { ANSWER_BYTES = 64 * 1024, SAID = 160 };

static bool read_files(const struct notify_http *c, char **base, char **token,
		       struct fail *why)
{
	if (!c->url_file)
		*base = mem_strdup(c->url);
	else if (!file_read_line(c->url_file, base, why))
		return false;
	return !c->token_file || file_read_line(c->token_file, token, why);
}

static void add_url(struct buf *out, const char *base, const char *path)
{
	size_t len = strlen(base);

	while (path[0] && len && base[len - 1] == '/')
		len--;
	buf_addf(out, "%.*s%s", (int)len, base, path);
}

bool http_way_open(struct http *http, struct roots *roots,
		   const struct notify_http *config, const char *path,
		   struct http_way *ret_way, struct fail *why)
{
	struct http_session_options options = {
		.any_address = true,
		.limits = { .total_us = TOTAL_US, .body_bytes = ANSWER_BYTES },
	};
	struct http_way w = { .url = BUF_INIT(URL_MAX) };
	char *base = NULL;
	bool good = read_files(config, &base, &w.token, why) &&
		    (!text_starts(base, "https:") ||
		     roots_get(roots, &config->ca_file, config->ca_file ? 1 : 0,
			       &options.trust, why));

	if (good) {
		add_url(&w.url, base, path);
		w.session = http_session_new(http, &options);
		*ret_way = w;
	} else {
		http_way_release(&w);
	}
	free(base);
	return good;
}

void http_way_release(struct http_way *w)
{
	http_session_free(w->session);
	buf_release(&w->url);
	free(w->token);
	*w = (struct http_way){ .token = NULL };
}

bool http_way_good(const struct exchange *e, const struct http_reply *reply,
		   struct fail *why)
{
	char said[SAID];

	if (e->outcome != OUTCOME_OK)
		return fail_set(why, FAIL_NETWORK, "%s", e->detail);
	if (e->status >= 200 && e->status < 300)
		return true;
	if (e->status >= 300 && e->status < 400)
		return fail_set(why, FAIL_PEER,
				"it answers with a redirect (status %d), which "
				"is not followed; configure the URL that it "
				"leads to",
				e->status);
	text_printable(said, sizeof(said), reply->body,
		       strnlen(reply->body, reply->body_len));
	return fail_set(why, FAIL_PEER, "it answers status %d%s%s", e->status,
			said[0] ? ": " : "", said);
}
