#include "app/hub_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/user_agent.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "edge/chain.h"
#include "edge/file.h"
#include "edge/http.h"

struct hub_ask {
	struct hub_ask_setup setup;
	struct loop *loop;
	struct http *http;
	struct trust *trust;
	char *token;

	/* Of the question that is asked. */
	bool answered;
	int status;
	struct buf *out;
	struct fail trouble; /* FAIL_NONE: there is an answer */
};

bool hub_ask_new(const struct hub_ask_setup *setup, struct hub_ask **ret_ask,
		 struct fail *why)
{
	struct hub_ask *a = mem_zalloc(sizeof(*a));

	a->setup = *setup;
	if ((text_starts(setup->url, "https:") &&
	     !trust_load(&setup->ca_file, setup->ca_file ? 1 : 0, &a->trust,
			 why)) ||
	    (setup->token_file &&
	     !file_read_line(setup->token_file, &a->token, why)) ||
	    !loop_new(&a->loop, why) ||
	    !http_new(a->loop, USER_AGENT, &a->http, why)) {
		hub_ask_free(a);
		return false;
	}
	*ret_ask = a;
	return true;
}

void hub_ask_free(struct hub_ask *a)
{
	if (!a)
		return;
	http_free(a->http);
	loop_free(a->loop);
	trust_free(a->trust);
	free(a->token);
	free(a);
}

/* Nobody was there to answer, as far as this machine's network leads. */
static bool is_of_the_network(enum outcome outcome)
{
	return outcome == OUTCOME_DNS || outcome == OUTCOME_TIMEOUT ||
	       outcome == OUTCOME_UNREACHABLE || outcome == OUTCOME_SELF;
}

static void on_answer(void *ctx, struct exchange *e,
		      const struct http_reply *reply)
{
	struct hub_ask *a = ctx;
	const char *words = e->detail[0] ? e->detail
					 : outcome_meaning(e->outcome);

	a->answered = true;
	a->trouble = (struct fail){ .code = FAIL_NONE };
	a->status = e->status;
	if (e->outcome != OUTCOME_OK)
		fail_set(&a->trouble,
			 is_of_the_network(e->outcome) ? FAIL_NETWORK
						       : FAIL_PEER,
			 "%s", words);
	else if (!buf_add(a->out, reply->body, reply->body_len))
		fail_set(&a->trouble, FAIL_PEER,
			 "its answer is longer than %zu bytes", a->out->max);
	loop_stop(a->loop);
}

bool hub_ask_get(struct hub_ask *a, const char *target, int *ret_status,
		 struct buf *out, struct fail *why)
{
	int64_t us = a->setup.timeout_us;
	const struct http_session_options options = {
		.trust = a->trust,
		.limits = { .dns_us = us,
			    .connect_us = us,
			    .tls_us = us,
			    .answer_us = us,
			    .total_us = us,
			    .body_bytes = out->max },
		.any_address = true,
	};
	struct http_session *s;
	size_t len = strlen(a->setup.url);
	char url[URL_MAX];
	const struct http_request request = { .method = "GET",
					      .url = url,
					      .accept = "application/json",
					      .bearer = a->token };

	while (len && a->setup.url[len - 1] == '/')
		len--;
	if ((size_t)snprintf(url, sizeof(url), "%.*s%s", (int)len, a->setup.url,
			     target) >= sizeof(url))
		return fail_set(why, FAIL_INPUT, "its URL is too long");
	s = http_session_new(a->http, &options);
	a->out = out;
	a->answered = false;
	http_send(s, &request, on_answer, a);
	loop_run(a->loop);
	http_session_free(s);
	if (a->answered && a->trouble.code == FAIL_NONE) {
		*ret_status = a->status;
		return true;
	}
	*why = a->trouble;
	return false;
}
