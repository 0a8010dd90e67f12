#include "app/message.h"

enum {
	BODY_MAX = 4 << 20,
	TEXT_MAX = 64 * 1024,
	ALIVE = 5, /* times that Alertmanager may miss a word */
};

/*
 * Alertmanager goes by what is, so that all there is to tell of an incident is
 * the last word: its messages have one id, and a later one takes the place of
 * one that waits.
 */
static void write_parts(struct message *m, const struct notify_receiver *r,
			const struct notice *notice)
{
	enum notify_way way = notify_way(r);
	struct notice n = *notice;

	if (way == NOTIFY_ALERTMANAGER) {
		notice_alerts(&m->body, &n, ALIVE * r->resend_us);
		n.count = 0;
	} else {
		notice_json(&m->body, &n);
	}
	if (way == NOTIFY_MAIL)
		notice_letter(&m->letter, &n);
	notice_subject(&m->subject, &n);
	notice_id(m->id, &n);
	notice_url(m->url, &n);
}

void message_write(struct message *m, const struct notify_receiver *receiver,
		   const struct notice *notice)
{
	*m = (struct message){ .subject = BUF_INIT(TEXT_MAX),
			       .letter = BUF_INIT(TEXT_MAX),
			       .body = BUF_INIT(BODY_MAX) };
	write_parts(m, receiver, notice);
	m->row = (struct outbox_message){
		.receiver = receiver->name,
		.id = m->id,
		.kind = telling_kind_name(notice->kind),
		.ca = notice->ca,
		.verdict = verdict_name(notice_verdict(notice->incident)),
		.subject = buf_text(&m->subject),
		.url = m->url,
		.letter = buf_text(&m->letter),
		.body = buf_text(&m->body),
		.made_us = notice->now_us,
		.due_us = notice->now_us,
	};
}

void message_release(struct message *m)
{
	buf_release(&m->subject);
	buf_release(&m->letter);
	buf_release(&m->body);
}
