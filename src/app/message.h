/*
 * A notice in the words of one receiver's way, as a row of the outbox.
 */
#ifndef APP_MESSAGE_H
#define APP_MESSAGE_H

#include "edge/outbox.h"
#include "measure/notify_config.h"
#include "report/notice.h"

struct message {
	struct outbox_message row; /* borrows from what is below */
	char id[NOTICE_ID], url[NOTICE_URL];
	struct buf subject, letter, body;
};

/* Release with message_release(). A message may not be moved. */
void message_write(struct message *m, const struct notify_receiver *receiver,
		   const struct notice *notice);
void message_release(struct message *m);

#endif
