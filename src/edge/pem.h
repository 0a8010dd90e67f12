/*
 * Certificates in a file of PEM.
 */
#ifndef EDGE_PEM_H
#define EDGE_PEM_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/fail.h"

/*
 * Gives take() each certificate of the file, in their order, numbered from 0;
 * it is released afterwards. False when the file cannot be read, holds none or
 * one that is broken, or when take() says so.
 */
bool pem_certificates(const char *path,
		      bool (*take)(void *ctx, X509 *cert, unsigned number,
				   struct fail *why),
		      void *ctx, struct fail *why);

#endif
