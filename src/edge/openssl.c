#include "edge/openssl.h"

#include <openssl/err.h>

void openssl_fail_write(struct fail *why, enum fail_code code, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;

	ERR_clear_error();
	if (reason)
		fail_write(why, code, "%s: %s", what, reason);
	else
		fail_write(why, code, "%s", what);
}
