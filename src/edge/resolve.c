#include "edge/resolve.h"

#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ares.h>
#include <event2/event.h>

#include "base/mem.h"
#include "base/text.h"

/*
 * A datagram that was lost is sent again while most of the usual limit of 5 s
 * is still there; c-ares doubles the time at each try.
 */
enum { TRY_MS = 1500, TRIES = 3 };

/* A socket of c-ares. */
struct watch {
	struct watch *next;
	struct resolver *resolver;
	struct event *event;
	ares_socket_t fd;
};

struct resolver {
	struct loop *loop;
	ares_channel channel;	    /* NULL before the first query */
	struct timespec configured; /* when resolv.conf was written */
	struct event *timer;	    /* c-ares's own, for its tries */
	struct watch *watches;
	struct resolve_query *queries;
	char *servers;
};

/* What one family gave. */
struct part {
	struct resolve_query *query;
	struct ip address;
	int status; /* ARES_...; ARES_ETIMEOUT until told */
};

struct resolve_query {
	struct resolve_query *next;
	struct resolver *resolver;
	struct event *event; /* fires at the deadline or when all is known */
	resolve_done *done;  /* NULL: cancelled, or it was called */
	void *ctx;
	char *host;
	int64_t limit_us;
	struct part parts[IP_FAMILIES]; /* of IP_V4 and IP_V6 */
	bool asked[IP_FAMILIES];
	unsigned outstanding; /* questions that c-ares still has */
};

static void tick(struct resolver *r)
{
	struct timeval tv;

	if (ares_timeout(r->channel, NULL, &tv))
		event_add(r->timer, &tv);
	else
		event_del(r->timer);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	struct resolver *r = w->resolver;

	loop_now(r->loop);
	ares_process_fd(r->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
			what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	tick(r);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	(void)fd;
	(void)what;
	loop_now(r->loop);
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	tick(r);
}

static void unwatch(struct resolver *r, ares_socket_t fd)
{
	for (struct watch **at = &r->watches; *at; at = &(*at)->next) {
		struct watch *w = *at;

		if (w->fd != fd)
			continue;
		*at = w->next;
		event_free(w->event);
		free(w);
		return;
	}
}

static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = arg;
	short what = EV_PERSIST;

	unwatch(r, fd);
	if (!readable && !writable)
		return;
	what |= readable ? EV_READ : 0;
	what |= writable ? EV_WRITE : 0;

	struct watch *w = mem_zalloc(sizeof(*w));
	w->resolver = r;
	w->fd = fd;
	w->event = event_new(loop_base(r->loop), fd, what, on_ready, w);
	if (!w->event)
		abort();
	event_priority_set(w->event, LOOP_URGENT);
	event_add(w->event, NULL);
	w->next = r->watches;
	r->watches = w;
}

struct resolver *resolver_new(struct loop *l)
{
	struct resolver *r = mem_zalloc(sizeof(*r));

	r->loop = l;
	r->timer = evtimer_new(loop_base(l), on_tick, r);
	if (!r->timer)
		abort();
	return r;
}

static void query_free(struct resolve_query *q)
{
	struct resolve_query **at = &q->resolver->queries;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	event_free(q->event);
	free(q->host);
	free(q);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	for (struct resolve_query *q = r->queries; q; q = q->next)
		q->done = NULL;
	if (r->channel)
		ares_destroy(r->channel);
	while (r->queries)
		query_free(r->queries);
	while (r->watches)
		unwatch(r, r->watches->fd);
	event_free(r->timer);
	free(r->servers);
	free(r);
}

bool resolver_use(struct resolver *r, const char *servers, struct fail *why)
{
	ares_channel probe;
	int status = ares_init(&probe);

	assert(!r->queries);
	if (status == ARES_SUCCESS) {
		status = ares_set_servers_ports_csv(probe, servers);
		ares_destroy(probe);
	}
	if (status != ARES_SUCCESS)
		return fail_set(why, FAIL_INPUT,
				"\"%s\" is not a list of DNS servers, expected "
				"\"ADDRESS:PORT,...\" (%s)",
				servers, ares_strerror(status));
	free(r->servers);
	r->servers = mem_strdup(servers);
	if (r->channel)
		ares_destroy(r->channel);
	r->channel = NULL;
	return true;
}

