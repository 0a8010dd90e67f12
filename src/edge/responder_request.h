/*
 * The request of a validation server, read strictly (RFC 9112). Pure: bytes in,
 * a status out.
 *
 * Whoever may come to port 80 may send these bytes: nothing is unescaped,
 * folded or guessed, and what is not plain is 400.
 */
#ifndef EDGE_RESPONDER_REQUEST_H
#define EDGE_RESPONDER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "acme/message.h"

enum {
	RESPONDER_HEAD_BYTES = 8192,
	RESPONDER_TOKEN = MESSAGE_TOKEN,
};

struct responder_request {
	bool is_head;
	char token[RESPONDER_TOKEN];
};

/* Where the head ends, behind its empty line; 0 while it has not. */
size_t responder_head_end(const char *bytes, size_t len);

/*
 * Reads a whole head. 200 when it is a GET or HEAD of
 * /.well-known/acme-challenge/TOKEN (RFC 8555 8.3), with the token that was
 * asked for; otherwise 400, 404, 405 or 505, with the result untouched.
 */
int responder_read(const char *head, size_t len,
		   struct responder_request *ret_request);

#endif
