/*
 * What is due to whom when: an incident opened, got worse, ended or goes on,
 * and here is who wants to be told of it. Pure: it is told the time.
 *
 * It goes by what is, not by what happened: whoever looks again, after a
 * restart or twice in a second, learns the same, and what a receiver was told
 * once is never due to it again. Nothing counts as told before telling_done();
 * so what could not be kept is due at the next look.
 */
#ifndef JUDGE_TELLING_H
#define JUDGE_TELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/incident.h"
#include "judge/verdict.h"

enum telling_kind {
	TELLING_OPENED,
	TELLING_ESCALATED, /* worse than it was told */
	TELLING_REOPENED,  /* it was told as over, and goes on */
	TELLING_REMINDER,
	TELLING_RESOLVED,
	TELLING_TEST, /* nothing has happened; never due */
	TELLING_KINDS
};

/* "escalated": a word that receivers read. */
const char *telling_kind_name(enum telling_kind kind);

/* What one receiver wants to know. */
struct telling_rule {
	const char *const *cas; /* of these; borrowed */
	size_t ca_count;	/* 0: of all */
	enum verdict least;	/* once it has been as bad as this */
	int64_t remind_us;	/* after the last word, while open; 0: never */
	bool resolved;		/* also of the end */
};

/* What a receiver knows of an incident: this is kept over a restart. */
struct told {
	enum verdict worst;
	bool over;     /* it ended ... */
	bool said;     /* ... and that was told */
	int64_t at_us; /* the last word */
	unsigned count;
};

struct telling;

/* The rules are copied, what they borrow is not. */
struct telling *telling_new(const struct telling_rule *rules, size_t count);
void telling_free(struct telling *t);

/* What was told before a restart. */
void telling_restore(struct telling *t, size_t receiver, const char *ca,
		     uint64_t number, const struct told *told);

/* What the receiver knows of it, or NULL; borrowed until the next call. */
const struct told *telling_known(const struct telling *t, size_t receiver,
				 const char *ca, uint64_t number);

struct telling_due {
	bool silent; /* to be noted and kept, and nobody is told */
	enum telling_kind kind;
	struct told told; /* what the receiver knows afterwards */
};

/* Whether something of this incident is due to this receiver. */
bool telling_due(const struct telling *t, size_t receiver, const char *ca,
		 const struct incident *i, int64_t now_us,
		 struct telling_due *ret_due);

/* It is on its way, or kept so that it will be. */
void telling_done(struct telling *t, size_t receiver, const char *ca,
		  uint64_t number, const struct telling_due *due);

/* Forgets what ended and was last spoken of before then. */
void telling_forget(struct telling *t, int64_t before_us);

/* How long to wait after so many attempts failed: 5 s, doubled, 15 min. */
int64_t telling_retry_us(unsigned failed);

#endif
