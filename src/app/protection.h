/*
 * Keeps the server's certificate, key, client CA and token as they are in
 * their files: looked at every ten seconds, so that a renewed certificate is
 * shown without a word. What cannot be used leaves the old one where it is,
 * and is told on standard error once.
 */
#ifndef APP_PROTECTION_H
#define APP_PROTECTION_H

#include <stdbool.h>

#include "app/site.h"
#include "base/fail.h"
#include "edge/loop.h"
#include "measure/config_parts.h"

struct protection;

/*
 * Protects the site; who is a word for what is told, as "acmeter web". All
 * are borrowed. False when the files cannot be used.
 */
bool protection_new(struct loop *loop, struct site *site,
		    const struct config_web *web, const char *who,
		    struct protection **ret_protection, struct fail *why);
void protection_free(struct protection *p); /* NULL is nothing */

#endif
