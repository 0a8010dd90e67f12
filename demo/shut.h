/*
 * A socket that takes nothing in: what arrives at it is dropped, so that to
 * the other side it is as if nothing had. Needs no privilege.
 */
#ifndef DEMO_SHUT_H
#define DEMO_SHUT_H

#include <stdbool.h>

/* False with errno. */
bool shut_socket(int fd);
/* Also of one that is open already. */
bool open_socket(int fd);

#endif