/* Opens the channel, anew when resolv.conf has been written since. */
static int open_channel(struct resolver *r)
{
	struct ares_options options = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = r,
	};
	struct stat st;
	int status;

	if (stat("/etc/resolv.conf", &st) != 0)
		memset(&st, 0, sizeof(st));
	if (r->channel && !r->queries &&
	    (st.st_mtim.tv_sec != r->configured.tv_sec ||
	     st.st_mtim.tv_nsec != r->configured.tv_nsec)) {
		ares_destroy(r->channel);
		r->channel = NULL;
	}
	if (r->channel)
		return ARES_SUCCESS;
	status = ares_init_options(&r->channel, &options,
				   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					   ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		r->channel = NULL;
		return status;
	}
	r->configured = st.st_mtim;
	if (r->servers)
		status = ares_set_servers_ports_csv(r->channel, r->servers);
	return status;
}

static bool is_localhost(const char *host)
{
	static const char suffix[] = ".localhost";
	size_t len = strlen(host);

	return text_same_nocase(host, suffix + 1) ||
	       (len > sizeof(suffix) - 1 &&
		text_same_nocase(host + len - (sizeof(suffix) - 1), suffix));
}

bool resolve_known(const char *host, enum ip_family family,
		   struct ip *ret_address)
{
	struct ip ip;

	/* What listens on this machine always listens on IPv4. */
	if (is_localhost(host))
		return ip_parse(family == IP_V6 ? "::1" : "127.0.0.1",
				ret_address);
	if (!ip_parse(host, &ip) || (family != IP_NONE && ip.family != family))
		return false;
	*ret_address = ip;
	return true;
}

bool resolve_has_route(const struct ip *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = 9 };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = 9 };
	bool is_v6 = address->family == IP_V6;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC,
			0);
	int rc;

	if (fd < 0)
		return false;
	memcpy(&v4.sin_addr, address->bytes, 4);
	memcpy(&v6.sin6_addr, address->bytes, 16);
	rc = connect(fd,
		     is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
		     is_v6 ? sizeof(v6) : sizeof(v4));
	close(fd);
	return rc == 0;
}

/* The sentence for what both families did not give. */
static void explain(const struct resolve_query *q, struct fail *why)
{
	bool any = q->asked[IP_V4] && q->asked[IP_V6];
	int status = q->parts[q->asked[IP_V6] ? IP_V6 : IP_V4].status;
	const char *kind = any ? "" : q->asked[IP_V6] ? "IPv6 " : "IPv4 ";

	/* "Has no such record" of one family says less than the other's word.
	 */
	if (any && status == ARES_ENODATA)
		status = q->parts[IP_V4].status;
	switch (status) {
	case ARES_ETIMEOUT:
	case ARES_ECANCELLED:
		fail_set(why, FAIL_DNS,
			 "the resolver gave no answer for %s within %g s",
			 q->host, (double)q->limit_us / 1e6);
		break;
	case ARES_ENODATA:
		fail_set(why, FAIL_DNS, "%s has no %saddress (NODATA)", q->host,
			 kind);
		break;
	case ARES_ENOTFOUND:
		fail_set(why, FAIL_DNS, "there is no name %s (NXDOMAIN)",
			 q->host);
		break;
	case ARES_ESERVFAIL:
	case ARES_ECONNREFUSED:
		/* c-ares has one word for both when all servers are tried. */
		fail_set(
			why, FAIL_DNS,
			"no resolver could say where %s is: none was there, or "
			"all failed (SERVFAIL, REFUSED)",
			q->host);
		break;
	default:
		fail_set(why, FAIL_DNS, "cannot resolve %s: %s", q->host,
			 ares_strerror(status));
	}
}

