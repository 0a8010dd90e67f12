#include "gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/http.h>

#include "base/mem.h"
#include "shut.h"

struct gate {
	struct evhttp *server;
	char host[INET_ADDRSTRLEN];
	uint16_t port;
	enum gate_state state;
	struct evhttp_bound_socket *socket; /* NULL: it refuses */
};

static bool listen_again(struct gate *g, struct fail *why)
{
	if (!g->socket)
		g->socket = evhttp_bind_socket_with_handle(g->server, g->host,
							   g->port);
	return g->socket ||
	       fail_set(why, FAIL_NETWORK, "%s:%u: cannot listen: %s", g->host,
			g->port, strerror(errno));
}

static void stop_listening(struct gate *g)
{
	if (g->socket)
		evhttp_del_accept_socket(g->server, g->socket);
	g->socket = NULL;
}

bool gate_new(struct evhttp *server, const struct sockaddr_in *address,
	      struct gate **ret_gate, struct fail *why)
{
	struct gate *g = mem_zalloc(sizeof(*g));

	g->server = server;
	g->port = ntohs(address->sin_port);
	inet_ntop(AF_INET, &address->sin_addr, g->host, sizeof(g->host));
	if (!listen_again(g, why)) {
		free(g);
		return false;
	}
	*ret_gate = g;
	return true;
}

void gate_free(struct gate *g)
{
	if (!g)
		return;
	stop_listening(g);
	free(g);
}

bool gate_set(struct gate *g, enum gate_state state, struct fail *why)
{
	int fd;

	if (state == g->state)
		return true;
	g->state = GATE_REFUSES;
	if (state == GATE_REFUSES) {
		stop_listening(g);
		return true;
	}
	if (!listen_again(g, why))
		return false;
	fd = evhttp_bound_socket_get_fd(g->socket);
	if (!(state == GATE_SILENT ? shut_socket(fd) : open_socket(fd)))
		return fail_set(why, FAIL_NETWORK, "%s:%u: no filter: %s",
				g->host, g->port, strerror(errno));
	g->state = state;
	return true;
}
