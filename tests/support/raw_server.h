/*
 * A server on loopback, plain or TLS, whose every byte and pause a test writes
 * itself: verbs for one connection, called from a thread of its own. What the
 * verbs cannot do on loopback ends the program; a peer that goes away is not
 * an error, they return false.
 */
#ifndef TESTS_SUPPORT_RAW_SERVER_H
#define TESTS_SUPPORT_RAW_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

struct raw_server;
struct raw_peer;

/* Plays the server for one connection, which is closed when it returns. */
typedef void raw_play(struct raw_peer *p, void *ctx);

struct raw_options {
	raw_play *play;
	void *ctx;
	bool ipv6;	  /* [::1] instead of 127.0.0.1 */
	bool silent;	  /* listens and accepts nothing */
	EVP_PKEY *key;	  /* for raw_tls(); borrowed */
	X509 *cert;	  /* likewise */
	const char *alpn; /* "h2": what raw_tls() agrees to */
	bool tls_1_2;	  /* and nothing newer */
};

struct raw_server *raw_server_start(const struct raw_options *o);
/* Ends every connection, joins every thread, frees. */
void raw_server_stop(struct raw_server *s);

uint16_t raw_server_port(const struct raw_server *s);
/* Connections that were accepted so far. */
unsigned raw_server_peers(struct raw_server *s);

/* Connections are counted from 0 in the order of their coming. */
unsigned raw_peer_number(const struct raw_peer *p);

/* The TLS handshake; what follows goes through TLS. */
bool raw_tls(struct raw_peer *p);

/* Reads a whole request, body and all. It is borrowed until the next. */
bool raw_request(struct raw_peer *p);
const char *raw_request_text(const struct raw_peer *p);
/* CLOCK_MONOTONIC when the last byte of it was read. */
int64_t raw_request_us(const struct raw_peer *p);
/* Likewise when its first byte came to this machine. */
int64_t raw_arrival_us(const struct raw_peer *p);

/* Reads exactly len bytes. */
bool raw_read(struct raw_peer *p, void *dst, size_t len);

bool raw_send(struct raw_peer *p, const void *data, size_t len);
bool raw_say(struct raw_peer *p, const char *text);
/* One byte, a pause, one byte ... */
bool raw_drip(struct raw_peer *p, const char *text, int pause_ms);

/* False when the server is to end. */
bool raw_wait_ms(struct raw_peer *p, int ms);
/* Until the peer has closed or the server is to end; reads nothing. */
void raw_hang(struct raw_peer *p);
/* The connection will end with RST. */
void raw_reset(struct raw_peer *p);

#endif
