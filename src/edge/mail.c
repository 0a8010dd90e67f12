#include "edge/mail.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "base/fail.h"
#include "base/mem.h"
#include "report/mail_head.h"

enum { TIMEOUT_MS = 60000, HEAD_MAX = 16 * 1024, TEXT_MAX = 1 << 20 };

/* A socket that libcurl wants watched. */
struct watch {
	struct watch *next;
	struct mail *mail;
	struct event *event;
};

struct mail {
	struct loop *loop;
	mail_done *done;
	void *ctx;
	CURLM *multi;
	CURL *easy;
	struct event *timer;
	struct watch *watches;
	struct curl_slist *to, *head;
	curl_mime *mime;
	char words[CURL_ERROR_SIZE];
};

/* --- libcurl on the loop ------------------------------------------------ */

static void finish(struct mail *m, CURLcode code)
{
	struct fail why = { FAIL_NONE, "" };
	long status = 0;

	curl_easy_getinfo(m->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		fail_write(&why, FAIL_NETWORK,
			   "the mail server did not take it: %s (its last "
			   "answer: %ld)",
			   m->words[0] ? m->words : curl_easy_strerror(code),
			   status);
	m->done(m->ctx, code == CURLE_OK, why.text);
}

/* The last thing that a call back from libevent does: the mail may be gone. */
static void act(struct mail *m, curl_socket_t fd, int mask)
{
	CURLMsg *message;
	int running, left;

	loop_now(m->loop);
	curl_multi_socket_action(m->multi, fd, mask, &running);
	message = curl_multi_info_read(m->multi, &left);
	if (message && message->msg == CURLMSG_DONE)
		finish(m, message->data.result);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct watch *w = arg;

	act(w->mail, fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) |
		    (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void unwatch(struct mail *m, struct watch *w)
{
	struct watch **at = &m->watches;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	event_free(w->event);
	free(w);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *mail,
		     void *known)
{
	struct mail *m = mail;
	struct watch *w = known;
	short events = EV_PERSIST;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			unwatch(m, w);
		return 0;
	}
	if (!w) {
		w = mem_zalloc(sizeof(*w));
		w->mail = m;
		w->event = event_new(loop_base(m->loop), fd, 0, on_ready, w);
		if (!w->event)
			abort();
		w->next = m->watches;
		m->watches = w;
		curl_multi_assign(m->multi, fd, w);
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	event_del(w->event);
	event_assign(w->event, loop_base(m->loop), fd, events, on_ready, w);
	event_add(w->event, NULL);
	return 0;
}

static int on_wants_timer(CURLM *multi, long wait_ms, void *mail)
{
	struct mail *m = mail;
	struct timeval tv = { wait_ms / 1000, wait_ms % 1000 * 1000 };

	(void)multi;
	if (wait_ms < 0)
		event_del(m->timer);
	else
		event_add(m->timer, &tv);
	return 0;
}

static size_t on_words(char *data, size_t size, size_t count, void *mail)
{
	(void)data;
	(void)mail;
	return size * count;
}

/* --- what is sent ------------------------------------------------------- */

static void add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (!longer)
		abort();
	*list = longer;
}

static void add_field(struct mail *m, struct buf *line)
{
	add(&m->head, buf_text(line));
	buf_clear(line);
}

static void make_head(struct mail *m, const struct mail_setup *s)
{
	struct buf line = BUF_INIT(HEAD_MAX);

	buf_addf(&line, "From: acmeter <%s>", s->from);
	add_field(m, &line);
	for (size_t i = 0; i < s->to_count; i++)
		buf_addf(&line, "%s<%s>", i ? ",\r\n " : "To: ", s->to[i]);
	add_field(m, &line);
	buf_add_text(&line, "Subject: ");
	mail_words(&line, s->subject);
	add_field(m, &line);
	buf_add_text(&line, "Date: ");
	mail_date(&line, s->wall_us);
	add_field(m, &line);
	buf_add_text(&line, "Message-ID: ");
	mail_message_id(&line, s->id, s->from);
	add_field(m, &line);
	/* RFC 3834: nobody's absence answers it. */
	buf_add_text(&line, "Auto-Submitted: auto-generated");
	add_field(m, &line);
	buf_release(&line);
}

/* Lines of a text in a mail end in CR LF (RFC 2045 section 2.8). */
static void add_text(curl_mime *mime, const char *text)
{
	curl_mimepart *part = curl_mime_addpart(mime);
	struct buf lines = BUF_INIT(TEXT_MAX);

	for (const char *p = text; *p; p++) {
		if (*p == '\n')
			buf_add_char(&lines, '\r');
		buf_add_char(&lines, *p);
	}
	curl_mime_data(part, buf_text(&lines), CURL_ZERO_TERMINATED);
	curl_mime_type(part, "text/plain; charset=utf-8");
	curl_mime_encoder(part, "quoted-printable");
	buf_release(&lines);
}

static void make_body(struct mail *m, const struct mail_setup *s)
{
	curl_mimepart *part;

	m->mime = curl_mime_init(m->easy);
	if (!m->mime)
		abort();
	add_text(m->mime, s->text);
	part = curl_mime_addpart(m->mime);
	curl_mime_data(part, s->json, CURL_ZERO_TERMINATED);
	curl_mime_type(part, "application/json");
	curl_mime_filename(part, "incident.json");
	curl_mime_encoder(part, "base64");
}

static void address(struct mail *m, const struct mail_setup *s)
{
	CURL *c = m->easy;
	struct buf one = BUF_INIT(HEAD_MAX);

	buf_addf(&one, "<%s>", s->from);
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, buf_text(&one));
	for (size_t i = 0; i < s->to_count; i++) {
		buf_clear(&one);
		buf_addf(&one, "<%s>", s->to[i]);
		add(&m->to, buf_text(&one));
	}
	buf_release(&one);
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, m->to);
	/* One whose address is refused must not silence the others. */
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
}

