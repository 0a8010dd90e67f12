/* Addresses as script/demo writes them. */
#ifndef DEMO_ADDRESS_H
#define DEMO_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

/* "127.0.0.2:14000", of loopback only; ret_address is untouched on failure. */
bool address_read(const char *text, struct sockaddr_in *ret_address);

#endif
