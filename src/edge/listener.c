#include "edge/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/text.h"

enum { BACKLOG = 128 };

/* Takes "address:port" apart; address NONE means both families. */
static bool parse(const char *address, struct ip *ret_ip, uint16_t *ret_port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;
	char text[IP_TEXT + 2];
	struct ip ip = { .family = IP_NONE };
	uint64_t port;

	if (!colon || len >= sizeof(text) ||
	    !text_to_u64(colon + 1, UINT16_MAX, &port))
		return false;
	memcpy(text, address, len);
	text[len] = '\0';
	if (len > 1 && text[0] == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		if (!ip_parse(text + 1, &ip) || ip.family != IP_V6)
			return false;
	} else if (len && (!ip_parse(text, &ip) || ip.family != IP_V4)) {
		return false;
	}
	*ret_ip = ip;
	*ret_port = (uint16_t)port;
	return true;
}

/* Bound and listening, or -1 with errno. */
static int open_socket(const struct ip *ip, uint16_t port)
{
	const struct sockaddr_in v4 = { .sin_family = AF_INET,
					.sin_port = htons(port) };
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					 .sin6_port = htons(port) };
	struct sockaddr_storage at = { 0 };
	bool is_v6 = ip->family == IP_V6;
	socklen_t len = is_v6 ? sizeof(v6) : sizeof(v4);
	const int on = 1;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (fd < 0)
		return -1;
	if (is_v6) {
		memcpy(&at, &v6, sizeof(v6));
		memcpy(&((struct sockaddr_in6 *)&at)->sin6_addr, ip->bytes, 16);
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	} else {
		memcpy(&at, &v4, sizeof(v4));
		memcpy(&((struct sockaddr_in *)&at)->sin_addr, ip->bytes, 4);
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Inherited by what is accepted: small answers must not wait. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static bool add(struct listener *l, const struct ip *ip)
{
	struct sockaddr_in6 at = { 0 };
	socklen_t len = sizeof(at);
	int fd = open_socket(ip, l->port);

	if (fd < 0)
		return false;
	l->fds[l->count++] = fd;
	/* The port is at the same place in both families. */
	if (getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		l->port = ntohs(at.sin6_port);
	return true;
}

static bool add_all(struct listener *l, const struct ip *ip)
{
	static const struct ip any_v4 = { .family = IP_V4 };
	static const struct ip any_v6 = { .family = IP_V6 };

	if (ip->family != IP_NONE)
		return add(l, ip);
	/* A machine without IPv6 cannot be asked over it either. */
	return add(l, &any_v4) && (add(l, &any_v6) || errno == EAFNOSUPPORT ||
				   errno == EADDRNOTAVAIL);
}

bool listener_open(const char *address, struct listener *ret_listener,
		   struct fail *why)
{
	struct listener l = { .count = 0 };
	struct ip ip;

	if (!parse(address, &ip, &l.port))
		return fail_set(why, FAIL_INPUT,
				"\"%s\" is no address to listen on, expected "
				"ADDRESS:PORT, [IPv6]:PORT or :PORT",
				address);
	if (!add_all(&l, &ip)) {
		fail_set(why, FAIL_NETWORK, "cannot listen on %s: %s%s",
			 address, strerror(errno),
			 errno == EACCES ? " (a port below 1024 needs "
					   "CAP_NET_BIND_SERVICE)"
					 : "");
		listener_close(&l);
		return false;
	}
	*ret_listener = l;
	return true;
}

void listener_close(struct listener *l)
{
	while (l->count > 0)
		close(l->fds[--l->count]);
}
