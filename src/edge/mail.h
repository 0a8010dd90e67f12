/*
 * One mail to one server (SMTP, by libcurl), on the loop.
 *
 * The body is text and, beside it, the same for programs as a JSON file. What
 * is put into the head is made one line by report/mail_head.
 */
#ifndef EDGE_MAIL_H
#define EDGE_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/loop.h"

struct mail;

struct mail_setup {
	const char *server;  /* "smtp://HOST:PORT", "smtps://HOST:PORT" */
	bool starttls;	     /* smtp: TLS before anything else, or nothing */
	const char *ca_file; /* PEM; NULL: the system's */
	const char *user, *password; /* or NULL */
	const char *from;
	char *const *to;
	size_t to_count;
	const char *subject, *text, *json;
	const char *id; /* becomes the Message-ID */
	int64_t wall_us;
};

/* Sent: the server took it for at least one of the addresses. */
typedef void mail_done(void *ctx, bool sent, const char *why);

/*
 * Everything is copied. The call back comes once, from the loop, never from
 * inside this; it may free the mail.
 */
struct mail *mail_send(struct loop *l, const struct mail_setup *setup,
		       mail_done *done, void *ctx);

/* What is on its way is aborted, without a call back. */
void mail_free(struct mail *m);

#endif