static void set_up(struct mail *m, const struct mail_setup *s)
{
	CURL *c = m->easy;

	curl_easy_setopt(c, CURLOPT_URL, s->server);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, m->words);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_words);
	curl_easy_setopt(c, CURLOPT_USE_SSL,
			 (long)(s->starttls ? CURLUSESSL_ALL
					    : CURLUSESSL_NONE));
	if (s->ca_file) {
		curl_easy_setopt(c, CURLOPT_CAINFO, s->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (s->user) {
		curl_easy_setopt(c, CURLOPT_USERNAME, s->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, s->password);
	}
	address(m, s);
	make_head(m, s);
	make_body(m, s);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, m->head);
	curl_easy_setopt(c, CURLOPT_MIMEPOST, m->mime);
}

struct mail *mail_send(struct loop *l, const struct mail_setup *setup,
		       mail_done *done, void *ctx)
{
	struct mail *m = mem_zalloc(sizeof(*m));

	*m = (struct mail){ .loop = l,
			    .done = done,
			    .ctx = ctx,
			    .multi = curl_multi_init(),
			    .easy = curl_easy_init(),
			    .timer = evtimer_new(loop_base(l), on_timer, m) };
	if (!m->multi || !m->easy || !m->timer)
		abort();
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, on_wants_timer);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
	set_up(m, setup);
	/* Starts by its timer, from the loop. */
	curl_multi_add_handle(m->multi, m->easy);
	return m;
}

void mail_free(struct mail *m)
{
	if (!m)
		return;
	curl_multi_remove_handle(m->multi, m->easy);
	curl_mime_free(m->mime);
	curl_easy_cleanup(m->easy);
	curl_multi_cleanup(m->multi);
	while (m->watches)
		unwatch(m, m->watches);
	event_free(m->timer);
	curl_slist_free_all(m->to);
	curl_slist_free_all(m->head);
	free(m);
}
