/* What a failure means: libcurl's code, our step and the kernel's word. */
#include "edge/http_private.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* What a code means once the request is on its way. */
static const struct {
	CURLcode code;
	enum outcome outcome;
	const char *words;
} meanings[] = {
	{ CURLE_GOT_NOTHING, OUTCOME_CLOSED,
	  "the server closed the connection without an answer" },
	{ CURLE_PARTIAL_FILE, OUTCOME_CLOSED,
	  "the server closed the connection within the body" },
	{ CURLE_RECV_ERROR, OUTCOME_CLOSED,
	  "the connection broke while the answer was read" },
	{ CURLE_SEND_ERROR, OUTCOME_CLOSED,
	  "the connection broke while the request was sent" },
	{ CURLE_SEND_FAIL_REWIND, OUTCOME_CLOSED,
	  "the connection broke while the request was sent" },
	{ CURLE_HTTP2_STREAM, OUTCOME_CLOSED,
	  "the server ended the HTTP/2 stream" },
	{ CURLE_OPERATION_TIMEDOUT, OUTCOME_TIMEOUT, "no answer in time" },
	{ CURLE_HTTP2, OUTCOME_PROTOCOL, "the answer breaks HTTP/2" },
	{ CURLE_WEIRD_SERVER_REPLY, OUTCOME_PROTOCOL,
	  "the answer is not HTTP" },
	{ CURLE_UNSUPPORTED_PROTOCOL, OUTCOME_PROTOCOL,
	  "the answer is not HTTP" },
	{ CURLE_BAD_CONTENT_ENCODING, OUTCOME_PROTOCOL,
	  "the body of the answer is badly encoded" },
	/* libcurl 7.88 says this of a header line over its 100 KiB. */
	{ CURLE_OUT_OF_MEMORY, OUTCOME_PROTOCOL,
	  "the answer has a header line without end" },
#if LIBCURL_VERSION_NUM >= 0x080600
	{ CURLE_TOO_LARGE, OUTCOME_PROTOCOL,
	  "the answer has a header line without end" },
#endif
	{ CURLE_WRITE_ERROR, OUTCOME_PROTOCOL, "the answer is not HTTP" },
};

/* "example.org (192.0.2.1 port 443)" */
enum { PEER_TEXT = URL_HOST_MAX + IP_TEXT + 20 };

static const char *peer(const struct http_session *s, char dst[PEER_TEXT])
{
	struct buf b = BUF_INIT(PEER_TEXT - 1);
	char ip[IP_TEXT];

	ip_print(ip, &s->t.e.remote);
	if (s->t.url.address.family == IP_NONE)
		buf_addf(&b, "%s (%s port %u)", s->t.url.host, ip,
			 s->t.e.remote_port);
	else
		buf_addf(&b, "%s port %u", ip, s->t.e.remote_port);
	text_copy(dst, PEER_TEXT, buf_text(&b));
	buf_release(&b);
	return dst;
}

/*
 * The kernel's word on a connection that did not come to be. A failure that
 * came at once, or one that a fresh look at our routes confirms, is this
 * machine's; the same number later was brought by ICMP from somewhere.
 */
static void end_connect(struct http_session *s, long os_errno)
{
	struct http_transfer *t = &s->t;
	enum outcome outcome = OUTCOME_UNREACHABLE;
	char to[PEER_TEXT];

	switch (os_errno) {
	case ECONNREFUSED:
	case ECONNRESET:
		outcome = OUTCOME_REFUSED;
		break;
	case ETIMEDOUT:
		outcome = OUTCOME_TIMEOUT;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		t->network_is_ours = t->opened_now ||
				     !resolve_has_route(&t->e.remote);
		break;
	case ENETDOWN:
	case EADDRNOTAVAIL:
	case EACCES:
	case EPERM:
		t->network_is_ours = true;
		break;
	default:
		outcome = OUTCOME_SELF;
		break;
	}
	http_decide(s, outcome, "cannot connect to %s: %s", peer(s, to),
		    os_errno ? strerror((int)os_errno) : s->curl_words);
}

