/*
 * A name server on 127.0.0.1 (RFC 1035, one question in a datagram) that knows
 * what a test tells it.
 */
#ifndef TESTS_SUPPORT_FAKE_DNS_H
#define TESTS_SUPPORT_FAKE_DNS_H

#include <stddef.h>

enum fake_dns_fault {
	DNS_RIGHT,    /* the addresses; none: NODATA */
	DNS_SERVFAIL, /* for both kinds */
	DNS_SILENT,   /* no answer, ever */
	DNS_NO_AAAA,  /* silent when asked for AAAA */
	DNS_LATE,     /* the first datagram is lost */
};

struct fake_name {
	const char *name;
	const char *v4; /* or NULL */
	const char *v6; /* or NULL */
	enum fake_dns_fault fault;
};

struct fake_dns;

/* Names that are not in the table do not exist. The table is borrowed. */
struct fake_dns *fake_dns_start(const struct fake_name *names, size_t count);
void fake_dns_stop(struct fake_dns *d);

/* "127.0.0.1:PORT", for resolver_use(); borrowed. */
const char *fake_dns_address(const struct fake_dns *d);

/* Questions that came so far. */
unsigned fake_dns_questions(struct fake_dns *d);

#endif