static void on_query(evutil_socket_t fd, short what, void *arg)
{
	struct resolve_query *q = arg;
	const struct ip *v4 = &q->parts[IP_V4].address;
	const struct ip *v6 = &q->parts[IP_V6].address;
	struct ip chosen = *v4;
	resolve_done *done = q->done;
	void *ctx = q->ctx;
	struct fail why;

	(void)fd;
	(void)what;
	loop_now(q->resolver->loop);
	event_del(q->event);
	q->done = NULL;
	if (v6->family == IP_V6 &&
	    (v4->family == IP_NONE || resolve_has_route(v6)))
		chosen = *v6;
	if (chosen.family == IP_NONE)
		explain(q, &why);
	/* c-ares may still hold it; its last word then frees it. */
	if (!q->outstanding)
		query_free(q);
	if (done)
		done(ctx, chosen.family == IP_NONE ? NULL : &chosen, &why);
}

static void keep_address(struct ip *address, const struct ares_addrinfo *found)
{
	const struct ares_addrinfo_node *n = found ? found->nodes : NULL;

	for (; n; n = n->ai_next) {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;

		if (n->ai_family == AF_INET && n->ai_addrlen >= sizeof(v4)) {
			memcpy(&v4, n->ai_addr, sizeof(v4));
			memcpy(address->bytes, &v4.sin_addr, 4);
			address->family = IP_V4;
			return;
		}
		if (n->ai_family == AF_INET6 && n->ai_addrlen >= sizeof(v6)) {
			memcpy(&v6, n->ai_addr, sizeof(v6));
			memcpy(address->bytes, &v6.sin6_addr, 16);
			address->family = IP_V6;
			return;
		}
	}
}

static void on_part(void *arg, int status, int timeouts,
		    struct ares_addrinfo *found)
{
	struct part *p = arg;
	struct resolve_query *q = p->query;

	(void)timeouts;
	p->status = status;
	if (status == ARES_SUCCESS)
		keep_address(&p->address, found);
	if (status == ARES_SUCCESS && p->address.family == IP_NONE)
		p->status = ARES_ENODATA;
	ares_freeaddrinfo(found);
	if (--q->outstanding > 0)
		return;
	/* Destruction frees all queries itself. */
	if (q->done)
		event_active(q->event, EV_TIMEOUT, 0);
	else if (status != ARES_EDESTRUCTION)
		query_free(q);
}

static void ask(struct resolve_query *q, enum ip_family family)
{
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family == IP_V6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
	};

	q->asked[family] = true;
	q->parts[family].query = q;
	q->parts[family].status = ARES_ETIMEOUT;
	ares_getaddrinfo(q->resolver->channel, q->host, NULL, &hints, on_part,
			 &q->parts[family]);
}

struct resolve_query *resolve_start(struct resolver *r, const char *host,
				    enum ip_family family, int64_t limit_us,
				    resolve_done *done, void *ctx)
{
	struct resolve_query *q = mem_zalloc(sizeof(*q));
	struct timeval tv = { (time_t)(limit_us / US_PER_S),
			      (suseconds_t)(limit_us % US_PER_S) };
	int status = open_channel(r);

	q->resolver = r;
	q->done = done;
	q->ctx = ctx;
	q->limit_us = limit_us;
	q->host = mem_strdup(host);
	q->event = evtimer_new(loop_base(r->loop), on_query, q);
	if (!q->event)
		abort();
	event_priority_set(q->event, LOOP_URGENT);
	event_add(q->event, &tv);
	q->next = r->queries;
	r->queries = q;
	if (status != ARES_SUCCESS) {
		q->asked[IP_V4] = true;
		q->parts[IP_V4].status = status;
		event_active(q->event, EV_TIMEOUT, 0);
		return q;
	}
	/* c-ares may call back from within: nothing is over before both. */
	q->outstanding = family == IP_NONE ? 2 : 1;
	if (family != IP_V4)
		ask(q, IP_V6);
	if (family != IP_V6)
		ask(q, IP_V4);
	tick(r);
	return q;
}

void resolve_cancel(struct resolve_query *q)
{
	assert(q->done);
	q->done = NULL;
	event_del(q->event);
	if (!q->outstanding)
		query_free(q);
}
