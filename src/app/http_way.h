/*
 * A configured URL about to be asked, with what belongs to it: read from its
 * files now, because each may be changed at any moment.
 */
#ifndef APP_HTTP_WAY_H
#define APP_HTTP_WAY_H

#include <stdbool.h>

#include "app/roots.h"
#include "base/buf.h"
#include "edge/http.h"
#include "measure/notify_config.h"

struct http_way {
	struct http_session *session;
	struct buf url;
	char *token; /* or NULL */
};

/* path is put behind the URL. Release with http_way_release(). */
bool http_way_open(struct http *http, struct roots *roots,
		   const struct notify_http *config, const char *path,
		   struct http_way *ret_way, struct fail *why);

/* Aborts what is on its way; of one that was zeroed it does nothing. */
void http_way_release(struct http_way *w);

/*
 * Whether the answer is a good one; else why, with what the receiver said as
 * far as a line is long.
 */
bool http_way_good(const struct exchange *e, const struct http_reply *reply,
		   struct fail *why);

#endif
