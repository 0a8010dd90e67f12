/*
 * One request and its end, as a test wants it: sent, waited for, and the whole
 * outcome kept. Of every exchange it checks what must always hold: the marks
 * are in order, a mark is there when a later one is, a failure has a sentence.
 */
#ifndef TESTS_SUPPORT_ASK_H
#define TESTS_SUPPORT_ASK_H

#include "edge/http.h"

struct answer {
	unsigned calls; /* of the call back */
	struct exchange e;
	char *headers; /* owned */
	char *body;    /* owned */
	size_t body_len;
	bool network_is_ours;
	struct loop *loop; /* stopped when it is there; or NULL */
};

/* For http_send(): ctx is a struct answer. */
void answer_take(void *ctx, struct exchange *e, const struct http_reply *reply);
void answer_release(struct answer *a);

/* GET, waited for; ends the program after a minute. Replaces what is in a. */
void ask(struct loop *l, struct http_session *s, const char *url,
	 struct answer *a);
void ask_request(struct loop *l, struct http_session *s,
		 const struct http_request *request, struct answer *a);

/* Runs the loop until it is stopped; ends the program after a minute. */
void ask_run(struct loop *l);

#endif
