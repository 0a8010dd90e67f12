/*
 * Stands in front of a real CA, for one station, and acts out what a scenario
 * says that the CA does: the same script that judge/play asks decides, request
 * by request, what is passed on, answered here, kept waiting, or refused.
 *
 * Who is refused does not say what it was going to ask. So the actor follows
 * the attempt: when the script refuses what comes next, the answer before is
 * the last on its connection, and the door is shut for the next one.
 */
#ifndef DEMO_ACTOR_H
#define DEMO_ACTOR_H

#include "judge/scenario.h"
#include "relay.h"

struct actor_setup {
	const struct scenario *scenario; /* of real time; outlives the actor */
	size_t station;			 /* which one it acts for */
	const char *directory;		 /* its target at the CA */
	SSL_CTX *tls;			 /* for the station; borrowed */
	struct relay_way way;		 /* to the CA */
	struct sockaddr_in listen, control;
};

struct actor;

/*
 * What no actor can do is refused with the key of the file that asks for it:
 * another machine's clock, its presence, or what the hub hears of it.
 */
bool actor_can(const struct scenario *s, struct fail *why);

bool actor_new(const struct actor_setup *setup, struct actor **ret_actor,
	       struct fail *why);
/* Whoever waits is cut off. */
void actor_free(struct actor *a);

#endif
