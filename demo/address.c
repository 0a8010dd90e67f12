#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/ip.h"
#include "base/text.h"

bool address_read(const char *text, struct sockaddr_in *ret_address)
{
	const char *colon = strrchr(text, ':');
	char host[IP_TEXT];
	struct ip ip;
	uint64_t port;

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return false;
	text_copy(host, (size_t)(colon - text) + 1, text);
	if (!ip_parse(host, &ip) || ip.family != IP_V4 ||
	    !ip_is_loopback(&ip) || !text_to_u64(colon + 1, 65535, &port) ||
	    !port)
		return false;
	*ret_address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
	};
	memcpy(&ret_address->sin_addr, ip.bytes, 4);
	return true;
}
