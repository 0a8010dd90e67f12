#include "app/heartbeat.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/http_way.h"
#include "base/mem.h"

struct heartbeat {
	struct loop *loop;
	struct http *http;
	struct roots *roots;
	const struct hub_config *config;
	struct http_way way; /* while it is asked */
	bool asking;
	bool told;	/* that it fails */
	int64_t due_us; /* mono */
};

static void note(struct heartbeat *b, bool good, const struct fail *why)
{
	if (!good && !b->told)
		fprintf(stderr, "acmeter hub: the heartbeat is not heard: %s\n",
			why->text);
	else if (good && b->told)
		fprintf(stderr, "acmeter hub: the heartbeat is heard again\n");
	b->told = !good;
}

static void on_answer(void *ctx, struct exchange *e,
		      const struct http_reply *reply)
{
	struct heartbeat *b = ctx;
	struct fail why = { FAIL_NONE, "" };

	note(b, http_way_good(e, reply, &why), &why);
	b->asking = false;
	http_way_release(&b->way);
}

void heartbeat_beat(struct heartbeat *b)
{
	struct http_request request = { .method = "GET", .accept = "*/*" };
	struct fail why;
	int64_t now_us;

	if (!b || b->asking)
		return;
	now_us = loop_now(b->loop).mono_us;
	if (now_us < b->due_us)
		return;
	b->due_us = now_us + b->config->heartbeat_us;
	if (!http_way_open(b->http, b->roots, &b->config->heartbeat, "",
			   &b->way, &why)) {
		note(b, false, &why);
		return;
	}
	b->asking = true;
	request.url = buf_text(&b->way.url);
	request.bearer = b->way.token;
	http_send(b->way.session, &request, on_answer, b);
}

struct heartbeat *heartbeat_new(struct loop *loop, struct http *http,
				struct roots *roots,
				const struct hub_config *config)
{
	struct heartbeat *b;

	if (!config->heartbeat.url && !config->heartbeat.url_file)
		return NULL;
	b = mem_zalloc(sizeof(*b));
	*b = (struct heartbeat){
		.loop = loop, .http = http, .roots = roots, .config = config
	};
	return b;
}

void heartbeat_free(struct heartbeat *b)
{
	if (!b)
		return;
	http_way_release(&b->way);
	free(b);
}
