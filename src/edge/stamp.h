/*
 * When bytes came to this machine, as the kernel noted it (SO_TIMESTAMPNS).
 * Neither our own loop nor the machine's other work can delay that, so a mark
 * that is taken from here is right even when we were late to look.
 */
#ifndef EDGE_STAMP_H
#define EDGE_STAMP_H

#include <stdint.h>

/* To be asked of a socket before it is connected; one that listens hands it on.
 */
void stamp_ask(int fd);

/*
 * CLOCK_MONOTONIC in microseconds of what waits to be read, and of the newest
 * of it: when we look late, session tickets or settings may wait before the
 * answer. The present when nothing waits, or the kernel noted nothing.
 */
int64_t stamp_arrival_us(int fd);

/*
 * A socket that keeps the kernel noting while it is open, so that the first
 * answers of the first connection have their notes too; -1 when none is to be
 * had.
 */
int stamp_keep_on(void);

#endif