static void end_tls(struct http_session *s, CURLcode code, long os_errno)
{
	struct http_transfer *t = &s->t;
	enum outcome outcome = OUTCOME_TLS;
	char to[PEER_TEXT];

	if (code == CURLE_OUT_OF_MEMORY || code == CURLE_SSL_CACERT_BADFILE)
		outcome = OUTCOME_SELF;
	if (t->verify_result)
		http_decide(s, outcome, "the certificate of %s: %s",
			    peer(s, to),
			    http_tls_verify_words(t->verify_result));
	else if (t->alert[0])
		http_decide(s, outcome,
			    "%s ended the TLS handshake with the alert \"%s\"",
			    peer(s, to), t->alert);
	else
		http_decide(s, outcome, "the TLS handshake with %s failed: %s",
			    peer(s, to),
			    s->curl_words[0] ? s->curl_words
			    : os_errno	     ? strerror((int)os_errno)
					     : curl_easy_strerror(code));
}

static void end_exchange(struct http_session *s, CURLcode code)
{
	const char *said = s->curl_words[0] ? s->curl_words
					    : curl_easy_strerror(code);

	/* It has no code of its own for bad chunks. */
	if (code == CURLE_RECV_ERROR && strstr(said, "chunked-encoding")) {
		http_decide(s, OUTCOME_PROTOCOL,
			    "the body of the answer is badly encoded: %s",
			    said);
		return;
	}
	if (code == CURLE_HTTP2 && s->t.goaway) {
		http_decide(s, OUTCOME_CLOSED,
			    "the server ended the connection (GOAWAY) before "
			    "it answered");
		return;
	}
	for (unsigned i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].code == code) {
			http_decide(s, meanings[i].outcome, "%s: %s",
				    meanings[i].words, said);
			return;
		}
	}
	http_decide(s, OUTCOME_SELF, "libcurl failed: %s", said);
}

void http_end_curl(struct http_session *s, CURLcode code, long os_errno)
{
	switch (s->t.step) {
	case STEP_CONNECT:
		end_connect(s, os_errno);
		return;
	case STEP_TLS:
		end_tls(s, code, os_errno);
		return;
	case STEP_SEND:
		if (code == CURLE_PEER_FAILED_VERIFICATION ||
		    code == CURLE_SSL_CONNECT_ERROR)
			end_tls(s, code, os_errno);
		else
			end_exchange(s, code);
		return;
	case STEP_ANSWER:
	case STEP_RECEIVE:
		end_exchange(s, code);
		return;
	case STEP_IDLE:
	case STEP_DNS:
	case STEP_OVER:
		return;
	}
}

/* The limit of the phase, unless that of the whole exchange was first. */
static int64_t limit_that_is_over(const struct http_session *s)
{
	int64_t step_us = http_step_limit_us(s), total_us = s->limits.total_us;

	return !step_us || http_since_start_us(s) >= total_us ? total_us
							      : step_us;
}

void http_end_limit(struct http_session *s)
{
	struct http_transfer *t = &s->t;
	char to[PEER_TEXT], over[32];

	peer(s, to);
	text_from_duration(over, sizeof(over), limit_that_is_over(s));
	switch (t->step) {
	case STEP_DNS:
		t->network_is_ours = true;
		http_decide(s, OUTCOME_DNS,
			    "the resolver gave no answer for %s within %s",
			    t->url.host, over);
		return;
	case STEP_CONNECT:
		http_decide(s, OUTCOME_TIMEOUT,
			    "no TCP connection to %s within %s", to, over);
		return;
	case STEP_TLS:
		http_decide(s, OUTCOME_TIMEOUT,
			    "the TLS handshake with %s was not over after %s",
			    to, over);
		return;
	case STEP_SEND:
		http_decide(s, OUTCOME_TIMEOUT,
			    "%s did not take the whole request within %s", to,
			    over);
		return;
	case STEP_ANSWER:
		http_decide(s, OUTCOME_TIMEOUT, "no answer from %s within %s",
			    to, over);
		return;
	case STEP_RECEIVE:
		http_decide(s, OUTCOME_TIMEOUT,
			    "the answer of %s was not complete after %s: %lld "
			    "bytes of header and %lld of body had come",
			    to, over, (long long)t->e.header_bytes,
			    (long long)t->e.body_bytes);
		return;
	case STEP_IDLE:
	case STEP_OVER:
		return;
	}
}
